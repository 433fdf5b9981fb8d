"""Text to speech on the bus: `tts.request` in, `tts.stream.<session>` out.

The sentences of an utterance are spoken in order. Speech runs at most `AHEAD_MS` ahead of what `playback.state` says
has been played, so that a cancelled answer has cost little; what is speculative waits at that point until it is played.
"""

import asyncio
import logging
import time
from collections.abc import AsyncGenerator

from bus import messages_pb2 as pb
from bus import subjects as s
from bus.client import Bus
from bus.envelope import Context, Received
from inference.errors import VoiceFailed
from inference.tts import spoken
from inference.tts.protocol import Pcm, Voice

log = logging.getLogger(__name__)

AHEAD_MS = 1000
STALE_S = 30.0
"""An utterance that nobody plays for so long is dropped."""
MAX_UTTERANCES = 16
CHUNK_MS = 100
MAX_SENTENCES = 200


class Utterance:
    """One answer while it is spoken."""

    def __init__(self, context: Context) -> None:
        self.context = context
        self.sentences: asyncio.Queue[Received[pb.Speak]] = asyncio.Queue(MAX_SENTENCES)
        self.sent_ms = 0.0
        self.played_ms = 0.0
        self.moved = asyncio.Event()
        self.task: asyncio.Task[None] | None = None

    def played(self, milliseconds: float) -> None:
        self.played_ms = max(self.played_ms, milliseconds)
        self.moved.set()

    async def until_wanted(self) -> None:
        """Returns when more may be sent. Raises TimeoutError when nobody plays it."""
        while self.sent_ms - self.played_ms > AHEAD_MS:
            self.moved.clear()
            async with asyncio.timeout(STALE_S):
                await self.moved.wait()


class Speaking:
    """`run` until cancelled."""

    def __init__(self, bus: Bus, voice: Voice) -> None:
        self._bus = bus
        self._voice = voice
        self._utterances: dict[str, Utterance] = {}
        self._generation = 0
        self._tasks: asyncio.TaskGroup | None = None

    async def run(self) -> None:
        """Serve until cancelled."""
        async with asyncio.TaskGroup() as self._tasks:
            await self._bus.subscribe(s.TTS_REQUEST, self._on_speak)
            await self._bus.subscribe(s.TTS_CANCEL, lambda m: self._drop(m.body.utterance))
            await self._bus.subscribe(s.PLAYBACK_STATE, self._on_playback)
            await self._bus.subscribe(s.TURN_STATE, self._on_turn_state)
            await asyncio.Event().wait()

    # --- what arrives ---------------------------------------------------------------------------

    def _on_speak(self, message: Received[pb.Speak]) -> None:
        name = message.body.utterance
        if 0 < message.context.generation < self._generation:
            return
        if name not in self._utterances:
            self._begin(name, message.context)
        try:
            self._utterances[name].sentences.put_nowait(message)
        except asyncio.QueueFull:
            log.error("an utterance with more than %d sentences was cut", MAX_SENTENCES)

    def _begin(self, name: str, context: Context) -> None:
        assert self._tasks is not None
        while len(self._utterances) >= MAX_UTTERANCES:
            self._drop(next(iter(self._utterances)))
        utterance = self._utterances[name] = Utterance(context)
        utterance.task = self._tasks.create_task(self._speak(name, utterance))

    def _on_playback(self, message: Received[pb.PlaybackState]) -> None:
        state = message.body
        utterance = self._utterances.get(state.utterance)
        if utterance is None:
            return
        if state.phase in (pb.FINISHED, pb.SILENCED, pb.FAILED):
            self._drop(state.utterance)
        else:
            utterance.played(state.played_ms)

    def _on_turn_state(self, message: Received[pb.TurnState]) -> None:
        """A newer turn, or the end of this one, drops what belongs to it and has not been played."""
        generation = message.context.generation
        if generation < self._generation:
            return
        ended = message.body.phase == pb.CANCELLED
        self._generation = generation
        for name, utterance in list(self._utterances.items()):
            older = 0 < utterance.context.generation < generation
            if older or (ended and utterance.context.generation == generation):
                self._drop(name)

    def _drop(self, name: str) -> None:
        utterance = self._utterances.pop(name, None)
        if utterance is not None and utterance.task is not None:
            utterance.task.cancel()

    # --- speaking -------------------------------------------------------------------------------

    async def _speak(self, name: str, utterance: Utterance) -> None:
        try:
            last = False
            while not last:
                message = await utterance.sentences.get()
                last = message.body.last
                await self._speak_sentence(utterance, message)
        except VoiceFailed as error:
            log.error("%s", error)
            chunk = pb.SpeechChunk(utterance=name, last=True, last_sentence=True, failure=str(error))
            await self._send(utterance, chunk)
        except TimeoutError:
            log.warning("an utterance that nobody played was dropped")
            self._utterances.pop(name, None)

    async def _speak_sentence(self, utterance: Utterance, message: Received[pb.Speak]) -> None:
        speak = message.body
        text = spoken.as_spoken(speak.text, speak.language or "en")
        waiting = _Rendering(self._voice.speak(text, speak.language or "en"))
        sequence, rate = 0, 0
        async with waiting:
            while (pcm := await waiting.next()) is not None:
                rate = pcm.sample_rate
                for piece in _pieces(pcm):
                    await utterance.until_wanted()
                    await self._send(utterance, _chunk(speak, sequence, piece))
                    if sequence == 0:
                        await self._tell_span(message)
                    utterance.sent_ms += 1000 * len(piece.samples) / rate
                    sequence += 1
        end = pb.SpeechChunk(
            utterance=speak.utterance,
            sentence=speak.sentence,
            sequence=sequence,
            sample_rate=rate,
            last=True,
            last_sentence=speak.last,
        )
        await self._send(utterance, end)

    async def _send(self, utterance: Utterance, chunk: pb.SpeechChunk) -> None:
        session = utterance.context.session_id or "announcement"
        await self._bus.publish(s.TTS_STREAM.of(session), chunk, utterance.context)

    async def _tell_span(self, message: Received[pb.Speak]) -> None:
        span = pb.Span(
            hop="tts",
            start_monotonic_ns=message.received_ns,
            end_monotonic_ns=time.monotonic_ns(),
            bus_ns=message.bus_ns,
        )
        await self._bus.publish(s.OBS_SPAN, span, message.context)


class _Rendering:
    """Reads a voice ahead in a task of its own: a sentence that waits to be played must not hold up the voice."""

    def __init__(self, speech: AsyncGenerator[Pcm, None]) -> None:
        self._speech = speech
        self._ready: asyncio.Queue[Pcm | VoiceFailed | None] = asyncio.Queue()
        self._task: asyncio.Task[None] | None = None

    async def __aenter__(self) -> None:
        self._task = asyncio.create_task(self._run())

    async def __aexit__(self, *_: object) -> None:
        assert self._task is not None
        self._task.cancel()
        await asyncio.gather(self._task, return_exceptions=True)

    async def next(self) -> Pcm | None:
        pcm = await self._ready.get()
        if isinstance(pcm, VoiceFailed):
            raise pcm
        return pcm

    async def _run(self) -> None:
        try:
            async for pcm in self._speech:
                self._ready.put_nowait(pcm)
            self._ready.put_nowait(None)
        except VoiceFailed as error:
            self._ready.put_nowait(error)


def _pieces(pcm: Pcm) -> list[Pcm]:
    step = pcm.sample_rate * CHUNK_MS // 1000
    return [Pcm(pcm.samples[at : at + step], pcm.sample_rate) for at in range(0, len(pcm.samples), step)]


def _chunk(speak: pb.Speak, sequence: int, piece: Pcm) -> pb.SpeechChunk:
    return pb.SpeechChunk(
        utterance=speak.utterance,
        sentence=speak.sentence,
        sequence=sequence,
        pcm=piece.samples.astype("<i2").tobytes(),
        sample_rate=piece.sample_rate,
    )
