"""What is said about a target that was not met."""

from dataclasses import replace
from typing import Any

import pytest

from bench.figures import TARGETS, fault, of_turns
from bench.targets import Figures, unmet
from bench.why import reasons
from tests.bench.test_figures import outcome


def turns(*, wrong: int) -> Figures:
    heard_wrong = outcome(right=False)
    heard_wrong.timing.heard = "what time is it in tokyo"
    return of_turns([outcome(120.0), *wrong * [heard_wrong]])


def test_a_turn_went_wrong_where_it_first_did() -> None:
    not_woken, cut_off, misheard = (outcome(right=False, early=early) for early in (False, True, False))
    for each in (cut_off, misheard):
        each.timing.ring_ms = 100.0
    misheard.timing.heard = "what time is it in tokyo"
    done_wrong = replace(misheard, timing=replace(misheard.timing, heard="what time is it"))
    found = [fault(each) for each in (not_woken, cut_off, misheard, done_wrong)]
    assert found == ["not woken", "cut off", "misheard", "done wrong"]


def test_late_turns_are_told_apart_from_wrong_ones() -> None:
    told = reasons(turns(wrong=1), TARGETS)
    assert "50.0% of these turns were wrong" in told["closed.p95_ms"]
    assert "p95 120 ms" in told["closed.p95_ms"]
    assert told["right.clean"] == "Of 2 turns: 1 not woken."
    assert reasons(turns(wrong=0), TARGETS) == {}


def test_if_all_are_wrong_there_is_nothing_to_say_of_the_right_ones() -> None:
    told = reasons(of_turns([outcome(right=False)]), TARGETS)
    assert told["closed.p50_ms"] == "100.0% of these turns were wrong and count 8 s each."


def test_cut_off_turns_are_told_by_room_and_beside_the_peer() -> None:
    figures = of_turns([outcome(early=True)]) | {"silence_only": {"closed": {"cut_off": 0.25}}}
    told = reasons(figures, TARGETS)["closed.cut_off"]
    assert told.startswith("1 of 1 in a quiet room, 0 of 0 at 20 dB")
    assert told.endswith("The peer cuts off 25.0% of the same turns.")


def test_false_accepts_are_told_with_what_was_said() -> None:
    accepted = [{"word": "alexa", "said": "a lexicon"}]
    figures: Figures = {"wake": {"false_accepts": accepted, "false_accepts_per_30_min": 1.0}}
    assert reasons(figures, TARGETS)["wake.false_accepts_per_30_min"] == "Taken for a wake word: 'a lexicon' for alexa."


def test_what_idles_is_told_by_daemon() -> None:
    idle = {"core": 0.2, "daemons_core": {"bus": 0.05, "audiod": 0.15}, "pss_mb": 500, "daemons_pss_mb": {"bus": 500}}
    told = reasons({"idle": idle}, TARGETS)
    assert told == {"idle.core": "audiod 15.0 %, bus 5.0 %.", "idle.pss_mb": "bus 500.0 MB."}


@pytest.mark.parametrize("target", TARGETS, ids=lambda target: target.name)
def test_every_target_may_be_missed(target: Any) -> None:
    """With whatever else was measured, there is a sentence or none, and no error."""
    woken = outcome(500.0, early=True)
    woken.timing.ring_ms = 400.0
    figures = of_turns([woken, outcome(right=False)])
    wake = {"missed": 0.5, "missed_of": {"clean": 0.5, "snr10": None}, "false_accepts": []}
    idle = {"daemons_core": {"bus": 0.5}, "daemons_pss_mb": {"bus": 500.0}}
    figures |= {"stop": {}, "wake": wake, "idle": idle}
    *parts, last = target.name.split(".")
    inner = figures
    for part in parts:
        inner = inner[part]
    inner[last] = target.limit + 1 if target.most else target.limit - 0.5
    assert target.name in unmet(figures, TARGETS)
    assert isinstance(reasons(figures, TARGETS)[target.name], str)
