"""The endpoint policy: stories told in positions."""

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from conductor.endpoint import SAMPLES_PER_MS, Config, Heard, Reason, decide, silence_only
from conductor.standing import Standing

CONFIG = Config()
HOP_MS = 10


def spoken(*stretches: tuple[int, float], start_ms: int = 0, cold: bool = False) -> Heard:
    """What is known after stretches of (milliseconds, probability of speech)."""
    heard = Heard.from_opening(start_ms * SAMPLES_PER_MS)
    position = heard.position
    for length_ms, probability in stretches:
        for _ in range(length_ms // HOP_MS):
            position += HOP_MS * SAMPLES_PER_MS
            heard = heard.with_activity(position, probability, cold, position, CONFIG)
    return heard


def with_words(heard: Heard, standing: Standing, words: str = "some words", confidence: float = 0.9) -> Heard:
    return heard.with_words(words, heard.position, standing, confidence)


@pytest.mark.parametrize(
    ("standing", "silence_ms", "reason"),
    [
        (Standing.COMPLETE, 20, None),
        (Standing.COMPLETE, CONFIG.complete.action_delay_ms, Reason.COMPLETE),
        (Standing.OPEN, CONFIG.complete.action_delay_ms, None),
        (Standing.OPEN, CONFIG.open.action_delay_ms, Reason.OPEN),
        (Standing.BEGINNING, 1000, None),
        (Standing.BEGINNING, CONFIG.beginning.timeout_ms, Reason.UNFINISHED),
        (Standing.UNKNOWN, 400, None),
        (Standing.UNKNOWN, CONFIG.unknown.timeout_ms + HOP_MS, Reason.SILENCE),
    ],
)
def test_how_long_it_waits_depends_on_how_the_words_stand(standing: Standing, silence_ms: int, reason: Reason) -> None:
    heard = with_words(spoken((800, 0.95), (silence_ms, 0.02)), standing)
    assert decide(heard, CONFIG) is reason


@pytest.mark.parametrize("standing", [Standing.COMPLETE, Standing.OPEN])
def test_doubted_words_wait_for_longer(standing: Standing) -> None:
    doubt, silence_ms = CONFIG.sure - 0.05, CONFIG.doubted_ms
    assert (
        decide(with_words(spoken((800, 0.95), (silence_ms - HOP_MS, 0.02)), standing, confidence=doubt), CONFIG) is None
    )
    assert decide(with_words(spoken((800, 0.95), (silence_ms, 0.02)), standing, confidence=doubt), CONFIG) is not None


def test_nobody_is_cut_off_while_the_voice_goes_on() -> None:
    heard = with_words(spoken((3000, 0.9)), Standing.COMPLETE)
    assert decide(heard, CONFIG) is None


def test_words_that_are_older_than_the_voice_are_not_believed() -> None:
    heard = spoken((1000, 0.95), (200, 0.01))
    behind = replace(heard, words="cancel all", words_position=600 * SAMPLES_PER_MS)
    assert decide(replace(behind, standing=Standing.COMPLETE, confidence=0.9), CONFIG) is None


def test_words_that_are_not_believed_wait_as_unknown_ones() -> None:
    heard = with_words(spoken((800, 0.95), (200, 0.02)), Standing.COMPLETE, confidence=CONFIG.confidence - 0.1)
    assert decide(heard, CONFIG) is None


def test_a_cold_detector_is_never_taken_for_silence() -> None:
    heard = with_words(spoken((2000, 0.0), cold=True), Standing.COMPLETE)
    assert decide(heard, CONFIG) is None


def test_nothing_said_at_all() -> None:
    assert decide(spoken((CONFIG.quiet.timeout_ms - HOP_MS, 0.01)), CONFIG) is None
    assert decide(spoken((CONFIG.quiet.timeout_ms, 0.01)), CONFIG) is Reason.NO_SPEECH


def test_a_click_is_no_speech() -> None:
    heard = spoken((40, 0.9), (CONFIG.quiet.timeout_ms - 40, 0.01))
    assert decide(heard, CONFIG) is Reason.NO_SPEECH


def test_a_voice_without_words() -> None:
    heard = spoken((500, 0.9), (CONFIG.wordless.timeout_ms, 0.01))
    assert decide(heard, CONFIG) is Reason.NO_WORDS


def test_a_monologue_ends() -> None:
    heard = with_words(spoken((CONFIG.longest_ms, 0.9)), Standing.UNKNOWN)
    assert decide(heard, CONFIG) is Reason.TOO_LONG


def test_a_pause_in_the_middle_starts_the_silence_anew() -> None:
    heard = with_words(spoken((800, 0.95), (60, 0.02), (300, 0.9), (20, 0.02)), Standing.OPEN)
    assert decide(heard, CONFIG) is None


def test_what_arrives_late_or_twice_changes_nothing() -> None:
    heard = spoken((800, 0.95), (100, 0.02))
    again = heard.with_activity(heard.position - 1600, 1.0, False, 0, CONFIG)
    assert again == heard


def test_the_silence_only_policy_waits_its_time() -> None:
    assert not silence_only(spoken((800, 0.9), (680, 0.0)), 700)
    assert silence_only(spoken((800, 0.9), (700, 0.0)), 700)
    assert not silence_only(spoken((3000, 0.0)), 700)


@given(
    stretches=st.lists(st.tuples(st.integers(20, 2000), st.floats(0, 1)), max_size=12),
    standing=st.sampled_from(list(Standing)),
    confidence=st.floats(0, 1),
)
def test_a_commit_always_follows_silence_and_settled_words(
    stretches: list[tuple[int, float]], standing: Standing, confidence: float
) -> None:
    heard = with_words(spoken(*stretches), standing, confidence=confidence)
    reason = decide(heard, CONFIG)
    if reason is not None and reason.is_commit:
        knobs = CONFIG.complete if reason is Reason.COMPLETE else CONFIG.open
        assert heard.silence_ms(knobs.threshold) >= knobs.action_delay_ms
        assert heard.words_position >= heard.last_voice(knobs.threshold)
        assert confidence >= CONFIG.confidence


def test_a_last_word_that_is_heard_differently_goes_no_further() -> None:
    heard = Heard.from_opening(0).with_words("turn it to", 16_000, Standing.BEGINNING, 1.0)
    assert not heard.is_finished_by("turn it up")
    assert heard.is_finished_by("turn it to ten")
