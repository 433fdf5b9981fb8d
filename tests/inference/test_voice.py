"""The voice: a helper process that streams, is replaced when it dies, and what is said as people say it."""

import os
import signal
from collections.abc import AsyncGenerator
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from inference.config import TtsConfig
from inference.errors import VoiceFailed
from inference.tts.cache import CachedVoice
from inference.tts.espeak import Espeak
from inference.tts.protocol import Pcm
from inference.tts.spoken import as_spoken


async def spoken(voice: Espeak | CachedVoice, text: str, language: str = "en") -> np.ndarray:
    return np.concatenate([pcm.samples async for pcm in voice.speak(text, language)])


async def test_it_speaks() -> None:
    async with Espeak.started(TtsConfig()) as voice:
        speech = await spoken(voice, "Timer set for five minutes.")
    assert 1.0 < len(speech) / 22_050 < 4.0
    assert np.max(np.abs(speech)) > 3000


async def test_speech_comes_in_stretches() -> None:
    async with Espeak.started(TtsConfig()) as voice:
        first = await anext(voice.speak("This is a rather long sentence that nobody waits for to the end.", "en"))
    assert len(first.samples) / first.sample_rate < 1.0


async def test_a_sentence_that_is_cut_short_does_not_leak_into_the_next() -> None:
    async with Espeak.started(TtsConfig()) as voice:
        alone = await spoken(voice, "Yes.")
        cut = voice.speak("This one is interrupted in the middle of what it has to say.", "en")
        await anext(cut)
        await cut.aclose()
        assert len(await spoken(voice, "Yes.")) == pytest.approx(len(alone), rel=0.05)


async def test_languages_have_voices_of_their_own() -> None:
    async with Espeak.started(TtsConfig()) as voice:
        english, german = await spoken(voice, "Januar", "en"), await spoken(voice, "Januar", "de-AT")
    assert len(english) != len(german) or not np.array_equal(english, german)


async def test_a_helper_that_dies_is_replaced() -> None:
    async with Espeak.started(TtsConfig()) as voice:
        await spoken(voice, "Yes.")
        os.kill(helper_pid(), signal.SIGKILL)
        assert len(await spoken(voice, "No."))


async def test_a_helper_that_dies_in_the_middle_is_told_of() -> None:
    async with Espeak.started(TtsConfig()) as voice:
        speech = voice.speak("A long sentence, " * 60, "en")
        await anext(speech)
        os.kill(helper_pid(), signal.SIGKILL)
        with pytest.raises(VoiceFailed):
            async for _ in speech:
                pass
        assert len(await spoken(voice, "Here again."))


async def test_the_text_is_no_argument_of_any_process() -> None:
    async with Espeak.started(TtsConfig()) as voice:
        speech = voice.speak("A secret that nobody else may read. " * 20, "en")
        await anext(speech)
        assert b"secret" not in Path(f"/proc/{helper_pid()}/cmdline").read_bytes()
        await speech.aclose()


def helper_pid() -> int:
    """The newest child of this process that is the helper."""
    children = Path("/proc/self/task").glob("*/children")
    pids = [int(pid) for each in children for pid in each.read_text().split()]
    return max(pid for pid in pids if b"espeak_helper" in Path(f"/proc/{pid}/cmdline").read_bytes())


class Counting:
    """A voice that counts what it is asked to say."""

    def __init__(self) -> None:
        self.said: list[str] = []

    async def speak(self, text: str, language: str) -> AsyncGenerator[Pcm, None]:
        self.said.append(f"{language} {text}")
        yield Pcm(np.ones(1000, np.int16), 16_000)


async def test_what_was_said_before_is_ready() -> None:
    engine = Counting()
    voice = CachedVoice(engine)
    for _ in range(3):
        assert len(await spoken(voice, "Yes.")) == 1000
    assert engine.said == ["en Yes."]


async def test_what_is_kept_is_bounded() -> None:
    engine = Counting()
    voice = CachedVoice(engine, max_bytes=5000)
    for text in ("one", "two", "three", "one"):
        await spoken(voice, text)
    assert engine.said == ["en one", "en two", "en three", "en one"]


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("It's 21.5 °C.", "It's 21 point 5 degrees Celsius."),
        ("My address is 192.168.1.20.", "My address is 1 9 2 dot 1 6 8 dot 1 dot 2 0."),
        ("Be there at 07:05.", "Be there at seven oh five."),
        ("It costs €12.50.", "It costs 12 euros 50."),
        ("Ten miles are about 16.1 kilometers.", "Ten miles are about 16 point 1 kilometers."),
        ("10–12 km", "10 to 12 kilometers"),
        ("**bold** <b>", "bold b"),
    ],
)
def test_english_is_read_as_people_say_it(text: str, said: str) -> None:
    assert as_spoken(text, "en") == said


@pytest.mark.parametrize(
    ("text", "said"),
    [("Um 16:10 Uhr.", "Um 16 Uhr 10."), ("21,5 °C", "21 Komma 5 Grad"), ("3 km", "3 Kilometer")],
)
def test_german_is_read_as_people_say_it(text: str, said: str) -> None:
    assert as_spoken(text, "de") == said


@given(st.text(max_size=300), st.sampled_from(["en", "de", "fr"]))
def test_any_text_can_be_read(text: str, language: str) -> None:
    said = as_spoken(text, language)
    assert said.isprintable()
    assert not set("<>{}*_") & set(said)
