"""What a press means, by how long it lasts."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bus.buttons import ACTION, MUTE, Act
from hardware.buttons import LONG_MS, RESET_MS, Buttons, Event

ACTION_KEY, MUTE_KEY, OTHER_KEY = 148, 248, 30
KEYS = {ACTION_KEY: ACTION, MUTE_KEY: MUTE}


@pytest.fixture
def buttons() -> Buttons:
    return Buttons(KEYS)


def acts(events: tuple[Event, ...]) -> list[str]:
    return [event.act for event in events]


def test_a_press_is_told_at_once_and_its_end_with_how_long_it_was(buttons: Buttons) -> None:
    assert buttons.key(ACTION_KEY, True, 1000) == (Event(ACTION, Act.PRESS),)
    assert buttons.key(ACTION_KEY, False, 1200) == (Event(ACTION, Act.RELEASE, 200),)


def test_a_key_that_is_no_button_means_nothing(buttons: Buttons) -> None:
    assert buttons.key(OTHER_KEY, True, 0) == ()
    assert buttons.next_ms() is None


def test_a_repeat_and_an_up_without_a_down_mean_nothing(buttons: Buttons) -> None:
    assert buttons.key(ACTION_KEY, False, 0) == ()
    buttons.key(ACTION_KEY, True, 0)
    assert buttons.key(ACTION_KEY, True, 30) == ()


def test_ten_seconds_on_the_action_button_erase_everything(buttons: Buttons) -> None:
    buttons.key(ACTION_KEY, True, 0)
    assert buttons.next_ms() == LONG_MS
    assert acts(buttons.tick(LONG_MS)) == ["long_press"]
    assert buttons.next_ms() == RESET_MS
    assert buttons.tick(RESET_MS - 1) == ()
    assert acts(buttons.tick(RESET_MS)) == ["reset"]
    assert buttons.next_ms() is None
    assert acts(buttons.key(ACTION_KEY, False, RESET_MS + 500)) == ["release"]


def test_a_late_look_misses_nothing(buttons: Buttons) -> None:
    buttons.key(ACTION_KEY, True, 0)
    assert acts(buttons.key(ACTION_KEY, False, RESET_MS + 1)) == ["long_press", "reset", "release"]


def test_letting_go_before_keeps_everything_and_lets_a_device_in(buttons: Buttons) -> None:
    buttons.key(ACTION_KEY, True, 0)
    assert acts(buttons.key(ACTION_KEY, False, RESET_MS - 1)) == ["long_press", "release", "pair"]
    assert buttons.tick(RESET_MS * 2) == ()


def test_the_mute_button_never_erases(buttons: Buttons) -> None:
    buttons.key(MUTE_KEY, True, 0)
    assert acts(buttons.tick(RESET_MS * 10)) == ["long_press"]
    assert buttons.next_ms() is None


def test_a_keyboard_that_goes_erases_nothing(buttons: Buttons) -> None:
    buttons.key(ACTION_KEY, True, 0)
    buttons.lost()
    assert buttons.tick(RESET_MS) == ()


@given(st.lists(st.tuples(st.sampled_from([*KEYS, OTHER_KEY]), st.booleans(), st.integers(0, 20_000)), max_size=40))
def test_nothing_is_erased_without_ten_seconds_in_a_row(keys: list[tuple[int, bool, int]]) -> None:
    buttons, at_ms, since_ms = Buttons(KEYS), 0, None
    for code, down, after_ms in keys:
        at_ms += after_ms
        before = buttons.tick(at_ms)
        after = buttons.key(code, down, at_ms)
        if any(event.act is Act.RESET for event in (*before, *after)):
            assert since_ms is not None
            assert at_ms - since_ms >= RESET_MS
        if code == ACTION_KEY:
            since_ms = (since_ms if since_ms is not None else at_ms) if down else None
