"""What the owner's devices may and others may not, what the gateway asks for, and a log that nobody fills."""

from cryptography import x509

from bus import messages_pb2 as pb
from bus import subjects as s
from bus.envelope import Received
from identity.records import BOX_NAME
from identity.service import MOST_REFUSALS, REFUSALS_S
from tests.identity.conftest import NOBODY_ASKED, World, new_key


async def test_the_owner_lets_one_in_and_says_where_it_belongs(world: World) -> None:
    anna = await world.let_in("Anna's phone")
    await world.change(make_profile="Ben")
    ben = await world.let_in_by(anna, "Ben's phone", 2)
    assert (world.asked[0].by, world.asked[0].profile) == (anna.id, 2)
    assert (ben.profile, ben.address) == (2, "10.100.0.20")
    assert (await world.log())[0] == ("let in", anna.id, "Ben's phone")
    assert (await world.admit(new_key())).refusal == NOBODY_ASKED
    assert await world.open(ben.id, 2) == "Only a device of the owner's may do that."
    assert await world.open("nobody", 2) == "There is no such person or device here."
    assert await world.open(anna.id, 3) == "There is no such person or device here."
    assert (await world.let_in_by(anna, "Anna's tablet", 1)).profile == 1
    await world.let_in_by(anna, "Ben's tablet", 2)
    assert "all the people" in await world.open(anna.id, 2)
    assert [each.profile for each in world.asked] == [2, 1, 2]


async def test_who_knows_another_code_than_the_one_that_was_asked_for_last_is_not_let_in(world: World) -> None:
    anna, key = await world.let_in("Anna's phone"), new_key()
    await world.change(make_profile="Ben")
    not_with_that = f"{NOBODY_ASKED[:-1]} with that code."
    assert await world.open(anna.id, 2) == ""
    bens = world.asked[-1].opening
    assert (await world.admit(key)).refusal == not_with_that
    assert await world.open(anna.id, 1) == ""
    assert (await world.admit(key, opening=bens)).refusal == not_with_that
    await world.press()
    assert (await world.admit(key, opening=world.asked[-1].opening)).refusal == not_with_that
    assert (await world.admit(key)).refusal == ""


async def test_while_pairingd_makes_a_code_an_earlier_one_lets_nobody_into_where_that_leads(world: World) -> None:
    anna, key = await world.let_in("Anna's phone"), new_key()
    await world.change(make_profile="Ben")
    assert await world.open(anna.id, 2) == ""
    bens = world.asked[-1].opening
    admitted: list[pb.Admission] = []

    async def meanwhile(_message: Received[pb.OpenPairing]) -> pb.PairingOpened:
        admitted.append(await world.admit(key, opening=bens))
        return pb.PairingOpened(sealed_code=b"sealed", seconds=600)

    await world.pairingd.serve(s.PAIRING_OPEN, meanwhile)
    await world.pairingd.flush()
    assert await world.open(anna.id, 1) == ""
    assert {each.device.profile for each in admitted if not each.refusal} <= {2}


async def test_what_pairingd_refuses_is_told_and_nobody_is_let_in(world: World) -> None:
    anna = await world.let_in("Anna's phone")
    world.refuses = "Not now."
    assert await world.open(anna.id, 1) == "Not now."
    assert (await world.admit(new_key(), opening=world.asked[-1].opening)).refusal == NOBODY_ASKED


async def test_who_is_thrown_out_lets_nobody_in_any_more(world: World) -> None:
    anna, tablet = await world.let_in("Anna's phone"), await world.let_in("Anna's tablet")
    await world.change(make_profile="Ben")
    assert await world.open(tablet.id, 2) == ""
    await world.change(by=anna.id, remove_device=tablet.id)
    assert (await world.admit(new_key(), opening=world.asked[-1].opening)).refusal == NOBODY_ASKED
    assert await world.open(anna.id, 2) == ""
    await world.change(by=anna.id, remove_profile=2)
    await world.change(make_profile="Clara")
    assert (await world.admit(new_key(), opening=world.asked[-1].opening)).refusal == NOBODY_ASKED


async def test_whether_a_new_device_is_one_of_the_owners_is_told_with_it(world: World) -> None:
    anna = await world.let_in("Anna's phone")
    await world.change(make_profile="Ben")
    for profile, owners in ((1, True), (2, False)):
        key = new_key()
        await (world.press() if owners else world.open(anna.id, profile))
        opening = b"" if owners else world.asked[-1].opening
        assert not (await world.admit(key, opening=opening)).refusal
        assert (await world.pairingd.request(s.IDENTITY_RECORD, pb.Record(key=key))).owner is owners


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
