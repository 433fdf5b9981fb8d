"""The mixer behind the speaker: what sounds, how loud, from which sample on.

It answers for sounds held ready, their sample-exact start, ducking, silencing, the volume and its ceiling. It leaves to
others which sound may start (`audio/speaking.py`) and the sound card (`audio/soundcard.py`).

Two sides meet here. The sound card's callback thread calls `render` and owns everything that sounds. Everyone else
posts commands, which the next `render` carries out before its first sample, and collects events. Commands, events and
samples go through deques, whose append and popleft are atomic: the callback waits for no lock.

Samples are 48 kHz mono; int16 outside, float32 of the same scale inside.
"""

import time
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass
from enum import Enum, auto

import numpy as np
from numpy.typing import NDArray

from audio.ramp import Ramp, decibels
from audio.voice import RATE, Fed, Repeated, Samples, Source

SILENT = 33
"""Samples below this (-60 dBFS) are silence: not the first sound of an utterance, and trimmed in front of it."""

DUCK_DB = -18.0
DUCK_SAMPLES = RATE // 100
SILENCE_SAMPLES = RATE // 250
VOLUME_SAMPLES = RATE // 50


@dataclass(frozen=True)
class Config:
    """How loud. A percent of the volume is 0.4 dB; 0 is silent."""

    volume_percent: int = 60
    # No louder than this, whatever is asked for.
    ceiling_percent: int = 90
    # An alarm is at least as loud as this, however low the volume is.
    alarm_floor_percent: int = 40


class What(Enum):
    """What happened to a sound."""

    STARTED = auto()
    """Its first non-silent sample leaves."""
    FINISHED = auto()
    """Its last sample has left."""
    SILENCED = auto()


@dataclass(frozen=True)
class Event:
    """Something that happened to the sound `name`.

    `leaves_ns` is CLOCK_MONOTONIC when the sample concerned leaves for the DAC.
    """

    what: What
    name: str
    leaves_ns: int
    played_ms: int
    reason: str = ""


@dataclass(frozen=True)
class Progress:
    """How far a sound is. `buffered_ms` waits behind what was played; `starving`: the speaker waits for more."""

    played_ms: int
    buffered_ms: int
    starving: bool


def volume_gain(percent: int) -> float:
    """The factor for a volume: 0 is silent, 100 is 1, in between 0.4 dB a percent."""
    return 0.0 if percent <= 0 else decibels((min(percent, 100) - 100) * 0.4)


class Voice:
    """One sound in the mixer, owned by the callback thread once it sounds."""

    def __init__(self, name: str, source: Source, *, alarm: bool = False) -> None:
        self.name = name
        self.source = source
        self.alarm = alarm
        self.gain = Ramp(1.0)
        self.played = 0
        self.starving = False
        self.heard = False
        self.stopped_because = ""

    @property
    def progress(self) -> Progress:
        return Progress(_ms(self.played), _ms(self.source.waiting), self.starving)

    def take(self, count: int) -> tuple[Samples, int]:
        """As `Source.take`, with what it says about progress kept."""
        block, filled = self.source.take(count)
        self.played += filled
        self.starving = filled < count and not self.source.over
        return block, filled


class Player:
    """Holds sounds ready and mixes what sounds.

    `on_event` is called in the callback thread when events wait; it must not block. `latency_ns` is how long a rendered
    block waits in front of the DAC; the sound card sets it where it does not pass `leaves_ns` itself.
    """

    def __init__(self, config: Config = Config(), clock: Callable[[], int] = time.monotonic_ns) -> None:
        self.config = config
        self.latency_ns = 0
        self.on_event: Callable[[], None] = lambda: None
        self._clock = clock
        self._commands: deque[Callable[[], None]] = deque()
        self._events: deque[Event] = deque()
        self._held: dict[str, Fed] = {}
        self._sounding: dict[str, Voice] = {}
        self._volume = 0
        self._loudness = Ramp(0.0)
        self._alarm_loudness = Ramp(0.0)
        self._set_volume(config.volume_percent, 0)

    # --- for everyone but the callback thread ---

    def hold(self, name: str) -> None:
        """Keep a sound of this name ready for samples; it stays silent until `start`."""
        self._held.setdefault(name, Fed())

    def feed(self, name: str, samples: Samples) -> None:
        """Add samples to a sound that is held or sounds; others are forgotten already, and so are these."""
        if (source := self._held.get(name)) is not None:
            source.feed(samples)

    def end(self, name: str) -> None:
        """No more samples will be fed to `name`."""
        if (source := self._held.get(name)) is not None:
            source.end()

    def held_ms(self, name: str) -> int:
        """How much of `name` was fed so far."""
        source = self._held.get(name)
        return _ms(source.fed) if source is not None else 0

    def start(self, name: str) -> None:
        """Sound from the first sample of the next block on."""
        self.hold(name)
        voice = Voice(name, self._held[name])
        self._post(lambda: self._begin(voice))

    def ring(self, name: str, clip: Samples) -> None:
        """Repeat `clip`, rising over ten seconds, until it is silenced."""
        voice = Voice(name, Repeated(clip), alarm=True)
        self._post(lambda: self._begin(voice))

    def forget(self, name: str) -> None:
        """Drop a sound that is held. One that sounds is to be silenced instead."""
        self._held.pop(name, None)

    def duck(self) -> None:
        """Make everything that sounds now 18 dB quieter."""
        self._post(lambda: self._fade_all(decibels(DUCK_DB)))

    def resume(self, name: str = "") -> None:
        """As loud again as before `duck`: the sound `name`, or everything."""
        self._post(lambda: self._fade_all(1.0, name))

    def silence(self, reason: str, name: str = "") -> None:
        """End the sound `name`, or everything that sounds, within 4 ms of the next block's start."""
        self._post(lambda: self._end_all(reason, name))

    @property
    def volume_percent(self) -> int:
        return self._volume

    def set_volume(self, percent: int) -> int:
        """Take over a volume of 0 to 100, at most the ceiling; returns what it is now."""
        self._set_volume(percent, VOLUME_SAMPLES)
        return self._volume

    @property
    def sounding(self) -> bool:
        return bool(self._sounding)

    @property
    def audible(self) -> tuple[str, ...]:
        """The names of what sounds."""
        return tuple(self._sounding.copy())

    def progress(self, name: str) -> Progress | None:
        """How far `name` is; None unless it sounds."""
        voice = self._sounding.get(name)
        return voice.progress if voice is not None else None

    def events(self) -> list[Event]:
        """What happened since the last call, oldest first."""
        events = []
        while self._events:
            events.append(self._events.popleft())
        for event in events:
            if event.what is not What.STARTED:
                self._held.pop(event.name, None)
        return events

    def _post(self, command: Callable[[], None]) -> None:
        self._commands.append(command)

    def _set_volume(self, percent: int, samples: int) -> None:
        ceiling = self.config.ceiling_percent
        self._volume = max(0, min(percent, ceiling))
        self._post(lambda: self._loudness.go(volume_gain(self._volume), samples))
        alarm = min(max(self._volume, self.config.alarm_floor_percent), ceiling)
        self._post(lambda: self._alarm_loudness.go(volume_gain(alarm), samples))

    # --- the callback thread ---

    def render(self, count: int, leaves_ns: int = 0) -> NDArray[np.int16]:
        """Exactly `count` samples, silence where nothing sounds.

        `leaves_ns` is CLOCK_MONOTONIC at which the first of them leaves for the DAC, where the sound card knows it;
        else it is taken to be now plus `latency_ns`.
        """
        while self._commands:
            self._commands.popleft()()
        loudness, alarm_loudness = self._loudness.take(count), self._alarm_loudness.take(count)
        if not self._sounding:
            return np.zeros(count, np.int16)
        leaves_ns = leaves_ns or self._clock() + self.latency_ns
        mixed = np.zeros(count, np.float32)
        before = len(self._events)
        for voice in list(self._sounding.values()):
            block, filled = voice.take(count)
            mixed += block * voice.gain.take(count) * (alarm_loudness if voice.alarm else loudness)
            self._report(voice, block, filled, leaves_ns)
        if len(self._events) != before:
            self.on_event()
        return np.clip(np.rint(mixed), -32768, 32767).astype(np.int16)

    def _begin(self, voice: Voice) -> None:
        self._sounding.setdefault(voice.name, voice)

    def _fade_all(self, gain: float, name: str = "") -> None:
        for voice in self._named(name):
            if not voice.stopped_because:
                voice.gain.go(gain, DUCK_SAMPLES)

    def _end_all(self, reason: str, name: str) -> None:
        for voice in self._named(name):
            voice.stopped_because = voice.stopped_because or reason
            voice.gain.go(0.0, SILENCE_SAMPLES)

    def _named(self, name: str) -> list[Voice]:
        return [voice for voice in self._sounding.values() if not name or voice.name == name]

    def _report(self, voice: Voice, block: Samples, filled: int, leaves_ns: int) -> None:
        """Events of the block that starts to leave at `leaves_ns`, and the end of a voice that is over."""
        if not voice.heard and (loud := np.flatnonzero(np.abs(block) >= SILENT)).size:
            voice.heard = True
            self._tell(What.STARTED, voice, leaves_ns + _ns(int(loud[0])))
        if voice.stopped_because and voice.gain.arrived:
            del self._sounding[voice.name]
            self._tell(What.SILENCED, voice, leaves_ns + _ns(SILENCE_SAMPLES))
        elif filled < len(block) and voice.source.over:
            del self._sounding[voice.name]
            self._tell(What.FINISHED, voice, leaves_ns + _ns(filled))

    def _tell(self, what: What, voice: Voice, leaves_ns: int) -> None:
        self._events.append(Event(what, voice.name, leaves_ns, _ms(voice.played), voice.stopped_because))


def _ms(samples: int) -> int:
    return samples * 1000 // RATE


def _ns(samples: int) -> int:
    return samples * 1_000_000_000 // RATE
