"""A device of the owner's lets another one in: with a code of its own, until somebody holds the button."""

import pytest

from bus import messages_pb2 as pb
from bus import subjects as s
from bus.sealed import SETUP_CODE, Recipient
from pairing.device_side import DeviceSide
from pairing.errors import WindowClosed
from pairing.setup_code import SetupCode
from tests.fakes.fast_time import settled
from tests.pairing.room import CLOSED, OPEN, Room, admitted
from tests.pairing.visitors import CODE, device

FAST_TIME = True


async def test_a_device_of_the_owners_opens_it_for_a_code_of_its_own(room: Room) -> None:
    await room.bus.serve(s.IDENTITY_ADMIT, admitted)
    await room.bus.serve(s.IDENTITY_RECORD, lambda _: pb.Recorded(owner=True))
    await room.start(None, owned=True)
    reader = Recipient(SETUP_CODE)
    opened = await room.bus.request(s.PAIRING_OPEN, pb.OpenPairing(key=reader.key, opening=b"1"))
    await settled()
    code = SetupCode(reader.open(opened.sealed_code).decode())
    assert (opened.seconds, room.shown) == (600, OPEN)
    assert room.said[0].text == (
        "For the next 10 minutes I'll let one more device in. The code is on the device that asked me to."
    )
    assert await room.come(CODE) == "WrongCode"
    room.desk.leave("phone")
    await room.press()
    assert room.said[-1].text == "The code is on the device that asked me to let another one in."
    assert await room.come(code) == "paired"
    room.desk.leave("phone")
    # It was good for one. From here on the button decides.
    await room.press(action="pair")
    assert await room.come(code) == "WrongCode"
    room.desk.leave("phone")
    assert await room.come(CODE) == "paired"


async def test_a_code_that_nobody_could_read_is_not_made(room: Room) -> None:
    await room.start(None, owned=True)
    for key in (b"", bytes(31), bytes(33)):
        opened = await room.bus.request(s.PAIRING_OPEN, pb.OpenPairing(key=key, opening=b"1"))
        assert opened.refusal == "Nobody could read that code."
    assert (room.shown, room.said) == (CLOSED, [])


async def test_held_the_button_takes_that_code_back_and_whoever_is_in_the_middle_begins_anew(room: Room) -> None:
    await room.start(None, owned=True)
    reader = Recipient(SETUP_CODE)
    opened = await room.bus.request(s.PAIRING_OPEN, pb.OpenPairing(key=reader.key, opening=b"1"))
    told: list[bytes] = []
    room.desk.visit("phone", lambda message, _last: told.append(message))
    side = DeviceSide(device(), SetupCode(reader.open(opened.sealed_code).decode()), None, bytes(32), 0)
    await room.desk.hear("phone", side.first)
    await room.press(action="pair")
    side.take(told.pop(0))
    with pytest.raises(WindowClosed):
        side.take(told.pop(0))
    assert room.shown == OPEN
