"""Why targets were not met, as far as the figures tell. Pure."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any

from bench.figures import WRONG_MS
from bench.targets import Figures, Target, unmet, value_of

ROOM_NAMES = {"clean": "in a quiet room", "snr20": "at 20 dB", "snr10": "at 10 dB"}
MOST_NAMED = 6
"""Whoever has the largest shares; the others are in the document."""


def reasons(figures: Figures, targets: Sequence[Target]) -> Mapping[str, str]:
    """A sentence for each target that was not met; empty where the figures tell no more than that."""
    return {name: _reason(name, figures) for name in unmet(figures, targets)}


def _reason(name: str, figures: Figures) -> str:
    group = name.partition(".")[0]
    explained = BY_NAME.get(name) or BY_GROUP.get(group)
    return explained(name, figures) if explained and group in figures else ""


def _late(name: str, figures: Figures) -> str:
    mine = figures[name.partition(".")[0]]
    wrong, only = 1 - mine["right"], mine["of_the_right"]
    told = f"{wrong:.1%} of these turns were wrong and count {WRONG_MS / 1000:g} s each."
    return told if wrong == 1 else f"{told} Of the right ones p50 is {only['p50_ms']:g} and p95 {only['p95_ms']:g} ms."


def _wrong(name: str, figures: Figures) -> str:
    room = figures["rooms"][name.partition(".")[2]]
    faults = ", ".join(f"{count} {what}" for what, count in sorted(room["faults"].items()))
    return f"Of {room['turns']} turns: {faults}."


def _cut_off(_: str, figures: Figures) -> str:
    told = _by_room(figures, lambda room: f"{room['cut_off']} of {room['closed']}")
    peer = value_of(figures, "silence_only.closed.cut_off")
    return told + ("" if peer is None else f" The peer cuts off {peer:.1%} of the same turns.")


def _ring(_: str, figures: Figures) -> str:
    return "p95 " + _by_room(
        figures, lambda room: f"{room['ring']['p95_ms']:g} ms" if room["ring"]["p95_ms"] else "none"
    )


def _by_room(figures: Figures, told: Callable[[Mapping[str, Any]], str]) -> str:
    return ", ".join(f"{told(room)} {ROOM_NAMES[name]}" for name, room in figures["rooms"].items()) + "."


def _missed(_: str, figures: Figures) -> str:
    shares = figures["wake"]["missed_of"].items()
    return ", ".join(f"{share:.1%} {ROOM_NAMES[name]}" for name, share in shares if share is not None) + "."


def _false_accepts(_: str, figures: Figures) -> str:
    each = (f"{accept['said']!r} for {accept['word']}" for accept in figures["wake"]["false_accepts"])
    return f"Taken for a wake word: {', '.join(each)}."


def _idle(name: str, figures: Figures) -> str:
    part, unit = name.partition(".")[2], 1 if name.endswith("mb") else 100
    shares = figures["idle"][f"daemons_{part}"]
    listed = sorted(shares.items(), key=lambda each: -each[1])
    return ", ".join(f"{daemon} {value * unit:.1f} {'MB' if unit == 1 else '%'}" for daemon, value in listed) + "."


def _size(_: str, figures: Figures) -> str:
    listed = figures.get("root_parts_mb", {}).items()
    return f"The largest, compressed: {', '.join(f'{path} {mb:g} MB' for path, mb in listed)}." if listed else ""


def _start(_: str, figures: Figures) -> str:
    shares = figures["boot"]["ours"]["units_cpu_s"].items()
    return _sorted(shares, "s")


def _writes(_: str, figures: Figures) -> str:
    return _sorted(figures["idle_writes"]["units_mb_per_day"].items(), "MB a day")


def _open(name: str, figures: Figures) -> str:
    return _sorted(figures.get("openings", {}).get(name.partition(".")[2], {}).items(), "")


def _sorted(shares: Iterable[tuple[str, float]], unit: str) -> str:
    listed = sorted(((name, value) for name, value in shares if value), key=lambda each: -each[1])
    return ", ".join(f"{name} {value:g} {unit}".rstrip() for name, value in listed[:MOST_NAMED]) + "." if listed else ""


BY_GROUP: Mapping[str, Callable[[str, Figures], str]] = {
    "complete": _late,
    "closed": _late,
    "right": _wrong,
    "ring": _ring,
    "idle": _idle,
    "exposure": _open,
}
BY_NAME: Mapping[str, Callable[[str, Figures], str]] = {
    "closed.cut_off": _cut_off,
    "wake.missed": _missed,
    "root_mb": _size,
    "boot_cpu_ratio": _start,
    "idle_writes_mb_per_day": _writes,
    "wake.false_accepts_per_30_min": _false_accepts,
}
