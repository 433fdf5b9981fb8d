"""Which sound may be heard, and when: the turn's answers, announcements, clips and alarms. Pure; no samples pass here.

Events go in as method calls, what the player has to do comes out as a list of acts. A sound belongs to the generation
of the turn that wants it, or to none (generation 0: announcements, alarms).

- Speech of a turn waits until `turn.state` ANSWERING names it. Speech outside a turn sounds at once, behind other
  speech that still sounds and behind a turn that is open.
- Clips sound at once.
- A turn that is opened, cancelled or closed ends what still sounds of it or of an older one; clips may ring out after
  an ordinary close.
"""

from collections import deque
from dataclasses import dataclass
from enum import Enum, auto

MAX_HELD = 16
MAX_QUEUED = 8
REMEMBERED = 64


class Phase(Enum):
    """What `turn.state` says, as far as it matters here."""

    OPENED = auto()
    LISTENING = auto()
    ANSWERING = auto()
    DUCKED = auto()
    CANCELLED = auto()
    CLOSED = auto()


class Kind(Enum):
    SPEECH = auto()
    CLIP = auto()
    ALARM = auto()


@dataclass(frozen=True)
class Start:
    """Let it be heard from the next sample on."""

    name: str


@dataclass(frozen=True)
class Silence:
    """End what sounds; the reason goes into `playback.state`."""

    name: str
    reason: str


@dataclass(frozen=True)
class Forget:
    """Drop what was held ready and never sounded."""

    name: str


@dataclass(frozen=True)
class Duck:
    """Everything that sounds becomes quieter."""


@dataclass(frozen=True)
class Resume:
    """As loud again as before: the sound `name`, or everything."""

    name: str = ""


Act = Start | Silence | Forget | Duck | Resume


@dataclass
class _Sound:
    generation: int
    kind: Kind
    started: bool = False


class Stage:
    """What is held ready, what sounds, and which turn is on."""

    def __init__(self) -> None:
        self.generation = 0
        self._turn_open = False
        self._wanted = ""
        self._sounds: dict[str, _Sound] = {}
        self._queue: deque[str] = deque()
        self._done: deque[str] = deque(maxlen=REMEMBERED)

    @property
    def wanted(self) -> str:
        """The utterance that the open turn answers with; empty before it answers."""
        return self._wanted

    # --- events ---

    def on_turn(self, generation: int, phase: Phase, utterance: str) -> list[Act]:
        """`turn.state` changed. What belongs to another turn than the latest opened one is ignored."""
        if phase is Phase.OPENED:
            # A conductor that was started anew counts from the beginning, so the latest one opened is the newest.
            self.generation, self._turn_open = generation, True
            return [*self._give_up_wanted(), *self._end_others(generation)]
        if generation != self.generation:
            return []
        match phase:
            case Phase.LISTENING:
                wanted, self._wanted = self._wanted, ""
                return self._end(wanted, "cancelled") if wanted else []
            case Phase.ANSWERING:
                return self._answer(utterance)
            case Phase.DUCKED:
                return [Duck()]
            case Phase.CANCELLED | Phase.CLOSED:
                self._turn_open = False
                acts = [*self._give_up_wanted(), *self._end_turn(generation, ring_out=phase is Phase.CLOSED)]
                return [*acts, Resume(), *self._next_in_queue()]

    def on_speech(self, name: str, generation: int) -> list[Act] | None:
        """The first samples of an utterance. None: it is not wanted any more, or there are too many."""
        if name in self._sounds:
            return []
        if name in self._done or not self._current(generation):
            return None
        self._sounds[name] = _Sound(generation, Kind.SPEECH)
        acts = self._drop_oldest_held()
        if generation:
            return [*acts, *(self._start(name) if name == self._wanted else [])]
        if len(self._queue) >= MAX_QUEUED:
            del self._sounds[name]
            return None
        self._queue.append(name)
        return [*acts, *self._next_in_queue()]

    def on_clip(self, name: str, generation: int, *, repeat: bool) -> list[Act] | None:
        """A clip is to sound. None: it belongs to an older turn, or sounds already."""
        if name in self._done or name in self._sounds or not self._current(generation):
            return None
        self._sounds[name] = _Sound(generation, Kind.ALARM if repeat else Kind.CLIP)
        return self._start(name)

    def on_stop(self, name: str) -> list[Act]:
        """Somebody wants the sound `name` to end, or everything that sounds; then what waits behind it never starts."""
        ended = [name] if name else [each for each, sound in self._sounds.items() if sound.started]
        acts = [act for each in ended for act in self._end(each, "cancelled")]
        return acts if name else [*acts, *self._empty_queue()]

    def on_over(self, name: str, *, stopped: bool = False) -> list[Act]:
        """It has finished, was silenced or has failed. `stopped`: somebody wanted everything that sounds to end."""
        if self._sounds.pop(name, None) is not None:
            self._done.append(name)
        if name in self._queue:
            self._queue.remove(name)
        return self._empty_queue() if stopped else self._next_in_queue()

    # --- decisions ---

    def _current(self, generation: int) -> bool:
        return generation == 0 or generation > self.generation or (generation == self.generation and self._turn_open)

    def _answer(self, utterance: str) -> list[Act]:
        if utterance == self._wanted:
            return [Resume(utterance)] if utterance else []
        before, self._wanted = self._wanted, utterance
        acts = self._end(before, "superseded") if before else []
        sound = self._sounds.get(utterance)
        return acts if sound is None or sound.started else [*acts, *self._start(utterance)]

    def _start(self, name: str) -> list[Act]:
        self._sounds[name].started = True
        return [Start(name)]

    def _end(self, name: str, reason: str) -> list[Act]:
        sound = self._sounds.get(name)
        if sound is None:
            # Nothing of it has come, and what may still come is late.
            self._done.append(name)
            return [Forget(name)]
        if sound.started:
            return [Silence(name, reason)]
        del self._sounds[name]
        self._done.append(name)
        if name in self._queue:
            self._queue.remove(name)
        return [Forget(name)]

    def _give_up_wanted(self) -> list[Act]:
        """The turn waits for no utterance any more; one of which nothing has come never sounds."""
        wanted, self._wanted = self._wanted, ""
        return self._end(wanted, "cancelled") if wanted and wanted not in self._sounds else []

    def _end_others(self, generation: int) -> list[Act]:
        ended = [name for name, sound in self._sounds.items() if sound.generation not in (0, generation)]
        return [act for name in (*ended, *self._announcing()) for act in self._end(name, "superseded")]

    def _announcing(self) -> list[str]:
        """Speech outside a turn that sounds now."""
        return [
            name
            for name, sound in self._sounds.items()
            if sound.started and not sound.generation and sound.kind is Kind.SPEECH
        ]

    def _end_turn(self, generation: int, ring_out: bool) -> list[Act]:
        ended = [
            name
            for name, sound in self._sounds.items()
            if sound.generation == generation and not (ring_out and sound.kind is Kind.CLIP)
        ]
        return [act for name in ended for act in self._end(name, "cancelled")]

    def _drop_oldest_held(self) -> list[Act]:
        held = [name for name, sound in self._sounds.items() if not sound.started and name not in self._queue]
        return [act for name in held[: max(0, len(held) - MAX_HELD)] for act in self._end(name, "superseded")]

    def _empty_queue(self) -> list[Act]:
        return [act for name in list(self._queue) for act in self._end(name, "cancelled")]

    def _next_in_queue(self) -> list[Act]:
        speaking = any(sound.started and sound.kind is Kind.SPEECH for sound in self._sounds.values())
        if self._turn_open or speaking or not self._queue:
            return []
        return self._start(self._queue.popleft())
