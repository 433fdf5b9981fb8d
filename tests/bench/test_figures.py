"""Figures tell what was measured, and count what went wrong."""

from typing import Any

import pytest

from bench.clips import Pause
from bench.figures import PEER, TARGETS, WRONG_MS, latency_ms, of_turns, percentiles, share
from bench.requests import Request
from bench.speakers import SPEAKERS
from bench.targets import Target, table, unmet, value_of
from bench.trials import Trial
from bench.turns import Outcome, Timing

REQUEST = Request("what time is it", "complete", "TimeNow", {}, "it's", complete_at=(2,))


def outcome(
    answer_ms: float | None = 150.0, *, right: bool = True, pause: Pause | None = None, early: bool = False
) -> Outcome:
    timing = Timing(heard=REQUEST.say, intent="TimeNow", answer="It's noon.", answer_ms=answer_ms, early=early)
    return Outcome(Trial(0, REQUEST, SPEAKERS[0], None, pause), timing, right, right)


def test_a_wrong_turn_counts_eight_seconds() -> None:
    assert latency_ms(outcome(right=False)) == WRONG_MS
    assert latency_ms(outcome(answer_ms=None)) == WRONG_MS
    assert latency_ms(outcome(120.0)) == 120.0


def test_percentiles_are_measured_values() -> None:
    found = percentiles([float(value) for value in range(1, 101)])
    assert found == {"p50_ms": 50.0, "p95_ms": 95.0, "p99_ms": 99.0}
    assert percentiles([]) == {"p50_ms": None, "p95_ms": None, "p99_ms": None}


def test_one_wrong_turn_in_ten_is_in_the_95th_percentile() -> None:
    figures = of_turns([*(outcome() for _ in range(9)), outcome(right=False)])
    assert figures["complete"]["p50_ms"] == 150.0
    assert figures["complete"]["p95_ms"] == WRONG_MS
    assert figures["right"]["clean"] == 0.9


def test_a_pause_where_the_request_was_whole_is_counted_apart() -> None:
    whole, half = Pause(2, 0.5), Pause(1, 0.5)
    figures = of_turns([outcome(pause=whole, early=True), outcome(pause=half)])
    assert figures["resumed"]["turns"] == 1
    assert figures["closed"]["cut_off"] == 0.0


def test_what_was_not_measured_is_said_so() -> None:
    assert share([]) is None
    assert "not measured" in table({}, TARGETS, PEER)
    assert unmet({}, TARGETS) == []


@pytest.mark.parametrize("target", TARGETS, ids=lambda target: target.name)
def test_targets_have_two_sides(target: Target) -> None:
    worse = target.limit + 1 if target.most else target.limit - 0.5
    figures: dict[str, Any] = {}
    *parts, last = target.name.split(".")
    inner = figures
    for part in parts:
        inner = inner.setdefault(part, {})
    inner[last] = worse
    assert value_of(figures, target.name) == worse
    assert unmet(figures, TARGETS) == [target.name]
    assert target.is_met_by(target.limit)
