"""A gateway behind real TLS and a real bus, with devices that it knows, and strangers."""

import asyncio
import json
import ssl
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from aiohttp import ClientResponse, ClientSession, TCPConnector
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat, PublicFormat

from bus import messages_pb2 as pb
from bus.client import Bus
from daemons.runner import free_port
from gateway.api import About, Api
from gateway.callers import Callers
from gateway.config import KEEPS_S, Config
from gateway.events import Events
from gateway.house import House
from gateway.server import Server
from gateway.sessions import Sessions
from gateway.tls import Key
from identity import certificates, keys
from identity.records import BOX_NAME, device_id
from identity.view import Shown, View
from lan.announcement import Announcement, Offer
from lan.listener import Limits
from lan.site import Site
from tests.conftest import Connect

BUILT = datetime(2026, 1, 1, tzinfo=UTC)
BOX_KEY = bytes(32)
PAGE = "https://pages.example"
SOON_S = 10.0


@dataclass
class Answer:
    status: int
    body: Mapping[str, Any]

    @property
    def code(self) -> str:
        return str(self.body["error"]["code"])


class Device:
    """Somebody's, with a certificate of a box; it asks `gateway`."""

    def __init__(self, gateway: "Gateway", name: str, profile: int, place: int, of: keys.Keys) -> None:
        self._gateway = gateway
        self.private = ec.generate_private_key(ec.SECP256R1())
        self.key = self.private.public_key().public_bytes(Encoding.X962, PublicFormat.UncompressedPoint)
        self.known = pb.KnownDevice(
            id=device_id(self.key),
            key=self.key,
            wireguard_key=bytes(32),
            name=name,
            profile=profile,
            address=f"10.100.0.{10 * profile + place}",
        )
        self.context = gateway.trusting()
        path = gateway.folder / f"{name}.pem"
        shown = x509.load_der_x509_certificate(certificates.issue(of, self.key))
        path.write_bytes(
            self.private.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
            + shown.public_bytes(Encoding.PEM)
        )
        self.context.load_cert_chain(path)

    async def ask(self, method: str, path: str, body: object = None, **headers: str) -> Answer:
        return await self._gateway.asked(self.context, method, path, body, **headers)


class Gateway:
    """Within `gateway(…)`. `stranger` trusts the box and shows nothing."""

    def __init__(self, folder: Path, bus: Bus, config: Config) -> None:
        self.folder, self.config = folder, config
        self.own = keys.ensure(folder, BUILT)
        self.shown = Shown(folder)
        view = View(folder)
        self._numbers = iter(range(1, 10_000))
        self.sessions = Sessions(BOX_KEY, lambda count: next(self._numbers).to_bytes(count, "big"))
        self.callers = Callers(view, self.sessions, config, ["spoq-x9rc.local"])
        self.house, self.events = House(), Events()
        self.told: list[str] = []
        api = Api(bus, About("SPQ-7K2M-X9RC", "1.2"), view, self.callers, self.sessions, self.house, self.events)
        key = Key()
        context = key.context(
            certificates.of_box(self.own, key.public), self.own.certificate.public_bytes(Encoding.DER)
        )
        announcement = Announcement(Offer("_spoq-test._tcp", "Spoq-X9RC", "spoq-x9rc", config.port), list)
        limits = Limits(config.connections, config.connections_of_one)
        site = Site(api.application, config.port, limits, KEEPS_S, cancels=True, context=context)
        self.server = Server(site, view, self.callers, self.events, announcement, self._tell, config)
        self._showing = asyncio.create_task(self.shown.run())
        self.stranger = self.trusting()
        self.anna = Device(self, "anna", 1, 0, self.own)
        self.ben = Device(self, "ben", 2, 0, self.own)

    def _tell(self, text: str, degraded: bool = False) -> None:
        self.told.append(text)

    def trusting(self) -> ssl.SSLContext:
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
        context.load_verify_locations(cadata=self.own.certificate.public_bytes(Encoding.DER))
        return context

    def know(self, *devices: Device, withheld: Sequence[str] = ()) -> None:
        """From now on these belong here, and nobody else. `withheld`: what Ben may not use."""
        profiles = [pb.KnownProfile(number=1, name="Anna"), pb.KnownProfile(number=2, name="Ben", withheld=withheld)]
        self._showing.cancel()
        self._showing = asyncio.create_task(self.shown.run())
        self.shown.show(
            pb.Household(owned=True, profiles=profiles, devices=[each.known for each in devices], box_key=BOX_KEY)
        )

    def hang(self) -> None:
        """identityd writes nothing until somebody is known again."""
        self._showing.cancel()

    async def asked(
        self, context: ssl.SSLContext, method: str, path: str, body: object = None, **headers: str
    ) -> Answer:
        """On a connection of its own."""
        async with (
            ClientSession(connector=TCPConnector(force_close=True)) as http,
            self.request(http, context, method, path, body, **headers) as response,
        ):
            content = await response.read()
            return Answer(response.status, json.loads(content) if content else {})

    def request(
        self,
        http: ClientSession,
        context: ssl.SSLContext,
        method: str,
        path: str,
        body: object = None,
        **headers: str,
    ) -> Any:
        data = body if isinstance(body, bytes) else None if body is None else json.dumps(body).encode()
        url = f"https://127.0.0.1:{self.config.port}{path}"
        return http.request(method, url, data=data, headers=headers, ssl=context, server_hostname=BOX_NAME)

    async def until_open(self) -> None:
        async with asyncio.timeout(SOON_S):
            while "answers paired devices" not in self.told:
                await asyncio.sleep(0.02)


@asynccontextmanager
async def gateway(connect: Connect, folder: Path, **config: Any) -> AsyncIterator[Gateway]:
    """Running, with anna's device as the owner's and ben's as another's, kept fresh as identityd does."""
    async with AsyncExitStack() as stack:
        bus = await stack.enter_async_context(connect("gatewayd"))
        here = Gateway(folder, bus, Config(port=free_port(), origins=(PAGE,), **config))
        await here.house.follow(bus)
        await here.events.begin(bus)
        here.know(here.anna, here.ben)
        running = asyncio.create_task(here.server.run())
        try:
            await here.until_open()
            yield here
        finally:
            here.hang()
            running.cancel()
            await asyncio.gather(running, return_exceptions=True)


async def ended(response: ClientResponse) -> bool:
    """The box ends the connection; what it still says is read."""
    async with asyncio.timeout(SOON_S):
        try:
            while await response.content.readany():
                pass
        except OSError:
            return True
        except Exception as error:
            return "ayload" in type(error).__name__ or "isconnect" in type(error).__name__
    return True
