"""A device pairs by Bluetooth LE, as docs/pairing.md says; whoever has a radio brings it as `Gatt`."""

import asyncio
from collections.abc import Callable
from typing import Protocol

from pairing import gatt
from pairing.device_side import DeviceSide, Wishes
from pairing.errors import TooSlow
from pairing.fragments import LEAST_BYTES, Joined, split

ANSWER_S, LOOK_S = 75.0, 1.0
"""For one answer, that a network was joined for example; and how long nothing is asked for where no bell rings."""


class Gatt(Protocol):
    """A connection to a box. Characteristics are named by their UUIDs."""

    async def write(self, characteristic: str, value: bytes) -> None:
        """With an answer."""

    async def read(self, characteristic: str) -> bytes: ...

    async def listen(self, characteristic: str, heard: Callable[[], None]) -> None:
        """`heard` is called at each notification."""

    @property
    def mtu(self) -> int: ...


async def converse(radio: Gatt, side: DeviceSide, wishes: Wishes = DeviceSide.leave) -> None:
    """The whole run, and the wishes of a side that stays.

    Raises RunFailed or NotNow as the box or this side says, and what the radio and the wishes raise.
    """
    rung, joined = asyncio.Event(), Joined()
    await radio.listen(gatt.BELL, rung.set)
    room = max(LEAST_BYTES, min(radio.mtu - gatt.OF_PROTOCOL, gatt.MOST_VALUE))
    waiting = [side.first]
    while waiting:
        for message in waiting:
            for fragment in split(message, room):
                await radio.write(gatt.TO_BOX, fragment)
        waiting = []
        try:
            async with asyncio.timeout(ANSWER_S):
                while not waiting and not side.over:
                    waiting = side.take(await _message(radio, joined, rung))
                    if side.asks:
                        waiting = [wishes(side)]
        except TimeoutError as error:
            raise TooSlow from error


async def _message(radio: Gatt, joined: Joined, rung: asyncio.Event) -> bytes:
    """The next one of the box's."""
    while True:
        rung.clear()
        fragment = await radio.read(gatt.FROM_BOX)
        if fragment:
            if (message := joined.take(fragment)) is not None:
                return message
            continue
        try:
            async with asyncio.timeout(LOOK_S):
                await rung.wait()
        except TimeoutError:
            continue
