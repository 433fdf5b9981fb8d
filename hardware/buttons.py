"""What a press means: who is pressed, held long, let go then, and held so long that everything is to be erased. Pure.

┌────┐ down  ┌─────────┐ LONG_MS  ┌──────┐ RESET_MS (the action button)  ┌─────────┐
│ up │ ────▶ │ pressed │ ───────▶ │ held │ ────────────────────────────▶ │ erasing │
└────┘       └─────────┘          └──────┘                               └─────────┘
  ▲   up          │  up: PAIR        │                  up                    │
  └───────────────┴──────────────────┴────────────────────────────────────────┘
"""

from collections.abc import Mapping
from dataclasses import dataclass

from bus.buttons import ACTION, Act

LONG_MS = 3_000
RESET_MS = 10_000


@dataclass(frozen=True)
class Event:
    """One act of one button, and for how long it had been held then."""

    button: str
    act: Act
    held_ms: int = 0


@dataclass
class _Held:
    since_ms: int
    told: Act = Act.PRESS


class Buttons:
    """The buttons of one box; `keys` says which of Linux' key codes is which button. Times are milliseconds."""

    def __init__(self, keys: Mapping[int, str]) -> None:
        self._keys = dict(keys)
        self._held: dict[str, _Held] = {}

    def key(self, code: int, down: bool, at_ms: int) -> tuple[Event, ...]:
        """A key went down or up. Repeats, other keys and an up without a down mean nothing."""
        button = self._keys.get(code)
        if button is None:
            return ()
        if down:
            if button in self._held:
                return ()
            self._held[button] = _Held(at_ms)
            return (Event(button, Act.PRESS),)
        before = self.tick(at_ms)
        held = self._held.pop(button, None)
        if held is None:
            return before
        held_ms = at_ms - held.since_ms
        pair = (Event(button, Act.PAIR, held_ms),) if button == ACTION and held.told is Act.LONG_PRESS else ()
        return (*before, Event(button, Act.RELEASE, held_ms), *pair)

    def tick(self, at_ms: int) -> tuple[Event, ...]:
        """What is due at this time because a button is still held."""
        events = []
        for button, held in self._held.items():
            for act, due_ms in _due(button):
                if held.told is _before(act) and at_ms >= held.since_ms + due_ms:
                    held.told = act
                    events.append(Event(button, act, due_ms))
        return tuple(events)

    def next_ms(self) -> int | None:
        """When `tick` has something to say; None: nothing is held, or everything is told."""
        times = [
            held.since_ms + due_ms
            for button, held in self._held.items()
            for act, due_ms in _due(button)
            if held.told is _before(act)
        ]
        return min(times, default=None)

    def lost(self) -> None:
        """The keyboard is gone: nothing is held any more, and nothing comes of it."""
        self._held.clear()


def _due(button: str) -> tuple[tuple[Act, int], ...]:
    long = (Act.LONG_PRESS, LONG_MS)
    return (long, (Act.RESET, RESET_MS)) if button == ACTION else (long,)


def _before(act: Act) -> Act:
    return Act.PRESS if act is Act.LONG_PRESS else Act.LONG_PRESS
