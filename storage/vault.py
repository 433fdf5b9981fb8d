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

What was sealed elsewhere stays locked. Somebody with the recovery key has it sealed here:

    ┌────────┐  SEAL   ┌──────────────────┐  FORGET   ┌────────┐
    │ locked │ ──────▶ │ sealed here, and │ ────────▶ │ sealed │
    └────────┘         │ still elsewhere  │           └────────┘
                       └──────────────────┘

Whether a seal opens here is tried and not remembered, so that power lost anywhere in between leaves one of these
states. `FORGET` is not reached before a seal of this system has opened the data, and the recovery key always stays.

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


class Recovery(Enum):
    """What is to be done next for data that another system has sealed."""

    SEAL = auto()
    FORGET = auto()
    DONE = auto()


@dataclass(frozen=True)
class System:
    """What this start brings: a TPM, and a kernel image with our signature over its measurements."""

    tpm: bool = True
    policy: bool = True


@dataclass(frozen=True)
class Seals:
    """The header's tokens of TPMs, by their numbers: those that open it here, and those that do not."""

    here: frozenset[int] = frozenset()
    elsewhere: frozenset[int] = frozenset()


def refusal(seen: Seen, system: System) -> str:
    """Why a recovery key can do nothing here; empty where it can. Nothing is made or erased for its sake."""
    if seen.reset_wanted:
        return "A factory reset is wanted: the next start erases the data. Nothing of it can be recovered."
    if not seen.finished:
        return "There is no data on this box that a recovery key could open."
    if seen.opened:
        return "The data is not locked: no recovery key is needed."
    if not system.tpm:
        return "This system has no TPM that the data could be sealed to. It stays as it is."
    if not system.policy:
        return "This system is not signed as one that may open the data by itself: start one that is."
    return ""


def next_recovery(seals: Seals) -> Recovery:
    """What brings locked data nearer to being sealed here, and here only."""
    if not seals.here:
        return Recovery.SEAL
    return Recovery.FORGET if seals.elsewhere else Recovery.DONE
