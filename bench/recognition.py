"""How often requests are heard right, without the rest of the box and faster than in real time.

`python -m bench.recognition` plays the trials of `spoq bench voice` to the recogniser alone, frame by frame as it gets
them from the bus, and sentences of `small_talk.txt` that are no requests. The peer in the same run is its first pass
by itself (pocketsphinx). Right is what the conductor would understand as the request.
"""

import argparse
import json
import random
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import soxr

from bench.clips import clip
from bench.requests import OPEN, Request, read
from bench.speakers import RATE
from bench.trials import Trial, drawn
from conductor.intents import Recognizer
from daemons.inferenced import recogniser
from engines.session import Session
from inference.config import SttConfig
from inference.stt.protocol import Outcome, Stt, Vocabulary
from inference.utterance import STEP_SAMPLES, Utterance
from inference.voice_activity import open_silero

HEARD_RATE = 16_000
BEFORE_WAKE_END_S = 0.06
"""A wake word is told to have ended so much early."""
OVERHEARD_S = 1.2
PAUSE_S = 0.5
SMALL_TALK = Path(__file__).with_name("small_talk.txt")
PEERS: Mapping[str, SttConfig] = {
    "both passes": SttConfig(),
    "pocketsphinx": SttConfig(second_pass=False, dictation=False),
}


@dataclass(frozen=True)
class Heard:
    """`seconds`: what the recogniser was busy for, after the pause had begun."""

    trial: Trial
    outcome: Outcome
    seconds: float


def hear(stt: Stt, silero: Session, trial: Trial, dice: random.Random) -> Heard:
    """One trial."""
    made = clip(trial.request, trial.speaker, trial.snr_db, None, dice, tail_s=PAUSE_S)
    sound = soxr.resample(made.sound.astype(np.float32), RATE, HEARD_RATE).clip(-32768, 32767).astype(np.int16)
    wake_end, speech_end = (place * HEARD_RATE // RATE for place in (made.wake_end, made.speech_end))
    begin = wake_end - int(BEFORE_WAKE_END_S * HEARD_RATE)
    first = max(0, begin - int(OVERHEARD_S * HEARD_RATE))
    utterance = Utterance(stt, silero, "bench", first, len(sound), begin)
    busy = 0.0
    for at in range(first, len(sound), STEP_SAMPLES):
        started = time.monotonic()
        for _ in utterance.hear(sound[at : at + STEP_SAMPLES], at):
            pass
        busy += time.monotonic() - started if at > speech_end else 0.0
    return Heard(trial, utterance.finish(), busy)


def measure(trials: Sequence[Trial], talk: Sequence[Trial], understanding: Recognizer) -> dict[str, Any]:
    """Shares for each peer and room."""
    vocabulary = Vocabulary("bench", "en", "", (), understanding.fsg)
    figures: dict[str, Any] = {}
    silero = open_silero()
    for name, config in PEERS.items():
        stt = recogniser(config)
        stt.learn(vocabulary)
        requests = [hear(stt, silero, trial, random.Random(place)) for place, trial in enumerate(trials)]
        others = [hear(stt, silero, trial, random.Random(place)) for place, trial in enumerate(talk)]
        for room in dict.fromkeys(trial.noise for trial in trials):
            right = [_is_right(each, understanding) for each in requests if each.trial.noise == room]
            taken = [each.outcome.source == "grammar" and bool(each.outcome.text) for each in others]
            there = [one for one, each in zip(taken, others, strict=True) if each.trial.noise == room]
            busy_ms = [1000 * each.seconds for each in requests if each.trial.noise == room]
            p50, p95 = (round(float(np.quantile(busy_ms, share))) for share in (0.5, 0.95))
            figures[f"{name}, {room}"] = {
                "right": round(float(np.mean(right)), 3),
                "small_talk_taken_for_a_request": round(float(np.mean(there)), 3),
                "busy_after_speech_ms": {"p50": p50, "p95": p95},
            }
    return figures


def _is_right(heard: Heard, understanding: Recognizer) -> bool:
    wanted, got = (understanding.understand(text) for text in (heard.trial.request.say, heard.outcome.text))
    return wanted is not None and got is not None and (wanted.intent, wanted.slots) == (got.intent, got.slots)


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m bench.recognition", description=__doc__)
    parser.add_argument("--requests", type=int, default=216, help="how many")
    parser.add_argument("--json", type=Path, help="write the figures there")
    arguments = parser.parse_args()
    sentences = [Request(text, OPEN, "", {}, "") for text in SMALL_TALK.read_text().splitlines()]
    trials = drawn(read(), arguments.requests)
    figures = measure(trials, drawn(sentences, arguments.requests // 2), Recognizer.for_language("en"))
    print(f"{'':24}{'right':>8}{'small talk taken':>18}{'busy p50':>10}{'p95':>6}")
    for name, each in figures.items():
        busy = each["busy_after_speech_ms"]
        print(
            f"{name:24}{each['right']:>8.1%}{each['small_talk_taken_for_a_request']:>18.1%}"
            f"{busy['p50']:>7} ms{busy['p95']:>6}"
        )
    if arguments.json:
        arguments.json.parent.mkdir(parents=True, exist_ok=True)
        arguments.json.write_text(json.dumps(figures, indent=2) + "\n")


if __name__ == "__main__":
    main()
