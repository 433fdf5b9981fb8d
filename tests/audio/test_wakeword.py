"""Wake words: scores become words, once, with their near misses."""

from collections.abc import Iterator, Mapping

import pytest

from audio.config import WakeConfig, WordConfig
from audio.errors import UnknownWakeWord
from audio.wakeword import LATENESS, RATE, OpenWakeWord, Wake, WakeWords

HOP = 640
CONFIG = WakeConfig({"jarvis": WordConfig(0.5, near=0.2), "alexa": WordConfig(0.7, near=0.3)}, refractory_s=1.0)
QUIET = {"jarvis": 0.0, "alexa": 0.0}


def heard(words: WakeWords, *scores: Mapping[str, float], start: int = 10 * HOP, sounding: bool = False) -> list[Wake]:
    """What these scores, a hop after the other, are taken for."""
    return list(_each(words, scores, start, sounding))


def _each(words: WakeWords, scores: tuple[Mapping[str, float], ...], start: int, sounding: bool) -> Iterator[Wake]:
    for number, each in enumerate(scores):
        yield from words.hear({**QUIET, **each}, start + number * HOP, sounding)


def test_a_score_at_its_words_threshold_wakes_and_tells_where_the_word_ended() -> None:
    (wake,) = heard(WakeWords(CONFIG), {}, {"jarvis": 0.5}, {})
    assert wake == Wake("jarvis", 0.5, 11 * HOP - LATENESS, accepted=True)


def test_each_word_has_a_threshold_of_its_own() -> None:
    assert not any(wake.accepted for wake in heard(WakeWords(CONFIG), {"alexa": 0.6}, {}))
    assert heard(WakeWords(CONFIG), {"alexa": 0.7})[0].accepted


def test_the_likelier_of_two_words_wakes() -> None:
    (wake,) = heard(WakeWords(CONFIG), {"jarvis": 0.8, "alexa": 0.9})
    assert wake.word == "alexa"


def test_after_a_word_none_wakes_for_the_refractory_time() -> None:
    words = WakeWords(CONFIG)
    hops = RATE // HOP
    wakes = heard(words, *(hops + 1) * [{"jarvis": 0.9}])
    assert [wake.position + LATENESS for wake in wakes] == [10 * HOP, (10 + hops) * HOP]


def test_while_something_sounds_a_word_has_to_be_heard_twice_in_a_row() -> None:
    words = WakeWords(CONFIG)
    assert not any(wake.accepted for wake in heard(words, {"jarvis": 0.9}, {}, {"jarvis": 0.9}, {}, sounding=True))
    words.begin()
    (wake,) = heard(words, {"jarvis": 0.9}, {"jarvis": 0.8}, sounding=True)
    assert wake.accepted


def test_a_rise_that_stays_below_the_threshold_is_one_near_miss_at_its_peak() -> None:
    scores: list[Mapping[str, float]] = [{"jarvis": each} for each in (0.1, 0.3, 0.45, 0.25, 0.1, 0.05)]
    assert heard(WakeWords(CONFIG), *scores) == [Wake("jarvis", 0.45, 12 * HOP, accepted=False)]


def test_a_rise_that_ends_in_a_hit_is_no_near_miss() -> None:
    scores: list[Mapping[str, float]] = [{"jarvis": each} for each in (0.3, 0.4, 0.6, 0.3, 0.1)]
    assert [wake.accepted for wake in heard(WakeWords(CONFIG), *scores)] == [True]


def test_a_new_stream_forgets_the_one_before() -> None:
    words = WakeWords(CONFIG)
    assert heard(words, {"jarvis": 0.9}, {"jarvis": 0.3})
    words.begin()
    assert heard(words, {"jarvis": 0.9}, start=0)[0].position == 0


def test_a_word_without_a_model_is_refused() -> None:
    with pytest.raises(UnknownWakeWord):
        OpenWakeWord({"hey_nobody": WordConfig()})
