"""The requests of docs/gateway.md: each says who may ask it, asks the bus, and shows the answer."""

import asyncio
import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from functools import partial

from aiohttp import web
from google.protobuf.message import Message

from bus import messages_pb2 as pb
from bus import subjects as s
from bus.client import Bus
from bus.envelope import Context
from bus.errors import BusError
from bus.sealed import SETUP_CODE, WIFI_PASSWORD, NotSealed, Recipient, seal
from gateway import documents
from gateway.callers import Callers
from gateway.errors import BadRequest, GatewayError, NotAllowed, NotNow, Refused
from gateway.events import Events
from gateway.house import House
from gateway.sessions import Sessions
from identity.records import OWNER, Device, Service
from identity.view import View, ViewStale

Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]
TURN_S, CHANGE_S, OPEN_S, BODY_S, LOOK_S, JOIN_S = 30.0, 10.0, 30.0, 10.0, 30.0, 70.0
LOG_LINES = 100
DEVICE = web.RequestKey("device", Device)
CHALLENGE, SESSION = "/v1/challenge", "/v1/session"
FOR_ANYBODY = (CHALLENGE, SESSION)
SENTENCES = {
    404: "There is nothing of that name here.",
    405: "That can't be done with this.",
    413: "That is more than this box reads.",
}
NO_STORE = {"Cache-Control": "no-store", "X-Content-Type-Options": "nosniff"}


@dataclass(frozen=True)
class About:
    """The box: its serial, where it is known, and the version of its system."""

    serial: str
    version: str


class Api:
    """`application` goes into a server."""

    def __init__(
        self, bus: Bus, about: About, view: View, callers: Callers, sessions: Sessions, house: House, events: Events
    ) -> None:
        self._bus, self._about, self._view, self._callers = bus, about, view, callers
        self._sessions, self._house, self._events = sessions, house, events

    def application(self) -> web.Application:
        application = web.Application(client_max_size=documents.MOST_BYTES, middlewares=[self._answered])
        application.add_routes(
            [
                web.get("/v1/status", self._status),
                web.post("/v1/turns", self._turn),
                web.get("/v1/events", self._follow),
                web.get("/v1/household", self._household),
                web.post("/v1/profiles", self._make_profile),
                web.patch(r"/v1/profiles/{number:\d{1,3}}", self._name_profile),
                web.delete(r"/v1/profiles/{number:\d{1,3}}", self._remove_profile),
                web.put(r"/v1/profiles/{number:\d{1,3}}/services/{service:[a-z]{1,16}}", self._grant),
                web.delete(r"/v1/profiles/{number:\d{1,3}}/services/{service:[a-z]{1,16}}", self._grant),
                web.patch("/v1/devices/{id:[0-9a-f]{16}}", self._name_device),
                web.delete("/v1/devices/{id:[0-9a-f]{16}}", self._remove_device),
                web.post("/v1/pairing", self._open_pairing),
                web.get("/v1/wifi", self._wifi),
                web.post("/v1/wifi", self._join),
                web.get("/v1/region", self._region),
                web.post("/v1/region", self._move),
                web.get("/v1/update", self._update),
                web.post("/v1/update", self._wish_for_update),
                web.get("/v1/update/history", self._update_history),
                web.get("/v1/log", self._log),
                web.post("/v1/factory-reset", self._factory_reset),
                web.post(CHALLENGE, self._challenge),
                web.post(SESSION, self._session),
            ]
        )
        return application

    @web.middleware
    async def _answered(self, request: web.Request, handler: Handler) -> web.StreamResponse:
        """Nobody but a device that is let in reaches what is not for anybody; whatever happens is told as JSON."""
        try:
            self._callers.check_where_from(request)
            if request.path not in FOR_ANYBODY:
                self._callers.device(request)
            await _read(request)
            if request.path not in FOR_ANYBODY:
                # Whoever was thrown out while it spoke has nothing to say any more.
                request[DEVICE] = self._callers.device(request)
            return await handler(request)
        except GatewayError as error:
            return _refused(error.status, error.code, str(error))
        except BusError:
            return _refused(NotNow.status, NotNow.code, str(NotNow()))
        except web.HTTPException as error:
            return _refused(error.status, "http", SENTENCES.get(error.status, BadRequest.__doc__ or ""))

    # --- what any device may --------------------------------------------------------------------

    async def _status(self, request: web.Request) -> web.Response:
        device = request[DEVICE]
        healths = await self._house.healths()
        about, pairing = self._about, self._house.pairing
        return _shown(documents.status(about.version, about.serial, healths, pairing, device))

    async def _turn(self, request: web.Request) -> web.Response:
        device = request[DEVICE]
        self._callers.check(device, Service.ASK)
        body = await _fields(request, "text", "language", "aloud")
        asked = pb.Ask(
            text=documents.text(body, "text"),
            language=documents.text(body, "language", needed=False),
            aloud=documents.flag(body, "aloud"),
            guest=device.profile != OWNER,
        )
        context = Context.new_trace().of(str(device.profile), device.id)
        answer = await self._bus.request(s.NLU_REQUEST, asked, context, timeout_s=TURN_S)
        # It may have taken a while.
        self._callers.check(device, Service.ASK)
        if answer.refusal:
            raise Refused(answer.refusal)
        return _shown({"answer": answer.text, "intent": answer.intent})

    async def _follow(self, request: web.Request) -> web.StreamResponse:
        device = request[DEVICE]
        self._callers.check(device, Service.FOLLOW)
        return await self._events.follow(request, device, partial(self._callers.may, device, Service.FOLLOW))

    async def _household(self, request: web.Request) -> web.Response:
        device = request[DEVICE]
        try:
            return _shown(documents.household(self._view.household(), device))
        except ViewStale as error:
            raise NotNow from error

    # --- changes, which identityd decides about --------------------------------------------------

    async def _make_profile(self, request: web.Request) -> web.Response:
        return await self._change(request, make_profile=await _name(request))

    async def _name_profile(self, request: web.Request) -> web.Response:
        named = pb.KnownProfile(number=int(request.match_info["number"]), name=await _name(request))
        return await self._change(request, name_profile=named)

    async def _remove_profile(self, request: web.Request) -> web.Response:
        return await self._change(request, remove_profile=int(request.match_info["number"]))

    async def _grant(self, request: web.Request) -> web.Response:
        number, service = int(request.match_info["number"]), request.match_info["service"]
        return await self._change(
            request, grant=pb.Grant(profile=number, service=service, granted=request.method == "PUT")
        )

    async def _name_device(self, request: web.Request) -> web.Response:
        named = pb.KnownDevice(id=request.match_info["id"], name=await _name(request))
        return await self._change(request, name_device=named)

    async def _remove_device(self, request: web.Request) -> web.Response:
        return await self._change(request, remove_device=request.match_info["id"])

    async def _change(self, request: web.Request, **change: int | str | Message) -> web.Response:
        device = request[DEVICE]
        asked = pb.ChangeHousehold(by=device.id, **change)  # type: ignore[arg-type]
        return _done(await self._bus.request(s.IDENTITY_DEVICE_CHANGE, asked, timeout_s=CHANGE_S))

    async def _open_pairing(self, request: web.Request) -> web.Response:
        device = request[DEVICE]
        body = await _fields(request, "profile")
        reader = Recipient(SETUP_CODE)
        profile = documents.number(body.get("profile"), "profile")
        asked = pb.OpenPairing(by=device.id, profile=profile, key=reader.key)
        opened = await self._bus.request(s.IDENTITY_OPEN, asked, timeout_s=OPEN_S)
        if opened.refusal:
            raise Refused(opened.refusal)
        try:
            code = reader.open(opened.sealed_code).decode()
        except NotSealed as error:
            raise NotNow from error
        return _shown({"code": code, "seconds": opened.seconds})

    async def _factory_reset(self, request: web.Request) -> web.Response:
        _owners(request[DEVICE])
        body = await _fields(request, "confirm")
        asked = pb.FactoryReset(confirm=documents.text(body, "confirm"))
        return _done(await self._bus.request(s.FACTORY_RESET, asked))

    async def _log(self, request: web.Request) -> web.Response:
        _owners(request[DEVICE])
        limit = documents.number(request.query.get("limit", LOG_LINES), "limit")
        found = await self._bus.request(s.IDENTITY_LOG, pb.DeedsRequest(limit=limit), timeout_s=CHANGE_S)
        if found.fault:
            raise Refused(found.fault)
        return _shown(documents.log(found))

    async def _wifi(self, request: web.Request) -> web.Response:
        _owners(request[DEVICE])
        found = await self._bus.request(s.WIFI_LIST, pb.WifiRequest(look=True), timeout_s=LOOK_S)
        if found.refusal:
            raise Refused(found.refusal)
        return _shown(documents.wifi(found))

    async def _join(self, request: web.Request) -> web.Response:
        """Its password goes to pairingd, and over the bus so that nobody there can read it."""
        _owners(request[DEVICE])
        body = await _fields(request, "ssid", "password")
        asked = pb.JoinWifi(ssid=documents.ssid(body))
        if password := documents.text(body, "password", needed=False):
            key = (await self._bus.request(s.WIFI_LIST, pb.WifiRequest())).key
            asked.sealed_password = seal(password.encode(), key, WIFI_PASSWORD)
        return _done(await self._bus.request(s.WIFI_JOIN, asked, timeout_s=JOIN_S))

    async def _region(self, _request: web.Request) -> web.Response:
        return _shown(documents.region(await self._bus.request(s.REGION, pb.SetRegion())))

    async def _move(self, request: web.Request) -> web.Response:
        _owners(request[DEVICE])
        asked = documents.wanted_region(await _fields(request, "zone", "imperial"))
        found = await self._bus.request(s.REGION, asked, timeout_s=CHANGE_S)
        if found.refusal:
            raise Refused(found.refusal)
        return _shown(documents.region(found))

    async def _update(self, _request: web.Request) -> web.Response:
        return _shown(documents.update(await self._bus.request(s.UPDATE_STATUS, pb.UpdateRequest())))

    async def _wish_for_update(self, request: web.Request) -> web.Response:
        _owners(request[DEVICE])
        body = await _fields(request, "action")
        asked = pb.UpdateWish(action=documents.text(body, "action"))
        return _done(await self._bus.request(s.UPDATE_WISH, asked, timeout_s=CHANGE_S))

    async def _update_history(self, request: web.Request) -> web.Response:
        _owners(request[DEVICE])
        return _shown(documents.update_history(await self._bus.request(s.UPDATE_HISTORY, pb.UpdateRequest())))

    # --- what anybody may -----------------------------------------------------------------------

    async def _challenge(self, _request: web.Request) -> web.Response:
        return _shown({"challenge": documents.encoded(self._sessions.challenge(time.monotonic()))})

    async def _session(self, request: web.Request) -> web.Response:
        body = await _fields(request, "challenge", "key", "signature")
        key = documents.binary(body, "key")
        challenge, signature = documents.binary(body, "challenge"), documents.binary(body, "signature")
        self._sessions.check(challenge, key, signature, time.monotonic())
        self._callers.known(key)
        session = self._sessions.begin(challenge, key, time.monotonic())
        return _shown({"token": session.token, "seconds": session.seconds})


async def _read(request: web.Request) -> None:
    """All that it says, in time; handlers find it there. Raises BadRequest, or an answer of HTTP's."""
    try:
        async with asyncio.timeout(BODY_S):
            await request.read()
    except TimeoutError as error:
        raise BadRequest("This request took too long.") from error


async def _fields(request: web.Request, *known: str) -> documents.Document:
    return documents.fields(await request.read(), frozenset(known))


async def _name(request: web.Request) -> str:
    return documents.text(await _fields(request, "name"), "name")


def _owners(device: Device) -> None:
    if device.profile != OWNER:
        raise NotAllowed


def _done(reply: pb.Reply) -> web.Response:
    if reply.refusal:
        raise Refused(reply.refusal)
    return web.Response(status=204, headers=NO_STORE)


def _shown(document: documents.Document) -> web.Response:
    return web.json_response(document, headers=NO_STORE)


def _refused(status: int, code: str, message: str) -> web.Response:
    response = web.json_response({"error": {"code": code, "message": message}}, status=status, headers=NO_STORE)
    if status == 403:
        # Who is not let in keeps no connection.
        response.force_close()
    return response
