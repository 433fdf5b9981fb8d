"""Reading a WAV file that somebody hands us: bounded before it is parsed, and refused in a sentence.

One pure function: bytes in, 16 kHz mono samples out.
"""

import io
import wave

import numpy as np
import soxr
from numpy.typing import NDArray

from cli.errors import CommandError

SAMPLE_RATE = 16_000
MAX_BYTES = 64 * 1024 * 1024
MAX_SECONDS = 300
RATES = range(8_000, 192_001)


def samples(data: bytes) -> NDArray[np.int16]:
    """The sound in a WAV file as 16 kHz mono, (n,) int16.

    Raises:
        CommandError: not a WAV file, cut off, empty, too long, or in a format that is not plain PCM.
    """
    if len(data) > MAX_BYTES:
        raise CommandError(f"The file is too large: at most {MAX_BYTES // 2**20} MB.")
    try:
        with wave.open(io.BytesIO(data)) as file:
            rate, channels, width, count = (
                file.getframerate(),
                file.getnchannels(),
                file.getsampwidth(),
                file.getnframes(),
            )
            raw = file.readframes(count)
    except (wave.Error, EOFError, RuntimeError) as error:
        raise CommandError(f"That is not a WAV file with plain PCM sound ({error or 'it ends too early'}).") from error
    if rate not in RATES or not 1 <= channels <= 8:
        raise CommandError(f"Unsupported sound: {rate} Hz with {channels} channels.")
    if len(raw) != count * channels * width:
        raise CommandError("The WAV file is cut off: it holds less sound than its header says.")
    if not raw:
        raise CommandError("The WAV file holds no sound.")
    if len(raw) / (rate * channels * width) > MAX_SECONDS:
        raise CommandError(f"The recording is too long: at most {MAX_SECONDS} seconds.")
    return at_16k(_as_float(raw, width).reshape(-1, channels).mean(axis=1), rate)


def _as_float(raw: bytes, width: int) -> NDArray[np.float64]:
    """PCM of 8, 16, 24 or 32 bits as −1 … 1."""
    match width:
        case 1:
            return (np.frombuffer(raw, np.uint8) - 128.0) / 128
        case 2:
            return np.frombuffer(raw, "<i2") / 2.0**15
        case 3:
            padded = np.zeros((len(raw) // 3, 4), np.uint8)
            padded[:, 1:] = np.frombuffer(raw, np.uint8).reshape(-1, 3)
            return padded.reshape(-1).view("<i4") / 2.0**31
        case 4:
            return np.frombuffer(raw, "<i4") / 2.0**31
        case _:
            raise CommandError(f"Unsupported sound: {8 * width} bits a sample.")


def at_16k(sound: NDArray[np.float64], rate: int) -> NDArray[np.int16]:
    """Sound of −1 … 1 at `rate` as 16 kHz int16."""
    resampled = sound if rate == SAMPLE_RATE else soxr.resample(sound, rate, SAMPLE_RATE)
    return np.clip(np.rint(resampled * 32767), -32768, 32767).astype(np.int16)
