"""Pairing by requests: what the set-up port answers, in the hotspot and over Ethernet.

    POST /pair/VISITOR      a Parcel of the device's messages ─▶ a Parcel of the box's, as they follow from them

                            the same request again: the same answer, which was lost on its way

    DELETE /pair/VISITOR    the device gives up, because the code was wrong for example

    GET /, /NAME            the page for phones, where it is built (pairing/page.py)

VISITOR is a random number that the device drew for this attempt; whoever does not ask for two minutes is gone.

A page of anybody's may send requests to any address of the house. So this one is answered only as what no page sends
without asking first (its content type), from no page but the box's own (Origin), and by no name that somebody else can
give to the box's address (Host).
"""

import asyncio
import re
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass, field
from types import MappingProxyType

from aiohttp import web
from google.protobuf.message import DecodeError

from lan.site import is_ours
from pairing import messages_pb2 as pb
from pairing import page
from pairing.desk import Desk
from pairing.messages import MOST_BYTES

VISITOR = re.compile(r"[0-9a-f]{32}", re.ASCII)
MOST_VISITORS = 16
MOST_MESSAGES = 2
MOST_BODY = MOST_MESSAGES * MOST_BYTES
SILENT_S, BODY_S = 120.0, 10.0
"""Between two requests, long enough to find a Wi-Fi password, and for the body of one."""
KIND = "application/x-protobuf"
TOO_MANY = "Too many devices are asking this box at the same time. Try again in a minute."
NO_MESSAGE = "This is no message of a device that pairs."
ONE_AT_A_TIME = "This device is being answered already."
NOT_FROM_THERE = "This box is paired from its own page only."


@dataclass
class _Visitor:
    """One attempt: what it has to be told, whether that is all, and when it is given up. `asked`: its last request."""

    told: list[bytes] = field(default_factory=list)
    over: bool = False
    gone: asyncio.TimerHandle | None = None
    asked: bytes = b""


class Port:
    """`close` when its `application` ends. `names` are the box's, besides its addresses; `pages` are for browsers."""

    def __init__(
        self,
        desk: Desk,
        names: Collection[str] = (),
        pages: Mapping[str, page.File] = MappingProxyType({}),
        silent_s: float = SILENT_S,
    ) -> None:
        self._desk = desk
        self._names, self._pages = names, pages
        self._silent_s = silent_s
        self._visitors: dict[str, _Visitor] = {}
        self._answering: dict[str, asyncio.Task[list[bytes]]] = {}

    def application(self) -> web.Application:
        application = web.Application()
        application.router.add_post("/pair/{visitor}", self._pair)
        application.router.add_delete("/pair/{visitor}", self._give_up)
        page.add(application.router, self._pages, self._names)
        return application

    def close(self) -> None:
        for visitor in list(self._visitors):
            self._leave(visitor)

    async def _give_up(self, request: web.Request) -> web.Response:
        self._leave(self._visitor(request))
        return web.Response(status=204)

    async def _pair(self, request: web.Request) -> web.Response:
        visitor = self._visitor(request)
        body = await _body(request)
        messages = _unpacked(body)
        known, answering = self._visitors.get(visitor), self._answering.get(visitor)
        if known is not None and known.asked == body:
            # A hotspot goes away while the box joins a network, and comes back.
            return _parcel(await asyncio.shield(answering) if answering is not None else known.told)
        if answering is not None:
            raise web.HTTPConflict(text=ONE_AT_A_TIME)
        known = self._known(visitor)
        known.asked = body
        answering = asyncio.get_running_loop().create_task(self._answered(visitor, known, messages))
        self._answering[visitor] = answering
        return _parcel(await asyncio.shield(answering))

    async def _answered(self, visitor: str, known: _Visitor, messages: list[bytes]) -> list[bytes]:
        """Done whether the device is still there or not."""
        try:
            for message in messages:
                if not known.over:
                    await self._desk.hear(visitor, message)
            return known.told
        finally:
            self._answering.pop(visitor, None)
            self._wait(visitor, known)

    def _visitor(self, request: web.Request) -> str:
        """Who asks, from where it may. Raises an answer of HTTP's."""
        visitor = request.match_info["visitor"]
        if not VISITOR.fullmatch(visitor):
            raise web.HTTPNotFound
        if request.content_type != KIND:
            raise web.HTTPUnsupportedMediaType(text=NO_MESSAGE)
        origin = request.headers.get("Origin")
        if origin not in (None, f"http://{request.host}") or not is_ours(request.host, self._names):
            raise web.HTTPForbidden(text=NOT_FROM_THERE)
        return visitor

    def _known(self, visitor: str) -> _Visitor:
        """The visitor, who is being answered: nobody waits for it meanwhile."""
        known = self._visitors.get(visitor)
        if known is None:
            if len(self._visitors) >= MOST_VISITORS:
                raise web.HTTPServiceUnavailable(text=TOO_MANY)
            known = self._visitors[visitor] = _Visitor()
            self._desk.visit(visitor, _into(known))
        if known.gone is not None:
            known.gone.cancel()
        known.told, known.over = [], False
        return known

    def _wait(self, visitor: str, known: _Visitor) -> None:
        """It was answered. Whose run is over is gone."""
        if self._visitors.get(visitor) is not known:
            return
        if known.over:
            self._leave(visitor)
        else:
            known.gone = asyncio.get_running_loop().call_later(self._silent_s, self._leave, visitor)

    def _leave(self, visitor: str) -> None:
        known = self._visitors.pop(visitor, None)
        if known is None:
            return
        if known.gone is not None:
            known.gone.cancel()
        self._desk.leave(visitor)


def _into(visitor: _Visitor) -> Callable[[bytes, bool], None]:
    def told(message: bytes, last: bool) -> None:
        visitor.over = last
        if len(visitor.told) < MOST_MESSAGES:
            visitor.told.append(message)

    return told


def _parcel(told: list[bytes]) -> web.Response:
    body = pb.Parcel(messages=told).SerializeToString()
    return web.Response(body=body, content_type=KIND, headers={"Cache-Control": "no-store"})


async def _body(request: web.Request) -> bytes:
    """All of it, in time. Raises an answer of HTTP's."""
    body = bytearray()
    try:
        async with asyncio.timeout(BODY_S):
            async for part in request.content.iter_any():
                body += part
                if len(body) > MOST_BODY:
                    raise web.HTTPRequestEntityTooLarge(MOST_BODY, len(body))
    except TimeoutError as error:
        raise web.HTTPRequestTimeout from error
    except ConnectionError as error:
        # It went away while it spoke.
        raise web.HTTPBadRequest from error
    return bytes(body)


def _unpacked(body: bytes) -> list[bytes]:
    """Raises an answer of HTTP's."""
    try:
        messages = list(pb.Parcel.FromString(body).messages)
    except DecodeError as error:
        raise web.HTTPBadRequest(text=NO_MESSAGE) from error
    if not 0 < len(messages) <= MOST_MESSAGES:
        raise web.HTTPBadRequest(text=NO_MESSAGE)
    return messages
