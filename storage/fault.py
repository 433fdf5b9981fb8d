"""Why the data did not open, for whoever comes later in the same start.

One file: a sentence for the owner, and a second line where the recovery key opens them.
"""

from dataclasses import dataclass
from pathlib import Path

from storage.errors import Locked, StorageError

PLACE = Path("/run/spoq/data-fault")
LOCKED = "locked"


@dataclass(frozen=True)
class Fault:
    """The data is not there in this start; `locked`: the recovery key brings them back."""

    sentence: str
    locked: bool


def leave(error: StorageError, place: Path = PLACE) -> None:
    """The data did not open for this reason."""
    lines = (str(error), *((LOCKED,) if isinstance(error, Locked) else ()))
    place.write_text("".join(f"{line}\n" for line in lines))


def found(place: Path = PLACE) -> Fault | None:
    """None: the data is open."""
    if not place.exists():
        return None
    sentence, *kinds = place.read_text().splitlines() or [""]
    return Fault(sentence, LOCKED in kinds)
