"""A box's identityd on a real bus, and those who ask it."""

from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path

import pytest_asyncio
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from bus import messages_pb2 as pb
from bus import subjects as s
from bus.client import Bus
from bus.envelope import Received
from identity import keys
from identity.household import Limits
from identity.keys import Keys
from identity.service import TERMINAL, Identity
from identity.store import Store
from tests.conftest import Connect

NOBODY_ASKED = "Nobody has asked this box to let a device in."
RECOVERY_KEY, TIME_MS, PROOF = "abcd-efgh", 1_700_000_000_000, bytes(range(32))


def new_key() -> bytes:
    public = ec.generate_private_key(ec.SECP256R1()).public_key()
    return public.public_bytes(Encoding.X962, PublicFormat.UncompressedPoint)


@dataclass
class World:
    """A box's identityd, and those who ask it."""

    path: Path
    keys: Keys
    identityd: Bus
    pairingd: Bus
    terminal: Bus
    hardwared: Bus
    gatewayd: Bus
    now_s: float = 0.0
    shown: list[pb.Household] = field(default_factory=list)
    asked: list[pb.OpenPairing] = field(default_factory=list)
    refuses: str = ""
    """What pairingd was asked for, and says to that."""

    def identity(self) -> Identity:
        return Identity(
            self.identityd,
            self.keys,
            Store(self.path),
            lambda: RECOVERY_KEY,
            lambda: TIME_MS,
            self.shown.append,
            monotonic_s=lambda: self.now_s,
        )

    def opens(self, message: Received[pb.OpenPairing]) -> pb.PairingOpened:
        self.asked.append(message.body)
        return pb.PairingOpened(refusal=self.refuses, sealed_code=b"sealed", seconds=600)

    async def admit(self, key: bytes, name: str = "phone", opening: bytes = b"") -> pb.Admission:
        asked = pb.Admit(key=key, wireguard_key=key[1:33], name=name, proof=PROOF, opening=opening)
        return await self.pairingd.request(s.IDENTITY_ADMIT, asked)

    async def press(self, action: str = "pair") -> None:
        """Somebody holds the box's button; returns when identityd has heard of it."""
        await self.hardwared.publish(s.HARDWARE_BUTTON, pb.Button(button="action", action=action))
        await self.hardwared.flush()
        await self.household()

    async def record(self, key: bytes) -> str:
        return (await self.pairingd.request(s.IDENTITY_RECORD, pb.Record(key=key))).refusal

    async def open(self, by: str, profile: int = 0) -> str:
        return (await self.gatewayd.request(s.IDENTITY_OPEN, pb.OpenPairing(by=by, profile=profile))).refusal

    async def let_in(self, name: str = "phone") -> pb.KnownDevice:
        key = new_key()
        await self.press()
        admission = await self.admit(key, name)
        assert (admission.refusal, await self.record(key)) == ("", "")
        return admission.device

    async def let_in_by(self, owner: pb.KnownDevice, name: str, profile: int) -> pb.KnownDevice:
        key = new_key()
        assert await self.open(owner.id, profile) == ""
        admission = await self.admit(key, name, self.asked[-1].opening)
        assert (admission.refusal, await self.record(key)) == ("", "")
        return admission.device

    async def change(self, by: str = TERMINAL.name, **change: object) -> str:
        """As the terminal, or as a device that the gateway knows."""
        asked = pb.ChangeHousehold(by=by, **change)  # type: ignore[arg-type]
        if by == TERMINAL.name:
            return (await self.terminal.request(s.IDENTITY_CHANGE, asked)).refusal
        return (await self.gatewayd.request(s.IDENTITY_DEVICE_CHANGE, asked)).refusal

    async def household(self) -> pb.Household:
        return await self.terminal.request(s.IDENTITY_HOUSEHOLD, pb.HouseholdRequest())

    async def names(self) -> list[str]:
        return [each.name for each in (await self.household()).devices]

    async def log(self) -> list[tuple[str, str, str]]:
        deeds = await self.terminal.request(s.IDENTITY_LOG, pb.DeedsRequest(limit=50))
        return [(each.deed, each.by, each.words) for each in deeds.deeds]


@pytest_asyncio.fixture
async def asleep(connect: Connect, tmp_path: Path) -> AsyncIterator[World]:
    """identityd is about to start."""
    own = keys.ensure(tmp_path, datetime(2026, 1, 1, tzinfo=UTC))
    async with AsyncExitStack() as stack:
        roles = "identityd", "pairingd", "cli", "hardwared", "gatewayd"
        identityd, pairingd, terminal, hardwared, gatewayd = [
            await stack.enter_async_context(connect(role)) for role in roles
        ]
        world = World(tmp_path / "identity.db", own, identityd, pairingd, terminal, hardwared, gatewayd)
        await pairingd.serve(s.PAIRING_OPEN, world.opens)
        await pairingd.flush()
        yield world


@pytest_asyncio.fixture
async def world(asleep: World) -> AsyncIterator[World]:
    identity = asleep.identity()
    assert await identity.serve(Limits()) == ""
    yield asleep
    await identity.close()
