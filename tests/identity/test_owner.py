"""What the owner's devices may and others may not, what the gateway asks for, and a log that nobody fills."""

import asyncio

from cryptography import x509

from bus import messages_pb2 as pb
from bus import subjects as s
from bus.envelope import Received
from identity.records import BOX_NAME
from identity.service import MOST_REFUSALS, REFUSALS_S
from tests.identity.conftest import NOBODY_ASKED, World, new_key


async def test_the_owner_lets_one_in_and_says_where_it_belongs(world: World) -> None:
    wanted: asyncio.Queue[pb.OpenPairing] = asyncio.Queue()
    await world.pairingd.subscribe(s.PAIRING_WANTED, lambda m: wanted.put_nowait(m.body))
    await world.pairingd.flush()
    anna = await world.let_in("Anna's phone")
    await world.change(make_profile="Ben")
    ben = await world.let_in_by(anna, "Ben's phone", 2)
    async with asyncio.timeout(5):
        assert await wanted.get() == pb.OpenPairing(by=anna.id, profile=2)
    assert (ben.profile, ben.address) == (2, "10.100.0.20")
    assert (await world.log())[0] == ("let in", anna.id, "Ben's phone")
    assert (await world.admit(new_key())).refusal == NOBODY_ASKED
    assert await world.open(ben.id, 2) == "Only a device of the owner's may do that."
    assert await world.open("nobody", 2) == "There is no such person or device here."
    assert await world.open(anna.id, 3) == "There is no such person or device here."
    assert "by holding the box's button" in await world.open(anna.id, 1)
    await world.let_in_by(anna, "Ben's tablet", 2)
    assert "all the people" in await world.open(anna.id, 2)
    assert wanted.qsize() == 1


async def test_whoever_serves_devices_sees_a_change_before_it_is_told(world: World) -> None:
    async def seen_at(_message: Received[pb.DeviceChange]) -> None:
        order.append(len(world.shown[-1].devices))

    order: list[int] = []
    await world.gatewayd.subscribe(s.DEVICE_PAIRED, seen_at)
    await world.gatewayd.subscribe(s.DEVICE_REVOKED, seen_at)
    await world.gatewayd.flush()
    assert not world.shown[-1].owned
    anna = await world.let_in()
    await world.gatewayd.flush()
    await world.change(remove_device=anna.id)
    await world.gatewayd.flush()
    assert (order, world.shown[-1].owned) == ([1, 0], True)


async def test_renaming_does_not_push_out_what_else_the_log_has(world: World) -> None:
    anna = await world.let_in("Anna's phone")
    for number in range(MOST_REFUSALS + 10):
        await world.change(by=anna.id, name_device=pb.KnownDevice(id=anna.id, name=f"phone {number}"))
    assert await world.names() == [f"phone {MOST_REFUSALS - 1}"]
    assert await world.change(by=anna.id, name_device=pb.KnownDevice(id=anna.id, name="x")) == (
        "That was changed too often. Try again in an hour."
    )
    world.now_s += REFUSALS_S
    assert await world.change(by=anna.id, name_device=pb.KnownDevice(id=anna.id, name="y")) == ""
    before = len(await world.log())
    assert await world.change(by=anna.id, name_device=pb.KnownDevice(id=anna.id, name="y")) == ""
    assert len(await world.log()) == before


async def test_the_gateway_gets_a_certificate_for_its_own_key(world: World) -> None:
    key = new_key()
    given = await world.gatewayd.request(s.IDENTITY_CERTIFY, pb.Certify(key=key))
    shown = x509.load_der_x509_certificate(given.certificate)
    shown.verify_directly_issued_by(x509.load_der_x509_certificate(given.authority))
    assert shown.subject.rfc4514_string() == f"CN={BOX_NAME}"
    assert (await world.gatewayd.request(s.IDENTITY_CERTIFY, pb.Certify(key=b"none"))).refusal


async def test_refusals_do_not_push_out_what_else_the_log_has(world: World) -> None:
    await world.let_in()
    for _ in range(MOST_REFUSALS + 10):
        await world.change()
    deeds = await world.terminal.request(s.IDENTITY_LOG, pb.DeedsRequest(limit=1000))
    assert len(deeds.deeds) == MOST_REFUSALS + 1
    world.now_s += REFUSALS_S
    await world.change()
    assert (await world.log())[0][0] == "refused"
    deeds = await world.terminal.request(s.IDENTITY_LOG, pb.DeedsRequest(limit=1000))
    assert len(deeds.deeds) == MOST_REFUSALS + 2


async def test_the_family_may_not_change_what_is_the_owners(world: World) -> None:
    anna = await world.let_in("Anna's phone")
    await world.change(make_profile="Ben")
    ben = await world.let_in_by(anna, "Ben's phone", 2)
    assert await world.change(by=ben.id, remove_profile=2) == "Only a device of the owner's may do that."
    assert await world.change(by=ben.id, remove_device=anna.id) == "There is no such person or device here."
    assert await world.change(by=ben.id, name_device=pb.KnownDevice(id=ben.id, name="Ben's watch")) == ""
    assert await world.names() == ["Anna's phone", "Ben's watch"]
    assert [deed for deed, _, _ in await world.log()][:3] == ["named", "refused", "refused"]
