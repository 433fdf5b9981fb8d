"""What a phone finds when it connects by Bluetooth LE: one table, the same for ever, and who has said what in it. Pure.

    TO_BOX    write           fragments of the device's messages (pairing/fragments.py)
    FROM_BOX  read            the next fragment for the device that reads; empty: there is none
    BELL      read, notify    a number that is another one when there may be something to read

Phones keep the table for days, so it never changes: what is not wanted just now is refused by state. BlueZ sends
notifications to all who asked for them and can't say to whom, so that a bell is all that is notified, and each device
reads what is for it.
"""

from collections import deque
from dataclasses import dataclass, field

from pairing.errors import Malformed
from pairing.fragments import LEAST_BYTES, Joined, split
from pairing.messages import MOST_BYTES

SERVICE = "5b0f0001-9f3c-4a8e-8d52-70697370716f"
TO_BOX, FROM_BOX, BELL = (f"5b0f000{number}-9f3c-4a8e-8d52-70697370716f" for number in range(2, 5))
MOST_VALUE = 512
"""Bytes of one value (Bluetooth Core 5.4, 3.F.3.2.9)."""
OF_PROTOCOL = 3
"""Of an MTU, in each packet."""
MOST_VISITORS = 8


class TooMany(Malformed):
    """Too many devices are asking this box at the same time."""


@dataclass
class _Visitor:
    joined: Joined = field(default_factory=Joined)
    waiting: deque[bytes] = field(default_factory=deque)
    current: bytes = b""
    room: int = LEAST_BYTES


class Visitors:
    """Everybody who is connected, by any name that the radio has for them."""

    def __init__(self) -> None:
        self.bell = 0
        self._visitors: dict[str, _Visitor] = {}

    def write(self, visitor: str, value: bytes, offset: int, mtu: int) -> bytes | None:
        """TO_BOX: the message that this fragment ends. BlueZ puts a long value together before. Raises Malformed."""
        known = self._known(visitor, mtu)
        if offset or len(value) > MOST_VALUE:
            raise Malformed
        return known.joined.take(value)

    def read(self, visitor: str, offset: int, mtu: int) -> bytes:
        """FROM_BOX: from `offset` on of what it reads just now; a read from 0 goes on to the next. Raises Malformed."""
        known = self._known(visitor, mtu)
        if offset == 0:
            known.current = known.waiting.popleft() if known.waiting else b""
        if not 0 <= offset <= len(known.current):
            raise Malformed
        return known.current[offset:]

    def tell(self, visitor: str, message: bytes) -> None:
        """There is a message for it. Who reads nothing loses what is too much."""
        known = self._visitors.get(visitor)
        if known is None:
            return
        for fragment in split(message, known.room):
            if len(known.waiting) * known.room > 2 * MOST_BYTES:
                return
            known.waiting.append(fragment)
        self.bell = (self.bell + 1) % 256

    def gone(self, visitor: str) -> bool:
        """It is not connected any more. Whether it had said anything."""
        return self._visitors.pop(visitor, None) is not None

    def clear(self) -> None:
        """Nobody is connected."""
        self._visitors.clear()

    def _known(self, visitor: str, mtu: int) -> _Visitor:
        if visitor not in self._visitors and len(self._visitors) >= MOST_VISITORS:
            raise TooMany
        known = self._visitors.setdefault(visitor, _Visitor())
        known.room = max(LEAST_BYTES, min(mtu - OF_PROTOCOL, MOST_VALUE))
        return known
