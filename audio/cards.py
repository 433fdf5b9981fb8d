"""Keeps the microphone and the speaker open: opens them, notices when they fall silent, and picks them up again.

A card that vanishes calls back no more, or its driver says so when it is opened. A card that is back is picked up again
within 3 s, also where a new process has to do it.

PortAudio may block, so it has a thread of its own. It may even block for ever: when a card goes away, a thread of its
ALSA part can spin in an endless loop (PortAudio issue 1037, in 19.6 and 19.7), and whoever closes that stream waits for
it. Nothing but a new process helps then, so `run` raises CardHangs.
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

LOOK_S = 0.3
CLOSES_S = 0.7
"""Longer than any line takes to close."""
OPENS_S = 5.0
"""Longer than it takes to look for cards and to open them: a board has dozens of ALSA devices."""
SILENT_NS = 700_000_000
"""A line that has not called back for so long is dead."""
SETTLES_S = 1.0
"""What was plugged in may not open at once (udev, a sound server that starts), so it is looked for again after this."""
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
    """One line, its callback's latest time, and what is wrong with it. A line that fell silent is not well again
    because it could be opened: it has to call back."""

    def __init__(self, fault: str, gone: str) -> None:
        self._gone = gone
        self.line: Line | None = None
        self.alive_ns = 0
        self.fault = fault

    def open(self, opening: Callable[[], Line]) -> None:
        try:
            line = opening()
            self.alive_ns = time.monotonic_ns()
            self.line, self.fault = line, self.fault if self.fault == self._gone else ""
        except CardRefused as error:
            self.fault = str(error)

    def called_back(self) -> None:
        self.alive_ns, self.fault = time.monotonic_ns(), ""

    @property
    def silent(self) -> bool:
        return self.line is not None and time.monotonic_ns() - self.alive_ns > SILENT_NS

    def drop_if_silent(self) -> None:
        if self.silent:
            self.fault = self._gone
            self.close()

    def close(self) -> None:
        line, self.line = self.line, None
        if line is not None:
            line.close()


class Cards:
    """`run` until cancelled. `on_microphone(rate)` is called when one has opened and before its first block, in the
    thread of the card; `on_change` when a fault came or went. `busy` says that a rescan would interrupt somebody."""

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
        self._next_rescan_s = 0.0
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
                    await self._look(thread)
                    self._looked.set()
                    await asyncio.sleep(LOOK_S)
            except asyncio.CancelledError:
                with contextlib.suppress(CardHangs):
                    await thread.do(self._close, CLOSES_S)
                raise

    async def _look(self, thread: "_Thread") -> None:
        if self._microphone.silent or self._speaker.silent:
            await thread.do(self._drop_silent, CLOSES_S)
        if self._microphone.line is None or self._speaker.line is None:
            rescan = self._may_rescan()
            if rescan:
                await thread.do(self._close, CLOSES_S)
            await thread.do(lambda: self._open(rescan), OPENS_S)
        faults = Faults(self._microphone.fault, self._speaker.fault)
        if faults != self._faults:
            self._faults = faults
            self._on_change(faults)

    def _may_rescan(self) -> bool:
        """Once something was plugged in or out, and once in a while; the line that works is interrupted by it."""
        working = self._microphone.line is not None or self._speaker.line is not None
        if self._card is None or (working and self._busy()):
            return False
        seen, now_s = plugged_in(), time.monotonic()
        if seen != self._seen:
            self._seen, self._next_rescan_s = seen, now_s + SETTLES_S
        elif now_s >= self._next_rescan_s:
            self._next_rescan_s = now_s + RESCAN_S
        else:
            return False
        return True

    # --- in the thread of the card ---

    def _open(self, rescan: bool) -> None:
        if self._card is None:
            self._card = self._make()
        card = self._card
        if rescan:
            card.rescan()
        if self._microphone.line is None:
            self._microphone.open(lambda: self._open_microphone(card))
        if self._speaker.line is None:
            self._speaker.open(lambda: card.open_speaker(self._play))

    def _open_microphone(self, card: SoundCard) -> Line:
        line = card.open_microphone(self._heard)
        self._on_microphone(line.rate)
        return line

    def _drop_silent(self) -> None:
        self._microphone.drop_if_silent()
        self._speaker.drop_if_silent()

    def _close(self) -> None:
        self._microphone.close()
        self._speaker.close()

    def _heard(self, block: Block) -> None:
        self._microphone.called_back()
        if self._microphone.line is not None:  # else it is just being opened, and its rate is not known yet
            self._on_block(block)

    def _play(self, count: int, leaves_ns: int) -> NDArray[np.int16]:
        self._speaker.called_back()
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

    async def do(self, work: Callable[[], None], limit_s: float) -> None:
        """Raises CardHangs if it takes longer than `limit_s`."""
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
        finished, _ = await asyncio.wait({done}, timeout=limit_s)
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
