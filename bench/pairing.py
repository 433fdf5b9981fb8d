"""The pairing benchmark: how long it takes and what it carries, what strangers can do, what the exchange itself costs.

pake         the exchange alone, each side; the peer is P-256 of OpenSSL, one multiplication each
port         a computer pairs with real daemons over the loopback interface, again and again
strangers    a thousand malformed requests and two hundred cut connections, and then an honest pairing
air          phones pair with an emulated box over virtual radios, and have it join a Wi-Fi network
"""

import asyncio
import random
import secrets
import statistics
import tempfile
import time
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

from aiohttp import ClientError, ClientSession, TCPConnector
from cryptography.hazmat.primitives.asymmetric import ec, x25519

from bench import machine
from bench.errors import BenchError
from bench.idle import pss_mb
from bench.targets import Figures, Target
from bus import messages_pb2 as bus_pb
from bus import subjects as s
from bus.buttons import ACTION, Act
from bus.client import Bus
from daemons.runner import Box, free_port
from pairing import factory
from pairing import messages_pb2 as pb
from pairing.device_side import Device, DeviceSide
from pairing.errors import PairingError
from pairing.port import KIND
from pairing.setup_code import SetupCode
from pairing.spake2plus import About, Proving, Verifying
from pairing.verifier import Identities, register, scalars

PARTS = ("pake", "port", "strangers", "air")
UNITS = ("identityd", "pairingd")
OPENS_S = 30.0
TARGETS = (
    Target("air.pair_s", True, 3.0, "s"),
    Target("air.user_actions", True, 6),
    Target("strangers.crashes", True, 0),
    Target("strangers.leak_mb", True, 2.0, "MB"),
    Target("strangers.honest_after", False, 1),
)
OTHERS = {
    "air.wifi_join_s": "s, from the choice of a network (WPA3) to an address in it",
    "air.screens": "that the phone's page shows on the way",
    "port.pair_s": "s, over the loopback interface, scrypt of the code included",
    "port.messages": "in both directions",
    "port.bytes": "of all messages",
    "pake.box_per_s": "exchanges a second, the box's side",
    "pake.device_per_s": "the device's side, without scrypt",
    "pake.scrypt_s": "s, the code's",
    "pake.openssl_per_s": "the peer: P-256 multiplications a second, OpenSSL's",
}
PATIENCE_S = 10.0
HONEST = "127.0.0.2"
"""Where the computers that pair come from; strangers come from 127.0.0.1."""
Progress = Callable[[str, int, int], None]


@dataclass(frozen=True)
class Plan:
    """How much is measured; the defaults are the whole of it."""

    exchanges: int = 200
    pairings: int = 10
    frames: int = 1000
    cuts: int = 200
    phones: int = 5
    parts: Sequence[str] = PARTS
    seed: int = 20261122


QUICK = Plan(exchanges=20, pairings=2, frames=100, cuts=20, phones=1)
"""For a first look."""


async def run(plan: Plan, progress: Progress) -> Figures:
    """Raises BenchError, RunnerError."""
    measured = machine.described()
    if "pake" in plan.parts:
        progress("exchanges", 0, 1)
        measured["pake"] = await asyncio.to_thread(_pake, plan.exchanges)
    if "port" in plan.parts or "strangers" in plan.parts:
        async with _Home.started() as home:
            if "port" in plan.parts:
                measured["port"] = await home.pairings(plan.pairings, progress)
            if "strangers" in plan.parts:
                measured["strangers"] = await home.strangers(plan, progress)
    if "air" in plan.parts:
        from bench.air import over_the_air

        measured["air"] = await over_the_air(plan.phones, progress)
    return measured


def _pake(count: int) -> Figures:
    code, salt, names = SetupCode("48217730"), bytes(32), Identities(b"", b"box")
    began = time.perf_counter()
    found = scalars(code, salt, names)
    scrypt_s = time.perf_counter() - began
    verifier = register(code, salt, names)
    box_s = device_s = 0.0
    for number in range(count):
        about = About(number.to_bytes(4, "big"), Identities(b"device", b"box"))
        began = time.perf_counter()
        proving = Proving(about, found)
        device_s += time.perf_counter() - began
        began = time.perf_counter()
        verifying = Verifying(about, verifier, proving.share)
        share, confirmation = verifying.share, verifying.confirmation
        box_s += time.perf_counter() - began
        began = time.perf_counter()
        answer, _ = proving.finish(share, confirmation)
        device_s += time.perf_counter() - began
        began = time.perf_counter()
        verifying.finish(answer)
        box_s += time.perf_counter() - began
    key, other = (ec.generate_private_key(ec.SECP256R1()) for _ in range(2))
    public = other.public_key()
    began = time.perf_counter()
    for _ in range(count):
        key.exchange(ec.ECDH(), public)
    openssl_s = time.perf_counter() - began
    return {
        "exchanges": count,
        "box_per_s": round(count / box_s, 1),
        "device_per_s": round(count / device_s, 1),
        "scrypt_s": round(scrypt_s, 3),
        "openssl_per_s": round(count / openssl_s, 1),
    }


class _Home:
    """Real daemons as processes, and who pairs with them."""

    def __init__(self, home: Path, port: int, box: Box, bus: Bus, button: Bus) -> None:
        self._box, self._bus, self._button = box, bus, button
        self._url = f"http://127.0.0.1:{port}/pair/"
        self._port = port
        code = factory.read(home / "factory").code
        assert code is not None
        self._code = code

    @classmethod
    @asynccontextmanager
    async def started(cls) -> AsyncIterator["_Home"]:
        with tempfile.TemporaryDirectory(prefix="spoq-bench-") as folder:
            home, port = Path(folder), free_port()
            (home / "spoq.toml").write_text(f"[pairing]\nport = {port}\nbluetooth = false\n")
            async with (
                Box(home, units=UNITS) as box,
                Bus.connected(box.bus_config()) as bus,
                Bus.connected(box.bus_config("hardwared")) as button,
            ):
                await _open(port)
                yield cls(home, port, box, bus, button)

    async def pairings(self, count: int, progress: Progress) -> Figures:
        """One after the other, each of a new computer."""
        each, messages, content = [], 0, 0
        for number in range(count):
            progress("pairings", number, count)
            await self._make_room()
            began = time.perf_counter()
            messages, content = await self.pair()
            each.append(time.perf_counter() - began)
        return {
            "pairings": count,
            "pair_s": round(statistics.median(each), 3),
            "slowest_s": round(max(each), 3),
            "messages": messages,
            "bytes": content,
        }

    async def strangers(self, plan: Plan, progress: Progress) -> Figures:
        """Nonsense, cuts, and whether an honest computer pairs after them."""
        dice = random.Random(plan.seed)
        await self._make_room()
        pid = self._box.children["pairingd"].pid
        async with ClientSession() as http:
            await self._nonsense(http, dice, plan.frames // 10)
            before = pss_mb(pid)
            for number in range(10):
                progress("frames", number * plan.frames // 10, plan.frames)
                await self._nonsense(http, dice, plan.frames // 10)
        for number in range(plan.cuts):
            progress("cuts", number, plan.cuts)
            await self._cut(dice)
        after = pss_mb(pid)
        await self._make_room()
        honest = 1
        try:
            await self.pair()
        except (PairingError, ClientError, BenchError):
            honest = 0
        return {
            "frames": plan.frames,
            "cuts": plan.cuts,
            "crashes": sum(child.restarts for child in self._box.children.values()),
            "leak_mb": round(after - before, 2),
            "honest_after": honest,
        }

    async def pair(self) -> tuple[int, int]:
        """How many messages there were, and of how many bytes. Raises PairingError, ClientError, BenchError."""
        key, tunnel = ec.generate_private_key(ec.SECP256R1()), x25519.X25519PrivateKey.generate()
        device = Device(key, "bench", tunnel.public_key().public_bytes_raw(), "", "")
        side = DeviceSide(device, self._code, None, secrets.token_bytes(32), time.time_ns() // 1_000_000)
        url, waiting, said = self._url + secrets.token_hex(16), [side.first], []
        honest = TCPConnector(local_addr=(HONEST, 0))
        async with ClientSession(connector=honest) as http:
            while waiting:
                body = pb.Parcel(messages=waiting).SerializeToString()
                async with http.post(url, data=body, headers={"Content-Type": KIND}) as response:
                    if response.status != 200:
                        raise BenchError(f"The set-up port answers {response.status}.")
                    heard = pb.Parcel.FromString(await response.read()).messages
                said += [*waiting, *heard]
                waiting = [each for message in heard for each in side.take(message)]
        return len(said), sum(map(len, said))

    async def _make_room(self) -> None:
        """Nobody but the owner's profile is left, and the window is open."""
        household = await self._bus.request(s.IDENTITY_HOUSEHOLD, bus_pb.HouseholdRequest())
        for each in household.devices:
            await self._bus.request(s.IDENTITY_CHANGE, bus_pb.ChangeHousehold(remove_device=each.id))
        await self._button.publish(s.HARDWARE_BUTTON, bus_pb.Button(button=ACTION, action=Act.PAIR))
        await self._button.flush()
        async with asyncio.timeout(PATIENCE_S):
            while True:
                with suppress(OSError):
                    _, writer = await asyncio.open_connection("127.0.0.1", self._port)
                    writer.close()
                    await writer.wait_closed()
                    return
                await asyncio.sleep(0.05)

    async def _nonsense(self, http: ClientSession, dice: random.Random, count: int) -> None:
        for _ in range(count):
            body = _malformed(dice)
            with suppress(ClientError):
                async with http.post(
                    self._url + dice.randbytes(16).hex(), data=body, headers={"Content-Type": KIND}
                ) as response:
                    await response.read()

    async def _cut(self, dice: random.Random) -> None:
        """A connection that ends in the middle of what it says."""
        body = pb.Parcel(messages=[_hello(dice)]).SerializeToString()
        head = f"POST /pair/{dice.randbytes(16).hex()} HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Type: {KIND}\r\n"
        said = f"{head}Content-Length: {len(body)}\r\n\r\n".encode() + body
        with suppress(OSError):
            _, writer = await asyncio.open_connection("127.0.0.1", self._port)
            writer.write(said[: dice.randrange(1, len(said))])
            await writer.drain()
            writer.transport.abort()


async def _open(port: int) -> None:
    """Returns when somebody listens there. Raises TimeoutError."""
    async with asyncio.timeout(OPENS_S):
        while True:
            with suppress(OSError):
                _, writer = await asyncio.open_connection("127.0.0.1", port)
                writer.close()
                return
            await asyncio.sleep(0.05)


def _hello(dice: random.Random) -> bytes:
    key = ec.derive_private_key(dice.randrange(1, 2**255), ec.SECP256R1())
    device = Device(key, "stranger", bytes(32), "", "")
    return DeviceSide(device, SetupCode("48217730"), None, dice.randbytes(32), 0).first


def _malformed(dice: random.Random) -> bytes:
    """Random bytes, a message of random bytes, a piece of a good one, or one with a byte changed."""
    kind = dice.randrange(4)
    if kind == 0:
        return dice.randbytes(dice.randrange(0, 3000))
    if kind == 1:
        return pb.Parcel(messages=[dice.randbytes(dice.randrange(0, 900))]).SerializeToString()
    hello = _hello(dice)
    if kind == 2:
        return pb.Parcel(messages=[hello[: dice.randrange(len(hello))]]).SerializeToString()
    place = dice.randrange(len(hello))
    changed = hello[:place] + bytes((hello[place] ^ dice.randrange(1, 256),)) + hello[place + 1 :]
    return pb.Parcel(messages=[changed, dice.randbytes(40)]).SerializeToString()
