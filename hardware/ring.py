"""What the ring shows: one table of states by priority, and their pictures. Pure.

Several things want the ring at once (a turn, an alarm, mute, a fault): the first of `PRIORITY` that anybody wishes for
is shown. No state is told by hue alone: each has a pattern of its own, words for the terminal and for people who cannot
see it, and a sound elsewhere.
"""

import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

PIXELS = 12
Colour = tuple[int, int, int]
Picture = tuple[Colour, ...]

BLACK: Colour = (0, 0, 0)


@dataclass(frozen=True)
class Look:
    """How a state looks: `pattern` is "solid", "pulse", "spin", "blink", "sides" or "dark", `period_s` of it."""

    pattern: str
    colour: Colour
    words: str
    period_s: float = 0.0

    @property
    def moves(self) -> bool:
        return self.pattern in ("pulse", "spin", "blink")


LOOKS: Mapping[str, Look] = {
    "recovery": Look("blink", (255, 0, 0), "Both systems are damaged: repair with a USB stick.", 0.5),
    "factory_reset": Look("spin", (255, 60, 0), "Erasing everything. Do not unplug.", 0.8),
    "alarm": Look("blink", (255, 200, 0), 'An alarm rings. Say "stop", or press the button.', 1.0),
    "error": Look("sides", (255, 0, 0), "Something went wrong."),
    "no_bus": Look("blink", (255, 0, 60), "The box has lost touch with itself and is repairing that.", 2.0),
    "listening": Look("solid", (0, 160, 255), "Listening."),
    "thinking": Look("spin", (0, 80, 255), "Working it out.", 1.0),
    "speaking": Look("pulse", (0, 220, 120), "Speaking.", 1.6),
    "ready_to_pair": Look("pulse", (0, 0, 255), "Ready to pair.", 2.4),
    "pairing": Look("spin", (0, 0, 255), "Pairing.", 1.2),
    "updating": Look("spin", (255, 255, 255), "Updating. Do not unplug.", 3.0),
    "muted": Look("sides", (160, 0, 0), "The microphone is off."),
    "starting": Look("spin", (60, 60, 60), "Starting.", 2.0),
    "idle": Look("dark", BLACK, "Waiting for the wake word."),
}
PRIORITY = tuple(LOOKS)
"""Highest first."""


def shown(wishes: Iterable[str]) -> str:
    """The state to show when these are wished for; unknown ones count for nothing."""
    wanted = set(wishes)
    return next((state for state in PRIORITY if state in wanted), "idle")


def picture(state: str, at_s: float, pixels: int = PIXELS) -> Picture:
    """The ring's pixels (red, green, blue; 0 to 255) at a time within the state's movement."""
    look = LOOKS[state]
    phase = (at_s / look.period_s) % 1.0 if look.period_s else 0.0
    match look.pattern:
        case "solid":
            return (look.colour,) * pixels
        case "pulse":
            return (_dimmed(look.colour, 0.15 + 0.85 * (0.5 - 0.5 * math.cos(2 * math.pi * phase))),) * pixels
        case "blink":
            return (look.colour if phase < 0.5 else BLACK,) * pixels
        case "spin":
            head = phase * pixels
            return tuple(_dimmed(look.colour, max(0.0, 1 - ((head - n) % pixels) / 4)) for n in range(pixels))
        case "sides":
            return tuple(look.colour if n % (pixels // 4) == 0 else BLACK for n in range(pixels))
        case _:
            return (BLACK,) * pixels


def _dimmed(colour: Colour, share: float) -> Colour:
    red, green, blue = (round(part * share) for part in colour)
    return red, green, blue
