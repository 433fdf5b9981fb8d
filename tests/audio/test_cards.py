"""Sound cards that vanish, return, fall silent, are slow, or hang."""

import asyncio
import threading
import time
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

from audio import cards
from audio.capture import Block
from audio.cards import Cards, Faults
from audio.errors import CardHangs, CardRefused
from audio.soundcard import Render

RATE = 44_100
PICKED_UP_S = 3.0
"""What the box promises, and how long is waited here."""
PATIENCE_S = 20.0
WORKS = Faults("", "")
BLOCK_S = 0.01


class FakeLine:
    """Calls back every 10 ms from a thread of its own, while its card is there and not silent."""

    def __init__(self, card: "FakeCard", name: str, rate: int, call_back: Callable[[], object]) -> None:
        self.name = name
        self.rate = rate
        self.latency_ms = 10.0
        self._card = card
        self._closed = threading.Event()
        self._thread = threading.Thread(target=self._run, args=(card.plugged, call_back))
        self._thread.start()

    def _run(self, plugging: int, call_back: Callable[[], object]) -> None:
        while not self._closed.wait(BLOCK_S):
            if self._card.plugged == plugging and "silent" not in self._card.faults:
                call_back()

    def close(self) -> None:
        self._closed.set()
        self._thread.join()
        self._card.open.remove(self)
        if "hangs" in self._card.faults:
            self._card.released.wait(PATIENCE_S)


class FakeCard:
    """Sees what is plugged in only when it looks, as PortAudio does. `faults` may hold "silent" (opens, but never calls
    back), "hangs" (a line that is closed), "slow" (to open) and "no microphone"."""

    def __init__(self, sign: Path) -> None:
        self._sign = sign
        self.plugged = 1
        self._plugged_when_seen = 1
        self.faults: set[str] = set()
        self.open: list[FakeLine] = []
        self.rescans = 0
        self.released = threading.Event()

    def unplug(self) -> None:
        self.plugged = 0
        self._tell()

    def plug_in(self, openable: bool = True) -> None:
        """What is there but not yet openable becomes so by `make_openable`."""
        self._tell()
        if openable:
            self.make_openable()

    def make_openable(self) -> None:
        """udev has given it its permissions; nothing tells of that."""
        self.plugged = time.monotonic_ns()

    def _tell(self) -> None:
        """The folder of devices, or a sound server's socket, is another than before."""
        self._sign.unlink(missing_ok=True)
        self._sign.touch()

    # --- as SoundCard ---

    def rescan(self) -> None:
        assert not self.open, "a line was open while PortAudio was started anew"
        self.rescans += 1
        self._plugged_when_seen = self.plugged

    def open_microphone(self, on_block: Callable[[Block], None]) -> FakeLine:
        block = Block(np.zeros(RATE // 100, np.int16), 1)
        if "no microphone" in self.faults:
            raise CardRefused("There is no microphone.")
        line = self._open("microphone", lambda: on_block(block))
        if "silent" not in self.faults:
            on_block(block)
        return line

    def open_speaker(self, render: Render) -> FakeLine:
        return self._open("speaker", lambda: render(480, 1))

    def _open(self, name: str, call_back: Callable[[], object]) -> FakeLine:
        if "slow" in self.faults:
            time.sleep(cards.CLOSES_S * 1.2)
        if not self.plugged or self.plugged != self._plugged_when_seen:
            raise CardRefused(f"There is no {name}.")
        line = FakeLine(self, name, RATE, call_back)
        self.open.append(line)
        return line


class World:
    """What the daemon makes of a card. `told` holds what was said about the microphone and the lines, in order."""

    def __init__(self, card: FakeCard) -> None:
        self.card = card
        self.told: list[str] = []
        self.blocks = 0
        self.busy = False
        self._loop = asyncio.get_running_loop()
        self._happened = asyncio.Event()
        self.cards = Cards(
            make=lambda: card,
            on_block=self._on_block,
            render=self._render,
            on_microphone=self._on_microphone,
            on_change=self._on_change,
            busy=lambda: self.busy,
        )

    def _on_microphone(self, rate: int) -> None:
        self.told.append(f"opened at {rate}")
        self._tell()

    def _on_block(self, _block: Block) -> None:
        self.blocks += 1
        if self.told[-1:] != ["block"]:
            self.told.append("block")
        self._tell()

    def _render(self, count: int, _leaves_ns: int) -> NDArray[np.int16]:
        self._tell()
        return np.zeros(count, np.int16)

    def _on_change(self, faults: Faults) -> None:
        self.told.append(faults.microphone or "works")
        self._tell()

    def _tell(self) -> None:
        self._loop.call_soon_threadsafe(self._happened.set)

    async def until(self, true: Callable[[], bool], seconds: float = PATIENCE_S) -> None:
        async with asyncio.timeout(seconds):
            while not true():
                self._happened.clear()
                await self._happened.wait()

    async def until_heard(self, seconds: float = PATIENCE_S) -> None:
        """Blocks come."""
        before = self.blocks
        await self.until(lambda: self.blocks >= before + 3, seconds)


@pytest.fixture
def card(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> FakeCard:
    monkeypatch.setenv("XDG_RUNTIME_DIR", str(tmp_path))
    card = FakeCard(tmp_path / "pipewire-0")
    card.plug_in()
    card.rescan()
    return card


@asynccontextmanager
async def working(card: FakeCard) -> AsyncIterator[World]:
    world = World(card)
    running = asyncio.create_task(world.cards.run())
    try:
        await world.cards.looked()
        yield world
    finally:
        card.released.set()
        running.cancel()
        await asyncio.wait({running})


async def test_a_microphone_is_announced_with_its_rate_before_its_first_block(card: FakeCard) -> None:
    async with working(card) as world:
        await world.until_heard()
        assert world.told[0] == f"opened at {RATE}"
        assert world.cards.faults == WORKS


async def test_the_lines_are_closed_at_the_end(card: FakeCard) -> None:
    async with working(card) as world:
        await world.until_heard()
        assert {line.name for line in card.open} == {"microphone", "speaker"}
    assert not card.open


async def test_a_card_that_vanishes_and_returns_is_picked_up_again(card: FakeCard) -> None:
    async with working(card) as world:
        await world.until_heard()
        card.unplug()
        await world.until(lambda: world.cards.faults.microphone == "There is no microphone.")
        assert world.cards.faults.speaker == "There is no speaker."
        card.plug_in()
        await world.until_heard(PICKED_UP_S)
        await world.until(lambda: world.cards.faults == WORKS)


async def test_a_card_that_was_away_only_for_a_moment(card: FakeCard) -> None:
    async with working(card) as world:
        await world.until_heard()
        card.unplug()
        card.plug_in()
        await world.until_heard(PICKED_UP_S)
        assert world.told.count(f"opened at {RATE}") == 2, "another stream"


async def test_a_card_that_opens_only_a_moment_after_it_was_plugged_in(card: FakeCard) -> None:
    async with working(card) as world:
        await world.until_heard()
        card.unplug()
        await world.until(lambda: world.cards.faults.microphone == "There is no microphone.")
        before = card.rescans
        card.plug_in(openable=False)
        while card.rescans == before:
            await asyncio.sleep(BLOCK_S)
        card.make_openable()
        await world.until_heard(PICKED_UP_S)


async def test_a_card_that_opens_but_is_silent_is_opened_again_until_it_calls_back(card: FakeCard) -> None:
    async with working(card) as world:
        await world.until_heard()
        card.faults.add("silent")
        await world.until(lambda: world.told.count(f"opened at {RATE}") >= 3)
        assert world.cards.faults.microphone == "The microphone has fallen silent."
        card.faults.clear()
        await world.until_heard(PICKED_UP_S)
        await world.until(lambda: world.cards.faults == WORKS)


async def test_a_card_that_was_not_there_at_the_start(card: FakeCard) -> None:
    card.unplug()
    async with working(card) as world:
        assert world.cards.faults == Faults("There is no microphone.", "There is no speaker.")
        card.plug_in()
        await world.until_heard(PICKED_UP_S)


async def test_a_speaker_that_works_is_not_interrupted_while_it_is_needed(card: FakeCard) -> None:
    card.faults.add("no microphone")
    world = World(card)
    world.busy = True
    running = asyncio.create_task(world.cards.run())
    try:
        await world.cards.looked()
        (speaker,) = card.open
        card.faults.clear()
        await world.until_heard()
        assert card.open[0] is speaker
    finally:
        running.cancel()
        await asyncio.wait({running})


async def test_slow_to_open_is_not_taken_for_hanging(card: FakeCard) -> None:
    card.faults.add("slow")
    async with working(card) as world:
        await world.until_heard()


async def test_a_driver_that_does_not_let_go_ends_it(card: FakeCard) -> None:
    world = World(card)
    running = asyncio.create_task(world.cards.run())
    await world.until_heard()
    card.faults |= {"hangs", "silent"}
    try:
        with pytest.raises(CardHangs):
            await asyncio.wait_for(running, PATIENCE_S)
    finally:
        card.released.set()
    while card.open:
        await asyncio.sleep(BLOCK_S)
