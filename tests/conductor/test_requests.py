"""What is asked of the conductor by typing, and by programs."""

from datetime import datetime
from zoneinfo import ZoneInfo

import pytest

from bus import messages_pb2 as pb
from bus import subjects as s
from conductor.requests import MAX_ASK_CHARACTERS
from tests.fakes.room import Room
from tests.fakes.updater_daemon import UpdaterDaemon


async def test_a_typed_request_is_done_and_answered(box: Room) -> None:
    answer = await box.ask("set a timer for five minutes")
    assert (answer.text, answer.intent, answer.refusal) == ("Timer set for five minutes.", "TimerSet", "")
    assert box.timers == [300]
    assert box.spoken == []


async def test_a_typed_request_in_german_is_answered_in_german(box: Room) -> None:
    answer = await box.ask("stelle einen Timer auf fünf Minuten", "de-DE")
    assert answer.intent == "TimerSet"
    assert "fünf Minuten" in answer.text
    assert box.timers == [300]


async def test_a_typed_request_whose_answer_is_a_sound_is_answered_by_it(box: Room) -> None:
    await box.ask("mute the microphone")
    assert box.speaker.muted
    assert [clip.clip for clip in box.bus.bodies(s.PLAYBACK_CLIP)] == ["microphone_off"]


async def test_a_typed_answer_is_spoken_where_that_is_asked_for(box: Room) -> None:
    answer = await box.ask("good night", aloud=True)
    assert box.spoken == [answer.text]


@pytest.mark.parametrize(
    ("text", "language", "refusal"),
    [
        ("", "", "There is nothing to answer: the text is empty."),
        (" \n ", "", "There is nothing to answer: the text is empty."),
        ("x" * (MAX_ASK_CHARACTERS + 1), "", f"That is too long: at most {MAX_ASK_CHARACTERS} characters."),
        ("bonjour", "fr", "I don't speak 'fr' yet: choose one of"),
    ],
)
async def test_what_cannot_be_answered_is_refused_with_a_sentence(
    box: Room, text: str, language: str, refusal: str
) -> None:
    answer = await box.ask(text, language)
    assert answer.refusal.startswith(refusal)
    assert answer.text == ""


async def test_a_guest_decides_nothing_about_updates(box: Room) -> None:
    updater = UpdaterDaemon(pb.UpdateState(state="idle", offered="1.3.0", has_server=True))
    await updater.serve(box.bus)
    refused = await box.bus.request(s.NLU_REQUEST, pb.Ask(text="install the update", guest=True))
    assert (refused.refusal, refused.text) == ("Only an owner of the box decides about its updates.", "")
    assert updater.wishes == []
    told = await box.bus.request(s.NLU_REQUEST, pb.Ask(text="is there an update", guest=True))
    assert told.text == "Version 1.3.0 is there. Say: install the update."
    await box.ask("install the update")
    assert updater.wishes == ["install"]


async def test_a_typed_stop_does_not_take_the_place_of_the_last_answer(box: Room) -> None:
    said = await box.ask("set a timer for five minutes")
    await box.ask("stop")
    assert (await box.ask("say that again")).text == said.text


async def test_an_announcement_is_spoken_outside_any_turn(box: Room) -> None:
    reply = await box.bus.request(s.ANNOUNCE, pb.Announce(text="Dinner is ready."))
    assert reply.refusal == ""
    assert box.spoken == ["Dinner is ready."]
    assert box.states == []


@pytest.mark.parametrize("text", ["", "  ", "x" * (MAX_ASK_CHARACTERS + 1)])
async def test_an_announcement_of_nothing_or_too_much_is_refused(box: Room, text: str) -> None:
    reply = await box.bus.request(s.ANNOUNCE, pb.Announce(text=text))
    assert "between 1 and" in reply.refusal
    assert box.spoken == []


async def test_an_announcement_in_a_language_that_the_box_does_not_speak_is_refused(box: Room) -> None:
    reply = await box.bus.request(s.ANNOUNCE, pb.Announce(text="Le dîner est prêt.", language="fr"))
    assert reply.refusal.startswith("I don't speak 'fr' yet: choose one of")
    assert box.spoken == []


@pytest.mark.parametrize(
    ("hour", "known", "unasked", "spoken"),
    [
        (3, True, True, False),
        (3, True, False, True),
        (3, False, True, True),
        (7, True, True, False),
        (8, True, True, True),
        (20, True, True, True),
        (21, True, True, False),
    ],
)
async def test_at_night_nothing_is_said_that_nobody_asked_for(
    box: Room, hour: int, known: bool, unasked: bool, spoken: bool
) -> None:
    box.clock.set_to(datetime(2026, 6, 1, hour, 30, tzinfo=ZoneInfo("Europe/Berlin")).timestamp(), known)
    reply = await box.bus.request(s.ANNOUNCE, pb.Announce(text="Ready to pair.", unasked=unasked))
    assert bool(box.bus.bodies(s.TTS_REQUEST)) == spoken
    assert ("night" in reply.refusal) != spoken and not reply.busy


async def test_nobody_is_interrupted_by_an_announcement(box: Room) -> None:
    await box.wake()
    reply = await box.bus.request(s.ANNOUNCE, pb.Announce(text="Dinner is ready."))
    assert "Try again in a moment" in reply.refusal and reply.busy
    assert box.spoken == []


async def test_running_timers_are_listed(box: Room) -> None:
    await box.ask("set a pasta timer for eight minutes")
    listed = await box.bus.request(s.TIMERS_LIST, pb.TimersRequest())
    assert [(each.kind, each.name, each.state) for each in listed.timers] == [("timer", "pasta", "running")]
