"""Messages on a way that carries a few bytes at a time: Bluetooth LE, 20 bytes where nobody asked for more. Pure.

    1 byte        the rest
    FL nnnnnn     F: the first of a message; L: its last; n: counts from 0, and after 63 from 0 again

A first fragment begins anew, whatever was half there. Anything else out of its order is refused.
"""

from collections.abc import Iterator

from pairing.errors import Malformed
from pairing.messages import MOST_BYTES

FIRST, LAST, COUNT = 0x80, 0x40, 0x3F
HEADER_BYTES = 1
LEAST_BYTES = 20
"""What every way carries: the smallest MTU of Bluetooth LE is 23, of which 3 are its own."""


def split(message: bytes, most: int) -> Iterator[bytes]:
    """The fragments of a message, each of `most` bytes at most."""
    if most < LEAST_BYTES:
        raise ValueError("No way carries less than 20 bytes at a time.")
    room = most - HEADER_BYTES
    starts = range(0, max(1, len(message)), room)
    for number, start in enumerate(starts):
        header = number & COUNT
        header |= FIRST if number == 0 else 0
        header |= LAST if start == starts[-1] else 0
        yield bytes((header,)) + message[start : start + room]


class Joined:
    """Fragments of one visitor, put together again."""

    def __init__(self) -> None:
        self._parts = bytearray()
        self._next: int | None = None

    def take(self, fragment: bytes) -> bytes | None:
        """The message that this fragment ends; None where there is more to come. Raises Malformed: begin anew."""
        expected, self._next = self._next, None
        if not fragment:
            raise Malformed
        header, rest = fragment[0], fragment[1:]
        if header & FIRST:
            self._parts.clear()
            expected = 0
        if expected is None or header & COUNT != expected or len(self._parts) + len(rest) > MOST_BYTES:
            self._parts.clear()
            raise Malformed
        self._parts += rest
        if header & LAST:
            message = bytes(self._parts)
            self._parts.clear()
            return message
        self._next = (expected + 1) & COUNT
        return None
