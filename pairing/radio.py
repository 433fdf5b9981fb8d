"""Pairing by Bluetooth LE: the GATT table and its visitors, between BlueZ and the desk."""

import asyncio
from collections.abc import Callable, Mapping, Sequence

from pairing import gatt
from pairing.desk import Desk
from pairing.errors import Malformed
from pairing.gatt import Visitors
from systembus.client import Variant

MOST_AT_ONCE = 4
"""Messages of one device that have not been heard yet: it asks and waits for an answer."""


class Radio:
    """A service of the box's GATT table (`pairing/table.py`).

    `name`: what phones list; `notify` tells all who listen to a characteristic its value.
    """

    uuid = gatt.SERVICE
    characteristics: Mapping[str, Sequence[str]] = {
        gatt.TO_BOX: ["write"],
        gatt.FROM_BOX: ["read"],
        gatt.BELL: ["read", "notify"],
    }

    def __init__(self, desk: Desk, name: str, notify: Callable[[str, bytes], None]) -> None:
        self._desk, self._notify = desk, notify
        self.advertised = {"LocalName": Variant("s", name), "Discoverable": Variant("b", True)}
        self._visitors = Visitors()
        self._hearing: dict[str, set[asyncio.Task[None]]] = {}

    def write(self, visitor: str, characteristic: str, value: bytes, offset: int, mtu: int) -> None:
        """Raises Malformed."""
        if characteristic != gatt.TO_BOX:
            raise Malformed
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

    def read(self, visitor: str, characteristic: str, offset: int, mtu: int) -> bytes:
        """Raises Malformed."""
        match characteristic:
            case gatt.FROM_BOX:
                return self._visitors.read(visitor, offset, mtu)
            case gatt.BELL:
                return bytes((self._visitors.bell,))
        raise Malformed

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
        self._notify(gatt.BELL, bytes((self._visitors.bell,)))
