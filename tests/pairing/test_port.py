"""A device pairs by requests, with a real box behind them: its disk, its bus, its identityd."""

import asyncio
import secrets
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest
import pytest_asyncio
from aiohttp import ClientSession
from aiohttp.test_utils import BaseTestServer, TestServer
from cryptography import x509
from yarl import URL

from bus import messages_pb2 as bus_pb
from bus import subjects as s
from bus.client import Bus
from daemons.runner import free_port
from identity import keys
from identity.household import Limits
from identity.service import Identity
from identity.store import Store
from lan.listener import Limits as Connections
from lan.site import Site
from pairing import messages_pb2 as pb
from pairing import port as ports
from pairing.box_side import Box
from pairing.desk import Desk
from pairing.device_side import DeviceSide
from pairing.errors import GuessesUnreadable, PairingError
from pairing.guesses import Guesses
from pairing.port import Port
from pairing.reception import Reception
from pairing.setup_code import SetupCode
from pairing.wifi import Wanted
from pairing.window import State as WindowState
from pairing.window import Window, WindowConfig
from tests.conftest import Connect
from tests.fakes.wifi import HOME, PASSWORD, Wifi
from tests.pairing.visitors import ANOTHER, CODE, SALT, SERIAL, VERIFIER, device

HOME_ADDRESS = "192.168.1.20"
FEW = Connections(all=4, of_one=4)
AS_MESSAGES = {"Content-Type": ports.KIND}


class World:
    """A box, its owner's terminal, and a port that devices ask."""

    def __init__(self, folder: Path, pairingd: Bus, terminal: Bus, hardwared: Bus, own: keys.Keys) -> None:
        self.now_s = 1000.0
        self.terminal, self.hardwared, self.own = terminal, hardwared, own
        self.guesses = Guesses(folder)
        window = Window(WindowConfig(), self.guesses.read(), self.now_s)
        window.stay_open()
        box = Box(SERIAL, own.identity.public_key().public_bytes_raw(), SALT, VERIFIER)
        self.reception = Reception(box, window, secrets.token_bytes)
        self.paired: list[str] = []
        self.wifi = Wifi()
        self.desk = Desk(
            pairingd,
            self.reception,
            self.guesses,
            self.wifi,
            lambda: [HOME_ADDRESS],
            lambda: self.now_s,
        )
        self.desk.listen(lambda: None, lambda newcomer, _first: self.paired.append(newcomer.name))
        self.port = Port(self.desk, names=("spoq.local",))
        self.application = self.port.application()

    async def press(self) -> None:
        """Somebody holds the button: both daemons that hear it have."""
        await self.hardwared.publish(s.HARDWARE_BUTTON, bus_pb.Button(button="action", action="pair"))
        await self.hardwared.flush()
        await self.known()
        await self.desk.press()

    async def known(self) -> list[str]:
        found = await self.terminal.request(s.IDENTITY_HOUSEHOLD, bus_pb.HouseholdRequest())
        return [each.name for each in found.devices]


class Phone:
    """It asks the port; `pair` goes to the end."""

    def __init__(
        self, server: BaseTestServer, code: SetupCode = CODE, url: URL | None = None, stays: bool = False
    ) -> None:
        brings = replace(device(), stays=stays)
        self.side = DeviceSide(brings, code, None, secrets.token_bytes(32), 1_700_000_000_000)
        self.url = url or server.make_url(f"/pair/{secrets.token_hex(16)}")
        self.waiting = [self.side.first]
        self.requests = self.bytes = 0

    async def ask(self, http: ClientSession, said: list[bytes]) -> list[bytes]:
        """What the box says to these messages."""
        body = pb.Parcel(messages=said).SerializeToString()
        async with http.post(self.url, data=body, headers=AS_MESSAGES) as response:
            assert response.status == 200
            answer = await response.read()
        self.requests += 1
        self.bytes += len(body) + len(answer)
        return list(pb.Parcel.FromString(answer).messages)

    async def step(self, http: ClientSession) -> None:
        said, self.waiting = self.waiting, []
        for message in await self.ask(http, said):
            self.waiting += self.side.take(message)

    async def pair(self, http: ClientSession) -> str:
        """The name of how it ends."""
        try:
            while self.waiting:
                await self.step(http)
        except PairingError as error:
            return type(error).__name__
        return "paired"


@pytest_asyncio.fixture
async def world(connect: Connect, tmp_path: Path) -> AsyncIterator[World]:
    own = keys.ensure(tmp_path, datetime(2026, 1, 1, tzinfo=UTC))
    async with AsyncExitStack() as stack:
        roles = "identityd", "pairingd", "cli", "hardwared"
        identityd, pairingd, terminal, hardwared = [await stack.enter_async_context(connect(role)) for role in roles]
        identity = Identity(
            identityd, own, Store(tmp_path / "identity.db"), lambda: "the-recovery-key", lambda: 0, lambda _: None
        )
        await identity.serve(Limits())
        yield World(tmp_path, pairingd, terminal, hardwared, own)
        await identity.close()


@pytest_asyncio.fixture
async def server(world: World) -> AsyncIterator[BaseTestServer]:
    async with TestServer(world.application) as running:
        yield running
    world.port.close()


@pytest_asyncio.fixture
async def http() -> AsyncIterator[ClientSession]:
    async with ClientSession() as session:
        yield session


async def test_a_phone_pairs_with_four_requests_and_both_know_each_other(
    world: World, server: BaseTestServer, http: ClientSession
) -> None:
    phone = Phone(server)
    assert await phone.pair(http) == "paired"
    given = phone.side.enrolment
    assert await world.known() == world.paired == ["Anna's phone"]
    assert phone.side.box_key == world.own.identity.public_key().public_bytes_raw()
    assert (phone.side.recovery_key, list(given.addresses)) == ("the-recovery-key", [HOME_ADDRESS])
    assert (given.device_address, given.box_address) == ("10.100.0.10", "10.100.0.1")
    x509.load_der_x509_certificate(given.certificate).verify_directly_issued_by(
        x509.load_der_x509_certificate(given.authority)
    )
    assert phone.requests == 4
    assert phone.bytes < 4096
    assert world.guesses.read() == 0
    assert await Phone(server).pair(http) == "WindowClosed"


async def test_a_wrong_code_is_on_the_disk_and_who_mistyped_types_again(
    world: World, server: BaseTestServer, http: ClientSession
) -> None:
    wrong = Phone(server, ANOTHER)
    assert await wrong.pair(http) == "WrongCode"
    assert (world.guesses.read(), await world.known()) == (1, [])
    assert await Phone(server).pair(http) == "Busy"
    assert await Phone(server, url=wrong.url).pair(http) == "paired"
    assert world.guesses.read() == 0


async def test_who_gives_up_leaves_its_place_at_once(world: World, server: BaseTestServer, http: ClientSession) -> None:
    wrong = Phone(server, ANOTHER)
    assert await wrong.pair(http) == "WrongCode"
    for url, status in ((server.make_url("/pair/short"), 404), (wrong.url, 204), (wrong.url, 204)):
        async with http.delete(url, headers=AS_MESSAGES) as response:
            assert response.status == status
    assert await Phone(server).pair(http) == "paired"


async def test_a_third_phone_is_refused_by_the_household(
    world: World, server: BaseTestServer, http: ClientSession
) -> None:
    for _ in range(2):
        assert await Phone(server).pair(http) == "paired"
        await world.press()
    assert await Phone(server).pair(http) == "HouseholdFull"
    assert await world.known() == ["Anna's phone", "Anna's phone 2"]


async def test_without_identityd_the_phone_is_told_and_may_try_again(
    connect: Connect, tmp_path: Path, http: ClientSession
) -> None:
    own = keys.ensure(tmp_path, datetime(2026, 1, 1, tzinfo=UTC))
    async with connect("pairingd") as pairingd, connect("cli") as terminal, connect("hardwared") as hardwared:
        world = World(tmp_path, pairingd, terminal, hardwared, own)
        async with TestServer(world.application) as server:
            assert await Phone(server).pair(http) == "BoxFailed"
        world.port.close()


async def test_a_guess_that_can_not_be_kept_is_shown_nothing(
    world: World, server: BaseTestServer, http: ClientSession, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(_: int) -> None:
        raise GuessesUnreadable

    monkeypatch.setattr(world.guesses, "keep", full)
    phone = Phone(server)
    assert await phone.pair(http) == "BoxFailed"
    assert phone.side.box_key
    assert await world.known() == []


@pytest.mark.parametrize(
    ("path", "body", "status"),
    [
        ("/pair/short", b"", 404),
        (f"/pair/{'0' * 32}", b"", 400),
        (f"/pair/{'0' * 32}", b"\xff\xff", 400),
        (f"/pair/{'0' * 32}", pb.Parcel(messages=[b""] * 3).SerializeToString(), 400),
        (f"/pair/{'0' * 32}", bytes(ports.MOST_BODY + 1), 413),
        (f"/pair/{'0' * 32}", pb.Parcel(messages=[b"nonsense"]).SerializeToString(), 200),
    ],
)
async def test_nonsense_is_refused_and_the_next_phone_pairs(
    server: BaseTestServer, http: ClientSession, path: str, body: bytes, status: int
) -> None:
    async with http.post(server.make_url(path), data=body, headers=AS_MESSAGES) as response:
        assert response.status == status
    assert await Phone(server).pair(http) == "paired"


async def test_who_was_refused_takes_nobodys_room(server: BaseTestServer, http: ClientSession) -> None:
    first = Phone(server)
    await first.step(http)
    statuses = []
    for number in range(ports.MOST_VISITORS + 1):
        # A share from nowhere is answered with busy, and its sender is gone.
        body = pb.Parcel(messages=[pb.FromDevice(share=pb.Share(share=bytes(65))).SerializeToString()])
        url = server.make_url(f"/pair/{number:032x}")
        async with http.post(url, data=body.SerializeToString(), headers=AS_MESSAGES) as response:
            statuses.append(response.status)
    assert statuses == [200] * (ports.MOST_VISITORS + 1)


PLAIN, OF_ANOTHER = {"Content-Type": "text/plain"}, {"Origin": "http://evil.example"}


@pytest.mark.parametrize(
    ("headers", "status"),
    [
        (PLAIN, 415),
        (AS_MESSAGES | OF_ANOTHER, 403),
        (AS_MESSAGES | {"Origin": "null"}, 403),
        (AS_MESSAGES | {"Host": "evil.example"}, 403),
        (AS_MESSAGES | {"Host": "evil.example", "Origin": "http://evil.example"}, 403),
        (AS_MESSAGES | {"Host": "192.168.1.20:80", "Origin": "http://192.168.1.20:80"}, 200),
        (AS_MESSAGES | {"Host": "spoq.local"}, 200),
    ],
    ids=str,
)
async def test_no_page_but_the_boxs_own_is_answered(
    world: World, server: BaseTestServer, http: ClientSession, headers: dict[str, str], status: int
) -> None:
    phone = Phone(server)
    body = pb.Parcel(messages=phone.waiting).SerializeToString()
    async with http.post(phone.url, data=body, headers=headers) as response:
        assert response.status == status
    assert world.reception.state(world.now_s) is (WindowState.PAIRING if status == 200 else WindowState.OPEN)


async def test_a_message_may_come_in_pieces(server: BaseTestServer, http: ClientSession) -> None:
    async def pieces() -> AsyncIterator[bytes]:
        for byte in pb.Parcel(messages=phone.waiting).SerializeToString():
            yield bytes((byte,))

    phone = Phone(server)
    async with http.post(phone.url, data=pieces(), headers=AS_MESSAGES) as response:
        assert pb.FromBox.FromString(pb.Parcel.FromString(await response.read()).messages[0]).HasField("hello")


async def test_who_is_silent_is_gone_and_the_next_one_pairs(
    world: World, server: BaseTestServer, http: ClientSession
) -> None:
    silent = Phone(server)
    await silent.step(http)
    assert await Phone(server).pair(http) == "Busy"
    world.port.close()
    assert await Phone(server).pair(http) == "paired"


@pytest.mark.parametrize("content", [b"", b"x\n", b"-1\n", b"1", b"1" * 40])
def test_a_number_that_nobody_wrote_so_is_not_believed(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "guesses").write_bytes(content)
    with pytest.raises(GuessesUnreadable):
        Guesses(tmp_path).read()


def test_a_folder_that_can_not_be_written_is_told(tmp_path: Path) -> None:
    guesses = Guesses(tmp_path / "none")
    assert guesses.read() == 0
    with pytest.raises(GuessesUnreadable):
        guesses.keep(1)


async def test_an_answer_that_was_lost_on_its_way_is_asked_for_again(
    world: World, server: BaseTestServer, http: ClientSession
) -> None:
    """As when the hotspot goes away while the box joins a network, and comes back because it could not."""
    phone = Phone(server, stays=True)
    assert await phone.pair(http) == "paired"
    assert phone.side.asks
    said = phone.side.join(Wanted(HOME.ssid, b"wrong horse"))
    world.wifi.goes_on.clear()
    with pytest.raises(TimeoutError):
        async with asyncio.timeout(0.2):
            await phone.ask(http, [said])
    again = asyncio.create_task(phone.ask(http, [said]))
    await asyncio.sleep(0.05)
    world.wifi.goes_on.set()
    answers = await again
    assert await phone.ask(http, [said]) == answers
    for each in answers:
        phone.side.take(each)
    assert phone.side.joined.outcome == pb.WRONG_PASSWORD
    assert len(world.wifi.hotspots) == 1
    for each in await phone.ask(http, [phone.side.join(Wanted(HOME.ssid, PASSWORD))]):
        phone.side.take(each)
    assert phone.side.joined.outcome == pb.DONE


async def test_who_goes_away_while_it_speaks_is_no_trouble(world: World, caplog: pytest.LogCaptureFixture) -> None:
    number = free_port()
    site = Site(world.port.application, number, FEW, 10.0)
    await site.open()
    _, writer = await asyncio.open_connection("127.0.0.1", number)
    head = f"POST /pair/{secrets.token_hex(16)} HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Type: {ports.KIND}\r\n"
    writer.write(f"{head}Content-Length: 100\r\n\r\n".encode() + bytes(50))
    await writer.drain()
    await asyncio.sleep(0.05)
    writer.transport.abort()
    await asyncio.sleep(0.05)
    await site.close()
    assert not caplog.records
