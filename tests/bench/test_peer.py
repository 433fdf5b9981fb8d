"""The peer ends turns by silence alone, and its wrong turns count like ours."""

import math

import pytest

from bench.clips import Pause
from bench.figures import WRONG_MS
from bench.peer import SILENCE_MS, ended_after_ms, of_ends
from bench.requests import Request
from bench.speakers import SPEAKERS
from bench.trials import SEED, Trial
from inference.voice_activity import open_silero

REQUEST = Request("set a timer for five minutes", "open", "TimerSet", {"seconds": 300}, "five", complete_at=(6,))
SILERO = open_silero()


def test_a_turn_that_is_cut_off_or_never_ended_counts_as_wrong() -> None:
    figures = of_ends([700.0, 720.0, 740.0, -300.0, math.inf], hop_ms=40.0)
    assert (figures["p50_ms"], figures["p95_ms"]) == (780.0, WRONG_MS)
    assert figures["cut_off"] == 0.2


def test_it_waits_for_its_silence_after_the_speech() -> None:
    end_ms = ended_after_ms(Trial(0, REQUEST, SPEAKERS[0], None, None), SILERO, SEED)
    assert end_ms == pytest.approx(SILENCE_MS, abs=150)


def test_it_cuts_off_who_pauses_for_longer_than_its_silence() -> None:
    assert ended_after_ms(Trial(0, REQUEST, SPEAKERS[0], None, Pause(3, 1.2)), SILERO, SEED) < 0
