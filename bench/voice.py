"""The voice benchmark: spoken turns, "stop", wake words, start and idling."""

import asyncio
import tempfile
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from bench import figures, idle, machine, peer, requests, stop, wake
from bench.targets import Figures
from bench.trials import SEED, Trial, drawn
from bench.turns import Outcome, measure
from bus.client import Bus
from daemons.runner import Box
from daemons.virtual_sound import VirtualSound

PARTS = ("turns", "stop", "wake", "idle")

Progress = Callable[[str, int, int], None]
"""What is being done, how much of it, of how much."""


@dataclass(frozen=True)
class Plan:
    """How much is measured; the defaults are the whole of it."""

    turns: int = 216
    stops: int = stop.TRIALS
    playback_min: float = stop.PLAYBACK_MIN
    wake_words: int = wake.WORDS
    others_min: float = wake.OTHERS_MIN
    idle_s: float = 600.0
    parts: Sequence[str] = PARTS


QUICK = Plan(turns=24, stops=6, playback_min=3.0, wake_words=30, others_min=3.0, idle_s=20.0)
"""For a first look."""


async def run(plan: Plan, progress: Progress) -> tuple[Figures, Sequence[Outcome]]:
    """Everything in a box of its own, in a virtual room."""
    measured: Figures = machine.described()
    outcomes: Sequence[Outcome] = ()
    with tempfile.TemporaryDirectory(prefix="spoq-bench-") as folder:
        async with VirtualSound.started() as sound, Box(Path(folder), sound.environment) as box:
            measured["start_s"] = round(box.started_in_s, 2)
            async with Bus.connected(box.bus_config()) as bus:
                if "turns" in plan.parts:
                    trials = drawn(requests.read(), plan.turns)
                    outcomes = await _turns(trials, sound, bus, progress)
                    measured |= figures.of_turns(outcomes)
                if "stop" in plan.parts:
                    progress("stop", 0, plan.stops)
                    measured["stop"] = await stop.measure(sound, bus, plan.stops, SEED)
            if "idle" in plan.parts:
                progress("idling", 0, 1)
                measured["idle"] = await idle.measure(box, sound, plan.idle_s, SEED)
    if "stop" in plan.parts:
        progress("playback", 0, 1)
        measured["stop"] |= await asyncio.to_thread(stop.false_stops, plan.playback_min, SEED)
    if "wake" in plan.parts:
        progress("wake words", 0, 1)
        measured["wake"] = await asyncio.to_thread(wake.measure, plan.wake_words, plan.others_min, SEED)
    if outcomes:
        measured["silence_only"] = await asyncio.to_thread(peer.of_turns, outcomes, SEED)
    return measured, outcomes


async def _turns(trials: Sequence[Trial], sound: VirtualSound, bus: Bus, progress: Progress) -> Sequence[Outcome]:
    outcomes = []
    for number, trial in enumerate(trials):
        progress("turns", number, len(trials))
        outcomes.append(await measure(trial, sound, bus, SEED))
    return outcomes


def listed(outcomes: Sequence[Outcome]) -> Sequence[dict[str, Any]]:
    """Each turn on its own, for whoever wants to know which went wrong."""
    return [
        {
            "say": outcome.trial.request.say,
            "class": outcome.trial.request.kind,
            "fresh": outcome.trial.request.fresh,
            "speaker": outcome.trial.speaker.name,
            "noise": outcome.trial.noise,
            "pause": None
            if outcome.trial.pause is None
            else {"after_words": outcome.trial.pause.after_words, "seconds": round(outcome.trial.pause.seconds, 2)},
            "pauses_when_complete": outcome.trial.pauses_when_complete,
            "right": outcome.right,
            "heard": outcome.timing.heard,
            "intent": outcome.timing.intent,
            "answer": outcome.timing.answer,
            "end_reason": outcome.timing.end_reason,
            "answer_ms": outcome.timing.answer_ms,
            "commit_ms": outcome.timing.commit_ms,
            "early": outcome.timing.early,
            "false_starts": outcome.timing.false_starts,
            "ring_ms": outcome.timing.ring_ms,
            "ms": outcome.timing.hops_ms,
        }
        for outcome in outcomes
    ]
