"""Speech to text on a real bus: turns, generations, and what goes wrong."""

import asyncio
import threading
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

import numpy as np
import pytest

from bus import messages_pb2 as pb
from bus import subjects as s
from bus.client import Bus
from bus.envelope import Context, Received
from inference import hearing
from inference.config import SttConfig
from inference.errors import EngineFailed
from inference.hearing import Hearing
from inference.stt.protocol import Hypothesis, Outcome, Samples, Stt, Vocabulary, Voice
from inference.stt.sphinx import Sphinx
from inference.voice_activity import open_silero
from tests.conftest import Connect
from tests.inference.conftest import Pcm

GRAMMAR = """#JSGF V1.0;
grammar sample;
<number> = one | two | three | five | ten | fifteen | twenty;
<timer> = set a timer for <number> (minutes | seconds) | cancel the timer;
<lights> = turn (on | off) the (kitchen | bedroom) lights;
<ask> = what time is it | what time is it in tokyo;
public <request> = <timer> | <lights> | <ask>;
"""
FRAME = 320


class World:
    """Conductor and capture, as far as the recogniser sees them."""

    def __init__(self, conductor: Bus, audio: Bus, inference: Bus) -> None:
        self.conductor = conductor
        self.audio = audio
        self.inference = inference
        self.activities: list[pb.Activity] = []
        self.partials: list[pb.Partial] = []
        self.finals: asyncio.Queue[tuple[int, pb.Final]] = asyncio.Queue()
        self.position = 48_000
        self.states: asyncio.Queue[int] = asyncio.Queue()

    async def listen(self) -> None:
        bus = self.conductor
        await bus.subscribe(s.STT_ACTIVITY, lambda m: self.activities.append(m.body))
        await bus.subscribe(s.STT_PARTIAL, lambda m: self.partials.append(m.body))
        await bus.subscribe(s.STT_FINAL, lambda m: self.finals.put_nowait((m.context.generation, m.body)))
        await bus.subscribe(s.STT_VOCABULARY_REQUEST, self._on_request)
        await self.inference.subscribe(s.TURN_STATE, lambda m: self.states.put_nowait(m.context.generation))
        await bus.flush()

    async def _on_request(self, _message: Received[pb.VocabularyRequest]) -> None:
        await self.conductor.publish(s.STT_VOCABULARY, pb.Vocabulary(version="1", language="en", jsgf=GRAMMAR))

    async def state(self, generation: int, phase: pb.TurnPhase, wanted: bool) -> None:
        state = pb.TurnState(phase=phase, stream="mic", frames_wanted=wanted)
        await self.conductor.publish(s.TURN_STATE, state, context(generation))
        await self.conductor.flush()

    async def hear(self, generation: int, pcm: Pcm) -> None:
        for at in range(0, len(pcm), FRAME):
            data = pcm[at : at + FRAME].tobytes()
            frame = pb.AudioFrame(stream="mic", position=self.position, pcm=data, captured_monotonic_ns=1)
            await self.audio.publish(s.AUDIO_FRAME.of("turn"), frame, context(generation))
            self.position += len(data) // 2
        await self.audio.flush()

    async def recogniser_knows_of(self, generation: int) -> None:
        """A state of this turn has arrived on its connection."""
        async with asyncio.timeout(20):
            while await self.states.get() != generation:
                pass
        await self.inference.flush()

    async def final(self) -> tuple[int, pb.Final]:
        async with asyncio.timeout(20):
            return await self.finals.get()


def context(generation: int) -> Context:
    return Context(trace_id="trace", session_id="turn", generation=generation)


def quiet(ms: int) -> Pcm:
    noise: Pcm = np.random.default_rng(1).normal(0, 8, ms * 16).astype(np.int16)
    return noise


@asynccontextmanager
async def a_world(connect: Connect, make_stt: Callable[[], Stt] = Sphinx) -> AsyncIterator[World]:
    async with connect("conductord") as conductor, connect("audiod") as audio, connect("inferenced") as inference:
        world = World(conductor, audio, inference)
        await world.listen()
        recogniser = Hearing(inference, make_stt, open_silero(), SttConfig())
        task = asyncio.create_task(recogniser.run())
        try:
            async with asyncio.timeout(20):
                while not recogniser.has_vocabulary:
                    await asyncio.sleep(0.01)
            yield world
        finally:
            task.cancel()
            await asyncio.gather(task, return_exceptions=True)


async def test_a_request_is_heard(connect: Connect, say: Callable[..., Pcm]) -> None:
    async with a_world(connect) as world:
        await world.state(1, pb.OPENED, wanted=True)
        await world.hear(1, np.concatenate([quiet(300), say("set a timer for fifteen minutes"), quiet(300)]))
        await world.state(1, pb.COMMITTED, wanted=False)
        generation, final = await world.final()
    assert (generation, final.text, final.rejection) == (1, "set a timer for fifteen minutes", "")
    assert world.partials[-1].words[-1].end_position <= world.position
    assert world.activities[0].cold
    assert max(activity.speech_probability for activity in world.activities) > 0.9
    assert world.activities[-1].speech_probability < 0.5
    assert world.activities[-1].words_position > world.position - 16 * 200


async def test_two_turns_in_a_row_are_two_utterances(connect: Connect, say: Callable[..., Pcm]) -> None:
    async with a_world(connect) as world:
        heard = []
        for generation, text in ((1, "cancel the timer"), (2, "set a timer for fifteen seconds")):
            await world.state(generation, pb.OPENED, wanted=True)
            await world.hear(generation, np.concatenate([quiet(300), say(text), quiet(300)]))
            await world.state(generation, pb.COMMITTED, wanted=False)
            heard.append((await world.final())[1].text)
    assert heard == ["cancel the timer", "set a timer for fifteen seconds"]


async def test_frames_of_an_older_generation_are_dropped(connect: Connect, say: Callable[..., Pcm]) -> None:
    async with a_world(connect) as world:
        await world.state(5, pb.OPENED, wanted=True)
        await world.hear(4, say("set a timer for ten seconds"))
        await world.state(5, pb.COMMITTED, wanted=False)
        generation, final = await world.final()
    assert (generation, final.text, final.rejection) == (5, "", "no_words")
    assert not world.partials


async def test_a_frame_may_overtake_the_state_that_opened_its_turn(connect: Connect, say: Callable[..., Pcm]) -> None:
    async with a_world(connect) as world:
        await world.hear(3, np.concatenate([quiet(300), say("cancel the timer")]))
        await world.state(3, pb.OPENED, wanted=True)
        await world.hear(3, quiet(300))
        await world.state(3, pb.COMMITTED, wanted=False)
        assert (await world.final())[1].text == "cancel the timer"


async def test_the_speaker_may_go_on_after_a_commit(connect: Connect, say: Callable[..., Pcm]) -> None:
    async with a_world(connect) as world:
        await world.state(1, pb.OPENED, wanted=True)
        await world.hear(1, np.concatenate([quiet(300), say("what time is it"), quiet(500)]))
        await world.state(1, pb.ANSWERING, wanted=True)
        await world.hear(1, np.concatenate([say("in tokyo"), quiet(300)]))
        await world.state(1, pb.LISTENING, wanted=True)
        await world.state(1, pb.COMMITTED, wanted=False)
        assert (await world.final())[1].text == "what time is it in tokyo"


async def test_odd_empty_and_foreign_frames_do_no_harm(connect: Connect, say: Callable[..., Pcm]) -> None:
    async with a_world(connect) as world:
        await world.state(1, pb.OPENED, wanted=True)
        for pcm in (b"", b"\0", b"\0" * 200_000):
            frame = pb.AudioFrame(stream="mic", position=0, pcm=pcm)
            await world.audio.publish(s.AUDIO_FRAME.of("turn"), frame, context(1))
        await world.hear(1, np.concatenate([quiet(300), say("cancel the timer"), quiet(300)]))
        await world.state(1, pb.COMMITTED, wanted=False)
        assert (await world.final())[1].text == "cancel the timer"


@dataclass
class Mortal:
    """An engine that dies on its first frame, once."""

    deaths: list[int] = field(default_factory=lambda: [1])
    inner: Sphinx = field(default_factory=Sphinx)

    def learn(self, vocabulary: Vocabulary) -> None:
        self.inner.learn(vocabulary)

    def start(self, position: int) -> None:
        self.inner.start(position)

    def overhear(self, samples: Samples) -> None:
        self.inner.overhear(samples)

    def feed(self, samples: Samples, voice: Voice = Voice.SPEAKING) -> Hypothesis:
        if self.deaths:
            self.deaths.clear()
            raise EngineFailed("it fell over")
        return self.inner.feed(samples)

    def finish(self) -> Outcome:
        return self.inner.finish()

    def close(self) -> None:
        self.inner.close()


async def test_a_dead_engine_ends_its_turn_and_the_next_one_works(connect: Connect, say: Callable[..., Pcm]) -> None:
    deaths = [1]
    async with a_world(connect, lambda: Mortal(deaths)) as world:
        await world.state(1, pb.OPENED, wanted=True)
        await world.hear(1, say("cancel the timer"))
        generation, final = await world.final()
        assert (generation, final.rejection) == (1, "engine_failed")
        await world.state(2, pb.OPENED, wanted=True)
        await world.hear(2, np.concatenate([quiet(300), say("cancel the timer"), quiet(300)]))
        await world.state(2, pb.COMMITTED, wanted=False)
        assert (await world.final())[1].text == "cancel the timer"


@pytest.mark.parametrize(
    "pcm", [np.zeros(16_000, np.int16), np.full(16_000, 32767, np.int16)], ids=["silence", "stuck"]
)
async def test_sound_without_words_has_no_text(connect: Connect, pcm: Pcm) -> None:
    async with a_world(connect) as world:
        await world.state(1, pb.OPENED, wanted=True)
        await world.hear(1, pcm)
        await world.state(1, pb.COMMITTED, wanted=False)
        generation, final = await world.final()
    assert (generation, final.text) == (1, "")
    assert final.rejection in ("no_words", "not_in_grammar")


async def test_where_sound_is_dropped_the_end_still_arrives(
    connect: Connect, say: Callable[..., Pcm], monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr(hearing, "QUEUED_BYTES", 4 * 2 * FRAME)
    async with a_world(connect) as world:
        await world.state(1, pb.OPENED, wanted=True)
        await world.hear(1, np.concatenate([say("set a timer for fifteen minutes")] * 4))
        await world.state(1, pb.COMMITTED, wanted=False)
        generation, _ = await world.final()
    assert generation == 1
    assert caplog.text.count("too slow") == 1


class Slow(Sphinx):
    """An engine that waits for `goes_on` before it takes sound in, and counts how often it did."""

    def __init__(self) -> None:
        super().__init__()
        self.goes_on = threading.Event()
        self.taken_in = 0

    def feed(self, samples: Samples, voice: Voice = Voice.SPEAKING) -> Hypothesis:
        assert self.goes_on.wait(20)
        self.taken_in += 1
        return super().feed(samples, voice)


async def test_what_still_waits_of_a_turn_that_was_given_up_is_not_worked_through(connect: Connect) -> None:
    engine = Slow()
    async with a_world(connect, lambda: engine) as world:
        await world.state(1, pb.OPENED, wanted=True)
        await world.hear(1, quiet(1000))
        await world.state(1, pb.CLOSED, wanted=False)
        await world.state(2, pb.OPENED, wanted=True)
        await world.hear(2, quiet(200))
        await world.state(2, pb.COMMITTED, wanted=False)
        await world.recogniser_knows_of(2)
        engine.goes_on.set()
        generation, _ = await world.final()
    assert generation == 2
    assert engine.taken_in < 50
