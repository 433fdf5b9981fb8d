"""Below what nothing is installed, and what was tried in vain: kept in several places, of which a reset erases one.

The higher floor counts, and whatever one of them knows. No place is asked to forget anything.
"""

import json
import logging
from collections.abc import Iterable, Iterator, Sequence, Set
from dataclasses import dataclass
from functools import reduce
from operator import or_

from files.reserved import Reserved
from ota.errors import FloorNotKept, NoRecord, NoVersion
from ota.version import Version

log = logging.getLogger(__name__)

MOST_IN_VAIN = 100
"""The highest; the rest is below the floor by then, or nobody's offer any more."""


@dataclass(frozen=True)
class Memory:
    """`floor`: None on a box that has none yet."""

    floor: Version | None = None
    in_vain: Set[Version] = frozenset()

    def __or__(self, other: "Memory") -> "Memory":
        """What both know."""
        floors = [each for each in (self.floor, other.floor) if each is not None]
        return Memory(max(floors, default=None), frozenset(self.in_vain | other.in_vain))


class Floor:
    """Its methods may block on the disk."""

    def __init__(self, places: Sequence[Reserved]) -> None:
        self._places = places

    def read(self) -> Memory:
        """What any place knows; one that can't be read knows nothing."""
        return reduce(or_, (memory for _, memory in self._found()), Memory())

    def raised(self, version: Version) -> Memory:
        """It is at least that from now on. Raises FloorNotKept: no place could be written."""
        return self._add(Memory(floor=version))

    def noted(self, in_vain: Iterable[Version]) -> Memory:
        """These are not tried again by themselves. Raises FloorNotKept."""
        return self._add(Memory(in_vain=frozenset(in_vain)))

    def spread(self) -> Memory:
        """What any place knows, which each that can be written knows now."""
        places = list(self._found())
        memory = reduce(or_, (each for _, each in places), Memory())
        for place, known in places:
            if known != memory:
                _write(place, memory)
        return memory

    def _add(self, more: Memory) -> Memory:
        # What can't be read is not written over: it may know of a higher one.
        places = list(self._found())
        memory = reduce(or_, (each for _, each in places), more)
        if not sum(_write(place, memory) for place, _ in places):
            raise FloorNotKept
        return memory

    def _found(self) -> Iterator[tuple[Reserved, Memory]]:
        """Each place that can be read, or has nothing yet."""
        for place in self._places:
            try:
                content = place.read()
                yield place, _decoded(content) if content is not None else Memory()
            except (OSError, NoRecord) as error:
                log.error("a place of the floor can't be read: %s", error)


def _write(place: Reserved, memory: Memory) -> bool:
    try:
        place.write(_encoded(memory))
    except OSError as error:
        log.error("a place of the floor can't be written: %s", error)
        return False
    return True


def _encoded(memory: Memory) -> bytes:
    in_vain = sorted(memory.in_vain)[-MOST_IN_VAIN:]
    return json.dumps({"floor": str(memory.floor or ""), "in_vain": [str(each) for each in in_vain]}).encode()


def _decoded(content: bytes) -> Memory:
    """Raises NoRecord."""
    try:
        said = json.loads(content)
        floor = Version.parse(said["floor"]) if said["floor"] != "" else None
        return Memory(floor, frozenset(Version.parse(each) for each in said["in_vain"]))
    except (ValueError, KeyError, TypeError, RecursionError, NoVersion) as error:
        raise NoRecord from error
