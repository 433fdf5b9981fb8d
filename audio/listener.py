"""The audio thread: everything that is heavy about sound happens here, and nowhere near the event loop.

The sound card's threads and the event loop leave messages; what the ear makes of them goes to `post`, which is called
in this thread. While muted, sound is dropped as it comes in, and what was kept is forgotten.
"""

import queue
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from audio.capture import Block, Capture, Piece
from audio.ear import Ear, Heard, VoiceBegan
from audio.inject import Injected

MOST_BLOCKS = 200
"""Blocks of the card (2 s at 10 ms) that wait at most; what comes on top is lost and counted."""
MOST_BLOCKS_OF_A_TURN = 3000
"""As many while somebody is listened to: a computer that is slow for a while answers late, but loses nothing."""


@dataclass(frozen=True)
class MicrophoneOpened:
    rate: int


@dataclass(frozen=True)
class StreamFrom:
    """Frames are wanted: from `position` of `stream`, or from now on if that is another stream's or 0.

    `or_voice`: from now on means from where awaited voice began, where it was awaited. `ask` comes back in the frames.
    """

    stream: str
    position: int
    or_voice: bool = False
    ask: int = 0


@dataclass(frozen=True)
class StopStreaming:
    """No more frames are wanted."""


@dataclass(frozen=True)
class Muted:
    on: bool


@dataclass(frozen=True)
class Failed:
    """The audio thread has ended by what nobody expected."""

    error: Exception


Message = tuple[Block, ...] | Injected | MicrophoneOpened | StreamFrom | StopStreaming | Muted | None

AT_ONCE = 16
"""Blocks handed over at once while nobody is heard: a few warm turns of the thread cost a fraction of many cold ones,
and a wake word is longer than what they wait."""

BEFORE_VOICE = 16_000 * 3 // 10
"""Samples before the first voice that belong to what was said."""


class Listener:
    """Entered, its thread runs. `sounding` says whether the box makes a sound."""

    def __init__(
        self,
        ear: Ear,
        sounding: Callable[[], bool],
        post: Callable[[Heard | Failed], None],
        silence_ms: int,
        muted: bool = False,
    ) -> None:
        self._ear = ear
        self._sounding = sounding
        self._post = post
        self._silence_ns = silence_ms * 1_000_000
        self._inbox: queue.SimpleQueue[Message] = queue.SimpleQueue()
        self._capture = Capture()
        self._muted = muted
        self._dropped = 0
        self._held: list[Block] = []
        self._handed_over = self._worked_through = 0
        self._awake = True
        self._injected_ns = 0
        self._injecting = False
        self._awaits_voice = False
        self._voice_at = -1
        self._taken_in = 0
        self._worked_off = 0
        self._thread = threading.Thread(target=self._run, name="audio", daemon=True)

    def __enter__(self) -> "Listener":
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._inbox.put(None)
        self._thread.join()

    # --- for everyone ---

    def block(self, block: Block) -> None:
        """The sound card's next block; called in its thread."""
        if self._muted:
            return
        most = MOST_BLOCKS_OF_A_TURN if self._ear.preroll.streaming else MOST_BLOCKS
        if self._handed_over - self._worked_through >= most:
            self._dropped += len(block.samples) + block.lost
            return
        if self._dropped:
            block = Block(block.samples, block.captured_ns, block.lost + self._dropped)
            self._dropped = 0
        self._held.append(block)
        if self._awake or len(self._held) >= AT_ONCE:
            self._handed_over += len(self._held)
            self._inbox.put(tuple(self._held))
            self._held = []

    def put(self, message: Injected | MicrophoneOpened | StreamFrom | StopStreaming) -> None:
        if isinstance(message, Injected):
            self._taken_in += len(message.samples)
        elif isinstance(message, MicrophoneOpened):
            self._held = []
        self._inbox.put(message)

    def mute(self, on: bool) -> None:
        """At once: what is on its way inside here is dropped, too, and nothing from before is handed over after it."""
        self._muted = on
        self._held, self._dropped = [], 0
        self._inbox.put(Muted(on))

    @property
    def injected_waiting_ms(self) -> float:
        return (self._taken_in - self._worked_off) / 16

    @property
    def gaps(self) -> int:
        return self._capture.gaps

    # --- the thread ---

    def _run(self) -> None:
        try:
            while (message := self._inbox.get()) is not None:
                self._handle(message)
                self._awake = self._ear.awake
        except Exception as error:  # its end is the daemon's: Hearing raises it
            self._post(Failed(error))

    def _handle(self, message: Message) -> None:
        match message:
            case tuple():
                for block in message:
                    self._hear_card(block)
                self._worked_through += len(message)
            case Injected():
                self._hear_injected(message)
            case MicrophoneOpened(rate):
                self._capture.begin(rate)
            case StreamFrom():
                self._stream(message)
            case StopStreaming():
                self._ear.preroll.stop()
            case Muted():
                self._forget()

    def _hear_card(self, block: Block) -> None:
        if self._injecting and time.monotonic_ns() - self._injected_ns > self._silence_ns:
            self._injecting = False
        if not self._injecting and not self._muted:
            self._awaits_voice = False
            self._hear(self._capture.hear(block))

    def _hear_injected(self, message: Injected) -> None:
        self._worked_off += len(message.samples)
        if self._muted:
            return
        if message.first:
            self._awaits_voice, self._voice_at = message.open_turn, -1
            if message.open_turn:
                self._ear.await_voice()
        self._injecting, self._injected_ns = not message.last, message.received_ns
        samples = message.samples.astype(np.int16)
        self._hear(self._capture.inject(samples, message.received_ns, message.last))

    def _hear(self, pieces: list[Piece]) -> None:
        for piece in pieces:
            for heard in self._ear.hear(piece, self._sounding()):
                if isinstance(heard, VoiceBegan):
                    if not self._awaits_voice:  # it was awaited in an injection, and that is over
                        continue
                    self._voice_at = heard.position
                if not self._muted:
                    self._post(heard)

    def _stream(self, wanted: StreamFrom) -> None:
        preroll = self._ear.preroll
        position = preroll.sound.end
        if wanted.position and wanted.stream == preroll.stream:
            position = wanted.position
        elif wanted.or_voice and self._voice_at >= 0:
            position = self._voice_at - BEFORE_VOICE
        preroll.stream_from(position, wanted.ask)
        for frame in preroll.frames():
            self._post(frame)

    def _forget(self) -> None:
        self._capture.forget()
        self._ear.preroll.stop()
        self._ear.preroll.begin("", 0)
        self._injecting = False
        self._voice_at = -1
