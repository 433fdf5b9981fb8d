"""Speech to text on the bus: follows `turn.state`, consumes `audio.frame.<session>`, says what was heard.

All work on samples happens in one thread of its own, one frame at a time and in order; this shell only queues,
publishes and follows the turns. A frame may overtake the `turn.state` that opened its turn: the generation in the
envelope tells.
"""

import asyncio
import logging
import lzma
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import TypeVar

import numpy as np

from bus import messages_pb2 as pb
from bus import subjects as s
from bus.client import Bus
from bus.envelope import Context, Received
from engines.memory import give_back
from engines.session import Session
from inference.config import SttConfig
from inference.errors import EngineFailed, VocabularyRefused
from inference.stt.protocol import Outcome, Stt, Vocabulary
from inference.utterance import SAMPLES_PER_MS, Report, Utterance

log = logging.getLogger(__name__)

T = TypeVar("T")

QUEUED_BYTES = 30 * 32_000
"""Sound that waits at most: a whole turn, so that a computer that is slow for a while loses nothing of it."""
LEAST_BYTES, MAX_FRAME_BYTES = 640, 128 * 1024
NS_PER_SAMPLE = 62_500
MAX_FSG_BYTES = 8 * 1024 * 1024
MAX_XZ_BYTES = 64 * 1024 * 1024
"""Memory that unpacking may take."""
WANTED_AGAIN_S = 2.0
"""How often the vocabulary is asked for until there is one."""


@dataclass(frozen=True)
class Frame:
    message: Received[pb.AudioFrame]

    @property
    def size(self) -> int:
        """Bytes that it counts for while it waits: the smallest take memory, too."""
        return max(len(self.message.body.pcm), LEAST_BYTES)


@dataclass(frozen=True)
class End:
    """The frames of a generation are no longer wanted. `told`: somebody waits for the final text."""

    context: Context
    told: bool

    @property
    def generation(self) -> int:
        return self.context.generation


def unpacked(compressed: bytes) -> str:
    """The text of a compressed grammar; no more of it is unpacked than a grammar may be large.

    Raises:
        VocabularyRefused: not compressed text, or too large.
    """
    if not compressed:
        return ""
    reader = lzma.LZMADecompressor(lzma.FORMAT_XZ, memlimit=MAX_XZ_BYTES)
    try:
        text = reader.decompress(compressed, MAX_FSG_BYTES)
    except lzma.LZMAError as error:
        raise VocabularyRefused("The grammar is damaged.") from error
    if not reader.eof:
        raise VocabularyRefused("The grammar is too large, or cut off.")
    return text.decode(errors="replace")


class Hearing:
    """`run` until cancelled. `make_stt` makes a fresh engine (at the start, and after one has failed)."""

    def __init__(self, bus: Bus, make_stt: Callable[[], Stt], silero: Session, config: SttConfig) -> None:
        self._bus = bus
        self._make_stt = make_stt
        self._silero = silero
        self._config = config
        self._jobs: asyncio.Queue[Frame | End] = asyncio.Queue()
        self._queued_bytes = 0
        self._drops = False
        self._vocabularies: asyncio.Queue[Vocabulary] = asyncio.Queue(8)
        self._vocabulary: Vocabulary | None = None
        self._refused: Vocabulary | None = None
        self._knows = asyncio.Event()
        self._stt = make_stt()
        self._generation = 0
        self._wanted = False
        self._abandoned_generation = 0
        self._utterance: Utterance | None = None
        self._context = Context()
        self._failed_generation = 0
        self._captured: tuple[int, int] = (0, 0)
        self._worker = ThreadPoolExecutor(1, thread_name_prefix="stt")

    async def run(self) -> None:
        """Serve until cancelled."""
        await self._bus.subscribe(s.TURN_STATE, self._on_turn_state)
        await self._bus.subscribe(s.AUDIO_FRAME, self._on_frame)
        await self._bus.subscribe(s.STT_VOCABULARY, self._on_vocabulary)
        try:
            async with asyncio.TaskGroup() as tasks:
                tasks.create_task(self._work())
                tasks.create_task(self._learn())
                tasks.create_task(self._ask_for_vocabulary())
        finally:
            self._worker.shutdown(wait=True, cancel_futures=True)
            self._stt.close()

    async def ready(self) -> None:
        """Returns once there is a vocabulary to listen with."""
        await self._knows.wait()

    @property
    def has_vocabulary(self) -> bool:
        return self._vocabulary is not None

    # --- what arrives ----------------------------------------------------------------------------------

    def _on_turn_state(self, message: Received[pb.TurnState]) -> None:
        generation, state = message.context.generation, message.body
        if generation < self._generation:
            return
        if generation > self._generation:
            if self._wanted:
                self._end_with(message.context.of_generation(self._generation), told=False)
            self._generation = generation
            self._wanted = state.frames_wanted
            self._drops = False
        elif self._wanted and not state.frames_wanted:
            self._wanted = False
            self._end_with(message.context, told=state.phase == pb.COMMITTED)
        else:
            self._wanted = state.frames_wanted
            if self._wanted:
                self._abandoned_generation = 0

    def _on_frame(self, message: Received[pb.AudioFrame]) -> None:
        generation, frame = message.context.generation, message.body
        if generation > self._generation:
            self._generation, self._wanted = generation, True
        if generation < self._generation or not self._wanted:
            return
        if not frame.pcm or len(frame.pcm) % 2 or len(frame.pcm) > MAX_FRAME_BYTES:
            log.warning("dropped a frame of %d bytes", len(frame.pcm))
            return
        self._queue(Frame(message))

    def _on_vocabulary(self, message: Received[pb.Vocabulary]) -> None:
        body = message.body
        try:
            fsg = unpacked(body.fsg)
        except VocabularyRefused as error:
            log.error("%s", error)
            return
        vocabulary = Vocabulary(body.version, body.language, body.jsgf, tuple(body.hints), fsg)
        if not self._vocabularies.full():
            self._vocabularies.put_nowait(vocabulary)

    def _queue(self, frame: Frame) -> None:
        if self._queued_bytes + frame.size <= QUEUED_BYTES:
            self._queued_bytes += frame.size
            self._jobs.put_nowait(frame)
        elif not self._drops:
            self._drops = True
            log.error("the recogniser is too slow: sound is dropped")

    def _end_with(self, context: Context, told: bool) -> None:
        if not told:
            self._abandoned_generation = context.generation
        self._jobs.put_nowait(End(context, told))

    # --- the vocabulary -----------------------------------------------------------------------------------

    async def _ask_for_vocabulary(self) -> None:
        while not self.has_vocabulary:
            await self._bus.publish(s.STT_VOCABULARY_REQUEST, pb.VocabularyRequest())
            await asyncio.sleep(WANTED_AGAIN_S)

    async def _learn(self) -> None:
        while True:
            vocabulary = await self._vocabularies.get()
            if vocabulary in (self._vocabulary, self._refused):
                continue
            try:
                await asyncio.to_thread(self._stt.learn, vocabulary)
            except VocabularyRefused as error:
                log.error("%s", error)
                self._refused = vocabulary
                continue
            self._vocabulary = vocabulary
            self._knows.set()
            log.info("the recogniser knows vocabulary %s", vocabulary.version)

    def _replace_engine(self) -> None:
        fresh = self._make_stt()
        if self._vocabulary is not None:
            fresh.learn(self._vocabulary)
        self._stt = fresh

    # --- the work ----------------------------------------------------------------------------------------

    async def _work(self) -> None:
        while True:
            job = await self._jobs.get()
            try:
                if isinstance(job, Frame):
                    self._queued_bytes -= job.size
                    await self._hear(job.message)
                else:
                    await self._end(job)
            except EngineFailed as error:
                await self._fail(error)

    async def _hear(self, message: Received[pb.AudioFrame]) -> None:
        context, frame = message.context, message.body
        if context.generation == self._failed_generation or context.generation <= self._abandoned_generation:
            return
        samples = np.frombuffer(frame.pcm, np.int16)
        if (
            self._utterance is None
            or context.generation != self._context.generation
            or not self._utterance.follows(frame.stream, frame.position)
        ):
            await self._begin(context, frame)
        assert self._utterance is not None
        self._captured = (frame.position + len(samples), frame.captured_monotonic_ns)
        steps = self._utterance.hear(samples, frame.position)
        while (report := await self._in_thread(lambda: next(steps, None))) is not None:
            await self._tell(report, message)

    async def _begin(self, context: Context, frame: pb.AudioFrame) -> None:
        self._context = context
        longest = int(self._config.longest_utterance_s * 1000 * SAMPLES_PER_MS)
        self._utterance = await self._in_thread(
            lambda: Utterance(self._stt, self._silero, frame.stream, frame.position, longest, frame.request_position)
        )

    async def _end(self, job: End) -> None:
        utterance, self._utterance = self._utterance, None
        if job.told:
            await self._finish(job, utterance)
        elif utterance is not None:
            await self._in_thread(utterance.drop)
        await self._in_thread(give_back)

    async def _finish(self, job: End, utterance: Utterance | None) -> None:
        if job.generation == self._failed_generation:
            outcome = Outcome(0, rejection="engine_failed")
        elif utterance is None or job.generation != self._context.generation:
            outcome = Outcome(0, rejection="no_words")
        else:
            outcome = await self._in_thread(utterance.finish)
        await self._tell_final(outcome, utterance.stream if utterance else "", job.context)

    async def _fail(self, error: EngineFailed) -> None:
        log.error("%s (%s)", EngineFailed.__doc__, error)
        stream = self._utterance.stream if self._utterance else ""
        self._utterance = None
        self._failed_generation = self._context.generation
        await self._tell_final(Outcome(0, rejection="engine_failed"), stream, self._context)
        await self._in_thread(self._replace_engine)

    # --- what is told --------------------------------------------------------------------------------------

    async def _tell(self, report: Report, message: Received[pb.AudioFrame]) -> None:
        frame, context = message.body, message.context
        if report.words is not None:
            words = report.words
            partial = pb.Partial(
                stream=frame.stream, position=words.position, text=words.text, confidence=words.confidence
            )
            for word in words.words:
                partial.words.add(text=word.text, end_position=word.end_position)
            await self._bus.publish(s.STT_PARTIAL, partial, context)
            await self._tell_span(message)
        for activity in report.activities:
            body = pb.Activity(
                stream=frame.stream,
                position=activity.position,
                speech_probability=activity.speech_probability,
                cold=activity.cold,
                words_position=report.words_position,
                level_dbfs=activity.level_dbfs,
                noise_dbfs=activity.noise_dbfs,
                captured_monotonic_ns=self._captured_ns(activity.position),
            )
            await self._bus.publish(s.STT_ACTIVITY, body, context)

    async def _tell_span(self, message: Received[pb.AudioFrame]) -> None:
        span = pb.Span(
            hop="stt",
            start_monotonic_ns=message.body.captured_monotonic_ns,
            end_monotonic_ns=time.monotonic_ns(),
            bus_ns=message.bus_ns,
        )
        await self._bus.publish(s.OBS_SPAN, span, message.context)

    async def _tell_final(self, outcome: Outcome, stream: str, context: Context) -> None:
        final = pb.Final(
            stream=stream,
            position=outcome.position,
            text=outcome.text,
            confidence=outcome.confidence,
            source=outcome.source if outcome.text else "",
            rejection=outcome.rejection,
        )
        await self._bus.publish(s.STT_FINAL, final, context)

    def _captured_ns(self, position: int) -> int:
        """When the sample at `position` entered capture, told from the frame it came with."""
        end, captured_ns = self._captured
        return captured_ns - (end - position) * NS_PER_SAMPLE

    async def _in_thread(self, work: Callable[[], T]) -> T:
        return await asyncio.get_running_loop().run_in_executor(self._worker, work)
