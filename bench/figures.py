"""From measured turns to figures, and the targets of the voice benchmark. Pure."""

import math
from collections import Counter
from collections.abc import Iterable, Sequence

import numpy as np

from bench.requests import COMPLETE
from bench.targets import Figures, Target
from bench.turns import Outcome

WRONG_MS = 8000.0
"""What a turn counts that is wrong, missing or rejected."""
ROOMS = ("clean", "snr20", "snr10")

TARGETS = (
    Target("right.clean", False, 0.95),
    Target("right.snr20", False, 0.90),
    Target("right.snr10", False, 0.70),
    Target("complete.p50_ms", True, 150, "ms"),
    Target("complete.p95_ms", True, 200, "ms"),
    Target("closed.p50_ms", True, 180, "ms"),
    Target("closed.p95_ms", True, 350, "ms"),
    Target("closed.cut_off", True, 0.02),
    Target("resumed.right", False, 0.98),
    Target("resumed.false_starts", True, 1),
    Target("stop.p95_ms", True, 150, "ms"),
    Target("stop.missed", True, 0.05),
    Target("stop.false_per_hour", True, 1),
    Target("overhead.p95_ms", True, 10, "ms"),
    Target("ring.p95_ms", True, 100, "ms"),
    Target("wake.missed", True, 0.05),
    Target("wake.false_accepts_per_30_min", True, 0),
    Target("start_s", True, 5, "s"),
    Target("idle.core", True, 0.10),
    Target("idle.pss_mb", True, 450, "MB"),
)
PEER = {f"silence_only.closed.{name}": "the peer, 0.7 s of silence" for name in ("p50_ms", "p95_ms", "cut_off")}
"""What stands below the targets, and what it is."""


def of_turns(outcomes: Sequence[Outcome]) -> Figures:
    """Everything that the spoken turns tell."""
    closed = [outcome for outcome in outcomes if not outcome.trial.pauses_when_complete]
    resumed = [outcome for outcome in outcomes if outcome.trial.pauses_when_complete]
    complete = [outcome for outcome in closed if outcome.trial.request.kind == COMPLETE]
    figures: Figures = {"turns": len(outcomes)}
    figures["right"] = {
        noise: share(outcome.right for outcome in outcomes if outcome.trial.noise == noise) for noise in ROOMS
    }
    figures["complete"] = _answered(complete)
    figures["closed"] = {**_answered(closed), "cut_off": share(outcome.timing.early for outcome in closed)}
    figures["fresh"] = {"right": share(outcome.right for outcome in outcomes if outcome.trial.request.fresh)}
    figures["rooms"] = {
        room: _of_room([outcome for outcome in outcomes if outcome.trial.noise == room]) for room in ROOMS
    }
    figures["resumed"] = {
        "turns": len(resumed),
        "right": share(outcome.right for outcome in resumed),
        "false_starts": max((outcome.timing.false_starts for outcome in resumed), default=0),
    }
    figures["ring"] = _ring(outcomes)
    figures["overhead"] = percentiles(
        [outcome.timing.hops_ms["bus"] for outcome in outcomes if "bus" in outcome.timing.hops_ms]
    )
    figures["hops"] = {
        hop: percentiles(
            [outcome.timing.hops_ms[hop] for outcome in outcomes if outcome.right and hop in outcome.timing.hops_ms]
        )
        for hop in ("wake", "endpoint", "stt", "intent", "tts", "playback")
    }
    return figures


def _answered(outcomes: Sequence[Outcome]) -> Figures:
    """How soon, wrong ones included; `of_the_right` without them."""
    return {
        **percentiles([latency_ms(outcome) for outcome in outcomes]),
        "right": share(outcome.right for outcome in outcomes),
        "of_the_right": percentiles([latency_ms(outcome) for outcome in outcomes if outcome.right]),
    }


def _of_room(outcomes: Sequence[Outcome]) -> Figures:
    """What went wrong in one room, to tell why."""
    closed = [outcome for outcome in outcomes if not outcome.trial.pauses_when_complete]
    return {
        "turns": len(outcomes),
        "faults": Counter(fault(outcome) for outcome in outcomes if not outcome.right),
        "closed": len(closed),
        "cut_off": sum(outcome.timing.early for outcome in closed),
        "ring": _ring(outcomes),
    }


def _ring(outcomes: Sequence[Outcome]) -> Figures:
    return percentiles([outcome.timing.ring_ms for outcome in outcomes if outcome.timing.ring_ms is not None])


def fault(outcome: Outcome) -> str:
    """Where a turn that is not right went wrong first."""
    if outcome.timing.ring_ms is None:
        return "not woken"
    if outcome.timing.early and not outcome.trial.pauses_when_complete:
        return "cut off"
    return "misheard" if outcome.timing.heard != outcome.trial.request.say else "done wrong"


def latency_ms(outcome: Outcome) -> float:
    """From the last sample of speech to the first of the answer; to the deed where silence is the answer."""
    if not outcome.right:
        return WRONG_MS
    measured = outcome.timing.answer_ms if outcome.timing.answer else outcome.timing.commit_ms
    return WRONG_MS if measured is None else measured


def percentiles(values: Sequence[float]) -> Figures:
    """p50, p95 and p99, the nearest measured value each."""
    if not values:
        return {"p50_ms": None, "p95_ms": None, "p99_ms": None}
    ordered = sorted(values)
    return {f"p{rank}_ms": round(ordered[_place(rank, len(ordered))], 1) for rank in (50, 95, 99)}


def _place(rank: int, count: int) -> int:
    return max(0, math.ceil(rank / 100 * count) - 1)


def share(truths: Iterable[bool]) -> float | None:
    """None of nothing."""
    listed = list(truths)
    return round(float(np.mean(listed)), 4) if listed else None
