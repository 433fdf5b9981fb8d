"""The policy that we are measured against: an answer after 0.7 s of silence, whatever the words.

It is applied to the same clips, with the same detector, and given our own hop from the decision to the first sound:
what differs is the policy alone.
"""

import random
from collections.abc import Sequence
from typing import Any

import numpy as np
import soxr

from bench.clips import clip
from bench.figures import percentiles, share
from bench.speakers import RATE
from bench.trials import Trial
from bench.turns import Outcome
from conductor.endpoint import Config, Heard, silence_only
from inference.voice_activity import VoiceActivity, open_silero

SILENCE_MS = 700
HEARD_RATE = 16_000


def of_turns(outcomes: Sequence[Outcome], seed: int) -> dict[str, Any]:
    """`closed` as in our own figures, each turn right wherever it is not cut off."""
    closed = [outcome for outcome in outcomes if not outcome.trial.pauses_when_complete]
    hop_ms = float(np.median([_hop_ms(outcome) for outcome in closed if outcome.right] or [0.0]))
    ends = [ended_after_ms(outcome.trial, seed) for outcome in closed]
    latencies = [end + hop_ms for end in ends if end >= 0]
    return {"closed": {**percentiles(latencies), "cut_off": share(end < 0 for end in ends)}}


def _hop_ms(outcome: Outcome) -> float:
    if outcome.timing.answer_ms is None or outcome.timing.commit_ms is None:
        return 0.0
    return outcome.timing.answer_ms - outcome.timing.commit_ms


def ended_after_ms(trial: Trial, seed: int) -> float:
    """When it takes the speaker to have finished, after the last sample of speech; negative: in the middle of it."""
    made = clip(trial.request, trial.speaker, trial.snr_db, trial.pause, random.Random(f"{seed} {trial.number}"))
    sound = soxr.resample(made.sound[made.wake_end :], RATE, HEARD_RATE)
    speech_end = (made.speech_end - made.wake_end) * HEARD_RATE // RATE
    heard = Heard.from_opening(0)
    for activity in VoiceActivity(open_silero(), 0).hear(sound):
        heard = heard.with_activity(
            activity.position, activity.speech_probability, activity.cold, activity.position, Config()
        )
        if silence_only(heard, SILENCE_MS):
            return (activity.position - speech_end) / HEARD_RATE * 1000
    return len(sound) / HEARD_RATE * 1000
