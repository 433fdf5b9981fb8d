"""What a box shows, says and opens as its window does: to whoever is there when it is nobody's, to a press, to somebody
who pairs; and a box that can't be paired says that instead."""

import asyncio
import secrets
from collections.abc import AsyncIterator, Coroutine
from pathlib import Path
from typing import cast

import pytest
import pytest_asyncio

from bus import messages_pb2 as pb
from bus import subjects as s
from bus.client import Bus
from bus.envelope import Received
from pairing.box_side import BOX_SIGNS, Box
from pairing.closed import Closed
from pairing.config import Config
from pairing.desk import Desk
from pairing.device_side import DeviceSide
from pairing.errors import PairingError
from pairing.guesses import Guesses
from pairing.invitation import RUN_TICK_S, Invitation
from pairing.reception import Reception
from pairing.sentences import SENTENCES
from pairing.setup_code import SetupCode
from pairing.voice import SPEAKERS, TRIES
from pairing.window import Window, WindowConfig
from tests.fakes.fast_time import settled
from tests.fakes.local_bus import LocalBus
from tests.pairing.visitors import ANOTHER, CODE, OF_BOX, SALT, SERIAL, VERIFIER, device

CONFIG = Config(again_s=0.0, tell_every_s=60.0)
BUSY = pb.Reply(refusal="Somebody is speaking with the box just now.", busy=True)
FAST_TIME = True
NIGHT = pb.Reply(refusal="It is night: nothing is said that nobody asked for.")


def time_s() -> float:
    return asyncio.get_running_loop().time()


class Room:
    """A bus with a conductor that says things, or refuses `refusals` of them first; a box whose time passes at once."""

    def __init__(self, folder: Path) -> None:
        self.bus = LocalBus(lambda: 0)
        self.refusals: list[pb.Reply] = []
        self.said: list[pb.Announce] = []
        self.asked = 0
        self.letting_in: list[bool] = []
        self.told: list[str] = []
        self.guesses = Guesses(folder)
        self.window = Window(WindowConfig(), 0, time_s())
        box = Box(SERIAL, OF_BOX.public_key().public_bytes_raw(), SALT, VERIFIER)
        reception = Reception(box, self.window, secrets.token_bytes)
        self.desk = Desk(cast(Bus, self.bus), reception, self.guesses, list, time_s)
        self.running: asyncio.Task[None] | None = None

    async def start(self, code: SetupCode | None, language: str = "en", owned: bool = False) -> None:
        if not owned:
            self.window.stay_open()
        invitation = Invitation(cast(Bus, self.bus), self.desk, self.told.append, language, CONFIG)
        invitation.ways.append(self._let_in)
        await self._run(invitation.run(code, owned))

    async def start_closed(self, why: str, language: str = "en") -> None:
        await self._run(Closed(cast(Bus, self.bus), why, language, CONFIG).run())

    async def _run(self, serving: Coroutine[None, None, None]) -> None:
        await self.bus.serve(s.ANNOUNCE, self._on_announce)
        self.running = asyncio.create_task(serving)
        await settled()

    async def _let_in(self, wanted: bool) -> None:
        self.letting_in.append(wanted)

    def _on_announce(self, message: Received[pb.Announce]) -> pb.Reply:
        self.asked += 1
        if self.refusals:
            return self.refusals.pop(0)
        self.said.append(message.body)
        return pb.Reply()

    @property
    def shown(self) -> tuple[str, str, bool]:
        """The ring's state, the window's, and whether the ways in are open."""
        return (
            self.bus.bodies(s.HARDWARE_RING_SET)[-1].state,
            self.bus.bodies(s.PAIRING_STATE)[-1].state,
            self.letting_in[-1],
        )

    async def come_up(self, *units: str) -> None:
        for unit in units:
            await self.bus.publish(s.NODE_HEALTH, pb.Health(unit=unit, state="ready"))
        await settled()

    async def press(self, button: str = "action", action: str = "press") -> None:
        await self.bus.publish(s.HARDWARE_BUTTON, pb.Button(button=button, action=action))
        # The number of wrong codes is kept by a thread, and what is said follows.
        await asyncio.sleep(0.01)

    async def come(self, code: SetupCode) -> str:
        """A phone tries to pair; the name of how that ends."""
        told: list[bytes] = []
        self.desk.visit("phone", lambda message, _last: told.append(message))
        side = DeviceSide(device(), code, None, secrets.token_bytes(32), 0)
        waiting = [side.first]
        try:
            while waiting:
                await self.desk.hear("phone", waiting.pop(0))
                for message in told:
                    waiting += side.take(message)
                told.clear()
        except PairingError as error:
            return type(error).__name__
        return "paired"


@pytest_asyncio.fixture
async def room(tmp_path: Path) -> AsyncIterator[Room]:
    room = Room(tmp_path)
    yield room
    assert room.running is not None
    room.running.cancel()
    await asyncio.gather(room.running, return_exceptions=True)


OPEN, CLOSED = ("ready_to_pair", "open", True), ("", "closed", False)


async def test_a_box_that_is_nobodys_is_open_and_says_so(room: Room) -> None:
    await room.start(None)
    assert room.shown == OPEN
    [told] = room.bus.bodies(s.PAIRING_STATE)
    assert (told.open, told.owned, room.told) == (True, False, ["ready to pair"])


async def test_it_greets_once_and_only_when_the_voice_is_up(room: Room) -> None:
    await room.start(None)
    await room.come_up(*SPEAKERS[:-1])
    assert room.asked == 0
    await room.come_up(SPEAKERS[-1])
    await room.come_up(*SPEAKERS)
    assert [(said.text, said.unasked) for said in room.said] == [("Hello. I'm ready to pair.", True)]


async def test_somebody_who_speaks_is_waited_for(room: Room) -> None:
    room.refusals = [BUSY] * 3
    await room.start(None)
    await room.come_up(*SPEAKERS)
    assert len(room.said) == 1


async def test_at_night_nothing_is_said(room: Room) -> None:
    room.refusals = [NIGHT]
    await room.start(None)
    await room.come_up(*SPEAKERS)
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


@pytest.mark.parametrize("owned", [True, False])
@pytest.mark.parametrize(("button", "action"), [("mute", "press"), ("action", "release"), ("action", "long_press")])
async def test_other_buttons_and_acts_mean_nothing(room: Room, button: str, action: str, owned: bool) -> None:
    await room.start(CODE, owned=owned)
    await room.press(button, action)
    assert (room.said, room.shown) == ([], CLOSED if owned else OPEN)


async def test_a_box_with_an_owner_is_closed_and_a_press_is_for_others(room: Room) -> None:
    await room.start(CODE, owned=True)
    await room.come_up(*SPEAKERS)
    await room.press()
    assert (room.said, room.shown, room.told) == ([], CLOSED, ["lets no new device in"])
    assert await room.come(CODE) == "WindowClosed"


@pytest.mark.parametrize(
    ("code", "language", "words"),
    [
        (None, "en", "For the next 10 minutes I'll let one more device in. The set-up code is on my label."),
        (CODE, "en", "Press my button, and I'll tell you the set-up code."),
        (None, "de", "In den nächsten 10 Minuten"),
    ],
)
async def test_held_and_let_go_it_says_aloud_that_it_is_open_for_a_while(
    room: Room, code: SetupCode | None, language: str, words: str
) -> None:
    await room.start(code, language, owned=True)
    await room.press(action="pair")
    assert words in room.said[0].text
    assert room.shown == OPEN
    assert room.bus.bodies(s.PAIRING_STATE)[-1].owned
    await asyncio.sleep(WindowConfig().open_s + CONFIG.tell_every_s)
    assert room.shown == CLOSED


async def test_who_pairs_is_shown_and_one_who_falls_silent_is_given_up(room: Room) -> None:
    await room.start(None)
    room.desk.visit("phone", lambda _message, _last: None)
    await room.desk.hear("phone", DeviceSide(device(), CODE, None, bytes(32), 0).first)
    await settled()
    assert room.shown == ("pairing", "pairing", True)
    await asyncio.sleep(WindowConfig().run_s + RUN_TICK_S)
    assert room.shown == OPEN


async def test_too_many_wrong_codes_are_told_until_a_press(room: Room) -> None:
    await room.start(None)
    for _ in range(WindowConfig().most_guesses):
        assert await room.come(ANOTHER) == "WrongCode"
        room.desk.leave("phone")
        await asyncio.sleep(WindowConfig().first_delay_s * 2**7)
    assert room.shown == ("pairing_locked", "locked", True)
    assert await room.come(CODE) == "LockedOut"
    await room.press()
    assert room.shown == OPEN
    assert [said.text for said in room.said] == [
        "Those were too many wrong codes. Press my button, and try again.",
        "I'm ready to pair. The set-up code is on my label.",
    ]
    assert room.guesses.read() == 0


async def test_who_is_let_in_hears_it_and_the_box_is_closed(room: Room) -> None:
    await room.start(None)
    await room.bus.serve(s.IDENTITY_ADMIT, admitted)
    await room.bus.serve(s.IDENTITY_RECORD, lambda _: pb.Recorded(recovery_key="key"))
    assert await room.come(CODE) == "paired"
    await settled()
    assert (room.said[-1].text, room.shown) == ("Done. Anna's phone is paired with me.", CLOSED)
    assert room.bus.bodies(s.PAIRING_STATE)[-1].owned


async def test_what_nobody_can_say_is_given_up(room: Room) -> None:
    room.refusals = [BUSY] * (TRIES + 1)
    await room.start(CODE)
    await room.press()
    assert (room.asked, room.said) == (TRIES, [])


async def test_a_box_that_can_not_be_paired_invites_nobody(room: Room) -> None:
    await room.start_closed("no_factory_data")
    assert room.bus.bodies(s.PAIRING_STATE) == [pb.PairingState(open=False, state="closed")]
    assert room.bus.bodies(s.HARDWARE_RING_SET) == [pb.RingWish(source="pairingd", state="attention")]


@pytest.mark.parametrize(
    ("why", "language", "words"),
    [
        ("data_locked", "en", "recovery key"),
        ("data_locked", "de", "Wiederherstellungsschlüssel"),
        ("data_locked", "fr", "recovery key"),
        ("data_broken", "en", "can't open"),
        ("data_broken", "de", "nicht öffnen"),
        ("household_unknown", "en", "let nobody in"),
    ],
)
async def test_it_says_once_what_is_wrong_and_again_at_a_press(room: Room, why: str, language: str, words: str) -> None:
    await room.start_closed(why, language)
    await room.come_up(*SPEAKERS)
    await room.come_up(*SPEAKERS)
    await room.press("mute")
    await room.press()
    assert [(words in said.text, said.unasked) for said in room.said] == [(True, True), (True, False)]


async def test_what_is_wrong_is_not_said_at_night(room: Room) -> None:
    room.refusals = [NIGHT]
    await room.start_closed("data_locked")
    await room.come_up(*SPEAKERS)
    assert (room.asked, room.said) == (1, [])


def test_a_recovery_key_is_spoken_of_only_where_it_helps() -> None:
    keys = {"en": "recovery key", "de": "Wiederherstellungsschlüssel"}
    assert [name for language in keys for name, text in SENTENCES[language].items() if keys[language] in text] == [
        "data_locked",
        "data_locked",
    ]


def test_both_languages_have_the_same_sentences() -> None:
    assert SENTENCES["en"].keys() == SENTENCES["de"].keys()


def admitted(message: Received[pb.Admit]) -> pb.Admission:
    """As identityd answers."""
    given = pb.Admission(signature=OF_BOX.sign(BOX_SIGNS + message.body.proof), certificate=b"c", authority=b"a")
    given.device.name, given.device.address, given.box_address = message.body.name, "10.100.0.10", "10.100.0.1"
    given.profile = "Anna"
    return given
