"""The microphone's side of the bus: what was heard goes out, what is asked of the microphone comes in.

The audio thread hears (`audio/listener.py`), `turn.state` says whose frames are wanted (`audio/wanted.py`), and here
both meet: `audio.wake`, `audio.level` and `audio.frame.<session>` are published, mute, injection and the list of wake
words are served. A wake word that opens no turn, and a bus that is lost in the middle of one, are told aloud by
`sorry`.

The stop word and a wake word act on the player before anyone on the bus knows of them.
"""

import asyncio
import logging
import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Protocol, TypeVar

from google.protobuf.message import Message

from audio.cards import Faults
from audio.config import Config
from audio.ear import Ear, Heard, Stopped, VoiceBegan, Woke
from audio.errors import AudioError
from audio.inject import Injections
from audio.level import SILENT_DBFS, Level
from audio.listener import Failed, Listener, MicrophoneOpened, StopStreaming, StreamFrom
from audio.mute import Mute
from audio.preroll import Frame
from audio.wakeword import Tally
from audio.wanted import Wanted
from bus import messages_pb2 as pb
from bus import subjects as s
from bus.buttons import MUTE, Act
from bus.envelope import Context, Received
from bus.errors import BusError

log = logging.getLogger(__name__)

M = TypeVar("M", bound=Message)
R = TypeVar("R", bound=Message)

QUEUED = 512
BEFORE_REQUEST = 16_000 * 12 // 10
"""Samples handed out that lie before a request: a wake word, and enough of the room before it to know its noise."""
STILL_THERE_S = 1.0
"""How often the ring's wish and the level are said again while nothing is heard: whoever needs them may be new."""
MUTED_RING = "muted"
MICROPHONE_OFF = "The microphone is off."


class Bus(Protocol):
    """What this needs of `bus.client.Bus`."""

    async def publish(self, subject: s.Subject[M], body: M, context: Context = ...) -> None: ...

    async def subscribe(
        self,
        subject: s.Subject[M] | s.SessionSubject[M],
        handler: Callable[[Received[M]], Awaitable[None] | None],
    ) -> Callable[[], Awaitable[None]]: ...

    async def serve(
        self, subject: s.RequestSubject[M, R], server: Callable[[Received[M]], Awaitable[R] | R]
    ) -> object: ...

    async def request(self, subject: s.RequestSubject[M, R], body: M, context: Context = ...) -> R: ...


class Player(Protocol):
    """What this needs of `audio.player.Player`."""

    @property
    def sounding(self) -> bool: ...

    def duck(self) -> None: ...

    def resume(self) -> None: ...

    def silence(self, reason: str) -> None: ...


@dataclass(frozen=True)
class World:
    """What is handed in: the speaker, the apology that works without a bus, and the clock (CLOCK_MONOTONIC)."""

    player: Player
    sorry: Callable[[], None]
    clock: Callable[[], int] = time.monotonic_ns


class Hearing:
    """`run` until cancelled. `block`, `microphone_opened` and `faults_changed` may be called from any thread."""

    def __init__(self, bus: Bus, ear: Ear, mute: Mute, config: Config, world: World) -> None:
        self._bus = bus
        self._mute = mute
        self._config = config
        self._world = world
        self._wanted = Wanted()
        self._injections = Injections(config.inject)
        self._tallies = {name: Tally(word.threshold) for name, word in config.wake.words.items()}
        self._heard: asyncio.Queue[Heard | Failed] = asyncio.Queue(QUEUED)
        self._lost = 0
        self._faults = Faults()
        self._level_ns = 0
        self._deadline: asyncio.TimerHandle | None = None
        self._wake_span: pb.Span | None = None
        self._loop: asyncio.AbstractEventLoop | None = None
        self._tasks: asyncio.TaskGroup | None = None
        self._listener = Listener(
            ear, lambda: world.player.sounding, self._post, config.inject.silence_ms, muted=mute.on
        )

    async def run(self) -> None:
        """Serve until cancelled."""
        self._loop = asyncio.get_running_loop()
        with self._listener:
            await self._subscribe()
            try:
                async with asyncio.TaskGroup() as tasks:
                    self._tasks = tasks
                    tasks.create_task(self._tell_heard())
                    tasks.create_task(self._say_still_there())
            finally:
                self._set_deadline(0, lambda: None)

    async def _subscribe(self) -> None:
        await self._bus.subscribe(s.TURN_STATE, self._on_turn)
        await self._bus.subscribe(s.HARDWARE_BUTTON, self._on_button)
        await self._bus.serve(s.AUDIO_INJECT, self._on_inject)
        await self._bus.serve(s.AUDIO_MUTE, self._on_mute)
        await self._bus.serve(s.AUDIO_WAKEWORDS, self._on_wakewords)

    # --- from the sound card, in its threads ---

    @property
    def block(self) -> Callable[..., None]:
        return self._listener.block

    def microphone_opened(self, rate: int) -> None:
        self._listener.put(MicrophoneOpened(rate))

    def faults_changed(self, faults: Faults) -> None:
        self._faults = faults
        for fault in (faults.microphone, faults.speaker):
            if fault:
                log.warning("%s", fault)

    @property
    def busy(self) -> bool:
        """Somebody speaks, or something sounds: no moment to interrupt the sound."""
        return self._wanted.open or self._world.player.sounding

    # --- from the audio thread ---

    def _post(self, heard: Heard | Failed) -> None:
        if isinstance(heard, Stopped):
            self._world.player.silence("stop_word")
        elif isinstance(heard, Woke) and heard.wake.accepted and self._world.player.sounding:
            self._world.player.duck()
        assert self._loop is not None
        try:
            self._loop.call_soon_threadsafe(self._queue, heard)
        except RuntimeError:  # the loop has ended, and with it everyone who would want to know
            log.debug("heard after the end")

    def _queue(self, heard: Heard | Failed) -> None:
        try:
            self._heard.put_nowait(heard)
        except asyncio.QueueFull:
            self._lost += 1
            log.error("the bus is too slow: sound was dropped")

    async def _tell_heard(self) -> None:
        while True:
            heard = await self._heard.get()
            if isinstance(heard, Failed):
                raise heard.error
            if not self._mute.on:
                await self._tell(heard)

    async def _tell(self, heard: Heard) -> None:
        match heard:
            case Frame():
                await self._tell_frame(heard)
            case Woke():
                await self._tell_wake(heard)
            case Level():
                await self._tell_level(heard)
            case VoiceBegan():
                assert self._tasks is not None
                self._tasks.create_task(self._open_turn())
            case Stopped():
                log.info("the stop word")

    async def _tell_frame(self, frame: Frame) -> None:
        ask = self._wanted.ask
        if ask is None or ask.number != frame.ask:
            return
        body = pb.AudioFrame(
            stream=frame.stream,
            position=frame.position,
            pcm=frame.samples.astype("<i2").tobytes(),
            captured_monotonic_ns=frame.captured_ns,
            request_position=ask.position,
        )
        await self._bus.publish(s.AUDIO_FRAME.of(ask.context.session_id), body, ask.context)

    async def _tell_wake(self, woke: Woke) -> None:
        wake = woke.wake
        body = pb.Wake(
            stream=woke.stream, word=wake.word, score=wake.score, position=wake.position, accepted=wake.accepted
        )
        await self._bus.publish(s.AUDIO_WAKE, body, Context.new_trace())
        tally = self._tallies[wake.word]
        if not wake.accepted:
            tally.near_misses += 1
            tally.best_near_miss = max(tally.best_near_miss, wake.score)
            return
        tally.accepted += 1
        tally.accepted_ns = self._world.clock()
        self._wake_span = pb.Span(hop="wake", start_monotonic_ns=woke.captured_ns, end_monotonic_ns=self._world.clock())
        self._set_deadline(self._config.answer_to_wake_s, self._nobody_answered)

    async def _tell_level(self, level: Level) -> None:
        self._level_ns = self._world.clock()
        body = pb.Level(
            stream=level.stream,
            position=level.position,
            rms_dbfs=level.rms_dbfs,
            peak_dbfs=level.peak_dbfs,
            voice=level.voice,
            fault=self._faults.microphone,
        )
        await self._bus.publish(s.AUDIO_LEVEL, body)

    async def _open_turn(self) -> None:
        try:
            reply = await self._bus.request(s.TURN_OPEN, pb.OpenTurn(opened_by="cli"))
        except BusError as error:
            log.warning("no turn was opened: %s", error)
            return
        if reply.refusal:
            log.warning("no turn was opened: %s", reply.refusal)

    async def _say_still_there(self) -> None:
        """While no level says it: that the microphone is muted, or why it is silent."""
        while True:
            await self._tell_mute_wish()
            if self._mute.on or self._world.clock() - self._level_ns > STILL_THERE_S * 1e9:
                fault = "" if self._mute.on else self._faults.microphone
                silent = pb.Level(muted=self._mute.on, fault=fault, rms_dbfs=SILENT_DBFS, peak_dbfs=SILENT_DBFS)
                await self._bus.publish(s.AUDIO_LEVEL, silent)
            await asyncio.sleep(STILL_THERE_S)

    # --- from the bus ---

    async def _on_turn(self, message: Received[pb.TurnState]) -> None:
        before = self._wanted.ask
        if self._wanted.is_forgotten(message.body, message.context):
            self._give_up("the conductor died in the middle of a turn")
        if not self._wanted.on_turn(message.body, message.context):
            return
        ask = self._wanted.ask
        if ask is not None and ask is not before:
            by_cli = ask.opened_by == "cli"
            start = max(1, ask.position - BEFORE_REQUEST) if ask.position else 0
            self._listener.put(StreamFrom(ask.stream, start, by_cli, ask.number))
        elif ask is None and before is not None:
            self._listener.put(StopStreaming())
        self._set_deadline(self._config.longest_turn_s if ask is not None else 0, self._turn_forgotten)
        if message.body.phase == pb.OPENED and self._wake_span is not None:
            span, self._wake_span = self._wake_span, None
            if message.body.opened_by == "wake":
                await self._bus.publish(s.OBS_SPAN, span, message.context)

    async def _on_button(self, message: Received[pb.Button]) -> None:
        if message.body.button == MUTE and message.body.action == Act.PRESS:
            await self._set_mute("toggle")

    async def _on_mute(self, message: Received[pb.SetMute]) -> pb.MuteState:
        try:
            await self._set_mute(message.body.action)
        except AudioError as error:
            return pb.MuteState(muted=self._mute.on, refusal=str(error))
        return pb.MuteState(muted=self._mute.on)

    async def _set_mute(self, action: str) -> None:
        if not self._mute.act(action):
            return
        self._listener.mute(self._mute.on)
        self._injections.end()
        log.info("the microphone is %s", "off" if self._mute.on else "on")
        await self._bus.publish(s.AUDIO_MUTE_STATE, pb.MuteState(muted=self._mute.on))
        await self._tell_mute_wish()

    async def _tell_mute_wish(self) -> None:
        state = MUTED_RING if self._mute.on else ""
        await self._bus.publish(s.HARDWARE_RING_SET, pb.RingWish(source="audiod", state=state))

    def _on_inject(self, message: Received[pb.Inject]) -> pb.InjectReply:
        if self._mute.on:
            return pb.InjectReply(refusal=MICROPHONE_OFF)
        body, waiting_ms = message.body, self._listener.injected_waiting_ms
        try:
            injected = self._injections.take(
                body.injection, body.sequence, body.pcm, body.last, body.open_turn, message.received_ns, waiting_ms
            )
        except AudioError as error:
            return pb.InjectReply(refusal=str(error))
        self._listener.put(injected)
        return pb.InjectReply()

    def _on_wakewords(self, _message: Received[pb.WakeWordsRequest]) -> pb.WakeWords:
        now_ns = self._world.clock()
        listed = pb.WakeWords()
        for name, tally in self._tallies.items():
            listed.words.add(
                name=name,
                threshold=tally.threshold,
                accepted=tally.accepted,
                near_misses=tally.near_misses,
                best_near_miss=tally.best_near_miss,
                seconds_since_accept=(now_ns - tally.accepted_ns) // 1_000_000_000 if tally.accepted else -1,
            )
        return listed

    # --- when something goes wrong ---

    def on_bus_lost(self) -> None:
        """The bus is away, and with it whoever spoke in the microphone's place. A turn that was open ends here."""
        self._injections.end()
        if self._wanted.open:
            self._give_up("the bus was lost in the middle of a turn")

    def _nobody_answered(self) -> None:
        self._wake_span = None
        self._give_up("nobody opened a turn for the wake word")

    def _turn_forgotten(self) -> None:
        self._give_up("a turn wants frames, but nobody has spoken of it for long")

    def _give_up(self, why: str) -> None:
        log.error("%s", why)
        self._wanted.drop()
        self._listener.put(StopStreaming())
        self._set_deadline(0, lambda: None)
        self._world.sorry()

    def _set_deadline(self, seconds: float, then: Callable[[], None]) -> None:
        """Call `then` after `seconds` unless another deadline comes first; 0 for none."""
        if self._deadline is not None:
            self._deadline.cancel()
            self._deadline = None
        if seconds:
            self._deadline = asyncio.get_running_loop().call_later(seconds, then)
