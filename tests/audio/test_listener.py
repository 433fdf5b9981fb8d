"""The audio thread with the daemon's own ear: what it hands over, and that nothing of it leaves while muted."""

import queue
import threading
import time
from collections.abc import Iterator
from itertools import pairwise

import numpy as np
import pytest
from numpy.typing import NDArray

from audio.capture import Block
from audio.config import Config
from audio.ear import Heard, VoiceBegan
from audio.heads.corpus import Voice
from audio.heads.trial import Trial
from audio.inject import Injected
from audio.level import Level
from audio.listener import AT_ONCE, Failed, Listener, MicrophoneOpened, StreamFrom
from audio.preroll import FRAME, Frame

RATE = 16_000
TEN_MS = RATE // 100
PATIENCE_S, CALM_S = 20.0, 0.5
BEFORE, MEANWHILE, AFTER = 1001, 2002, 3003
"""What a sample is that was captured before, during and after the mute."""
FROM_NOW_ON = StreamFrom("", 0)


class Card:
    """A microphone of 16 kHz at a listener whose thread runs."""

    def __init__(self, listener: Listener, posted: "queue.SimpleQueue[Heard | Failed]") -> None:
        self.listener = listener
        self._posted = posted

    def hears(self, value: int, blocks: int = 1) -> None:
        for _ in range(blocks):
            self.listener.block(Block(np.full(TEN_MS, value, np.int16), time.monotonic_ns()))

    def next(self) -> Heard:
        heard = self._posted.get(timeout=PATIENCE_S)
        assert not isinstance(heard, Failed), heard.error
        return heard

    def next_frame(self) -> Frame:
        while not isinstance(heard := self.next(), Frame):
            pass
        return heard

    def falls_asleep(self) -> None:
        """It has been quiet for so long that blocks are handed over several at once."""
        while not isinstance(self.next_after(0), Level):
            pass
        self.hears(0, AT_ONCE)

    def next_after(self, value: int) -> Heard:
        """What comes, fed with `value` until something does."""
        while self._posted.empty():
            self.hears(value)
            time.sleep(0.001)
        return self.next()

    def rest(self) -> list[Heard]:
        """What else was posted; for after the end."""
        return [self.next() for _ in range(self._posted.qsize())]


@pytest.fixture(scope="module")
def trial() -> Trial:
    return Trial(Config())


@pytest.fixture
def card(trial: Trial) -> Iterator[Card]:
    trial.begin()
    posted: queue.SimpleQueue[Heard | Failed] = queue.SimpleQueue()
    with Listener(trial.ear, lambda: False, posted.put, silence_ms=500) as listener:
        listener.put(MicrophoneOpened(RATE))
        yield Card(listener, posted)


def values(frames: list[Frame]) -> set[int]:
    return {int(value) for frame in frames for value in np.unique(frame.samples)}


def test_frames_of_20_ms_in_a_row_while_they_are_wanted(card: Card) -> None:
    card.listener.put(FROM_NOW_ON)
    card.hears(BEFORE, 20)
    frames = [card.next_frame() for _ in range(10)]
    assert {len(frame.samples) for frame in frames} == {FRAME}
    assert all(after.position == before.end for before, after in pairwise(frames))
    assert values(frames) == {BEFORE}


@pytest.mark.parametrize("wanted", [True, False])
def test_what_is_said_in_a_turn_waits_however_slow_the_computer_is(
    trial: Trial, monkeypatch: pytest.MonkeyPatch, wanted: bool
) -> None:
    monkeypatch.setattr("audio.listener.MOST_BLOCKS", 2 * AT_ONCE)
    trial.begin()
    goes_on = threading.Event()
    posted: queue.SimpleQueue[Heard | Failed] = queue.SimpleQueue()
    with Listener(trial.ear, lambda: not goes_on.wait(PATIENCE_S), posted.put, silence_ms=500) as slow:
        card = Card(slow, posted)
        slow.put(MicrophoneOpened(RATE))
        if wanted:
            slow.put(FROM_NOW_ON)
            goes_on.set()
            card.hears(BEFORE, 2)
            card.next_frame()
            goes_on.clear()
        card.hears(BEFORE, 10 * AT_ONCE)
        goes_on.set()
        # What was lost is noticed with a later block.
        end = time.monotonic() + (CALM_S if wanted else PATIENCE_S)
        while not slow.gaps and time.monotonic() < end:
            card.hears(AFTER)
            time.sleep(0.01)
    assert (slow.gaps == 0) is wanted


def test_nothing_leaves_while_muted(card: Card) -> None:
    card.listener.put(FROM_NOW_ON)
    card.hears(BEFORE, 2)
    first = card.next_frame()
    card.listener.mute(True)
    card.hears(MEANWHILE, 200)
    card.listener.put(Injected("i", True, np.full(RATE // 10, MEANWHILE, "<i2"), True, False, time.monotonic_ns()))
    card.listener.put(FROM_NOW_ON)
    card.hears(MEANWHILE, 200)
    card.listener.__exit__()
    assert values([first]) == {BEFORE}
    assert card.rest() == []


def test_after_a_mute_nothing_from_before_it_is_handed_over(card: Card) -> None:
    card.falls_asleep()
    card.hears(BEFORE, AT_ONCE - 1)
    card.listener.mute(True)
    card.hears(MEANWHILE)
    card.listener.mute(False)
    card.listener.put(FROM_NOW_ON)
    card.hears(AFTER, AT_ONCE)
    assert values([card.next_frame() for _ in range(AT_ONCE // 2)]) == {AFTER}


def test_after_a_mute_another_stream_begins_and_its_past_is_unknown(card: Card) -> None:
    card.listener.put(FROM_NOW_ON)
    card.hears(BEFORE, 20)
    before = card.next_frame()
    card.listener.mute(True)
    card.listener.mute(False)
    card.listener.put(StreamFrom(before.stream, before.position))
    card.hears(AFTER, 20)
    while (frame := card.next_frame()).stream == before.stream:
        assert values([frame]) == {BEFORE}
    assert frame.position == 0
    assert values([frame]) == {AFTER}


def test_muted_from_the_start(trial: Trial) -> None:
    trial.begin()
    posted: queue.SimpleQueue[Heard | Failed] = queue.SimpleQueue()
    with Listener(trial.ear, lambda: False, posted.put, silence_ms=500, muted=True) as listener:
        card = Card(listener, posted)
        listener.put(MicrophoneOpened(RATE))
        listener.put(FROM_NOW_ON)
        card.hears(MEANWHILE, 200)
    assert posted.empty()


# --- voice that opens a turn without a wake word ---


def inject(card: Card, name: str, sound: NDArray[np.int16]) -> None:
    """An injection that opens a turn at its first voice."""
    steps = range(0, len(sound), TEN_MS)
    for at in steps:
        part = sound[at : at + TEN_MS].astype("<i2")
        card.listener.put(Injected(name, at == 0, part, at == steps[-1], True, time.monotonic_ns()))


def spoken() -> NDArray[np.int16]:
    sound = Voice("espeak", "en-us+m3", 45, 165).say("what time is it")
    speech: NDArray[np.int16] = (sound * (8000 / np.max(np.abs(sound)))).astype(np.int16)
    return speech


def began(card: Card) -> list[Heard]:
    card.listener.__exit__()
    return [heard for heard in card.rest() if isinstance(heard, VoiceBegan)]


def test_voice_in_an_injection_is_told_once(card: Card) -> None:
    inject(card, "one", spoken())
    assert len(began(card)) == 1


@pytest.mark.parametrize("muted_between", [False, True])
def test_an_injection_without_voice_does_not_leave_the_microphone_awaiting_any(card: Card, muted_between: bool) -> None:
    inject(card, "one", np.zeros(RATE // 10, np.int16))
    if muted_between:
        card.listener.mute(True)
        card.listener.mute(False)
    sound = spoken()
    for at in range(0, len(sound) - TEN_MS, TEN_MS):
        card.listener.block(Block(sound[at : at + TEN_MS], time.monotonic_ns()))
    assert began(card) == []
