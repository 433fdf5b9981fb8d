"""From the voice engine's bytes to the player's samples."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from audio.errors import UnusableSpeech
from audio.player import SILENT
from audio.speech import Decoder
from audio.voice import RATE, Samples

ENGINE_RATE = 22_050


def speech(seconds: float, silence_s: float = 0.0) -> bytes:
    tone = 8000 * np.sin(2 * np.pi * 200 * np.arange(int(seconds * ENGINE_RATE)) / ENGINE_RATE)
    return np.concatenate([np.zeros(int(silence_s * ENGINE_RATE)), tone]).astype("<i2").tobytes()


def decoded(pcm: bytes, chunk: int, rate: int = ENGINE_RATE) -> Samples:
    decoder = Decoder()
    parts = [decoder.decode(pcm[at : at + chunk], rate) for at in range(0, len(pcm), chunk)]
    return np.concatenate([*parts, decoder.rest()])


def test_speech_keeps_its_length_and_level() -> None:
    samples = decoded(speech(1.0), 882)
    assert len(samples) == pytest.approx(RATE, abs=RATE * 0.002)
    assert np.max(np.abs(samples[1000:-1000])) == pytest.approx(8000, rel=0.01)


def test_silence_in_front_is_cut_off_to_the_sample() -> None:
    samples = decoded(speech(0.5, silence_s=0.3), 882)
    assert len(samples) == pytest.approx(0.5 * RATE, abs=RATE * 0.003)
    assert np.any(np.abs(samples[:24]) >= SILENT)


def test_silence_within_is_kept() -> None:
    pcm = speech(0.2) + speech(0.2, silence_s=0.3)
    assert len(decoded(pcm, 882)) == pytest.approx(0.7 * RATE, abs=RATE * 0.003)


def test_the_first_chunk_sounds_without_the_second() -> None:
    assert len(Decoder().decode(speech(0.02), ENGINE_RATE)) > RATE * 0.015


def test_speech_at_the_players_rate_passes_as_it_is() -> None:
    pcm = np.full(480, 1000, "<i2").tobytes()
    assert len(decoded(pcm, 960, RATE)) == 480


@given(chunk=st.integers(1, 2000).map(lambda samples: 2 * samples))
def test_how_it_is_cut_into_chunks_makes_no_difference(chunk: int) -> None:
    pcm = speech(0.1, silence_s=0.05)
    assert np.allclose(decoded(pcm, chunk), decoded(pcm, len(pcm)), atol=2)


@pytest.mark.parametrize(("pcm", "rate"), [(b"\0", ENGINE_RATE), (b"\0\0", 0), (b"\0\0", 96_000)])
def test_what_cannot_be_speech_is_refused(pcm: bytes, rate: int) -> None:
    with pytest.raises(UnusableSpeech):
        Decoder().decode(pcm, rate)


def test_a_rate_that_changes_within_an_utterance_is_refused() -> None:
    decoder = Decoder()
    decoder.decode(speech(0.1), ENGINE_RATE)
    with pytest.raises(UnusableSpeech):
        decoder.decode(speech(0.1), 16_000)


def test_speech_without_end_is_refused() -> None:
    decoder = Decoder()
    for _ in range(5):
        decoder.decode(bytes(2 * 8_000 * 60), 8_000)
    with pytest.raises(UnusableSpeech):
        decoder.decode(bytes(2), 8_000)
