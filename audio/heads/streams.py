"""Long streams of sound with known places of the word: a room, what people say in it, and the box's own playback.

A stream is what the wake word's front end hears: 16 kHz, behind echo cancellation where the stream has any.
"""

import random
from collections.abc import Iterator
from dataclasses import dataclass, field

import numpy as np

from audio.clips import Clip, signal
from audio.config import EchoConfig
from audio.echo import Canceller
from audio.heads.corpus import (
    CONFUSABLE,
    ENDING_IN_STOP,
    OWN_VOICE,
    RATE,
    SENTENCES,
    STARTING_WITH_STOP,
    Pcm,
    Voice,
    own_answer,
)

BLOCK = RATE // 100


@dataclass(frozen=True)
class Place:
    """Where something was said: the text, and the samples at which it (or the word in it) begins and ends."""

    text: str
    start: int
    end: int
    is_word: bool


@dataclass
class Stream:
    """Sound in the scale of int16, and what was said where."""

    sound: Pcm
    places: list[Place] = field(default_factory=list)


@dataclass(frozen=True)
class Room:
    """How a stream is heard. Levels in dB; `playback_db` is the box's own playback at the microphone, against speech."""

    speech_dbfs: float
    noise_dbfs: float
    colour: float
    echo_db: float
    playback_db: float | None
    cancelled: bool


def rooms(dice: random.Random) -> Iterator[Room]:
    """Rooms without end: quiet and noisy, and most of the time with playback, as that is when somebody says stop."""
    while True:
        speech = dice.uniform(-30, -12)
        playback = dice.choice((None, dice.uniform(-20, 3), dice.uniform(-20, 3)))
        yield Room(
            speech_dbfs=speech,
            noise_dbfs=dice.choice((-120.0, -75.0, speech - dice.uniform(10, 35))),
            colour=dice.uniform(0, 1),
            echo_db=dice.uniform(-36, -15),
            playback_db=playback,
            cancelled=playback is not None or dice.random() < 0.5,
        )


def word_clips(speakers: Iterator[Voice], dice: random.Random) -> Iterator[tuple[str, Pcm, int, int]]:
    """The word as people say it: the text, its sound, and where in it the word begins and ends.

    In front of other words its end is an estimate from the word spoken alone.
    """
    while True:
        speaker = next(speakers)
        alone = len(speaker.say("stop"))
        if dice.random() < 0.75:
            text = dice.choice(ENDING_IN_STOP)
            sound = speaker.say(text)
            yield text, sound, max(0, len(sound) - alone), len(sound)
        else:
            text = dice.choice(STARTING_WITH_STOP)
            sound = speaker.say(text)
            yield text, sound, 0, min(int(0.9 * alone), len(sound))


def other_clips(speakers: Iterator[Voice], dice: random.Random) -> Iterator[tuple[str, Pcm, int, int]]:
    """What is not the word, confusable words more often than not."""
    while True:
        text = dice.choice(CONFUSABLE) if dice.random() < 0.6 else dice.choice(SENTENCES)
        sound = next(speakers).say(text)
        yield text, sound, 0, len(sound)


def playback(seconds: float, dice: random.Random) -> Pcm:
    """What the box itself says one after the other, or its alarm, in the scale of int16."""
    if dice.random() < 0.25:
        ring = signal(Clip.ALARM)[::3].astype(np.float32)
        return np.tile(ring, int(seconds * RATE) // len(ring) + 1)[: int(seconds * RATE)]
    parts: list[Pcm] = []
    while sum(map(len, parts)) < seconds * RATE:
        parts += [OWN_VOICE.say(own_answer(dice)), np.zeros(int(dice.uniform(0.1, 0.6) * RATE), np.float32)]
    return np.concatenate(parts)[: int(seconds * RATE)]


def stream(
    clips: Iterator[tuple[str, Pcm, int, int]], count: int, is_word: bool, room: Room, dice: random.Random
) -> Stream:
    """`count` clips in a room, with pauses between them."""
    parts, places, at = [np.zeros(RATE * 2, np.float32)], [], RATE * 2
    for _ in range(count):
        text, sound, start, end = next(clips)
        level = 10 ** ((room.speech_dbfs + dice.uniform(-3, 3)) / 20) * 32767
        parts.append(sound * (level / np.max(np.abs(sound))))
        places.append(Place(text, at + start, at + end, is_word))
        gap = int(dice.uniform(0.5, 1.3) * RATE)
        parts.append(np.zeros(gap, np.float32))
        at += len(sound) + gap
    return Stream(heard(np.concatenate(parts), room, dice), places)


def heard(near: Pcm, room: Room, dice: random.Random) -> Pcm:
    """What the microphone's chain makes of speech in the room."""
    random_numbers = np.random.default_rng(dice.getrandbits(32))
    sound = near + _echoes(near, room.echo_db, random_numbers) + _noise(len(near), room, random_numbers)
    far = np.zeros(len(near), np.float32)
    if room.playback_db is not None:
        far = playback(len(near) / RATE, dice)
        gain = 10 ** ((room.speech_dbfs + room.playback_db) / 20) * 32767 / np.max(np.abs(far))
        delay = int(dice.uniform(0.01, 0.08) * RATE)
        at_microphone = np.concatenate([np.zeros(delay, np.float32), far * gain])[: len(near)]
        sound = sound + at_microphone + _echoes(at_microphone, room.echo_db, random_numbers)
    sound = np.clip(np.rint(sound), -32768, 32767).astype(np.float32)
    return cancelled(sound, far) if room.cancelled else sound


def cancelled(near: Pcm, far: Pcm) -> Pcm:
    """Behind the daemon's own echo canceller, as the wake words hear it."""
    canceller = Canceller(EchoConfig())
    pieces = [
        canceller.clean(near[at : at + BLOCK].astype(np.int16), far[at : at + BLOCK].astype(np.int16))
        for at in range(0, len(near) - BLOCK + 1, BLOCK)
    ]
    return np.concatenate(pieces).astype(np.float32)


def _echoes(sound: Pcm, level_db: float, random_numbers: np.random.Generator) -> Pcm:
    """A few dozen reflections that die away within 0.2 s."""
    reflected = np.zeros(len(sound), np.float32)
    for _ in range(24):
        delay = int(random_numbers.uniform(0.003, 0.2) * RATE)
        gain = random_numbers.normal() * 10 ** (level_db / 20) * np.exp(-delay / (0.06 * RATE))
        reflected[delay:] += np.float32(gain) * sound[:-delay]
    return reflected


def _noise(count: int, room: Room, random_numbers: np.random.Generator) -> Pcm:
    """Noise between white (colour 0) and brownish pink (1)."""
    if room.noise_dbfs < -100:
        return np.zeros(count, np.float32)
    spectrum = np.fft.rfft(random_numbers.normal(size=count))
    spectrum /= np.maximum(1.0, np.arange(len(spectrum)) * 200 / len(spectrum)) ** (0.7 * room.colour)
    noise = np.fft.irfft(spectrum, count)
    scale = 10 ** (room.noise_dbfs / 20) * 32767 / np.std(noise)
    return (noise * scale).astype(np.float32)
