"""Speaking to the box from the command line: through its microphone, typed, or push to talk."""

import asyncio
import subprocess
import time
import uuid
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager

import numpy as np
from numpy.typing import NDArray

from bus import messages_pb2 as pb
from bus import subjects as s
from bus.client import Bus
from bus.envelope import Received
from bus.errors import NoAnswer
from cli import wav
from cli.errors import CommandError

CHUNK_SAMPLES = 640
"""40 ms."""
TURN_S = 90.0
"""Far longer than a turn takes, be its language model ever so slow and its answer ever so long."""
NOT_OVER = f"The turn was not over after {TURN_S:g} s. `spoq status` says whether every part of the box is well."
SETTLE_S = 1.0
"""How long to go on listening for a turn to open after the sound has ended."""
MAX_SAY_CHARACTERS = 500


def synthesize(text: str, voice: str) -> NDArray[np.int16]:
    """The text as a synthetic voice says it, 16 kHz mono. espeak-ng reads the text from a pipe."""
    if not text.strip() or len(text) > MAX_SAY_CHARACTERS:
        raise CommandError(f"Say something of 1 to {MAX_SAY_CHARACTERS} characters.")
    try:
        done = subprocess.run(
            ["espeak-ng", "-v", voice, "--stdin", "--stdout"],
            input=text.encode(),
            capture_output=True,
            timeout=30,
            check=False,
        )
    except FileNotFoundError as error:
        raise CommandError("espeak-ng is not installed: it is the voice that speaks to the box.") from error
    if done.returncode != 0 or len(done.stdout) <= 44:
        raise CommandError(f"espeak-ng has no voice called {voice!r}.")
    # A stream's header does not know its length.
    pcm = done.stdout[44:]
    sound = np.frombuffer(pcm[: len(pcm) // 2 * 2], "<i2") / 2.0**15
    return wav.at_16k(sound, 22_050)


class TurnWatch:
    """Follows `turn.state` while sound goes in: which turns opened, and whether one is still open."""

    def __init__(self) -> None:
        self.sessions: list[str] = []
        self.open = False
        self.changed = asyncio.Event()

    def on_state(self, message: Received[pb.TurnState]) -> None:
        state, context = message.body, message.context
        if state.phase == pb.OPENED:
            self.sessions.append(context.session_id)
        self.open = state.phase not in (pb.CLOSED, pb.CANCELLED)
        self.changed.set()


@asynccontextmanager
async def watched(bus: Bus) -> AsyncIterator[TurnWatch]:
    watch = TurnWatch()
    end = await bus.subscribe(s.TURN_STATE, watch.on_state)
    await bus.flush()
    try:
        yield watch
    finally:
        await end()


async def hear(bus: Bus, sound: NDArray[np.int16], open_turn: bool) -> list[pb.Turn]:
    """Feed 16 kHz mono sound into the box's microphone in real time; the turns that came of it, oldest first.

    Raises CommandError: a turn did not end, or nobody listens.
    """
    async with watched(bus) as watch:
        injection = _Injection(bus, open_turn)
        for start in range(0, len(sound), CHUNK_SAMPLES):
            await injection.send(sound[start : start + CHUNK_SAMPLES])
        quiet = np.zeros(CHUNK_SAMPLES, np.int16)
        ended = time.monotonic()
        while watch.open or time.monotonic() - ended < SETTLE_S:
            if time.monotonic() - ended > TURN_S:
                raise CommandError(NOT_OVER)
            await injection.send(quiet)
        await injection.finish()
        await bus.flush()
        return await turns_of(bus, watch.sessions)


class _Injection:
    """Sends chunks as fast as time passes, never faster."""

    def __init__(self, bus: Bus, open_turn: bool) -> None:
        self._bus = bus
        self._name = uuid.uuid4().hex
        self._open_turn = open_turn
        self._sequence = 0
        self._sent_samples = 0
        self._started = time.monotonic()

    async def send(self, chunk: NDArray[np.int16], last: bool = False) -> None:
        message = pb.Inject(
            injection=self._name,
            sequence=self._sequence,
            pcm=chunk.astype("<i2").tobytes(),
            last=last,
            open_turn=self._open_turn,
        )
        try:
            reply = await self._bus.request(s.AUDIO_INJECT, message)
        except NoAnswer as error:
            raise CommandError("Nobody listens: the audio daemon is not running.") from error
        if reply.refusal:
            raise CommandError(reply.refusal)
        self._sequence += 1
        self._sent_samples += len(chunk)
        await asyncio.sleep(max(0.0, self._started + self._sent_samples / wav.SAMPLE_RATE - time.monotonic()))

    async def finish(self) -> None:
        await self.send(np.zeros(0, np.int16), last=True)


async def turns_of(bus: Bus, sessions: list[str]) -> list[pb.Turn]:
    listed = await bus.request(s.TURNS_LIST, pb.TurnsRequest())
    by_session = {turn.session: turn for turn in listed.turns}
    return [by_session[session] for session in sessions if session in by_session]


async def talk(bus: Bus, opened: Callable[[], None]) -> list[pb.Turn]:
    """Push to talk: open a turn now, call `opened` when the box listens, and wait until the turn is over."""
    async with watched(bus) as watch:
        reply = await bus.request(s.TURN_OPEN, pb.OpenTurn(opened_by="cli"))
        if reply.refusal:
            raise CommandError(reply.refusal)
        opened()
        try:
            async with asyncio.timeout(TURN_S):
                while not watch.sessions or watch.open:
                    watch.changed.clear()
                    await watch.changed.wait()
        except TimeoutError as error:
            raise CommandError(NOT_OVER) from error
        return await turns_of(bus, watch.sessions[:1])
