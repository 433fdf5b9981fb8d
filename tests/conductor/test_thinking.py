"""Understanding, skills and the household together: what is said to words, and what is done and taken back."""

import itertools
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import cast
from zoneinfo import ZoneInfo

import pytest

from bus import messages_pb2 as pb
from bus import subjects as s
from bus.client import Bus
from conductor.config import Config
from conductor.effects import MicrophoneMute, Silence, TimerSet, VolumeSet
from conductor.household import Household
from conductor.plan import Plan
from conductor.region import Region
from conductor.standing import Standing
from conductor.thinking import APOLOGIES, PERSONA, REMEMBERED, Thinking
from conductor.timers import MOST_AT_ONCE, Missed
from tests.fakes.clock import BoxClock
from tests.fakes.fast_time import monotonic_ns
from tests.fakes.local_bus import LocalBus
from tests.fakes.speaker_daemon import SpeakerDaemon
from tests.fakes.updater_daemon import UpdaterDaemon

MONDAY_NOON = 1_799_665_200.0
"""Monday, 11 January 2027, 12:00 in Berlin."""


UPDATED = pb.UpdateState(state="idle", news=pb.UpdateNews(id="n", outcome="kept", version="1.3.0"))


class Box:
    """A thinking box: `say` is a whole request, understood, done and remembered."""

    def __init__(self, household: Household, clock: BoxClock) -> None:
        self.bus = LocalBus(monotonic_ns)
        self.speaker = SpeakerDaemon()
        self.household = household
        self.clock = clock
        self.thinking = Thinking(
            cast(Bus, self.bus), household, clock, Config(), Region(ZoneInfo("Europe/Berlin")), "1.2.3"
        )

    async def plan(self, words: str, language: str = "") -> Plan:
        plan = (await self.thinking.think(words, language)).plan
        assert plan is not None, words
        return plan

    async def say(self, words: str, language: str = "") -> str:
        plan = await self.plan(words, language)
        done = await self.thinking.perform(plan.effects, plan.language)
        self.thinking.remember(words, done.problem or plan.answer, plan)
        return done.problem or plan.answer

    @property
    def timers(self) -> list[tuple[str, int]]:
        return [(timer.name, timer.seconds) for timer in self.household.records.timers]


@asynccontextmanager
async def thinking_box(folder: Path, known: bool = True) -> AsyncIterator[Box]:
    ids = itertools.count(1)
    clock = BoxClock(MONDAY_NOON, known)
    async with Household.opened(folder, clock, lambda: str(next(ids))) as household:
        box = Box(household, clock)
        await box.speaker.serve(box.bus)
        yield box


@pytest.fixture
async def box(tmp_path: Path) -> AsyncIterator[Box]:
    async with thinking_box(tmp_path) as box:
        yield box


async def test_a_request_is_understood_before_anything_happens(box: Box) -> None:
    plan = await box.plan("set a timer for five minutes")
    assert plan == Plan("TimerSet", "Timer set for five minutes.", "en", (TimerSet(300),))
    assert box.timers == []


async def test_the_time_is_the_households(box: Box) -> None:
    assert await box.say("what time is it") == "It's noon."


async def test_a_box_that_does_not_know_the_time_says_so(tmp_path: Path) -> None:
    async with thinking_box(tmp_path, known=False) as box:
        assert "don't know the time yet" in await box.say("what time is it")
        assert "don't know the time yet" in await box.say("set an alarm for seven")
        assert box.household.records.alarms == ()


async def test_the_volume_is_asked_for_before_it_is_changed(box: Box) -> None:
    box.speaker.volume_percent = 70
    plan = await box.plan("turn the volume up")
    assert plan.effects == (VolumeSet(80, before=70),)
    assert box.speaker.asked == ["volume -1"]


async def test_other_requests_ask_nobody(box: Box) -> None:
    await box.plan("set a timer for five minutes")
    assert box.speaker.asked == []


async def test_a_volume_that_nobody_tells_is_the_last_known(box: Box) -> None:
    box.speaker.volume_percent = 70
    await box.say("turn the volume up")
    box.bus.away = True
    assert (await box.plan("turn the volume up")).effects == (VolumeSet(90, before=80),)


async def test_the_software_names_its_version(box: Box) -> None:
    assert "1.2.3" in await box.say("which version are you")


async def test_what_no_skill_can_answer_has_no_plan(box: Box) -> None:
    assert (await box.thinking.think("who wrote hamlet")).plan is None


@pytest.mark.parametrize(
    ("first", "question", "reply", "left"),
    [
        ("set a timer", "For how long?", "ten minutes", [("", 300), ("pasta", 480), ("", 600)]),
        ("cancel the timer", "Which one: ", "the pasta timer", [("", 300)]),
        ("cancel the timer", "Which one: ", "the five minute one", [("pasta", 480)]),
        ("cancel the timer", "Which one: ", "five minutes", [("pasta", 480)]),
        ("cancel the timer", "Which one: ", "how long is left on the pasta timer", [("", 300), ("pasta", 480)]),
        ("add two minutes to the timer", "Which one: ", "the pasta one", [("", 300), ("pasta", 600)]),
        ("add two minutes to the timer", "Which one: ", "good night", [("", 300), ("pasta", 480)]),
    ],
)
async def test_the_answer_to_our_question_is_understood_as_one(
    box: Box, first: str, question: str, reply: str, left: list[tuple[str, int]]
) -> None:
    await box.say("set a timer for five minutes")
    await box.say("set a pasta timer for eight minutes")
    assert (await box.say(first)).startswith(question)
    await box.say(reply)
    assert box.timers == left


async def test_what_is_no_name_is_none_after_our_question_either(box: Box) -> None:
    await box.say("set a timer for five minutes")
    await box.say("set a pasta timer for eight minutes")
    assert (await box.say("cancel the timer")).startswith("Which one: ")
    assert (await box.thinking.think("sunshine tomorrow")).plan is None


async def test_a_time_given_to_the_question_of_an_alarm_sets_the_alarm(box: Box) -> None:
    assert await box.say("set an alarm") == "For what time?"
    await box.say("seven thirty")
    assert [(alarm.hour, alarm.minute) for alarm in box.household.records.alarms] == [(19, 30)]


async def test_a_number_alone_sets_an_alarm_only_where_we_have_asked_for_one(box: Box) -> None:
    assert box.thinking.standing("nine") is Standing.BEGINNING
    assert (await box.thinking.think("nine")).plan is None
    await box.say("set an alarm")
    assert box.thinking.standing("nine") is Standing.OPEN
    await box.say("nine")
    assert [alarm.hour % 12 for alarm in box.household.records.alarms] == [9]


async def test_a_question_is_forgotten_once_something_else_was_said(box: Box) -> None:
    await box.say("set an alarm")
    await box.say("good night")
    assert (await box.thinking.think("seven thirty tomorrow evening sharp")).plan is None


async def test_repeating_says_the_last_answer_and_not_itself(box: Box) -> None:
    answer = await box.say("set a timer for five minutes")
    assert await box.say("say that again") == answer
    assert await box.say("say that again") == answer


async def test_what_was_missed_is_told_once_behind_the_next_answer(box: Box) -> None:
    await box.say("set a pasta timer for one minute")
    await box.household.judge(box.clock.now().ahead(3600), ZoneInfo("UTC"), frozenset())
    assert "By the way, the pasta timer was done at" in await box.say("good night")
    assert "By the way" not in await box.say("good night")
    assert box.household.records.missed == ()


async def test_what_was_missed_is_told_again_when_its_answer_was_taken_back(box: Box) -> None:
    await box.say("set a pasta timer for one minute")
    await box.household.judge(box.clock.now().ahead(3600), ZoneInfo("UTC"), frozenset())
    plan = await box.plan("good night")
    done = await box.thinking.perform(plan.effects)
    await done.undo()
    assert [type(missed) for missed in box.household.records.missed] == [Missed]


async def test_news_of_an_update_are_told_once_behind_the_next_answer(box: Box) -> None:
    updater = UpdaterDaemon(UPDATED)
    await updater.serve(box.bus)
    await box.thinking.follow_updates()
    assert "By the way, I have updated myself: this is version 1.3.0." in await box.say("good night")
    assert updater.told == [("n", False)]
    assert "By the way" not in await box.say("good night")


async def test_news_are_heard_of_while_they_happen(box: Box) -> None:
    await box.thinking.follow_updates()
    assert "By the way" not in await box.say("good night")
    await box.bus.publish(s.UPDATE_STATE, UPDATED)
    assert "By the way, I have updated myself" in await box.say("good night")
    # Nobody was there to be told, so they would be told again by the next process.
    assert "By the way" not in await box.say("good night")


async def test_news_are_told_again_when_their_answer_was_taken_back(box: Box) -> None:
    updater = UpdaterDaemon(UPDATED)
    await updater.serve(box.bus)
    await box.thinking.follow_updates()
    plan = await box.plan("good night")
    await (await box.thinking.perform(plan.effects)).undo()
    assert updater.told == [("n", False), ("n", True)]
    assert "By the way" in await box.say("good night")


async def test_an_update_is_installed_and_put_off_where_the_speaker_goes_on(box: Box) -> None:
    updater = UpdaterDaemon(pb.UpdateState(state="idle", offered="1.3.0", has_server=True))
    await updater.serve(box.bus)
    assert (await box.say("install the update")).startswith("All right. I'll fetch version 1.3.0")
    assert updater.wishes == ["install"]
    plan = await box.plan("update yourself")
    await (await box.thinking.perform(plan.effects)).undo()
    assert updater.wishes == ["install", "install", "not_now"]
    updater.refusal = "An update is under way."
    assert await box.say("skip this version") == APOLOGIES.say("en", "control_failed")


async def test_more_timers_than_a_household_may_have_are_refused(box: Box) -> None:
    for _ in range(MOST_AT_ONCE):
        await box.say("set a timer for five minutes")
    assert "Cancel one of them first" in await box.say("set a timer for five minutes")
    assert len(box.timers) == MOST_AT_ONCE


async def test_german_is_answered_in_german(box: Box) -> None:
    answer = await box.say("stelle einen timer auf fünf minuten", "de-AT")
    assert "fünf Minuten" in answer
    assert box.timers == [("", 300)]


# --- deeds ------------------------------------------------------------------------------------------


async def test_everything_is_done_and_taken_back(box: Box) -> None:
    done = await box.thinking.perform((VolumeSet(80, before=50), TimerSet(60)))
    assert (box.speaker.volume_percent, box.timers) == (80, [("", 60)])
    await done.undo()
    assert (box.speaker.volume_percent, box.timers) == (50, [])


async def test_a_part_that_does_not_answer_is_a_sentence_and_nothing_is_left_half_done(box: Box) -> None:
    box.bus.away = True
    done = await box.thinking.perform((TimerSet(60), VolumeSet(80, before=50)))
    assert done.problem == "Sorry, that didn't work."
    assert box.timers == []


async def test_a_part_that_refuses_is_a_sentence(box: Box) -> None:
    box.speaker.fault = "refuses"
    for effect in (MicrophoneMute(), VolumeSet(80, before=50), Silence()):
        done = await box.thinking.perform((effect,), "de")
        assert done.problem == "Entschuldigung, das hat nicht geklappt."
    assert not box.speaker.muted


async def test_a_part_that_has_gone_since_cannot_be_asked_to_undo_and_the_rest_is_undone(box: Box) -> None:
    done = await box.thinking.perform((TimerSet(60), VolumeSet(80, before=50)))
    box.bus.away = True
    await done.undo()
    assert box.timers == []


async def test_muting_and_silence_are_asked_for(box: Box) -> None:
    await box.say("mute the microphone")
    await box.say("stop")
    assert box.speaker.muted
    assert box.speaker.asked == ["mute", "silence"]


async def test_stop_dismisses_what_rings(box: Box) -> None:
    await box.say("set a timer for one minute")
    await box.household.judge(box.clock.now().ahead(61), ZoneInfo("UTC"), frozenset())
    assert [entry.id for entry in box.thinking.ringing()] == ["1"]
    await box.say("stop")
    assert box.thinking.ringing() == ()


async def test_dismissing_stops_all_that_ring_and_nothing_else(box: Box) -> None:
    for words in ("set a timer for one minute", "set a timer for two minutes", "set a timer for one hour"):
        await box.say(words)
    await box.household.judge(box.clock.now().ahead(121), ZoneInfo("UTC"), frozenset())
    await box.thinking.dismiss_alarms()
    assert box.timers == [("", 3600)]


async def test_timers_are_listed_with_what_is_left_the_soonest_first(box: Box) -> None:
    await box.say("set a timer for one hour")
    await box.say("set a pasta timer for eight minutes")
    await box.say("set an alarm for seven thirty")
    listed = box.thinking.timers().timers
    assert [(each.kind, each.name, each.state) for each in listed] == [
        ("timer", "pasta", "running"),
        ("timer", "", "running"),
        ("alarm", "19:30", "running"),
    ]
    assert listed[0].remaining_ms == pytest.approx(480_000, abs=100)
    assert listed[0].due_unix_ms == pytest.approx((MONDAY_NOON + 480) * 1000, abs=1000)


# --- what a language model is told --------------------------------------------------------------------


async def test_a_model_is_told_what_never_changes_first_and_the_clock_last(box: Box) -> None:
    first = [each.SerializeToString(deterministic=True) for each in box.thinking.messages("why is the sky blue")]
    box.clock.set_to(MONDAY_NOON + 7 * 3600)
    box.thinking.remember("why is the sky blue", "It scatters.", None)
    second = box.thinking.messages("and at night")
    assert [each.SerializeToString(deterministic=True) for each in second][: len(first) - 1] == first[:-1]
    assert (second[0].role, second[0].content) == ("system", PERSONA)
    assert [(each.role, each.content) for each in second[1:3]] == [
        ("user", "why is the sky blue"),
        ("assistant", "It scatters."),
    ]
    assert second[-1].content == "and at night\n\n(The time is Monday, 11 January 2027, 19:00.)"
    assert all("The time is" not in each.content for each in second[:-1])


async def test_a_model_is_told_of_the_last_exchanges_only(box: Box) -> None:
    for number in range(REMEMBERED + 3):
        box.thinking.remember(f"question {number}", f"answer {number}", None)
    told = box.thinking.messages("now")
    assert len(told) == 1 + 2 * REMEMBERED + 1
    assert told[1].content == "question 3"


async def test_a_model_is_not_told_a_wrong_time(tmp_path: Path) -> None:
    async with thinking_box(tmp_path, known=False) as box:
        assert box.thinking.messages("hello")[-1].content.endswith("(The time is unknown.)")


def test_every_apology_exists_in_both_languages() -> None:
    assert APOLOGIES.keys("en") == APOLOGIES.keys("de")
