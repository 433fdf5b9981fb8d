"""Pairing by requests: what the set-up port answers, in the hotspot and over Ethernet.

    POST /pair/VISITOR      a Parcel of the device's messages ─▶ a Parcel of the box's, as they follow from them

VISITOR is a random number that the device drew for this attempt; whoever does not ask for ten seconds is gone.
"""

import asyncio
import re
from collections.abc import Callable
from dataclasses import dataclass, field

from aiohttp import web
from google.protobuf.message import DecodeError

from pairing import messages_pb2 as pb
from pairing.desk import Desk
from pairing.messages import MOST_BYTES

VISITOR = re.compile(r"[0-9a-f]{32}", re.ASCII)
MOST_VISITORS = 16
MOST_MESSAGES = 4
SILENT_S = 10.0
KIND = "application/x-protobuf"
TOO_MANY = "Too many devices are asking this box at the same time. Try again in a minute."


@dataclass
class _Visitor:
    """One attempt: what it has to be told, and when it is given up."""

    gone: asyncio.TimerHandle
    told: list[bytes] = field(default_factory=list)


class Port:
    """`routes` go into an application; `close` when it ends."""

    def __init__(self, desk: Desk, silent_s: float = SILENT_S) -> None:
        self._desk = desk
        self._silent_s = silent_s
        self._visitors: dict[str, _Visitor] = {}

    @property
    def routes(self) -> list[web.RouteDef]:
        return [web.post("/pair/{visitor}", self._pair)]

    def close(self) -> None:
        for visitor in list(self._visitors):
            self._leave(visitor)

    async def _pair(self, request: web.Request) -> web.Response:
        visitor = request.match_info["visitor"]
        if not VISITOR.fullmatch(visitor):
            raise web.HTTPNotFound
        messages = _unpacked(await request.content.read(MOST_MESSAGES * MOST_BYTES + 1))
        known = self._known(visitor)
        for message in messages:
            await self._desk.hear(visitor, message)
        told = pb.Parcel(messages=known.told)
        known.told = []
        return web.Response(body=told.SerializeToString(), content_type=KIND, headers={"Cache-Control": "no-store"})

    def _known(self, visitor: str) -> _Visitor:
        """The visitor, who has been heard of just now."""
        known = self._visitors.get(visitor)
        if known is None and len(self._visitors) >= MOST_VISITORS:
            raise web.HTTPServiceUnavailable(text=TOO_MANY)
        gone = asyncio.get_running_loop().call_later(self._silent_s, self._leave, visitor)
        if known is None:
            known = self._visitors[visitor] = _Visitor(gone)
            self._desk.visit(visitor, _into(known))
        else:
            known.gone.cancel()
            known.gone = gone
        return known

    def _leave(self, visitor: str) -> None:
        self._visitors.pop(visitor).gone.cancel()
        self._desk.leave(visitor)


def _into(visitor: _Visitor) -> Callable[[bytes, bool], None]:
    def told(message: bytes, _: bool) -> None:
        if len(visitor.told) < MOST_MESSAGES:
            visitor.told.append(message)

    return told


def _unpacked(body: bytes) -> list[bytes]:
    """Raises an answer of HTTP's."""
    if len(body) > MOST_MESSAGES * MOST_BYTES:
        raise web.HTTPRequestEntityTooLarge(MOST_MESSAGES * MOST_BYTES, len(body))
    try:
        messages = list(pb.Parcel.FromString(body).messages)
    except DecodeError as error:
        raise web.HTTPBadRequest(text="This is no message of a device that pairs.") from error
    if not 0 < len(messages) <= MOST_MESSAGES:
        raise web.HTTPBadRequest(text="This is no message of a device that pairs.")
    return messages
