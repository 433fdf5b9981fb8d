"""The ring's table: who is shown first, and that nobody needs to tell hues apart to know what is meant."""

import itertools

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hardware.ring import LOOKS, PATTERNS, PIXELS, PRIORITY, picture, shown

STEPS = 48
Movie = tuple[tuple[float, ...], ...]


def grey(state: str) -> Movie:
    """One movement without its hue and its speed: each pixel's brightness, 0 to 1 of the brightest."""
    look = LOOKS[state]
    pictures = [picture(state, step / STEPS * look.period_s) for step in range(STEPS)]
    brightest = max(max(pixel) for each in pictures for pixel in each) or 1
    return tuple(tuple(max(pixel) / brightest for pixel in each) for each in pictures)


def difference(one: Movie, other: Movie) -> float:
    """Mean difference of a pixel, however the two movements are shifted against each other."""

    def at(shift: int) -> float:
        pairs = zip(one, other[shift:] + other[:shift], strict=True)
        return sum(abs(a - b) for x, y in pairs for a, b in zip(x, y, strict=True)) / STEPS / PIXELS

    return min(at(shift) for shift in range(STEPS))


@pytest.mark.parametrize(("one", "other"), list(itertools.combinations(LOOKS, 2)))
def test_no_two_states_differ_by_hue_or_speed_only(one: str, other: str) -> None:
    assert LOOKS[one].pattern != LOOKS[other].pattern
    assert difference(grey(one), grey(other)) > 0.05


def test_a_box_that_is_ready_to_pair_pulses_blue() -> None:
    pictures = [picture("ready_to_pair", step / STEPS * LOOKS["ready_to_pair"].period_s) for step in range(STEPS)]
    assert all(red == green == 0 for each in pictures for red, green, _ in each)
    assert len({sum(blue for *_, blue in each) for each in pictures}) > STEPS // 4


@pytest.mark.parametrize(
    ("wishes", "state"),
    [
        ((), "idle"),
        (("listening",), "listening"),
        (("muted", "speaking"), "speaking"),
        (("speaking", "alarm"), "alarm"),
        (("alarm", "recovery", "listening"), "recovery"),
        (("listening", "error"), "error"),
        (("thinking", "no_bus"), "no_bus"),
        (("idle", "muted"), "muted"),
        (("nonsense", ""), "idle"),
        (("nonsense", "muted"), "muted"),
    ],
)
def test_the_first_of_the_table_is_shown(wishes: tuple[str, ...], state: str) -> None:
    assert shown(wishes) == state


@given(st.lists(st.sampled_from(PRIORITY), min_size=1))
def test_nothing_above_what_is_shown_was_wished_for(wishes: list[str]) -> None:
    state = shown(wishes)
    assert state in wishes
    assert not set(PRIORITY[: PRIORITY.index(state)]) & set(wishes)


def test_what_endangers_the_box_comes_before_conversation() -> None:
    order = [PRIORITY.index(state) for state in ("recovery", "factory_reset", "alarm", "no_bus", "listening", "muted")]
    assert order == sorted(order)
    assert PRIORITY[-1] == "idle"


@given(st.sampled_from(PRIORITY), st.floats(0, 1e6), st.integers(1, 60))
def test_a_picture_is_always_colours(state: str, at_s: float, pixels: int) -> None:
    made = picture(state, at_s, pixels)
    assert len(made) == pixels
    assert all(0 <= part <= 255 for pixel in made for part in pixel)


@pytest.mark.parametrize("state", LOOKS)
def test_only_what_moves_moves_and_everyone_has_words(state: str) -> None:
    assert (len(set(grey(state))) > 1) == LOOKS[state].moves
    assert LOOKS[state].words.endswith(".")
    assert LOOKS[state].pattern in PATTERNS


@pytest.mark.parametrize("state", [state for state in LOOKS if state != "idle"])
def test_every_state_but_idle_is_lit_at_some_time(state: str) -> None:
    assert any(any(each) for each in grey(state))
    assert not any(any(each) for each in grey("idle"))
