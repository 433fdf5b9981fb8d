"""The writable places: one list, each bound from the folder of its name on the data partition.

/var    0755
"""

import re
from dataclasses import dataclass
from pathlib import PurePosixPath

from storage.errors import StorageError

LINE = re.compile(r"(?P<path>(?:/[\w.-]+)+)\s+(?P<mode>0[0-7]{3})", re.ASCII)


@dataclass(frozen=True)
class Place:
    """A folder of the root that is bound; `mode` is what it has when it is made."""

    path: PurePosixPath
    mode: int

    @property
    def on_data(self) -> PurePosixPath:
        """Where it is, below the data partition."""
        return self.path.relative_to("/")


def parse(text: str) -> tuple[Place, ...]:
    """The places, outer ones first. Raises StorageError: a line that is none, or one place inside another."""
    places = []
    for number, line in enumerate(text.splitlines(), 1):
        if not line.strip() or line.startswith("#"):
            continue
        match = LINE.fullmatch(line.strip())
        if match is None or ".." in PurePosixPath(match["path"]).parts:
            raise StorageError(f"Line {number} of the writable places is none: “{line.strip()}”.")
        places.append(Place(PurePosixPath(match["path"]), int(match["mode"], 8)))
    for place in places:
        if any(other.path in place.path.parents for other in places) or places.count(place) > 1:
            raise StorageError(f"The writable place {place.path} is inside another one, or there twice.")
    return tuple(sorted(places, key=lambda place: place.path))
