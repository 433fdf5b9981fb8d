"""What the ring shows: one table of states by priority, and their pictures. Pure.

Several things want the ring at once (a turn, an alarm, mute, a fault): the first of `PRIORITY` that anybody wishes for
is shown. No state is told by hue alone: each has a pattern of its own, words for the terminal and for people who cannot
see it, and a sound elsewhere.
"""

import math
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass

PIXELS = 12
Colour = tuple[int, int, int]
Picture = tuple[Colour, ...]

BLACK: Colour = (0, 0, 0)
TAIL = 3
"""Pixels behind the head of what goes round."""


@dataclass(frozen=True)
class Look:
    """How a state looks: a name in `PATTERNS`, its colour, and the time of one movement (0: it stands still)."""

    pattern: str
    colour: Colour
    words: str
    period_s: float = 0.0

    @property
    def moves(self) -> bool:
        return self.period_s > 0


LOOKS: Mapping[str, Look] = {
    "recovery": Look("halves", (255, 0, 0), "Neither system starts: wait ten minutes, or use a USB stick.", 1.0),
    "factory_reset": Look("drain", (255, 60, 0), "Erasing everything. Do not unplug.", 2.0),
    "reset_ahead": Look(
        "closing", (255, 60, 0), "Let go to pair another device. Keep holding to erase everything.", 7.0
    ),
    "alarm": Look("blink", (255, 200, 0), 'An alarm rings. Say "stop", or press the button.', 1.0),
    "error": Look("half", (255, 0, 0), "Something went wrong."),
    "no_bus": Look("flash", (255, 0, 60), "The box has lost touch with itself and is repairing that.", 2.0),
    "listening": Look("solid", (0, 160, 255), "Listening."),
    "thinking": Look("spin", (0, 80, 255), "Working it out.", 1.0),
    "speaking": Look("pulse", (0, 220, 120), "Speaking.", 1.6),
    "attention": Look("half_pulse", (255, 120, 0), "Something stays broken. The command spoq status tells more.", 2.0),
    "ready_to_pair": Look("beacon", (0, 0, 255), "Ready to pair.", 2.4),
    "ready_to_pair_without_bluetooth": Look(
        "half_beacon", (0, 0, 255), "Ready to pair, but not by Bluetooth: it has no adapter that works.", 2.4
    ),
    "pairing_locked": Look("quarters", (0, 0, 255), "Too many wrong set-up codes: press the button.", 3.0),
    "here": Look("waves", (255, 255, 255), "This is the box that somebody is looking for.", 1.0),
    "joining": Look("thirds", (0, 200, 200), "Joining the Wi-Fi.", 1.6),
    "pairing": Look("twins", (0, 0, 255), "Pairing.", 1.6),
    "updating": Look("fill", (255, 120, 0), "Updating. Do not unplug.", 3.0),
    "muted": Look("sides", (160, 0, 0), "The microphone is off."),
    "starting": Look("dot", (60, 60, 60), "Starting.", 2.0),
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
    phase = (at_s / look.period_s) % 1.0 if look.moves else 0.0
    light = PATTERNS[look.pattern]
    return tuple(_dimmed(look.colour, light(n / pixels, phase, pixels)) for n in range(pixels))


def _dimmed(colour: Colour, share: float) -> Colour:
    red, green, blue = (round(part * share) for part in colour)
    return red, green, blue


# How bright (0 to 1) the pixel at `angle` (0 to 1 around the ring) is at `phase` (0 to 1 of the movement).


def _breath(phase: float) -> float:
    return 0.15 + 0.85 * (0.5 - 0.5 * math.cos(2 * math.pi * phase))


def _behind(angle: float, head: float, pixels: int) -> float:
    """1 at the head, less towards the end of its tail."""
    return max(0.0, 1 - ((head - angle) % 1.0) * pixels / (TAIL + 1))


def _side(angle: float, pixels: int) -> bool:
    return round(angle * pixels) % max(1, pixels // 4) == 0


PATTERNS: Mapping[str, Callable[[float, float, int], float]] = {
    "dark": lambda _angle, _phase, _pixels: 0.0,
    "solid": lambda _angle, _phase, _pixels: 1.0,
    "half": lambda angle, _phase, _pixels: float(angle < 0.5),
    "half_pulse": lambda angle, phase, _pixels: float(angle < 0.5) * _breath(phase),
    "sides": lambda angle, _phase, pixels: float(_side(angle, pixels)),
    "pulse": lambda _angle, phase, _pixels: _breath(phase),
    "blink": lambda _angle, phase, _pixels: float(phase < 0.5),
    "flash": lambda _angle, phase, _pixels: float(phase < 0.1 or 0.2 <= phase < 0.3),
    "quarters": lambda angle, phase, _pixels: float((angle * 4 % 2 < 1) == (phase < 0.5)),
    "thirds": lambda angle, phase, _pixels: float(angle * 3 % 1 < 0.5) * _breath(phase),
    "halves": lambda angle, phase, _pixels: float((angle < 0.5) == (phase < 0.5)),
    "beacon": lambda angle, phase, pixels: _breath(phase) * _side(angle, pixels),
    "half_beacon": lambda angle, phase, pixels: _breath(phase) * _side(angle, pixels) * (angle < 0.5),
    "waves": lambda angle, phase, _pixels: _breath((angle * 2 + phase) % 1.0),
    "spin": lambda angle, phase, pixels: _behind(angle, phase, pixels),
    "twins": lambda angle, phase, pixels: max(_behind(angle, phase + half, pixels) for half in (0.0, 0.5)),
    "dot": lambda angle, phase, pixels: float(round(angle * pixels) == int(phase * pixels)),
    "fill": lambda angle, phase, _pixels: float(angle <= phase),
    "closing": lambda angle, phase, _pixels: (
        float(min(angle, 1 - angle) * 2 <= phase) * (0.4 + 0.6 * (phase * 14 % 1 < 0.5))
    ),
    "drain": lambda angle, phase, _pixels: float(angle >= phase),
}
