"""What is no request is transcribed, and nothing of its sound is kept."""

import subprocess
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field

import numpy as np
import pytest
import soxr

from bus import messages_pb2 as pb
from daemons.inferenced import recogniser
from inference.config import SttConfig
from inference.errors import EngineFailed
from inference.stt.dictation import LONGEST_S, Dictated, Dictation, WithDictation, what_sounds
from inference.stt.protocol import Hypothesis, Outcome, Samples, Vocabulary, Voice
from inference.stt.sphinx import Sphinx
from tests.conftest import Connect
from tests.inference.conftest import Pcm
from tests.inference.test_hearing import GRAMMAR, a_world, quiet

SENTENCE = "i read that article in the newspaper"
LONGEST = 16_000
NOT_IN_GRAMMAR = Outcome(0, rejection="not_in_grammar")


@dataclass
class Grammar:
    """An `Stt` that ends every utterance in the same way."""

    outcome: Outcome = NOT_IN_GRAMMAR

    def learn(self, vocabulary: Vocabulary) -> None: ...

    def start(self, position: int) -> None: ...

    def overhear(self, samples: Samples) -> None: ...

    def feed(self, samples: Samples, voice: Voice = Voice.SPEAKING) -> Hypothesis:
        return Hypothesis(len(samples))

    def finish(self) -> Outcome:
        return self.outcome

    def close(self) -> None: ...


@dataclass
class Scribe:
    """Writes down how much it was given."""

    given: list[int] = field(default_factory=list)

    def transcribe(self, samples: Samples) -> Dictated:
        self.given.append(len(samples))
        return Dictated("some words", 0.7)


def flite(text: str, voice: str = "slt") -> Pcm:
    command = ["flite", "-voice", voice, "-t", text, "-o", "/dev/stdout"]
    wave = subprocess.run(command, capture_output=True, check=True).stdout
    rate = int.from_bytes(wave[24:28], "little")
    pcm = np.frombuffer(wave[44 : 44 + (len(wave) - 44) // 2 * 2], np.int16).astype(np.float32)
    speech: Pcm = soxr.resample(pcm, rate, 16_000).clip(-32768, 32767).astype(np.int16)
    return speech


def loud(samples: int) -> Pcm:
    sound: Pcm = np.random.default_rng(2).normal(0, 3000, samples).astype(np.int16)
    return sound


def heard(stt: WithDictation, *sounds: Pcm) -> Outcome:
    stt.start(0)
    for sound in sounds:
        for at in range(0, len(sound), 320):
            stt.feed(sound[at : at + 320])
    return stt.finish()


# --- what is transcribed -----------------------------------------------------------------------------


def test_what_is_rejected_is_transcribed() -> None:
    stt = WithDictation(Grammar(Outcome(7, rejection="not_in_grammar")), Scribe(), LONGEST)
    assert heard(stt, quiet(300), loud(4800), quiet(300)) == Outcome(7, "some words", 0.7, "dictation")


def test_a_request_is_not_transcribed() -> None:
    scribe = Scribe()
    request = Outcome(7, "stop", 0.9)
    assert heard(WithDictation(Grammar(request), scribe, LONGEST), quiet(300), loud(4800)) == request
    assert not scribe.given


def test_where_nothing_sounded_nothing_is_transcribed() -> None:
    scribe = Scribe()
    outcome = heard(WithDictation(Grammar(), scribe, LONGEST), quiet(800))
    assert (outcome.text, outcome.rejection) == ("", "not_in_grammar")
    assert not scribe.given


def test_silence_around_what_sounds_is_left_out() -> None:
    sounding = what_sounds(np.concatenate([quiet(2000), loud(16_000), quiet(3000)]))
    assert 16_000 <= len(sounding) <= 16_000 + 2 * 16 * 320


# --- what is kept --------------------------------------------------------------------------------------


def test_no_more_sound_is_kept_than_allowed() -> None:
    scribe = Scribe()
    stt = WithDictation(Grammar(), scribe, LONGEST)
    stt.start(0)
    for _ in range(500):
        stt.feed(loud(320))
        assert stt.kept_samples <= LONGEST
    stt.feed(quiet(100))
    stt.finish()
    assert scribe.given[0] <= LONGEST


@pytest.mark.parametrize("end", [WithDictation.finish, WithDictation.close, lambda stt: stt.start(0)])
def test_no_sound_outlives_its_utterance(end: Callable[[WithDictation], object]) -> None:
    stt = WithDictation(Grammar(), Scribe(), LONGEST)
    stt.start(0)
    stt.feed(loud(3200))
    end(stt)
    assert stt.kept_samples == 0


# --- the real thing ----------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def dictation() -> Dictation:
    return Dictation(clock=lambda: 0.0)


def test_a_sentence_is_understood_for_the_most_part(dictation: Dictation) -> None:
    speech = flite(SENTENCE)
    dictated = dictation.transcribe(np.concatenate([quiet(200), speech, quiet(200)]))
    assert len(set(dictated.text.split()) & set(SENTENCE.split())) >= 5
    assert 0.0 < dictated.confidence <= 1.0


def test_of_a_monologue_the_end_is_transcribed(dictation: Dictation) -> None:
    silence = np.zeros(int(LONGEST_S * 16_000), np.int16)
    beginning = flite("my brother plays the guitar very well")
    dictated = dictation.transcribe(np.concatenate([beginning, silence, flite(SENTENCE)]))
    assert "newspaper" in dictated.text
    assert "guitar" not in dictated.text


def test_a_slow_machine_tells_what_it_has_in_time() -> None:
    seconds: Iterator[float] = iter(range(10_000))
    assert Dictation(clock=lambda: next(seconds)).transcribe(flite(SENTENCE)).text.count(" ") <= 1
    assert next(seconds) < 10


def test_a_tone_is_no_word(dictation: Dictation) -> None:
    tone = 3000 * np.sin(np.arange(24_000) * 2 * np.pi * 440 / 16_000)
    assert dictation.transcribe(np.concatenate([quiet(500), tone.astype(np.int16)])).text == ""


def test_switched_off_what_is_rejected_has_no_text() -> None:
    texts = []
    for config in (SttConfig(dictation=True), SttConfig(dictation=False)):
        stt = recogniser(config)
        stt.learn(Vocabulary("1", "en", GRAMMAR))
        stt.start(0)
        stt.feed(np.concatenate([quiet(300), flite(SENTENCE), quiet(300)]))
        texts.append(stt.finish().text)
        stt.close()
    assert "newspaper" in texts[0]
    assert texts[1] == ""


# --- on the bus ------------------------------------------------------------------------------------------


@dataclass
class Failing:
    """A transcriber that dies, until somebody has fetched a fresh one."""

    deaths: list[int]

    def transcribe(self, samples: Samples) -> Dictated:
        if self.deaths:
            self.deaths.clear()
            raise EngineFailed("it fell over")
        return Dictated("some words", 0.7)


async def test_a_dead_dictation_ends_its_turn_and_the_next_one_works(connect: Connect) -> None:
    deaths, made = [1], []

    def make() -> WithDictation:
        made.append(WithDictation(Sphinx(), Failing(deaths), LONGEST))
        return made[-1]

    speech = np.concatenate([quiet(300), flite(SENTENCE), quiet(300)])
    async with a_world(connect, make) as world:
        finals = []
        for generation in (1, 2):
            await world.state(generation, pb.OPENED, wanted=True)
            await world.hear(generation, speech)
            await world.state(generation, pb.COMMITTED, wanted=False)
            finals.append((await world.final())[1])
    assert (finals[0].text, finals[0].rejection) == ("", "engine_failed")
    assert (finals[1].text, finals[1].source) == ("some words", "dictation")
    assert len(made) == 2


async def test_a_turn_that_nobody_waits_for_is_not_transcribed(connect: Connect) -> None:
    scribe = Scribe()
    async with a_world(connect, lambda: WithDictation(Sphinx(), scribe, LONGEST)) as world:
        await world.state(1, pb.OPENED, wanted=True)
        await world.hear(1, np.concatenate([quiet(300), flite(SENTENCE)]))
        await world.state(1, pb.CANCELLED, wanted=False)
        await world.state(2, pb.OPENED, wanted=True)
        await world.hear(2, np.concatenate([quiet(300), flite(SENTENCE), quiet(300)]))
        await world.state(2, pb.COMMITTED, wanted=False)
        assert (await world.final())[0] == 2
    assert len(scribe.given) == 1
