"""The speaker's side of the bus: what it asks for goes to the player, what the player did goes back.

`audio/stage.py` decides what may be heard, `audio/player.py` makes it heard. Here messages are taken apart, speech is
decoded, and `playback.state` is published: STARTED when the first non-silent sample leaves, PLAYING every 100 ms,
FINISHED once the last sample has left. While an utterance waits for more, nothing is lost and PLAYING says that nothing
is buffered; if nothing comes for `underrun_s`, it has FAILED.

`first_sound_monotonic_ns` is the time the player was given for the block by the sound card (or when the block was asked
for plus the output's latency), plus the sample's place in it.
"""

import asyncio
import logging
import time
import uuid
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Protocol, TypeVar

from google.protobuf.message import Message

from audio.clips import Clip, Clips
from audio.errors import UnknownClip, UnusableSpeech
from audio.player import Event, Player, What
from audio.speech import Decoder
from audio.stage import Act, Duck, Forget, Phase, Resume, Silence, Stage, Start
from bus import messages_pb2 as pb
from bus import subjects as s
from bus.envelope import Context, Received

log = logging.getLogger(__name__)

M = TypeVar("M", bound=Message)
R = TypeVar("R", bound=Message)

PROGRESS_S = 0.1
MAX_NAME = 64
PHASES = {
    pb.OPENED: Phase.OPENED,
    pb.LISTENING: Phase.LISTENING,
    pb.ANSWERING: Phase.ANSWERING,
    pb.DUCKED: Phase.DUCKED,
    pb.CANCELLED: Phase.CANCELLED,
    pb.CLOSED: Phase.CLOSED,
}
CONTROLS = ("", "duck", "resume", "silence")


@dataclass(frozen=True)
class Config:
    """How long an utterance may wait for its speech before it has failed."""

    first_speech_s: float = 4.0
    underrun_s: float = 10.0


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


@dataclass
class _Utterance:
    """What is known of one utterance beside its samples. Times are CLOCK_MONOTONIC in nanoseconds."""

    context: Context
    asked_ns: int
    """When it was first wanted to sound."""
    bus_ns: int = 0
    fed_ns: int = 0
    """When speech for it last came; 0 before any."""
    started: bool = False
    sounded: bool = False
    failure: str = ""
    decoder: Decoder = field(default_factory=Decoder)


class Speaking:
    """Runs from `run` until cancelled. `say_something_went_wrong` works without a bus."""

    def __init__(
        self,
        bus: Bus,
        player: Player,
        clips: Clips,
        config: Config = Config(),
        clock: Callable[[], int] = time.monotonic_ns,
    ) -> None:
        self._bus = bus
        self._player = player
        self._clips = clips
        self._config = config
        self._clock = clock
        self._stage = Stage()
        self._utterances: dict[str, _Utterance] = {}
        self._leaving: list[tuple[Event, Context]] = []
        self._next_progress_ns = 0
        self._changed = asyncio.Event()

    async def run(self) -> None:
        """Serve the bus until cancelled."""
        async with self.subscribed():
            while True:
                await self._something_due()
                await self.follow()

    @asynccontextmanager
    async def subscribed(self) -> AsyncIterator[None]:
        """Messages are taken and the player's events noticed; `follow` passes on what came of them."""
        loop = asyncio.get_running_loop()

        def on_event() -> None:
            loop.call_soon_threadsafe(self._changed.set)

        self._player.on_event = on_event
        ends = [
            await self._bus.subscribe(s.TURN_STATE, self._on_turn),
            await self._bus.subscribe(s.TTS_STREAM, self._on_speech),
            await self._bus.subscribe(s.PLAYBACK_CLIP, self._on_clip),
        ]
        await self._bus.serve(s.PLAYBACK_CONTROL, self._on_control)
        try:
            yield
        finally:
            self._player.on_event = lambda: None
            for end in ends:
                await end()

    async def follow(self) -> None:
        """Tell the bus what the player did since the last call, and what is due by now."""
        self._changed.clear()
        for event in self._player.events():
            await self._on_event(event)
        await self._tell_left()
        if self._clock() >= self._next_progress_ns:
            self._next_progress_ns = self._clock() + int(PROGRESS_S * 1e9)
            await self._tell_progress()
            await self._fail_overdue()

    def say_something_went_wrong(self) -> None:
        """End what sounds and say that something went wrong, by a clip; nothing of it needs the bus."""
        self._player.silence("superseded")
        self.play(Clip.SOMETHING_WENT_WRONG)

    def play(self, clip: Clip) -> None:
        """Let a clip be heard on the box's own account, beside what sounds."""
        name = uuid.uuid4().hex
        self._utterances[name] = _Utterance(Context(), self._clock())
        self._act(self._stage.on_clip(name, 0, repeat=False) or [])
        self._player.feed(name, self._clips[clip])
        self._player.end(name)

    # --- what the bus asks for ---

    async def _on_turn(self, message: Received[pb.TurnState]) -> None:
        phase = PHASES.get(message.body.phase)
        if phase is None:
            return
        before = self._stage.wanted
        acts = self._stage.on_turn(message.context.generation, phase, message.body.utterance[:MAX_NAME])
        wanted = self._stage.wanted
        if wanted and wanted != before:
            utterance = self._utterances.setdefault(wanted, _Utterance(message.context, 0))
            utterance.asked_ns, utterance.bus_ns = message.received_ns, message.bus_ns
        self._act(acts)
        if wanted in self._utterances and self._utterances[wanted].failure:
            await self._fail(wanted, self._utterances[wanted].failure)

    async def _on_speech(self, message: Received[pb.SpeechChunk]) -> None:
        chunk, name = message.body, message.body.utterance
        if not 0 < len(name) <= MAX_NAME:
            return
        acts = self._stage.on_speech(name, message.context.generation)
        if acts is None:
            return
        utterance = self._utterances.setdefault(name, _Utterance(message.context, message.received_ns))
        utterance.fed_ns = message.received_ns
        self._player.hold(name)
        try:
            if chunk.failure:
                raise UnusableSpeech(chunk.failure)
            self._feed(name, utterance, chunk)
        except UnusableSpeech as error:
            utterance.failure = str(error)
            if self._stage.wanted == name or not message.context.generation:
                await self._fail(name, utterance.failure)
            return
        self._act(acts)

    def _feed(self, name: str, utterance: _Utterance, chunk: pb.SpeechChunk) -> None:
        if chunk.pcm:
            self._player.feed(name, utterance.decoder.decode(chunk.pcm, chunk.sample_rate))
        if chunk.last and chunk.last_sentence:
            self._player.feed(name, utterance.decoder.rest())
            self._player.end(name)

    async def _on_clip(self, message: Received[pb.PlayClip]) -> None:
        clip, name = message.body, message.body.utterance
        if not 0 < len(name) <= MAX_NAME:
            return
        acts = self._stage.on_clip(name, message.context.generation, repeat=clip.repeat)
        if acts is None:
            return
        self._utterances[name] = _Utterance(message.context, message.received_ns, message.bus_ns)
        try:
            sound = self._clips.named(clip.clip)
        except UnknownClip as error:
            await self._fail(name, str(error))
            return
        if clip.repeat:
            self._utterances[name].started = True
            self._player.ring(name, sound)
        else:
            self._act(acts)
            self._player.feed(name, sound)
            self._player.end(name)

    def _on_control(self, message: Received[pb.PlaybackControl]) -> pb.PlaybackReply:
        """`playback.control`: a negative volume is no wish, and 0 is silence."""
        wish = message.body
        if wish.volume_percent > 100:
            return self._refusal("The volume goes from 0 to 100.")
        if wish.action not in CONTROLS:
            return self._refusal(f"Playback knows {', '.join(CONTROLS[1:])}; not {wish.action[:20]!r}.")
        if wish.volume_percent >= 0:
            self._player.set_volume(wish.volume_percent)
        match wish.action:
            case "duck":
                self._player.duck()
            case "resume":
                self._player.resume(wish.utterance)
            case "silence":
                self._act(self._stage.on_stop(wish.utterance))
        return self._refusal("")

    def _refusal(self, why: str) -> pb.PlaybackReply:
        return pb.PlaybackReply(volume_percent=self._player.volume_percent, refusal=why)

    # --- what the player is told ---

    def _act(self, acts: list[Act]) -> None:
        for act in acts:
            match act:
                case Start(name):
                    self._start(name)
                case Silence(name, reason):
                    self._player.silence(reason, name)
                case Forget(name):
                    self._player.forget(name)
                    self._utterances.pop(name, None)
                case Duck():
                    self._player.duck()
                case Resume(name):
                    self._player.resume(name)
        self._changed.set()

    def _start(self, name: str) -> None:
        utterance = self._utterances[name]
        utterance.started = True
        if not utterance.context.generation:
            utterance.asked_ns = self._clock()
        self._player.start(name)

    # --- what the player did ---

    async def _something_due(self) -> None:
        try:
            async with asyncio.timeout(self._next_due_s()):
                await self._changed.wait()
        except TimeoutError:
            pass

    def _next_due_s(self) -> float | None:
        """Seconds until there is something to tell; None while nothing sounds, leaves or is waited for."""
        due = [event.leaves_ns for event, _ in self._leaving]
        if any(utterance.started for utterance in self._utterances.values()) or self._stage.wanted in self._utterances:
            due.append(self._next_progress_ns)
        return max(0.0, (min(due) - self._clock()) / 1e9) if due else None

    async def _on_event(self, event: Event) -> None:
        utterance = self._utterances.get(event.name)
        if utterance is None:
            return
        if event.what is What.STARTED:
            utterance.sounded = True
            self._next_progress_ns = self._clock() + int(PROGRESS_S * 1e9)
            await self._tell_started(event, utterance)
            return
        del self._utterances[event.name]
        self._leaving.append((event, utterance.context))
        self._act(self._stage.on_over(event.name, stopped=event.reason == "stop_word"))

    async def _tell_started(self, event: Event, utterance: _Utterance) -> None:
        progress = self._player.progress(event.name)
        state = pb.PlaybackState(
            phase=pb.STARTED,
            utterance=event.name,
            played_ms=event.played_ms,
            buffered_ms=progress.buffered_ms if progress else 0,
            first_sound_monotonic_ns=event.leaves_ns,
        )
        await self._bus.publish(s.PLAYBACK_STATE, state, utterance.context)
        span = pb.Span(
            hop="playback",
            start_monotonic_ns=utterance.asked_ns,
            end_monotonic_ns=event.leaves_ns,
            bus_ns=utterance.bus_ns,
        )
        await self._bus.publish(s.OBS_SPAN, span, utterance.context)

    async def _tell_left(self) -> None:
        now = self._clock()
        left = [each for each in self._leaving if each[0].leaves_ns <= now]
        self._leaving = [each for each in self._leaving if each[0].leaves_ns > now]
        for event, context in left:
            phase = pb.FINISHED if event.what is What.FINISHED else pb.SILENCED
            state = pb.PlaybackState(phase=phase, utterance=event.name, played_ms=event.played_ms, reason=event.reason)
            await self._bus.publish(s.PLAYBACK_STATE, state, context)

    async def _tell_progress(self) -> None:
        for name, utterance in list(self._utterances.items()):
            progress = self._player.progress(name) if utterance.sounded else None
            if progress is not None:
                state = pb.PlaybackState(
                    phase=pb.PLAYING,
                    utterance=name,
                    played_ms=progress.played_ms,
                    buffered_ms=progress.buffered_ms,
                )
                await self._bus.publish(s.PLAYBACK_STATE, state, utterance.context)

    # --- failures ---

    async def _fail_overdue(self) -> None:
        """What waited too long for its speech, or for the speaker to take it, has failed."""
        now = self._clock()
        for name, utterance in list(self._utterances.items()):
            why = self._overdue(name, utterance, now)
            if why:
                await self._fail(name, why)

    def _overdue(self, name: str, utterance: _Utterance, now_ns: int) -> str:
        if not utterance.started and name != self._stage.wanted:
            return ""
        progress = self._player.progress(name)
        if not utterance.sounded and now_ns - utterance.asked_ns > self._config.first_speech_s * 1e9:
            stuck = utterance.started and progress is None
            return "The speaker takes no sound." if stuck else "The voice engine did not speak in time."
        starving = progress is not None and progress.starving
        if starving and now_ns - utterance.fed_ns > self._config.underrun_s * 1e9:
            return "The voice engine stopped speaking half way."
        return ""

    async def _fail(self, name: str, why: str) -> None:
        utterance = self._utterances.pop(name)
        self._player.silence("failed", name)
        self._player.forget(name)
        state = pb.PlaybackState(phase=pb.FAILED, utterance=name, reason=why)
        await self._bus.publish(s.PLAYBACK_STATE, state, utterance.context)
        self._act(self._stage.on_over(name))
