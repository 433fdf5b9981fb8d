"""Targets of figures, and both of them side by side. Pure.

Figures are a nested document; a dotted name finds one of them.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

Figures = dict[str, Any]


@dataclass(frozen=True)
class Target:
    """`most`: the figure may not be larger (else: not smaller)."""

    name: str
    most: bool
    limit: float
    unit: str = ""

    def is_met_by(self, value: float) -> bool:
        return value <= self.limit if self.most else value >= self.limit


def value_of(figures: Mapping[str, Any], name: str) -> float | None:
    """A figure by its dotted name; None where it was not measured."""
    found: Any = figures
    for part in name.split("."):
        found = found.get(part) if isinstance(found, Mapping) else None
    return float(found) if isinstance(found, int | float) else None


def table(figures: Mapping[str, Any], targets: Sequence[Target], others: Mapping[str, str]) -> str:
    """Each target beside what was measured; then `others`, figures without a target, each with what it is."""
    rows = [("figure", "measured", "target", "")]
    for target in targets:
        value = value_of(figures, target.name)
        limit = f"{'≤' if target.most else '≥'} {target.limit:g} {target.unit}".rstrip()
        verdict = "not measured" if value is None else "met" if target.is_met_by(value) else "NOT MET"
        rows.append((target.name, "–" if value is None else f"{value:g} {target.unit}".rstrip(), limit, verdict))
    for name, what in others.items():
        value = value_of(figures, name)
        rows.append((name, "–" if value is None else f"{value:g}", "", what))
    widths = [max(len(row[column]) for row in rows) for column in range(4)]
    return "\n".join(
        "  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip() for row in rows
    )


def unmet(figures: Mapping[str, Any], targets: Sequence[Target]) -> Sequence[str]:
    """Those that were measured and not met."""
    measured = ((target, value_of(figures, target.name)) for target in targets)
    return [target.name for target, value in measured if value is not None and not target.is_met_by(value)]
