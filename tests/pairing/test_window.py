"""When a device may try to pair: whatever happens, few guesses between two presses of the button, and no dead end."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pairing.errors import Busy, LockedOut, NotNow, TooSoon, WindowClosed
from pairing.window import State, Window, WindowConfig

CONFIG = WindowConfig()


def opened(failures: int = 0, now_s: float = 0.0) -> Window:
    """Of a box without an owner."""
    window = Window(CONFIG, failures, now_s)
    window.stay_open()
    return window


def wrong(window: Window, now_s: float) -> None:
    """A run that ends after its guess."""
    window.begin(now_s)
    window.guess(now_s)
    window.end()


def test_a_box_with_an_owner_is_closed_until_somebody_asks() -> None:
    window = Window(CONFIG, 0, 0.0)
    with pytest.raises(WindowClosed, match="button"):
        window.begin(1.0)
    window.open(2.0)
    window.begin(3.0)
    window.end()
    assert window.state(2.0 + CONFIG.open_s) is State.CLOSED


def test_one_device_at_a_time_and_not_for_ever() -> None:
    window = opened()
    window.begin(0.0)
    with pytest.raises(Busy):
        window.begin(1.0)
    window.begin(CONFIG.run_s)


def test_a_few_wrong_codes_cost_nothing_then_each_costs_more() -> None:
    window, now_s, waited = opened(), 0.0, []
    while window.failures < CONFIG.most_guesses:
        wrong(window, now_s)
        try:
            window.begin(now_s)
            window.end()
            waited.append(0)
        except TooSoon as error:
            waited.append(error.seconds)
            now_s += error.seconds
        except LockedOut:
            break
    assert waited == [0, 0, 0, 5, 10, 20, 40, 80, 160]


def test_too_many_lock_the_box_until_its_button_is_pressed() -> None:
    window = opened(failures=CONFIG.most_guesses)
    with pytest.raises(LockedOut, match="button"):
        window.begin(1e9)
    window.press(1e9)
    window.begin(1e9)
    assert window.failures == 0


def test_a_restart_is_no_way_around_waiting() -> None:
    again = opened(failures=6, now_s=1000.0)
    with pytest.raises(TooSoon) as refused:
        again.begin(1000.0)
    assert refused.value.seconds == 20
    again.begin(1020.0)


def test_the_right_code_makes_the_wrong_ones_good() -> None:
    window = opened()
    for _ in range(CONFIG.free_guesses):
        wrong(window, 0.0)
    window.begin(0.0)
    window.guess(0.0)
    window.succeed()
    window.end()
    assert (window.failures, window.state(0.0)) == (0, State.OPEN)


def test_a_run_goes_on_when_the_window_closes() -> None:
    window = opened()
    window.begin(0.0)
    window.close()
    assert window.state(1.0) is State.PAIRING
    window.end()
    assert window.state(1.0) is State.CLOSED


STEPS = st.lists(
    st.tuples(st.sampled_from(["begin", "guess", "end", "open", "close", "restart"]), st.floats(0, 400)), max_size=200
)


@given(STEPS)
def test_whatever_happens_between_two_presses_there_are_ten_guesses_at_most_and_the_button_helps(
    steps: list[tuple[str, float]],
) -> None:
    window, now_s, guesses, running = opened(), 0.0, 0, False
    for step, passes_s in steps:
        now_s += passes_s
        running = running and window.state(now_s) is State.PAIRING
        if step == "begin":
            try:
                window.begin(now_s)
                running = True
            except NotNow:
                pass
        elif step == "guess" and running:
            window.guess(now_s)
            window.end()
            guesses, running = guesses + 1, False
        elif step == "restart":
            window, running = opened(window.failures, now_s), False
        elif step == "end":
            window.end()
            running = False
        elif step in ("open", "close"):
            getattr(window, step)(*([now_s] if step == "open" else []))
    assert guesses == window.failures <= CONFIG.most_guesses
    window.end()
    window.press(now_s)
    window.begin(now_s)
