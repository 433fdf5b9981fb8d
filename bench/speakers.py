"""Synthetic people: espeak-ng and flite voices at several rates. No evidence about real ones."""

import functools
import subprocess
from dataclasses import dataclass

import numpy as np
import soxr
from numpy.typing import NDArray

from bench.errors import BenchError

RATE = 48_000
Samples = NDArray[np.float32]
AUDIBLE = 0.01
"""The first and last sample of speech are those that reach this share of its loudest."""
LOUDNESS_DBFS = -24.0
ORDINARY_WPM = 165


@dataclass(frozen=True)
class Speaker:
    """One voice at one rate."""

    name: str
    program: str
    voice: str
    words_per_minute: int

    def say(self, text: str) -> Samples:
        """(n,) at 48 kHz within ±1, from the first to the last sample that can be heard, all equally loud."""
        return _spoken(self, text)

    def _command(self, text: str) -> list[str]:
        if self.program == "espeak-ng":
            return ["espeak-ng", "-v", self.voice, "-s", str(self.words_per_minute), "--stdout", text]
        stretch = f"duration_stretch={ORDINARY_WPM / self.words_per_minute:.2f}"
        return ["flite", "-voice", self.voice, "--setf", stretch, "-t", text, "-o", "/dev/stdout"]


SPEAKERS = (
    Speaker("espeak us", "espeak-ng", "en-us", 165),
    Speaker("espeak us, quick", "espeak-ng", "en-us", 190),
    Speaker("espeak us m3", "espeak-ng", "en-us+m3", 150),
    Speaker("espeak us f2", "espeak-ng", "en-us+f2", 160),
    Speaker("espeak gb", "espeak-ng", "en-gb", 170),
    Speaker("flite slt", "flite", "slt", 165),
    Speaker("flite rms", "flite", "rms", 165),
    Speaker("flite awb", "flite", "awb", 160),
    Speaker("flite slt, slow", "flite", "slt", 140),
)


@functools.lru_cache(maxsize=1024)
def _spoken(speaker: Speaker, text: str) -> Samples:
    try:
        done = subprocess.run(speaker._command(text), capture_output=True, timeout=30, check=True)
    except (OSError, subprocess.SubprocessError) as error:
        raise BenchError(f"{speaker.program} could not speak: is it installed?") from error
    output = done.stdout
    data = output.find(b"data")
    if output[:4] != b"RIFF" or data < 0:
        raise BenchError(f"{speaker.program} wrote no sound for {speaker.voice!r}.")
    rate = int.from_bytes(output[24:28], "little")
    body = output[data + 8 :]
    pcm = np.frombuffer(body[: len(body) // 2 * 2], "<i2").astype(np.float32) / 32768
    return equally_loud(cut(soxr.resample(pcm, rate, RATE).astype(np.float32)))


def cut(sound: Samples) -> Samples:
    """Without the silence in front and behind."""
    loud = np.flatnonzero(np.abs(sound) >= AUDIBLE * float(np.max(np.abs(sound), initial=1e-9)))
    return sound[loud[0] : loud[-1] + 1] if loud.size else sound


def equally_loud(sound: Samples) -> Samples:
    """At `LOUDNESS_DBFS` (RMS)."""
    level = float(np.sqrt(np.mean(np.square(sound)))) or 1.0
    scaled: Samples = (sound * (10 ** (LOUDNESS_DBFS / 20) / level)).astype(np.float32)
    return scaled
