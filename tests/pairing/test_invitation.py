"""What a box shows, says and opens as its window does: to whoever is there when it is nobody's, to a press, to somebody
who pairs; and a box that can't be paired says that instead."""

import asyncio

import pytest

from bus import messages_pb2 as pb
from bus import subjects as s
from bus.envelope import Received
from pairing.device_side import DeviceSide
from pairing.invitation import LEAVES_S, RUN_TICK_S
from pairing.sentences import SENTENCES
from pairing.setup_code import SetupCode
from pairing.voice import SPEAKERS, TRIES
from pairing.window import WindowConfig
from tests.fakes.fast_time import settled
from tests.pairing.room import CLOSED, CONFIG, OPEN, Room, admitted
from tests.pairing.visitors import ANOTHER, CODE, device

FAST_TIME = True
BUSY = pb.Reply(refusal="Somebody is speaking with the box just now.", busy=True)
NIGHT = pb.Reply(refusal="It is night: nothing is said that nobody asked for.")


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


async def test_the_ring_and_the_status_tell_that_there_is_no_bluetooth(room: Room) -> None:
    await room.start(None)
    room.invitation.trouble("There is no Bluetooth: no adapter is there.")
    await settled()
    assert room.shown == ("ready_to_pair_without_bluetooth", "open", True)
    assert room.told[-1] == "ready to pair. There is no Bluetooth: no adapter is there."
    room.invitation.trouble("")
    await settled()
    assert (room.shown, room.told[-1]) == (OPEN, "ready to pair")


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
    await room.bus.serve(s.IDENTITY_RECORD, lambda _: pb.Recorded(recovery_key="key", first=True))
    assert await room.come(CODE) == "paired"
    await settled()
    assert room.said[-1].text == "Done. Anna's phone is paired with me."
    # A radio may be slow with the last answer.
    assert room.shown == ("", "closed", True)
    await asyncio.sleep(LEAVES_S + RUN_TICK_S)
    assert room.shown == CLOSED
    assert room.bus.bodies(s.PAIRING_STATE)[-1].owned


async def test_its_first_owners_phone_says_what_time_it_is_and_where_and_no_other_does(room: Room) -> None:
    told: list[pb.SetClock | pb.SetRegion] = []

    def clock(message: Received[pb.SetClock]) -> pb.Reply:
        told.append(message.body)
        return pb.Reply(refusal="The box's clock is set by the network.")

    def region(message: Received[pb.SetRegion]) -> pb.Region:
        told.append(message.body)
        return pb.Region()

    await room.bus.serve(s.IDENTITY_ADMIT, admitted)
    await room.bus.serve(s.IDENTITY_RECORD, lambda _: pb.Recorded(recovery_key="key", first=True))
    await room.bus.serve(s.HARDWARE_CLOCK, clock)
    await room.bus.serve(s.REGION, region)
    await room.start(None)
    assert await room.come(CODE) == "paired"
    await settled()
    assert told == [pb.SetClock(unix_ms=0), pb.SetRegion(imperial=False), pb.SetRegion(zone="Europe/Berlin")]
    await room.bus.serve(s.IDENTITY_RECORD, lambda _: pb.Recorded(owner=True))
    await room.press(action="pair")
    room.desk.leave("phone")
    assert await room.come(CODE) == "paired"
    await settled()
    assert len(told) == 3


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
