"""The life of the data partition, one step at a time.

    ┌───────┐  MAKE   ┌────────┐  OPEN   ┌───────┐
    │ empty │ ──────▶ │ sealed │ ──────▶ │ ready │
    └───────┘         └────────┘         └───────┘
        ▲                 │                  │
        └───── ERASE ─────┴──────────────────┘    a factory reset is wanted

`MAKE` does everything that a new partition needs (`storage/luks.py` says in which order) and names the header last: a
header without its name was never finished, holds nothing that anybody has seen, and is made again. A header with its
name is never made again, whatever the TPM says. `ERASE` destroys the keys first: without them what is left is noise.
The wish for a reset is on the factory partition until there is nothing to erase, so that power lost in the middle of it
changes nothing about its end.

Pure: `storage/luks.py` looks and acts.
"""

from dataclasses import dataclass
from enum import Enum, auto


class Step(Enum):
    """What is to be done next."""

    ERASE = auto()
    FORGET_WISH = auto()
    MAKE = auto()
    OPEN = auto()
    READY = auto()


@dataclass(frozen=True)
class Seen:
    """What is there. `header`: LUKS at all; `finished`: with its name; `reset_wanted`: on the factory partition."""

    reset_wanted: bool = False
    header: bool = False
    finished: bool = False
    opened: bool = False


def next_step(seen: Seen) -> Step:
    """What brings the partition nearer to `READY`."""
    if seen.reset_wanted:
        return Step.ERASE if seen.header else Step.FORGET_WISH
    if not seen.finished:
        return Step.MAKE
    return Step.READY if seen.opened else Step.OPEN
