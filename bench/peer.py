"""The policy that we are measured against: an answer after 0.7 s of silence, whatever the words.

It is applied to the same clips, with the same detector, and given our own hop from the decision to the first sound:
what differs is the policy alone. It is assumed to recognise everything right: a turn counts as wrong only where the
policy cuts it off or never ends it, which flatters the peer.
"""

import math
import random
from collections.abc import Sequence

import numpy as np
import soxr

from bench.clips import clip
from bench.figures import WRONG_MS, percentiles, share
from bench.speakers import RATE
from bench.targets import Figures
from bench.trials import Trial
from bench.turns import Outcome
from conductor.endpoint import Config, Heard, silence_only
from engines.session import Session
from inference.voice_activity import VoiceActivity, open_silero

SILENCE_MS = 700
HEARD_RATE = 16_000


def of_turns(outcomes: Sequence[Outcome], seed: int) -> Figures:
    """`closed` as in our own figures."""
    closed = [outcome for outcome in outcomes if not outcome.trial.pauses_when_complete]
    hop_ms = float(np.median([_hop_ms(outcome) for outcome in closed if outcome.right] or [0.0]))
    silero = open_silero()
    return {"closed": of_ends([ended_after_ms(outcome.trial, silero, seed) for outcome in closed], hop_ms)}


def of_ends(ends_ms: Sequence[float], hop_ms: float) -> Figures:
    """From when turns were ended (as `ended_after_ms`), each answered `hop_ms` later."""
    latencies = [min(end + hop_ms, WRONG_MS) if end >= 0 else WRONG_MS for end in ends_ms]
    return {**percentiles(latencies), "cut_off": share(end < 0 for end in ends_ms)}


def _hop_ms(outcome: Outcome) -> float:
    if outcome.timing.answer_ms is None or outcome.timing.commit_ms is None:
        return 0.0
    return outcome.timing.answer_ms - outcome.timing.commit_ms


def ended_after_ms(trial: Trial, silero: Session, seed: int) -> float:
    """When it takes the speaker to have finished, after the last sample of speech; negative: in the middle of it, so
    that the turn is cut off; infinite: not within the clip."""
    made = clip(trial.request, trial.speaker, trial.snr_db, trial.pause, random.Random(f"{seed} {trial.number}"))
    sound = soxr.resample(made.sound[made.wake_end :], RATE, HEARD_RATE)
    speech_end = (made.speech_end - made.wake_end) * HEARD_RATE // RATE
    heard = Heard.from_opening(0)
    for activity in VoiceActivity(silero, 0).hear(sound):
        heard = heard.with_activity(
            activity.position, activity.speech_probability, activity.cold, activity.position, Config()
        )
        if silence_only(heard, SILENCE_MS):
            return (activity.position - speech_end) / HEARD_RATE * 1000
    return math.inf
