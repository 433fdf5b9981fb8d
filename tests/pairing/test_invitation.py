"""A box that nobody owns says so: on the ring, aloud once the voice is up, and with its code at a press. One without
its data says that instead, and invites nobody."""

import asyncio
from collections.abc import AsyncIterator
from typing import cast

import pytest
import pytest_asyncio

from bus import messages_pb2 as pb
from bus import subjects as s
from bus.client import Bus
from bus.envelope import Received
from pairing.invitation import Config, Invitation
from pairing.setup_code import SetupCode
from pairing.voice import VOICE
from pairing.without_data import SENTENCES, WithoutData
from tests.fakes.fast_time import settled
from tests.fakes.local_bus import LocalBus

CODE = SetupCode("48217730")
CONFIG = Config(again_s=0.0, tell_every_s=60.0)


class Room:
    """A bus with a conductor that says things, or refuses `refusals` of them first."""

    def __init__(self) -> None:
        self.bus = LocalBus(lambda: 0)
        self.refusals: list[pb.Reply] = []
        self.said: list[pb.Announce] = []
        self.asked = 0
        self.running: asyncio.Task[None] | None = None

    async def start(self, code: SetupCode | None, language: str = "en") -> None:
        await self._run(Invitation(cast(Bus, self.bus), code, language, CONFIG))

    async def start_without_data(self, locked: bool, language: str = "en") -> None:
        await self._run(WithoutData(cast(Bus, self.bus), locked, language, CONFIG))

    async def _run(self, saying: Invitation | WithoutData) -> None:
        await self.bus.serve(s.ANNOUNCE, self._on_announce)
        self.running = asyncio.create_task(saying.run())
        await settled()

    def _on_announce(self, message: Received[pb.Announce]) -> pb.Reply:
        self.asked += 1
        if self.refusals:
            return self.refusals.pop(0)
        self.said.append(message.body)
        return pb.Reply()

    async def come_up(self, *units: str) -> None:
        for unit in units:
            await self.bus.publish(s.NODE_HEALTH, pb.Health(unit=unit, state="ready"))
        await settled()

    async def press(self, button: str = "action", action: str = "press") -> None:
        await self.bus.publish(s.HARDWARE_BUTTON, pb.Button(button=button, action=action))
        await settled()


@pytest_asyncio.fixture
async def room() -> AsyncIterator[Room]:
    room = Room()
    yield room
    assert room.running is not None
    room.running.cancel()
    await asyncio.gather(room.running, return_exceptions=True)


async def test_the_ring_and_the_others_are_told(room: Room) -> None:
    await room.start(None)
    assert room.bus.bodies(s.HARDWARE_RING_SET) == [pb.RingWish(source="pairingd", state="ready_to_pair")]
    assert room.bus.bodies(s.PAIRING_STATE) == [pb.PairingState(open=True)]


async def test_it_is_said_once_and_only_when_the_voice_is_up(room: Room) -> None:
    await room.start(None)
    await room.come_up(*VOICE[:-1])
    assert room.asked == 0
    await room.come_up(VOICE[-1])
    await room.come_up(*VOICE)
    assert [(said.text, said.unasked) for said in room.said] == [("Hello. I'm ready to pair.", True)]


async def test_somebody_who_speaks_is_waited_for(room: Room) -> None:
    room.refusals = [pb.Reply(refusal="Somebody is speaking with the box just now.", busy=True)] * 3
    await room.start(None)
    await room.come_up(*VOICE)
    assert len(room.said) == 1


async def test_at_night_nothing_is_said(room: Room) -> None:
    room.refusals = [pb.Reply(refusal="It is night: nothing is said that nobody asked for.")]
    await room.start(None)
    await room.come_up(*VOICE)
    assert (room.asked, room.said) == (1, [])


async def test_a_press_tells_the_code_of_a_box_that_made_it(room: Room) -> None:
    await room.start(CODE)
    await room.press()
    [said] = room.said
    assert said.text.count("four eight two one, seven seven three zero.") == 2
    assert not said.unasked, "whoever presses has asked, at night too"


@pytest.mark.parametrize(("language", "words"), [("en", "on my label"), ("de", "Etikett"), ("fr", "on my label")])
async def test_a_box_from_a_factory_points_at_its_label(room: Room, language: str, words: str) -> None:
    await room.start(None, language)
    await room.press()
    assert words in room.said[0].text


@pytest.mark.parametrize(("button", "action"), [("mute", "press"), ("action", "release"), ("action", "long_press")])
async def test_other_buttons_and_acts_tell_nothing(room: Room, button: str, action: str) -> None:
    await room.start(CODE)
    await room.press(button, action)
    assert room.said == []


async def test_a_box_without_its_data_invites_nobody(room: Room) -> None:
    await room.start_without_data(locked=True)
    assert room.bus.bodies(s.PAIRING_STATE) == [pb.PairingState(open=False)]
    assert room.bus.bodies(s.HARDWARE_RING_SET) == []


@pytest.mark.parametrize(
    ("locked", "language", "words"),
    [
        (True, "en", "recovery key"),
        (True, "de", "Wiederherstellungsschlüssel"),
        (True, "fr", "recovery key"),
        (False, "en", "can't open"),
        (False, "de", "nicht öffnen"),
    ],
)
async def test_it_says_once_what_is_wrong_and_again_at_a_press(
    room: Room, locked: bool, language: str, words: str
) -> None:
    await room.start_without_data(locked, language)
    await room.come_up(*VOICE)
    await room.come_up(*VOICE)
    await room.press("mute")
    await room.press()
    assert [(words in said.text, said.unasked) for said in room.said] == [(True, True), (True, False)]


async def test_without_its_data_it_says_nothing_at_night(room: Room) -> None:
    room.refusals = [pb.Reply(refusal="It is night: nothing is said that nobody asked for.")]
    await room.start_without_data(locked=True)
    await room.come_up(*VOICE)
    assert (room.asked, room.said) == (1, [])


def test_a_recovery_key_is_spoken_of_only_where_it_helps() -> None:
    keys = {"en": "recovery key", "de": "Wiederherstellungsschlüssel"}
    assert [name for language in keys for name, text in SENTENCES[language].items() if keys[language] in text] == [
        "locked",
        "locked",
    ]
