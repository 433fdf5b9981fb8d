"""Keeps the microphone and the speaker open: opens them, notices when they fall silent, and picks them up again.

A card that vanishes calls back no more, or its driver says so when it is opened. Each is looked after every half a
second, in a thread of its own, since PortAudio may block. It may even block for ever: when a card goes away, a thread
of its ALSA part can spin in an endless loop (PortAudio issue 1037, in 19.6 and 19.7), and whoever closes that stream
waits for it. Nothing but a new process helps then, so `run` raises CardHangs.
"""

import asyncio
import contextlib
import os
import queue
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from audio.capture import Block
from audio.errors import CardHangs, CardRefused
from audio.soundcard import Line, Render, SoundCard

LOOK_S = 0.5
HANGS_S = 2.0
"""Longer than any look at a card takes."""
SILENT_NS = 1_000_000_000
"""A line that has not called back for so long is dead."""
RESCAN_S = 10.0
"""How often to look for new cards where nothing says that there is one."""


@dataclass(frozen=True)
class Faults:
    """Why there is no microphone, or no speaker, as sentences; empty while they work."""

    microphone: str = "The microphone is not open yet."
    speaker: str = "The speaker is not open yet."


def plugged_in() -> object:
    """Something that changes when a sound card comes or goes, or a sound server does."""
    seen: list[object] = []
    for place in (Path("/dev/snd"), Path(os.environ.get("XDG_RUNTIME_DIR", "/run")) / "pipewire-0"):
        with contextlib.suppress(OSError):
            seen.append((place, place.stat().st_mtime_ns))
    return seen


class _Kept:
    """One line, its callback's latest time, and what is wrong with it."""

    def __init__(self, fault: str, gone: str) -> None:
        self._gone = gone
        self.line: Line | None = None
        self.alive_ns = 0
        self.fault = fault

    def open(self, opening: Callable[[], Line]) -> None:
        try:
            self.alive_ns = time.monotonic_ns()
            self.line, self.fault = opening(), ""
        except CardRefused as error:
            self.fault = str(error)

    def drop_if_silent(self) -> None:
        if self.line is not None and time.monotonic_ns() - self.alive_ns > SILENT_NS:
            self.close()
            self.fault = self._gone

    def close(self) -> None:
        line, self.line = self.line, None
        if line is not None:
            line.close()


class Cards:
    """`run` until cancelled. `on_microphone(rate)` is called when one has opened, `on_change` when a fault came or
    went; both in the thread that looks. `busy` says that a rescan would interrupt somebody."""

    def __init__(
        self,
        make: Callable[[], SoundCard],
        on_block: Callable[[Block], None],
        render: Render,
        on_microphone: Callable[[int], None],
        on_change: Callable[[Faults], None],
        busy: Callable[[], bool] = lambda: False,
    ) -> None:
        self._make = make
        self._card: SoundCard | None = None
        self._on_block = on_block
        self._render = render
        self._on_microphone = on_microphone
        self._on_change = on_change
        self._busy = busy
        self._faults = Faults()
        self._microphone = _Kept(self._faults.microphone, "The microphone has fallen silent.")
        self._speaker = _Kept(self._faults.speaker, "The speaker takes no more sound.")
        self._seen: object = None
        self._rescanned_s = 0.0
        self._looked = asyncio.Event()

    async def looked(self) -> None:
        """Returns once it is known whether there is a card."""
        await self._looked.wait()

    @property
    def faults(self) -> Faults:
        return self._faults

    async def run(self) -> None:
        """Look after the lines until cancelled, then close them.

        Raises:
            CardHangs: a driver will not let go; this process is of no more use for sound.
        """
        with _Thread() as thread:
            try:
                while True:
                    await thread.do(self._look)
                    self._looked.set()
                    await asyncio.sleep(LOOK_S)
            except asyncio.CancelledError:
                with contextlib.suppress(CardHangs):
                    await thread.do(self._close)
                raise

    def _look(self) -> None:
        card = self._card or self._make()
        self._microphone.drop_if_silent()
        self._speaker.drop_if_silent()
        missing = self._microphone.line is None or self._speaker.line is None
        if missing and self._card is not None and self._may_rescan():
            self._close()
            card.rescan()
        self._card = card
        if self._microphone.line is None:
            self._microphone.open(lambda: card.open_microphone(self._heard))
            if self._microphone.line is not None:
                self._on_microphone(self._microphone.line.rate)
        if self._speaker.line is None:
            self._speaker.open(lambda: card.open_speaker(self._play))
        self._tell()

    def _may_rescan(self) -> bool:
        """When something was plugged in or out, and once in a while; the line that works is interrupted by it."""
        working = self._microphone.line is not None or self._speaker.line is not None
        if working and self._busy():
            return False
        seen, now_s = plugged_in(), time.monotonic()
        if seen == self._seen and now_s - self._rescanned_s < RESCAN_S:
            return False
        self._seen, self._rescanned_s = seen, now_s
        return True

    def _close(self) -> None:
        self._microphone.close()
        self._speaker.close()

    def _tell(self) -> None:
        faults = Faults(self._microphone.fault, self._speaker.fault)
        if faults != self._faults:
            self._faults = faults
            self._on_change(faults)

    def _heard(self, block: Block) -> None:
        self._microphone.alive_ns = time.monotonic_ns()
        self._on_block(block)

    def _play(self, count: int, leaves_ns: int) -> NDArray[np.int16]:
        self._speaker.alive_ns = time.monotonic_ns()
        return self._render(count, leaves_ns)


class _Thread:
    """One thread for all that PortAudio does, which the process need not wait for when it never comes back."""

    def __init__(self) -> None:
        self._work: queue.SimpleQueue[Callable[[], None] | None] = queue.SimpleQueue()
        self._thread = threading.Thread(target=self._run, name="card", daemon=True)

    def __enter__(self) -> "_Thread":
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._work.put(None)

    async def do(self, work: Callable[[], None]) -> None:
        """Raises CardHangs if it takes longer than `HANGS_S`."""
        loop = asyncio.get_running_loop()
        done: asyncio.Future[None] = loop.create_future()

        def carry_out() -> None:
            try:
                work()
            except BaseException as error:
                _tell(loop, done, error)
            else:
                _tell(loop, done, None)

        self._work.put(carry_out)
        finished, _ = await asyncio.wait({done}, timeout=HANGS_S)
        if not finished:
            raise CardHangs(CardHangs.__doc__)
        await done

    def _run(self) -> None:
        while (work := self._work.get()) is not None:
            work()


def _tell(loop: asyncio.AbstractEventLoop, done: asyncio.Future[None], error: BaseException | None) -> None:
    def settle() -> None:
        if done.done():
            return
        if error is not None:
            done.set_exception(error)
        else:
            done.set_result(None)

    with contextlib.suppress(RuntimeError):  # the loop has ended meanwhile
        loop.call_soon_threadsafe(settle)
