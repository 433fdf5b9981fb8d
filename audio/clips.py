"""The sounds that the box keeps: short signals made from numbers, and the sentences it must be able to say by itself.

The sentences are rendered once by espeak-ng (a separate program; PCM over a pipe) into a cache folder. Where espeak-ng
is missing, the error signal stands in. Samples are 48 kHz mono float32 in the scale of int16.
"""

import asyncio
import contextlib
import hashlib
import logging
import wave
from collections.abc import Mapping
from enum import Enum
from pathlib import Path

import numpy as np
import soxr
from numpy.typing import NDArray

from audio.errors import UnknownClip
from audio.speech import trimmed
from audio.voice import RATE, Samples

log = logging.getLogger(__name__)


class Clip(Enum):
    """Every sound that `playback.clip` may name."""

    LISTENING = "listening"
    ERROR = "error"
    ALARM = "alarm"
    MUTED = "muted"
    UNMUTED = "unmuted"
    SOMETHING_WENT_WRONG = "something_went_wrong"
    CANNOT_HEAR = "cannot_hear"
    MICROPHONE_OFF = "microphone_off"
    MICROPHONE_ON = "microphone_on"
    STARTING = "starting"


Note = tuple[float, float, float]
"""When it begins (s), how high it is (Hz), how long it rings (s)."""

SIGNALS: Mapping[Clip, tuple[Note, ...]] = {
    Clip.LISTENING: ((0.0, 1046.5, 0.09),),
    Clip.ERROR: ((0.0, 311.1, 0.18), (0.16, 233.1, 0.30)),
    Clip.MUTED: ((0.0, 659.3, 0.12), (0.11, 440.0, 0.20)),
    Clip.UNMUTED: ((0.0, 440.0, 0.12), (0.11, 659.3, 0.20)),
    Clip.ALARM: (
        (0.0, 784.0, 0.35),
        (0.2, 988.0, 0.35),
        (0.4, 1175.0, 0.5),
        (0.9, 784.0, 0.35),
        (1.1, 988.0, 0.35),
        (1.3, 1175.0, 0.7),
    ),
}
PAUSE_S: Mapping[Clip, float] = {Clip.ALARM: 0.6}
"""Silence behind a signal that repeats."""

SENTENCES: Mapping[str, Mapping[Clip, str]] = {
    "en": {
        Clip.SOMETHING_WENT_WRONG: "Sorry, something went wrong. Please try again.",
        Clip.CANNOT_HEAR: "I can't hear anything: there is no working microphone.",
        Clip.MICROPHONE_OFF: "Microphone off.",
        Clip.MICROPHONE_ON: "Microphone on.",
        Clip.STARTING: "One moment, I am still starting.",
    },
    "de": {
        Clip.SOMETHING_WENT_WRONG: "Entschuldigung, da ist etwas schiefgegangen. Bitte versuche es noch einmal.",
        Clip.CANNOT_HEAR: "Ich höre nichts: Es gibt kein funktionierendes Mikrofon.",
        Clip.MICROPHONE_OFF: "Mikrofon aus.",
        Clip.MICROPHONE_ON: "Mikrofon an.",
        Clip.STARTING: "Einen Moment, ich starte noch.",
    },
}
VOICES: Mapping[str, str] = {"en": "en-us", "de": "de"}

LEVEL = 0.35 * 32767
ESPEAK_TIMEOUT_S = 5.0
MAX_CLIP_S = 30


class Clips:
    """The kept sounds by name. Made by `prepared`."""

    def __init__(self, samples: Mapping[Clip, Samples]) -> None:
        self._samples = samples

    def __getitem__(self, clip: Clip) -> Samples:
        return self._samples[clip]

    def named(self, name: str) -> Samples:
        """The clip that a message names.

        Raises:
            UnknownClip: none is called so.
        """
        try:
            return self._samples[Clip(name)]
        except ValueError as error:
            raise UnknownClip("The box keeps no clip of that name.") from error


async def prepared(cache: Path, language: str = "en", program: str = "espeak-ng") -> Clips:
    """All clips, the sentences in `language` (BCP 47; English where we have none), rendered into `cache` if missing."""
    samples = {clip: signal(clip) for clip in SIGNALS}
    spoken = language.split("-")[0] if language.split("-")[0] in SENTENCES else "en"
    for clip, text in SENTENCES[spoken].items():
        sentence = await _sentence(cache, clip, text, VOICES[spoken], program)
        samples[clip] = samples[Clip.ERROR] if sentence is None else sentence
    return Clips(samples)


def signal(clip: Clip) -> Samples:
    """A signal made from its notes: sines with an octave on top, struck and ringing out."""
    notes = SIGNALS[clip]
    length = max(start + ring for start, _, ring in notes) + PAUSE_S.get(clip, 0.0)
    sound = np.zeros(int(length * RATE), np.float64)
    for start, frequency, ring in notes:
        time = np.arange(int(ring * RATE)) / RATE
        tone = np.sin(2 * np.pi * frequency * time) + 0.25 * np.sin(4 * np.pi * frequency * time)
        strike = np.minimum(time / 0.004, 1.0) * np.exp(-4.0 * time / ring) * np.minimum((ring - time) / 0.01, 1.0)
        at = int(start * RATE)
        sound[at : at + len(time)] += tone * strike
    loudest = float(np.max(np.abs(sound)))
    return (sound * (LEVEL / loudest)).astype(np.float32)


async def _sentence(cache: Path, clip: Clip, text: str, voice: str, program: str) -> Samples | None:
    """The sentence from the cache, or rendered now; None where espeak-ng cannot."""
    digest = hashlib.sha256(f"1 {voice} {text}".encode()).hexdigest()[:12]
    path = cache / f"{clip.value}.{digest}.wav"
    kept = await asyncio.to_thread(_read, path)
    if kept is not None:
        return kept
    rendered = await _espeak(text, voice, program)
    if rendered is None:
        return None
    sound = await asyncio.to_thread(_to_player_rate, *rendered)
    await asyncio.to_thread(_keep, path, sound)
    return sound.astype(np.float32)


async def _espeak(text: str, voice: str, program: str) -> tuple[NDArray[np.int16], int] | None:
    try:
        process = await asyncio.create_subprocess_exec(
            program, "-v", voice, "-s", "165", "--stdout", "--", text,
            stdin=asyncio.subprocess.DEVNULL, stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.DEVNULL,
        )  # fmt: skip
    except OSError:
        log.warning("espeak-ng is not installed: a signal stands in for the box's own sentences")
        return None
    try:
        async with asyncio.timeout(ESPEAK_TIMEOUT_S):
            output, _ = await process.communicate()
    except TimeoutError:
        output = b""
    finally:
        if process.returncode is None:
            process.kill()
            await process.wait()
    return _pcm_of(output)


def _pcm_of(output: bytes) -> tuple[NDArray[np.int16], int] | None:
    """The samples and rate of a WAV written to a pipe, whose lengths are unknown to its header; None if it is none."""
    data = output.find(b"data", 12, 256)
    if output[:4] != b"RIFF" or data < 0:
        return None
    rate = int.from_bytes(output[24:28], "little")
    body = output[data + 8 :]
    pcm = np.frombuffer(body[: len(body) // 2 * 2], "<i2")
    return (pcm, rate) if len(pcm) and 8_000 <= rate <= RATE else None


def _to_player_rate(pcm: NDArray[np.int16], rate: int) -> NDArray[np.int16]:
    sound: NDArray[np.int16] = soxr.resample(pcm, rate, RATE)
    return trimmed(sound)


def _read(path: Path) -> Samples | None:
    """A cached clip; None where it is missing or damaged."""
    try:
        with wave.open(str(path), "rb") as file:
            if (file.getnchannels(), file.getsampwidth(), file.getframerate()) != (1, 2, RATE):
                return None
            frames = file.getnframes()
            data = file.readframes(min(frames, MAX_CLIP_S * RATE))
    except (OSError, EOFError, wave.Error):
        return None
    return np.frombuffer(data, "<i2").astype(np.float32) if frames and len(data) == 2 * frames else None


def _keep(path: Path, sound: NDArray[np.int16]) -> None:
    """Write the clip whole or not at all; a full disk only costs rendering it again next time."""
    partial = path.with_suffix(".partial")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with wave.open(str(partial), "wb") as file:
            file.setnchannels(1)
            file.setsampwidth(2)
            file.setframerate(RATE)
            file.writeframes(sound.astype("<i2").tobytes())
        partial.replace(path)
    except OSError as error:
        log.warning("a clip could not be kept: %s", error.strerror)
        with contextlib.suppress(OSError):
            partial.unlink()
