"""identityd over a real bus: a device comes in, is known, is renamed, is thrown out; and what it refuses."""

import asyncio

import pytest
from cryptography import x509

from bus import messages_pb2 as pb
from bus import subjects as s
from bus.client import Bus
from identity.household import Limits
from identity.service import ADMITTED_S, AGAIN_S, BOX_SIGNS, WISH_HOLDS_S
from pairing import box_side
from pairing.window import WindowConfig
from tests.fakes.bus_server import BusServer
from tests.identity.conftest import NOBODY_ASKED, PROOF, RECOVERY_KEY, World, new_key


async def test_the_first_device_is_the_owners_and_gets_the_recovery_key(world: World) -> None:
    key = new_key()
    assert not (await world.household()).owned
    admission = await world.admit(key, "Anna's phone")
    assert admission.device.address == "10.100.0.10"
    world.keys.identity.public_key().verify(admission.signature, BOX_SIGNS + PROOF)
    shown = x509.load_der_x509_certificate(admission.certificate)
    shown.verify_directly_issued_by(x509.load_der_x509_certificate(admission.authority))
    assert shown.subject.rfc4514_string() == f"CN={admission.device.id}"
    assert not (await world.household()).owned
    recorded = await world.pairingd.request(s.IDENTITY_RECORD, pb.Record(key=key))
    assert (recorded.refusal, recorded.recovery_key) == ("", RECOVERY_KEY)
    assert (await world.household()).owned
    assert await world.log() == [("let in", "label", "Anna's phone")]


async def test_the_second_device_gets_no_recovery_key(world: World) -> None:
    await world.let_in()
    await world.press()
    second = new_key()
    await world.admit(second)
    recorded = await world.pairingd.request(s.IDENTITY_RECORD, pb.Record(key=second))
    assert (recorded.refusal, recorded.recovery_key) == ("", "")


async def test_an_owner_that_was_not_told_the_recovery_key_pairs_again_and_is_told(world: World) -> None:
    """The last answer was lost on its way."""
    key, second = new_key(), new_key()
    told = []
    for each, later_s in ((key, 0.0), (second, 0.0), (key, 0.0), (key, AGAIN_S)):
        world.now_s += later_s
        await world.press()
        await world.admit(each)
        told.append((await world.pairingd.request(s.IDENTITY_RECORD, pb.Record(key=each))).recovery_key)
    assert told == [RECOVERY_KEY, "", RECOVERY_KEY, ""]


async def test_who_is_no_owner_any_more_is_told_no_recovery_key(world: World) -> None:
    key = new_key()
    anna = (await world.admit(key)).device
    assert (await world.pairingd.request(s.IDENTITY_RECORD, pb.Record(key=key))).recovery_key
    # By its own wish from afar: nobody stands before the box.
    assert await world.open(anna.id, 1) == ""
    await world.admit(key, opening=world.asked[-1].opening)
    assert not (await world.pairingd.request(s.IDENTITY_RECORD, pb.Record(key=key))).recovery_key
    await world.let_in("Ben's phone")
    await world.change(remove_device=anna.id)
    await world.press()
    await world.admit(key)
    assert not (await world.pairingd.request(s.IDENTITY_RECORD, pb.Record(key=key))).recovery_key


async def test_who_is_removed_while_it_pairs_again_stays_out(world: World) -> None:
    key = new_key()
    await world.admit(key)
    await world.record(key)
    await world.press()
    again = await world.admit(key)
    assert await world.change(remove_device=again.device.id) == ""
    assert "not let in" in await world.record(key)
    assert await world.names() == []


async def test_a_device_that_never_said_that_it_took_it_is_not_known(world: World) -> None:
    key = new_key()
    await world.admit(key)
    world.now_s += ADMITTED_S
    assert "took too long" in await world.record(key)
    assert (await world.names(), await world.log()) == ([], [])
    assert await world.record(new_key()) == "This device was not let in, or it took too long."


async def test_the_same_key_pairs_again_and_is_the_same_device(world: World) -> None:
    key = new_key()
    for _ in range(2):
        await world.press()
        admission = await world.admit(key)
        assert await world.record(key) == ""
    assert (await world.names(), admission.device.address) == (["phone"], "10.100.0.10")
    assert [deed for deed, _, _ in await world.log()] == ["let in again", "let in"]


async def test_the_third_device_and_the_third_profile_are_refused_with_the_reason(world: World) -> None:
    await world.let_in("one")
    await world.let_in("two")
    await world.press()
    refused = await world.admit(new_key(), "three")
    assert (refused.full, refused.refusal.partition(".")[0]) == (
        True,
        "This box has all the people and devices that it takes",
    )
    assert refused.certificate == b""
    assert await world.change(make_profile="Ben") == ""
    assert (await world.let_in("three")).address == "10.100.0.20"
    assert "all the people" in await world.change(make_profile="Cleo")
    assert ("refused", "button", refused.refusal) in await world.log()


async def test_who_is_removed_is_told_to_everybody_and_may_nothing_more(world: World) -> None:
    revoked: asyncio.Queue[str] = asyncio.Queue()
    await world.gatewayd.subscribe(s.DEVICE_REVOKED, lambda m: revoked.put_nowait(m.body.device.id))
    await world.gatewayd.flush()
    anna, laptop = await world.let_in("Anna's phone"), await world.let_in("Anna's laptop")
    assert await world.change(by=laptop.id, remove_device=anna.id) == ""
    async with asyncio.timeout(5):
        assert await revoked.get() == anna.id
    assert await world.names() == ["Anna's laptop"]
    assert await world.change(by=anna.id, remove_device=laptop.id) == "There is no such person or device here."


async def test_an_owned_box_lets_nobody_in_without_a_press_whatever_pairingd_says(world: World) -> None:
    await world.let_in()
    world.now_s += WISH_HOLDS_S
    await world.press("release")
    assert (await world.admit(new_key())).refusal == NOBODY_ASKED
    await world.press()
    assert (await world.admit(new_key())).refusal == ""


async def test_a_press_alone_is_a_wish_only_where_there_was_one(world: World) -> None:
    """While the box lets one in, a press forgives wrong codes, and begins the time anew."""
    await world.let_in()
    await world.press("press")
    assert (await world.admit(new_key())).refusal == NOBODY_ASKED
    await world.press()
    world.now_s += WISH_HOLDS_S - 1
    await world.press("press")
    world.now_s += 2
    assert (await world.admit(new_key())).refusal == ""


async def test_one_press_lets_one_device_in(world: World) -> None:
    await world.let_in()
    await world.let_in()
    await world.change(make_profile="Ben")
    assert (await world.admit(new_key())).refusal == NOBODY_ASKED


async def test_the_terminal_does_not_make_itself_the_owner(world: World) -> None:
    assert await world.change(make_profile="Ben") == "The first device that pairs makes the owner's profile."
    assert not (await world.household()).owned


async def test_a_profile_goes_with_its_devices(world: World) -> None:
    revoked: asyncio.Queue[str] = asyncio.Queue()
    await world.gatewayd.subscribe(s.DEVICE_REVOKED, lambda m: revoked.put_nowait(m.body.device.id))
    await world.gatewayd.flush()
    anna = await world.let_in("Anna's phone")
    await world.change(make_profile="Ben")
    bens = [await world.let_in_by(anna, name, 2) for name in ("Ben's phone", "Ben's tablet")]
    assert await world.change(remove_profile=2) == ""
    async with asyncio.timeout(5):
        assert {await revoked.get(), await revoked.get()} == {each.id for each in bens}
    assert await world.names() == ["Anna's phone"]


async def test_the_owner_withholds_something_and_it_is_in_the_log(world: World) -> None:
    await world.let_in()
    await world.change(make_profile="Ben")
    grant = pb.Grant(profile=2, service="ask")
    assert await world.change(grant=grant) == ""
    assert [list(each.withheld) for each in (await world.household()).profiles] == [[], ["ask"]]
    assert await world.change(grant=pb.Grant(profile=2, service="fly")) == (
        "This box has ask, follow, and nothing of that name."
    )
    grant.granted = True
    assert await world.change(grant=grant) == ""
    assert [list(each.withheld) for each in (await world.household()).profiles] == [[], []]
    log = (await world.terminal.request(s.IDENTITY_LOG, pb.DeedsRequest(limit=3))).deeds
    assert [(each.deed, each.whom, each.words) for each in log if each.deed != "refused"] == [
        ("granted", "2", "ask"),
        ("withheld", "2", "ask"),
    ]


async def test_what_makes_no_sense_is_refused(world: World) -> None:
    await world.let_in()
    assert await world.change() == "Nothing was asked for."
    for name in ("", "x" * 65, "\x1b[2J", "  "):
        assert await world.change(make_profile=name) == "A name has 1 to 64 characters that can be seen."


NO_KEY = pb.Admit(key=bytes(65), wireguard_key=b"\1" * 32, name="x", proof=PROOF)


@pytest.mark.parametrize("asked", [pb.Admit(), NO_KEY], ids=["nothing", "no key"])
async def test_what_is_no_device_is_refused(world: World, asked: pb.Admit) -> None:
    admission = await world.pairingd.request(s.IDENTITY_ADMIT, asked)
    assert (admission.refusal != "", admission.signature) == (True, b"")


async def test_a_restart_knows_everybody(asleep: World, own_bus_server: BusServer) -> None:
    first = asleep.identity()
    await first.serve(Limits())
    await asleep.let_in("Anna's phone")
    await first.close()
    # Another bus: what the first one serves can't be taken back.
    configs = own_bus_server.config("identityd"), own_bus_server.config("cli")
    async with Bus.connected(configs[0]) as bus, Bus.connected(configs[1]) as terminal:
        asleep.identityd, asleep.terminal = bus, terminal
        again = asleep.identity()
        await again.serve(Limits())
        assert await asleep.names() == ["Anna's phone"]
        await again.close()


async def test_damaged_records_let_nobody_in_and_say_so(asleep: World) -> None:
    asleep.path.write_bytes(b"no database" * 1000)
    identity = asleep.identity()
    fault = await identity.serve(Limits())
    assert "until the box is reset" in fault
    assert (await asleep.household()).fault == fault
    assert (await asleep.admit(new_key())).refusal == fault
    assert await asleep.change(make_profile="Ben") == fault
    assert await asleep.log() == []
    await identity.close()


async def test_what_can_not_be_kept_has_not_happened(asleep: World) -> None:
    identity = asleep.identity()
    await identity.serve(Limits())
    anna = await asleep.let_in("Anna's phone")
    database = identity._store._opened
    assert database is not None
    database.execute("PRAGMA query_only = ON")
    assert "can't be read or written" in await asleep.change(make_profile="Ben")
    assert [each.name for each in (await asleep.household()).profiles] == ["Anna's phone"]
    # Who is thrown out is out all the same.
    assert "until the next start only" in await asleep.change(remove_device=anna.id)
    assert await asleep.names() == []
    await identity.close()


def test_both_rooms_sign_the_same_and_hold_a_press_as_long() -> None:
    assert BOX_SIGNS == box_side.BOX_SIGNS
    assert WindowConfig().open_s + WindowConfig().run_s == WISH_HOLDS_S
