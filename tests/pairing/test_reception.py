"""Who comes to a box, and how it ends: each by the name of its outcome, and the right code pairs after every one."""

from collections.abc import Iterator
from functools import cache

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pairing import messages_pb2 as pb
from pairing import refusals
from pairing.box_side import Box, BoxSide, Say
from pairing.device_side import Device, DeviceSide
from pairing.errors import WrongBox, WrongCode
from pairing.factory import identities
from pairing.messages import from_box
from pairing.reception import HELLO_S
from pairing.serial import Serial
from pairing.verifier import register, scalars
from pairing.window import State as WindowState
from pairing.window import WindowConfig
from tests.pairing.visitors import ANOTHER, CODE, OF_BOX, OWNERS_KEY, SALT, SERIAL, Visitor, World, device

LIMITS = WindowConfig()
MESSAGES = 5
"""Of the device, in a run that goes well."""


@pytest.fixture(autouse=True, scope="module")
def scrypt_once() -> Iterator[None]:
    """Each code costs its tenth of a second once, and not in each of hundreds of runs."""
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr("pairing.device_side.scalars", cache(scalars))
        yield


def pairs_after_a_press(world: World) -> bool:
    world.do(world.reception.press(world.now_s))
    world.reception.window.stay_open()
    return Visitor(world, "somebody else").outcome() == "paired"


def test_the_right_code_pairs_and_both_know_each_other() -> None:
    world = World()
    visitor = Visitor(world)
    given_to_it = visitor.pair()
    assert world.known == ["Anna's phone"]
    assert visitor.side.box_key == OF_BOX.public_key().public_bytes_raw()
    assert visitor.side.serial == SERIAL
    assert (visitor.side.recovery_key, given_to_it.device) == (OWNERS_KEY, "Anna's phone")
    assert world.kept == [1, 0]
    assert world.reception.state(world.now_s) is WindowState.CLOSED


def test_the_guess_is_on_the_disk_before_the_box_shows_anything_of_the_code() -> None:
    world = World()
    visitor = Visitor(world)
    visitor.step()
    tasks = world.reception.take(visitor.name, visitor.waiting[0], world.now_s)
    kinds = [type(task).__name__ for task in tasks]
    assert kinds == ["Keep", "Tell"]


def test_a_wrong_code_is_told_and_costs_a_guess() -> None:
    world = World()
    assert Visitor(world, code=ANOTHER).outcome() == "WrongCode"
    assert (world.known, world.kept) == ([], [1])
    world.reception.gone("phone")
    assert Visitor(world).outcome() == "paired"


def test_wrong_codes_have_to_be_waited_for_and_lock_the_box_until_its_button_is_pressed() -> None:
    world = World()
    outcomes: list[str] = []
    while "LockedOut" not in outcomes:
        outcomes.append(Visitor(world, code=ANOTHER).outcome())
        world.reception.gone("phone")
        world.now_s += 1.0 if outcomes[-1] == "TooSoon" else 0.0
    assert outcomes.count("WrongCode") == LIMITS.most_guesses
    assert outcomes.count("TooSoon") == sum((5, 10, 20, 40, 80, 160))
    world.start_anew()
    assert Visitor(world).outcome() == "LockedOut"
    assert pairs_after_a_press(world)


@pytest.mark.parametrize("after", range(MESSAGES))
def test_who_says_hello_again_begins_anew_and_gets_no_guess_back(after: int) -> None:
    world = World()
    visitor = Visitor(world)
    for _ in range(after):
        visitor.step()
    before = world.kept[-1] if world.kept else 0
    assert Visitor(world).outcome() == "paired"
    assert world.kept[-2:] == [before + 1, 0]


def test_a_restart_does_not_give_guesses_back() -> None:
    world = World()
    for _ in range(LIMITS.free_guesses + 1):
        assert Visitor(world, code=ANOTHER).outcome() == "WrongCode"
        world.start_anew()
    assert Visitor(world).outcome() == "TooSoon"


def test_a_second_phone_is_told_that_the_box_is_busy_and_the_first_goes_on() -> None:
    world = World()
    first, second = Visitor(world, "first"), Visitor(world, "second")
    first.step()
    assert second.outcome() == "Busy"
    assert first.outcome() == "paired"
    assert world.known == ["Anna's phone"]


def test_a_box_with_an_owner_takes_nobody_until_its_button_is_pressed() -> None:
    world = World()
    assert Visitor(world).outcome() == "paired"
    assert Visitor(world, "another").outcome() == "WindowClosed"
    world.do(world.reception.press(world.now_s))
    assert Visitor(world, "another").outcome() == "paired"


def test_the_window_closes_by_itself() -> None:
    world = World()
    assert Visitor(world).outcome() == "paired"
    world.do(world.reception.press(world.now_s))
    world.now_s += LIMITS.open_s
    assert Visitor(world, "another").outcome() == "WindowClosed"


def test_a_household_that_is_full_says_so() -> None:
    world = World()
    world.full = True
    assert Visitor(world).outcome() == "HouseholdFull"
    assert world.known == []
    world.full = False
    assert Visitor(world).outcome() == "paired"


@pytest.mark.parametrize("after", range(MESSAGES))
def test_a_cut_after_any_message_leaves_nothing_half_done(after: int) -> None:
    world = World()
    visitor = Visitor(world)
    for _ in range(after):
        visitor.step()
    world.reception.gone(visitor.name)
    assert world.known == []
    assert world.reception.state(world.now_s) in (WindowState.OPEN, WindowState.WAITING)
    assert pairs_after_a_press(world)


@pytest.mark.parametrize("after", range(1, MESSAGES))
def test_a_device_that_falls_silent_gives_its_place_up_after_a_minute(after: int) -> None:
    world = World()
    silent = Visitor(world, "silent")
    for _ in range(after):
        silent.step()
    world.now_s += LIMITS.run_s
    assert Visitor(world, "next").outcome() == "paired"
    [told] = world.told("silent")
    assert refusals.error(from_box(told).refusal).args == ("That took too long. Try again.",)


def test_who_says_no_more_than_hello_keeps_nobody_away_for_long() -> None:
    world = World()
    lingering = Visitor(world, "lingering")
    for _ in range(3):
        world.hear("lingering", lingering.side.first)
        world.now_s += HELLO_S / 3
    assert Visitor(world, "next").outcome() == "paired"


def test_the_box_waits_for_nobody_whose_way_says_that_he_is_gone() -> None:
    world = World()
    visitor = Visitor(world)
    visitor.step()
    world.reception.gone("somebody else")
    assert world.reception.state(world.now_s) is WindowState.PAIRING
    world.reception.gone(visitor.name)
    assert Visitor(world, "next").outcome() == "paired"


def test_records_that_come_when_the_device_is_gone_are_for_nobody() -> None:
    world = World()
    visitor = Visitor(world)
    while world.reception.state(world.now_s) is not WindowState.PAIRING or not world.runs:
        visitor.step()
    world.reception.gone(visitor.name)
    assert world.reception.enrolled(world.runs[-1], pb.Enrolment()) == []
    assert world.reception.failed(world.runs[-1]) == []
    assert Visitor(world, "next").outcome() == "paired"


def heard() -> list[bytes]:
    """All that a phone said while it paired with the box, at another time."""
    phone = Visitor(World())
    said = []
    while phone.waiting:
        said.append(phone.waiting[0])
        phone.step()
    return said


def test_who_says_again_what_a_phone_said_does_not_know_the_code() -> None:
    world = World()
    world.numbers = 100
    answers = [from_box(answer) for message in heard() for answer in world.hear("replay", message)]
    [refusal] = [answer.refusal for answer in answers if answer.WhichOneof("message") == "refusal"][:1]
    assert refusal.reason == pb.WRONG_CODE
    assert world.known == []
    assert pairs_after_a_press(world)


def test_who_carries_every_message_can_not_put_his_own_key_in_place_of_the_phones() -> None:
    world, phone = World(), DeviceSide(device(), CODE, None, bytes(32), 0)
    hello = pb.FromDevice.FromString(phone.first)
    hello.hello.key = device("mine").public_key
    [answer] = world.hear("middle", hello.SerializeToString())
    [answer] = world.hear("middle", *phone.take(answer))
    with pytest.raises(WrongCode):
        phone.take(answer)
    world.reception.gone("middle")
    assert world.known == []
    assert pairs_after_a_press(world)


def test_who_answers_in_the_place_of_the_box_does_not_know_the_code() -> None:
    """With the serial and the salt, which the box tells everybody, and a code that he guessed."""
    his = register(ANOTHER, SALT, identities(SERIAL))
    impostor = BoxSide(Box(SERIAL, bytes(32), SALT, his), bytes(32))
    phone = DeviceSide(device(), CODE, None, bytes(32), 0)
    [hello] = impostor.take(phone.first)
    assert isinstance(hello, Say)
    [share] = phone.take(hello.message)
    _, answer = impostor.take(share)
    assert isinstance(answer, Say)
    with pytest.raises(WrongCode):
        phone.take(answer.message)


def test_another_box_than_the_one_that_was_scanned_is_not_tried() -> None:
    world = World()
    phone = DeviceSide(device(), CODE, Serial("22222222"), bytes(32), 0)
    [hello] = world.hear("phone", phone.first)
    with pytest.raises(WrongBox):
        phone.take(hello)
    assert world.kept == []


def test_a_device_without_the_key_of_its_hello_gets_nothing() -> None:
    world, borrowed = World(), device("borrowed")
    thief = Visitor(world, brings=KnowsOnly(borrowed))
    assert thief.outcome() == "WrongKey"
    assert world.known == []


class KnowsOnly(Device):
    """It has another's public key, and signs with its own."""

    def __init__(self, other: Device) -> None:
        super().__init__(device().key, other.name, other.wireguard_key, other.zone, other.locale)
        object.__setattr__(self, "shown", other.public_key)

    @property
    def public_key(self) -> bytes:
        return self.shown  # type: ignore[attr-defined, no-any-return]


def test_a_message_that_was_changed_on_its_way_ends_the_run() -> None:
    for number in range(3, MESSAGES):
        world = World()
        visitor = Visitor(world)
        for _ in range(number):
            visitor.step()
        changed = bytearray(visitor.waiting[0])
        changed[-1] ^= 1
        visitor.waiting[0] = bytes(changed)
        assert visitor.outcome() in ("Malformed", "NotSealed")
        assert world.known == []
        assert pairs_after_a_press(world)


def test_messages_out_of_their_order_end_the_run() -> None:
    said = heard()
    for first in range(len(said)):
        for second in range(len(said)):
            # The second is the next one, or begins anew.
            if first == 0 and second in (0, 1):
                continue
            world = World()
            answers = world.hear("phone", said[first], said[second])
            assert any(from_box(answer).refusal.reason == pb.MALFORMED for answer in answers)
            assert world.known == []


@given(st.lists(st.binary(max_size=200) | st.sampled_from(heard()), max_size=8))
@settings(max_examples=200)
def test_nothing_that_anybody_says_breaks_the_box(said: list[bytes]) -> None:
    world = World()
    world.hear("anybody", *said)
    world.reception.gone("anybody")
    assert world.known == []
    assert pairs_after_a_press(world)
