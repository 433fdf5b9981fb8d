"""Server-sent events (WHATWG HTML, 9.2): what the box is doing, told to the devices that follow it.

    turn        the spoken turn's phase, and nothing that was said
    pairing     whether a device may pair; the first thing that is told
    household   somebody was let in or removed: ask again who is there

Who reads too slowly loses events and not the box its memory: of each kind only the latest waits.
"""

import asyncio
import json
from collections.abc import Callable, Mapping
from typing import Any

from aiohttp import web

from bus import messages_pb2 as pb
from bus import subjects as s
from bus.client import Bus
from bus.envelope import Received
from gateway import documents
from gateway.errors import TooMany
from identity.records import Device

MOST_OF_ONE = 4
"""Streams of one device."""
STILL_HERE_S = 15.0
HEADERS = {"Content-Type": "text/event-stream", "Cache-Control": "no-store", "X-Content-Type-Options": "nosniff"}


class _Follower:
    def __init__(self, device: Device) -> None:
        self.device = device
        self.waiting: dict[str, Mapping[str, Any]] = {}
        self.told = asyncio.Event()

    def tell(self, event: str, document: Mapping[str, Any]) -> None:
        self.waiting[event] = document
        self.told.set()


class Events:
    """`begin` once; `follow` for each stream."""

    def __init__(self) -> None:
        self._followers: set[_Follower] = set()
        self._pairing: Mapping[str, Any] = {"state": "closed"}

    async def begin(self, bus: Bus) -> None:
        await bus.subscribe(s.TURN_STATE, self._on_turn)
        await bus.subscribe(s.PAIRING_STATE, self._on_pairing)
        for subject in (s.DEVICE_PAIRED, s.DEVICE_REVOKED):
            await bus.subscribe(subject, lambda _: self._tell("household", {}))

    async def follow(self, request: web.Request, device: Device, may: Callable[[], bool]) -> web.StreamResponse:
        """Until the device goes, or is made to go, or `may` no longer follow. Raises TooMany."""
        if sum(each.device.id == device.id for each in self._followers) >= MOST_OF_ONE:
            raise TooMany
        follower = _Follower(device)
        follower.tell("pairing", self._pairing)
        self._followers.add(follower)
        try:
            response = web.StreamResponse(headers=HEADERS)
            await response.prepare(request)
            told = b": hello\n\n"
            while may():
                await response.write(told)
                told = await _next(follower)
            return response
        finally:
            self._followers.discard(follower)

    def sweep(self, may: Callable[[Device], bool]) -> None:
        """Streams of those who may not follow any more look at once, and end."""
        for follower in self._followers:
            if not may(follower.device):
                follower.told.set()

    def _on_turn(self, message: Received[pb.TurnState]) -> None:
        self._tell("turn", documents.turn(message.body, message.context.generation))

    def _on_pairing(self, message: Received[pb.PairingState]) -> None:
        """It is published again and again, for daemons that start later."""
        before, self._pairing = self._pairing, {"state": message.body.state}
        if self._pairing != before:
            self._tell("pairing", self._pairing)

    def _tell(self, event: str, document: Mapping[str, Any]) -> None:
        for follower in self._followers:
            follower.tell(event, document)


async def _next(follower: _Follower) -> bytes:
    """What waits; a comment where nothing does, so that a dead connection is noticed."""
    try:
        async with asyncio.timeout(STILL_HERE_S):
            await follower.told.wait()
    except TimeoutError:
        return b": still here\n\n"
    follower.told.clear()
    waiting, follower.waiting = follower.waiting, {}
    return b"".join(f"event: {event}\ndata: {json.dumps(each)}\n\n".encode() for event, each in waiting.items())
