"""A device of the owner's that stays when it is known: it looks for networks, has the box join one, and leaves."""

from collections.abc import Iterator
from dataclasses import replace
from functools import cache

import pytest

from pairing import messages_pb2 as pb
from pairing import outcomes
from pairing.device_side import State as DeviceState
from pairing.errors import Malformed, TooSlow, WindowClosed
from pairing.verifier import scalars
from pairing.wifi import Wanted
from pairing.window import State as WindowState
from pairing.window import WindowConfig
from tests.fakes.wifi import CAFE, HOME, PASSWORD
from tests.pairing.visitors import OWNERS_KEY, Visitor, World, device

LIMITS = WindowConfig()


@pytest.fixture(autouse=True, scope="module")
def scrypt_once() -> Iterator[None]:
    """Each code costs its tenth of a second once."""
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr("pairing.device_side.scalars", cache(scalars))
        yield


def staying(world: World, name: str = "phone") -> Visitor:
    """A device that was paired, and stays to choose a network."""
    visitor = Visitor(world, name, brings=replace(device(), stays=True))
    visitor.pair()
    assert visitor.side.asks and visitor.side.recovery_key == OWNERS_KEY
    return visitor


def asked(visitor: Visitor, message: bytes) -> Visitor:
    visitor.waiting = [message]
    visitor.pair()
    return visitor


def test_a_device_that_stays_looks_for_networks_joins_one_and_leaves() -> None:
    world = World()
    visitor = staying(world)
    assert world.reception.state(world.now_s) is WindowState.PAIRING
    assert outcomes.networks(asked(visitor, visitor.side.look()).side.seen) == [HOME, CAFE]
    asked(visitor, visitor.side.join(Wanted(b"Home", b"wrong horse")))
    assert visitor.side.joined.outcome == pb.WRONG_PASSWORD
    asked(visitor, visitor.side.join(Wanted(b"Home", PASSWORD)))
    assert (visitor.side.joined.outcome, list(visitor.side.joined.addresses)) == (pb.DONE, ["192.168.1.20"])
    assert world.joined == [Wanted(b"Home", PASSWORD)]
    asked(visitor, visitor.side.leave())
    assert visitor.side.over
    assert world.reception.state(world.now_s) is WindowState.CLOSED


def test_who_has_what_it_asked_for_and_says_no_more_does_not_keep_the_box_waiting() -> None:
    world = World()
    visitor = staying(world)
    asked(visitor, visitor.side.join(Wanted(b"Home", b"wrong horse")))
    world.now_s += LIMITS.leaves_s
    assert world.reception.state(world.now_s) is WindowState.PAIRING
    asked(visitor, visitor.side.join(Wanted(b"Home", PASSWORD)))
    world.now_s += LIMITS.leaves_s
    assert world.reception.state(world.now_s) is WindowState.CLOSED


def test_only_a_device_of_the_owners_stays() -> None:
    world = World()
    world.owners = False
    visitor = Visitor(world, brings=replace(device(), stays=True))
    visitor.pair()
    assert visitor.side.over and not visitor.side.asks
    assert world.reception.state(world.now_s) is WindowState.CLOSED


def test_nobody_else_is_let_in_while_a_device_stays_and_nobody_stays_for_ever() -> None:
    world = World()
    visitor = staying(world)
    assert Visitor(world, "another").outcome() == "Busy"
    world.now_s += LIMITS.stays_s
    assert world.reception.state(world.now_s) is WindowState.CLOSED
    with pytest.raises(TooSlow):
        asked(visitor, visitor.side.look())
    assert Visitor(world, "another").outcome() == "WindowClosed"


@pytest.mark.parametrize("asks", ["look", "leave"])
def test_a_device_that_did_not_say_that_it_stays_has_nothing_to_ask(asks: str) -> None:
    world = World()
    visitor = Visitor(world)
    visitor.pair()
    visitor.side.state = DeviceState.STAYING
    with pytest.raises(WindowClosed):
        asked(visitor, getattr(visitor.side, asks)())
    assert not world.joined


def test_a_device_is_still_known_when_it_goes_in_the_middle_of_joining() -> None:
    world = World()
    visitor = staying(world)
    tasks = world.reception.take("phone", visitor.side.join(Wanted(b"Home", PASSWORD)), world.now_s)
    world.reception.gone("phone")
    world.do(tasks)
    assert (world.known, world.told("phone")) == (["Anna's phone"], [])
    assert world.reception.state(world.now_s) is WindowState.CLOSED


@pytest.mark.parametrize("before", ["share", "introduction"])
def test_nobody_who_is_not_known_yet_has_a_network_joined(before: str) -> None:
    world = World()
    visitor = Visitor(world, brings=replace(device(), stays=True))
    visitor.step()
    if before == "introduction":
        visitor.step()
        visitor.step()
        visitor.waiting = []
        visitor.side.state = DeviceState.STAYING
        asked_for = visitor.side.join(Wanted(b"Home", PASSWORD))
    else:
        join = pb.WithinFromDevice(join=pb.WifiJoin(ssid=b"Home", password=PASSWORD))
        asked_for = pb.FromDevice(sealed=join.SerializeToString()).SerializeToString()
    with pytest.raises(Malformed):
        asked(visitor, asked_for)
    assert not world.joined and not world.known
