"""What of the settings fits this computer.

A board cleans 10 ms of the microphone in a small part of that time. An emulated processor takes most of it: the
microphone would never be caught up with, and the speaker would stutter. Such a computer does without, and its card has
buffers in which there is time for a slow thread.
"""

import time
from dataclasses import replace

import numpy as np

from audio.config import Config, EchoConfig
from audio.echo import PIECE, Canceller

MOST_MS = 2.5
"""Of 10 ms; the ear has other work as well."""
PIECES = 20
LOUDNESS = 1000.0
SLOW_LATENCY_MS = 200


def cleaning_ms(config: EchoConfig) -> float:
    """Processor time that 10 ms of a noisy microphone take here; the best of a few, so that a busy hour is no slow
    computer."""
    canceller = Canceller(config)
    noise = (np.random.default_rng(0).normal(size=(PIECES, 2, PIECE)) * LOUDNESS).astype(np.int16)
    took = []
    for microphone, speaker in noise:
        began = time.thread_time()
        canceller.without_noise(canceller.clean(microphone, speaker))
        took.append(time.thread_time() - began)
    return 1000 * min(took)


def fitted(config: Config, took_ms: float) -> Config:
    """`config`, or the same without what costs too much, where cleaning 10 ms takes `took_ms`."""
    if took_ms <= MOST_MS:
        return config
    echo = replace(config.echo, echo_cancellation=False, noise_suppression=False, gain_control=False)
    latency_ms = config.card.latency_ms or SLOW_LATENCY_MS
    return replace(config, echo=echo, card=replace(config.card, latency_ms=latency_ms))
