"""Long streams of sound with known places of the word: a room, what people say in it, and the box's own playback.

A stream is what the wake word's front end hears: 16 kHz, behind echo cancellation where the stream has any.
"""

import random
from collections.abc import Iterator
from dataclasses import dataclass, field, replace

import numpy as np

from audio.clips import Clip, signal
from audio.config import EchoConfig
from audio.echo import Canceller
from audio.heads.corpus import OWN_VOICE, RATE, SENTENCES, Pcm, Voice, Word, any_words, own_answer

BLOCK = RATE // 100
LEADS = (RATE * 2, RATE * 6)
"""Samples before anyone speaks: the echo canceller needs a few seconds of playback to find the echo."""
OTHER_OWN_VOICES = ("en-gb", "en-us+f3", "en-us+m3", "en-gb-x-rp")


@dataclass(frozen=True)
class Said:
    """A text, its sound, and where in it the word (or all of it) begins and ends."""

    text: str
    sound: Pcm
    start: int
    end: int


@dataclass(frozen=True)
class Place:
    """Where something was said: the text, and the samples at which it (or the word in it) begins and ends."""

    text: str
    start: int
    end: int
    is_word: bool


@dataclass
class Stream:
    """What the microphone takes up and what the box plays meanwhile (None: nothing), in the scale of int16, and what
    was said where. `cancelled`: it goes through the echo canceller."""

    microphone: Pcm
    far: Pcm | None
    cancelled: bool
    places: list[Place] = field(default_factory=list)

    @property
    def clean(self) -> Pcm:
        """As the wake words hear it."""
        if not self.cancelled:
            return self.microphone
        return _cancelled(self.microphone, np.zeros_like(self.microphone) if self.far is None else self.far)


@dataclass(frozen=True)
class Room:
    """How a stream is heard. Levels in dB; `playback_db` is the box's own playback at the microphone, against speech.

    `overdriven` (0 to 1) is how much the speaker distorts, which no canceller can take out.
    """

    speech_dbfs: float
    noise_dbfs: float
    colour: float
    echo_db: float
    playback_db: float | None
    overdriven: float
    cancelled: bool


def rooms(dice: random.Random, word: Word) -> Iterator[Room]:
    """Rooms without end: quiet and noisy, a part of them with playback."""
    while True:
        speech = dice.uniform(-30, -12)
        playback = dice.uniform(-20, 6) if dice.random() < word.over_playback else None
        yield Room(
            speech_dbfs=speech,
            noise_dbfs=dice.choice((-120.0, -75.0, speech - dice.uniform(*word.noise_below_db))),
            colour=dice.uniform(0, 1),
            echo_db=dice.uniform(-36, -15),
            playback_db=playback,
            overdriven=dice.choice((0.0, dice.uniform(0, 1))),
            cancelled=playback is not None or dice.random() < 0.5,
        )


def word_clips(word: Word, speakers: Iterator[Voice], dice: random.Random) -> Iterator[Said]:
    """The word as people say it. In front of other words its end is an estimate from the word spoken alone."""
    while True:
        speaker = next(speakers)
        alone = len(speaker.say(word.phrase))
        if dice.random() < word.alone:
            text = dice.choice(word.ending)
            sound = speaker.say(text)
            yield Said(text, sound, max(0, len(sound) - alone), len(sound))
        else:
            text = dice.choice(word.starting)
            sound = speaker.say(text)
            yield Said(text, sound, 0, min(int(0.9 * alone), len(sound)))


def other_clips(word: Word, unseen: bool, speakers: Iterator[Voice], dice: random.Random) -> Iterator[Said]:
    """What is not the word: confusable words, sentences, any words; `unseen`: also such as training leaves out."""
    confusable = word.confusable + (4 * word.unseen if unseen else ())
    while True:
        kind = dice.random()
        if kind < 0.5:
            text = dice.choice(confusable)
        else:
            text = dice.choice(SENTENCES) if kind < 0.7 else any_words(word, dice)
        sound = next(speakers).say(text)
        yield Said(text, sound, 0, len(sound))


def playback(seconds: float, dice: random.Random) -> Pcm:
    """What the box itself says one after the other, or its alarm, in the scale of int16."""
    if dice.random() < 0.25:
        ring = signal(Clip.ALARM)[::3].astype(np.float32)
        rung = np.tile(ring, int(seconds * RATE) // len(ring) + 1)[: int(seconds * RATE)]
        rise_db = np.minimum(0.0, -30 + 30 * np.arange(len(rung)) / (dice.choice((0.1, 10.0)) * RATE))
        return (rung * 10 ** (rise_db / 20)).astype(np.float32)
    voice = OWN_VOICE if dice.random() < 0.7 else Voice("espeak", dice.choice(OTHER_OWN_VOICES), 50, 165)
    parts: list[Pcm] = []
    while sum(map(len, parts)) < seconds * RATE:
        parts += [voice.say(own_answer(dice)), np.zeros(int(dice.uniform(0.1, 0.6) * RATE), np.float32)]
    return np.concatenate(parts)[: int(seconds * RATE)]


def stream(clips: Iterator[Said], count: int, is_word: bool, room: Room, dice: random.Random) -> Stream:
    """`count` clips in a room, with pauses between them."""
    at = dice.choice(LEADS)
    parts = [np.zeros(at, np.float32)]
    places: list[Place] = []
    for _ in range(count):
        said = next(clips)
        level = 10 ** ((room.speech_dbfs + dice.uniform(-3, 3)) / 20) * 32767
        parts.append(said.sound * (level / np.max(np.abs(said.sound))))
        places.append(Place(said.text, at + said.start, at + said.end, is_word))
        gap = int(dice.uniform(0.4, 1.0) * RATE)
        parts.append(np.zeros(gap, np.float32))
        at += len(said.sound) + gap
    microphone, far = heard(np.concatenate(parts), room, dice)
    return Stream(microphone, far, room.cancelled, places)


def quiet_stream(seconds: float, room: Room, dice: random.Random) -> Stream:
    """Nobody speaks but the box."""
    playing = replace(room, playback_db=dice.uniform(-10, 10), cancelled=True)
    microphone, far = heard(np.zeros(int(seconds * RATE), np.float32), playing, dice)
    return Stream(microphone, far, playing.cancelled)


def heard(near: Pcm, room: Room, dice: random.Random) -> tuple[Pcm, Pcm | None]:
    """What the microphone takes up of speech in the room, and what the box plays meanwhile."""
    numbers = np.random.default_rng(dice.getrandbits(32))
    sound = near + _echoes(near, room.echo_db, numbers) + _noise(len(near), room, numbers)
    far = None
    if room.playback_db is not None:
        silence = np.zeros(int(dice.uniform(0.0, 1.5) * RATE), np.float32)
        far = np.concatenate([silence, playback(len(near) / RATE, dice)])[: len(near)]
        peak = 10 ** ((room.speech_dbfs + room.playback_db) / 20) * 32767
        delay = np.zeros(int(dice.uniform(0.01, 0.15) * RATE), np.float32)
        played = np.concatenate([delay, _through_speaker(far, room.overdriven) * peak])[: len(near)]
        sound = sound + played + _echoes(played, room.echo_db, numbers)
    return np.clip(np.rint(sound), -32768, 32767).astype(np.float32), far


def _cancelled(near: Pcm, far: Pcm) -> Pcm:
    canceller = Canceller(EchoConfig())
    pieces = [
        canceller.clean(near[at : at + BLOCK].astype(np.int16), far[at : at + BLOCK].astype(np.int16))
        for at in range(0, len(near) - BLOCK + 1, BLOCK)
    ]
    return np.concatenate(pieces).astype(np.float32)


def _through_speaker(sound: Pcm, overdriven: float) -> Pcm:
    """At most 1, with the odd and even distortion of a small speaker."""
    even = sound / np.max(np.abs(sound), initial=1.0)
    return np.asarray(even + 0.15 * overdriven * (np.tanh(3 * even) - even + 0.3 * even * even), np.float32)


def _echoes(sound: Pcm, level_db: float, numbers: np.random.Generator) -> Pcm:
    """A few dozen reflections that die away within 0.2 s."""
    reflected = np.zeros(len(sound), np.float32)
    for _ in range(24):
        delay = int(numbers.uniform(0.003, 0.2) * RATE)
        gain = numbers.normal() * 10 ** (level_db / 20) * np.exp(-delay / (0.06 * RATE))
        reflected[delay:] += np.float32(gain) * sound[:-delay]
    return reflected


def _noise(count: int, room: Room, numbers: np.random.Generator) -> Pcm:
    """Noise between white (colour 0) and brownish pink (1)."""
    if room.noise_dbfs < -100:
        return np.zeros(count, np.float32)
    spectrum = np.fft.rfft(numbers.normal(size=count))
    spectrum /= np.maximum(1.0, np.arange(len(spectrum)) * 200 / len(spectrum)) ** (0.7 * room.colour)
    noise = np.fft.irfft(spectrum, count)
    scale = 10 ** (room.noise_dbfs / 20) * 32767 / np.std(noise)
    return (noise * scale).astype(np.float32)
