"""Pairing by Bluetooth LE: the GATT table and its visitors, between BlueZ and the desk."""

import asyncio
import logging
from collections.abc import Callable

from pairing.desk import Desk
from pairing.errors import Malformed
from pairing.gatt import Visitors

log = logging.getLogger(__name__)

MOST_AT_ONCE = 4
"""Messages of one device that have not been heard yet: it asks and waits for an answer."""


class Radio:
    """`ring` tells all who listen that there may be something to read. Names of visitors are BlueZ's paths."""

    def __init__(self, desk: Desk, ring: Callable[[int], None]) -> None:
        self._desk, self._ring = desk, ring
        self._visitors = Visitors()
        self._hearing: dict[str, set[asyncio.Task[None]]] = {}

    def write(self, visitor: str, value: bytes, offset: int, mtu: int) -> None:
        """Somebody writes to TO_BOX. Raises Malformed."""
        new = visitor not in self._hearing
        message = self._visitors.write(visitor, value, offset, mtu)
        if new:
            self._hearing[visitor] = set()
            self._desk.visit(visitor, lambda told, _last: self._tell(visitor, told))
        if message is None:
            return
        hearing = self._hearing[visitor]
        if len(hearing) >= MOST_AT_ONCE:
            raise Malformed
        # One after the other: the desk hears in the order in which it was asked.
        task = asyncio.get_running_loop().create_task(self._desk.hear(visitor, message))
        hearing.add(task)
        task.add_done_callback(hearing.discard)

    def read(self, visitor: str, offset: int, mtu: int) -> bytes:
        """Somebody reads FROM_BOX. Raises Malformed."""
        return self._visitors.read(visitor, offset, mtu)

    @property
    def bell(self) -> int:
        return self._visitors.bell

    def gone(self, visitor: str) -> None:
        """It is not connected any more."""
        self._visitors.gone(visitor)
        if self._hearing.pop(visitor, None) is not None:
            self._desk.leave(visitor)

    def close(self) -> None:
        """The radio is off, or BlueZ is gone: nobody is connected."""
        for visitor in list(self._hearing):
            self.gone(visitor)
        self._visitors.clear()

    def _tell(self, visitor: str, message: bytes) -> None:
        self._visitors.tell(visitor, message)
        self._ring(self._visitors.bell)
