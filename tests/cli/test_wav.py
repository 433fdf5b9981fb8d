"""A WAV file from outside: read where it can be, refused in a sentence where it can't."""

import contextlib
import io
import wave

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from cli import wav
from cli.errors import CommandError


def wav_file(samples: np.ndarray, rate: int = 16_000, channels: int = 1, width: int = 2) -> bytes:
    """`samples` in −1 … 1 as a WAV file."""
    scaled = np.repeat(samples, channels)
    match width:
        case 1:
            raw = (scaled * 127 + 128).astype(np.uint8).tobytes()
        case 2:
            raw = (scaled * 32767).astype("<i2").tobytes()
        case 3:
            raw = (scaled * (2**31 - 1)).astype("<i4").view(np.uint8).reshape(-1, 4)[:, 1:].tobytes()
        case _:
            raw = (scaled * (2**31 - 1)).astype("<i4").tobytes()
    buffer = io.BytesIO()
    with wave.open(buffer, "wb") as file:
        file.setnchannels(channels)
        file.setsampwidth(width)
        file.setframerate(rate)
        file.writeframes(raw)
    return buffer.getvalue()


def tone(rate: int, seconds: float = 0.5) -> np.ndarray:
    return 0.5 * np.sin(2 * np.pi * 440 * np.arange(int(rate * seconds)) / rate)


@pytest.mark.parametrize("width", [1, 2, 3, 4])
@pytest.mark.parametrize("rate", [8_000, 16_000, 22_050, 44_100, 48_000])
@pytest.mark.parametrize("channels", [1, 2])
def test_any_plain_pcm_becomes_16_khz_mono(width: int, rate: int, channels: int) -> None:
    heard = wav.samples(wav_file(tone(rate), rate, channels, width))
    assert heard.dtype == np.int16
    assert abs(len(heard) - 8_000) <= 2
    middle = heard[2_000:6_000] / 32767
    assert np.sqrt(np.mean(middle**2)) == pytest.approx(0.5 / np.sqrt(2), rel=0.05)


def test_a_file_that_is_cut_off_is_refused() -> None:
    whole = wav_file(tone(16_000))
    with pytest.raises(CommandError, match="cut off"):
        wav.samples(whole[: len(whole) // 2])


@pytest.mark.parametrize("data", [b"", b"RIFF", b"not a wav at all" * 10, wav_file(np.zeros(0))])
def test_what_is_no_sound_is_refused(data: bytes) -> None:
    with pytest.raises(CommandError):
        wav.samples(data)


def test_an_unsupported_rate_is_refused() -> None:
    with pytest.raises(CommandError, match="4000 Hz"):
        wav.samples(wav_file(tone(4_000), 4_000))


def test_a_recording_that_is_too_long_is_refused() -> None:
    with pytest.raises(CommandError, match="too long"):
        wav.samples(wav_file(np.zeros(8_000 * (wav.MAX_SECONDS + 1)), 8_000, width=1))


@given(st.binary(max_size=400), st.integers(0, 60))
def test_any_bytes_are_sound_or_refused(noise: bytes, position: int) -> None:
    damaged = bytearray(wav_file(tone(16_000, 0.01)))
    damaged[position : position + len(noise)] = noise
    with contextlib.suppress(CommandError):
        assert wav.samples(bytes(damaged)).dtype == np.int16
