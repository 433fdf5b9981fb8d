"""What skills answer: a request, a world, and exactly what is said and done then."""

from collections.abc import Mapping
from dataclasses import replace
from datetime import date, datetime
from typing import Any
from zoneinfo import ZoneInfo

import pytest
import yaml

from conductor import skills
from conductor.clock import Instant
from conductor.effects import (
    AlarmCancel,
    AlarmSet,
    Dismiss,
    ListAdd,
    Snooze,
    TimerAdd,
    TimerCancel,
    TimerSet,
    UpdateTold,
    UpdateWish,
    VolumeSet,
)
from conductor.intents import Recognizer
from conductor.plan import Plan
from conductor.records import Item, Record, Records
from conductor.sentences import TEMPLATES
from conductor.skills import missed, updates
from conductor.timers import Alarm, Missed, Moment, State, Timer
from conductor.world import Box, News, Update, World
from tests.conductor.english_answers import ENGLISH

BERLIN = ZoneInfo("Europe/Berlin")
NOW = Instant(datetime(2026, 11, 20, 16, 10, tzinfo=BERLIN).timestamp(), 1000.0, "boot")
"""A Friday."""
YESTERDAY, TODAY, TOMORROW = date(2026, 11, 19), date(2026, 11, 20), date(2026, 11, 21)


def timer(seconds: int, left: float, name: str = "", state: State = State.WAITING) -> Timer:
    return Timer(f"timer of {seconds} {name}".strip(), seconds, Moment.after(left, NOW), name, state)


def alarm(
    hour: int, minute: int, on: date | None = None, days: tuple[int, ...] = (), state: State = State.WAITING
) -> Alarm:
    return Alarm(f"alarm at {hour}:{minute:02d}", hour, minute, YESTERDAY, days, on, state)


def world(*records: Record, volume: int = 50, last_answer: str = "", box: Box | None = None) -> World:
    kept = Records().with_(*records)
    return World(NOW, BERLIN, kept, volume_percent=volume, last_answer=last_answer, box=box or Box())


def updating(state: str, offered: str = "", **said: Any) -> World:
    return replace(world(box=Box("1.2.3")), update=Update(state, offered, has_server=True, has_looked=True, **said))


def after_an_update(outcome: str) -> World:
    return replace(world(), update=Update("idle", news=News("n", outcome, "1.3.0")))


FIVE, PASTA, RINGING = timer(300, 125), timer(540, 400, "pasta"), timer(300, -3, state=State.RINGING)
SEVEN, NINE_THIRTY = alarm(7, 0, TOMORROW), alarm(9, 30, days=(0, 1, 2, 3, 4))
WORLDS: Mapping[str, World] = {
    "empty": world(),
    "one": world(FIVE),
    "two": world(PASTA, FIVE),
    "ring": world(RINGING, PASTA),
    "many": world(*(timer(n, n) for n in range(1, 120))),
    "alarm": world(SEVEN),
    "alarms": world(SEVEN, NINE_THIRTY),
    "aring": world(alarm(16, 10, TODAY, state=State.RINGING), SEVEN),
    "lists": world(
        Item("1", "shopping", "milk", 1), Item("2", "shopping", "eggs", 2), Item("3", "to do", "call the bank", 3)
    ),
    "full": world(*(Item(str(n), "shopping", f"thing {n}", n) for n in range(200))),
    "loud": world(volume=100),
    "quiet": world(volume=0),
    "almost": world(volume=95),
    "missed": world(
        Missed("m", "timer", NOW.wall - 3600, "pasta", 540), Missed("n", "alarm", NOW.wall - 7200, unanswered=True)
    ),
    "unknown": World(Instant(NOW.wall, 1000.0, "boot", False), BERLIN),
    "ny": World(NOW, ZoneInfo("America/New_York")),
    "box": world(box=Box("1.2.3", "192.168.1.7", 61.4)),
    "imperial": replace(world(box=Box(celsius=61.4)), imperial=True),
    "hot": world(box=Box("1.2.3", "", 90.0)),
    "updates": updating("idle"),
    "new": updating("idle", "1.3.0"),
    "safer": updating("idle", "1.3.0", security=True),
    "fetching": updating("downloading", "1.3.0", per_cent=40),
    "fetched": updating("ready", "1.3.0"),
    "writing": updating("installing", "1.3.0"),
    "on trial": updating("trial", "1.3.0"),
    "leaving": updating("going back", "1.3.0"),
    "no server": replace(world(box=Box("1.2.3")), update=Update("idle")),
    "just started": replace(world(box=Box("1.2.3")), update=Update("idle", has_server=True)),
    "updated": after_an_update("kept"),
    "went back": after_an_update("went back"),
    "stayed": after_an_update("stayed"),
    "from the future": after_an_update("turned into a pumpkin"),
    "said": world(last_answer="Timer set for nine minutes."),
}


def asked(text: str, there: World, language: str = "en") -> Plan:
    understood = Recognizer.for_language(language).understand(text)
    assert understood is not None, text
    return updates.told_with(missed.told_with(skills.plan(understood, there), there), there)


def done(plan: Plan) -> str:
    """What a plan does, and "?" where it waits for an answer."""
    return ",".join(type(effect).__name__ for effect in plan.effects) + "?" * plan.expects_reply


GERMAN = [
    ("empty", "wie spät ist es", "Es ist sechzehn Uhr zehn.", ""),
    ("empty", "wie spät ist es in tokio", "In Tokio ist es null Uhr zehn.", ""),
    ("empty", "welcher tag ist heute", "Heute ist Freitag, der 20. November.", ""),
    ("empty", "welcher monat ist heute", "Es ist November.", ""),
    ("unknown", "wie spät ist es", "Ich weiß noch nicht, wie spät es ist.", ""),
    ("empty", "stelle einen timer auf fünf minuten", "Der Timer läuft: fünf Minuten.", "TimerSet"),
    ("empty", "stelle einen nudel timer auf 9 minuten", "Der Timer für Nudeln läuft: neun Minuten.", "TimerSet"),
    ("empty", "stelle einen timer", "Wie lange?", "?"),
    ("one", "wie lange noch", "Noch zwei Minuten.", ""),
    (
        "two",
        "wie lange noch",
        (
            "Es laufen zwei Timer: der Fünf-Minuten-Timer noch zwei Minuten und der Timer für Pasta noch "
            "sechs Minuten und vierzig Sekunden."
        ),
        "",
    ),
    ("empty", "wie lange noch", "Es läuft kein Timer.", ""),
    ("one", "lösche den timer", "Der Fünf-Minuten-Timer ist gelöscht.", "TimerCancel"),
    ("two", "lösche den timer", "Welchen: Fünf-Minuten-Timer oder Timer für Pasta?", "?"),
    ("two", "lösche alle timer", "Beide Timer sind gelöscht.", "TimerCancel"),
    ("one", "noch zwei minuten", "Der Fünf-Minuten-Timer läuft noch vier Minuten.", "TimerAdd"),
    ("one", "welche timer laufen", "Es läuft ein Timer: der Fünf-Minuten-Timer noch zwei Minuten.", ""),
    ("empty", "lautstärke auf 40 prozent", "Lautstärke vierzig Prozent.", "VolumeSet"),
    ("loud", "mach lauter", "Lauter geht es nicht.", ""),
    ("quiet", "leiser", "Leiser geht es nicht.", ""),
    ("empty", "stopp", "", "Silence"),
    (
        "empty",
        "ruf einen krankenwagen",
        "Ich kann niemanden anrufen. Nimm ein Telefon und wähle eins eins zwei, oder bitte jemanden darum.",
        "",
    ),
    (
        "empty",
        "hilfe",
        "Ich kann niemanden anrufen. Ist jemand in Gefahr, wähle eins eins zwei, oder ruf laut nach den Nachbarn.",
        "",
    ),
    (
        "empty",
        "es brennt",
        "Bringt euch jetzt alle nach draußen, und ruft dort eins eins zwei an. Ich kann niemanden anrufen.",
        "",
    ),
    (
        "missed",
        "wie spät ist es",
        (
            "Es ist sechzehn Uhr zehn. Übrigens: Dein Wecker hat um vierzehn Uhr zehn geklingelt, und "
            "niemand kam. Übrigens: der Timer für Pasta war um fünfzehn Uhr zehn fertig, als ich aus war."
        ),
        "MissedTold",
    ),
    ("ring", "wie lange noch", "Der Fünf-Minuten-Timer klingelt.", ""),
    (
        "went back",
        "wie spät ist es",
        (
            "Es ist sechzehn Uhr zehn. Übrigens: Ich habe Version 1.3.0 ausprobiert, die nicht gut lief. "
            "Die vorige ist wieder da."
        ),
        "UpdateTold",
    ),
    (
        "one",
        "verkürze den timer um zehn minuten",
        "So viel ist beim Fünf-Minuten-Timer nicht mehr übrig. Er läuft weiter.",
        "",
    ),
]


@pytest.mark.parametrize(("where", "text", "answer", "effects"), ENGLISH)
def test_answers(where: str, text: str, answer: str, effects: str) -> None:
    plan = asked(text, WORLDS[where])
    assert (plan.answer, done(plan)) == (answer, effects)


@pytest.mark.parametrize(("where", "text", "answer", "effects"), GERMAN)
def test_answers_in_german(where: str, text: str, answer: str, effects: str) -> None:
    plan = asked(text, WORLDS[where], "de")
    assert (plan.answer, done(plan)) == (answer, effects)


@pytest.mark.parametrize("language", ["en", "de"])
def test_every_intent_of_the_templates_has_a_skill(language: str) -> None:
    templates = yaml.safe_load((TEMPLATES / f"{language}.yaml").read_text())
    assert set(templates["intents"]) <= set(skills.SKILLS)


def test_a_skill_without_an_intent_answers_nobody() -> None:
    templates = yaml.safe_load((TEMPLATES / "en.yaml").read_text())
    assert set(skills.SKILLS) <= set(templates["intents"])


@pytest.mark.parametrize(("where", "text", "answer", "_effects"), [*ENGLISH, *GERMAN])
def test_answers_are_sentences(where: str, text: str, answer: str, _effects: str) -> None:
    assert answer == "" or (answer[-1] in ".?" and answer[0] == answer[0].upper())
    assert "{" not in answer
    assert "  " not in answer


def test_a_full_list_is_not_read_to_its_end() -> None:
    answer = asked("what's on the shopping list", WORLDS["full"]).answer
    assert answer.startswith("On the shopping list: thing 0, thing 1,")
    assert answer.endswith("thing 19 and 180 more.")


EFFECTS = [
    ("empty", "set a pasta timer for nine minutes", TimerSet(540, "pasta")),
    ("empty", "set an alarm for seven", AlarmSet(19, 0, YESTERDAY, on=TODAY)),
    ("empty", "set an alarm for two", AlarmSet(2, 0, TODAY, on=TOMORROW)),
    ("empty", "set an alarm for two pm", AlarmSet(14, 0, TODAY, on=TOMORROW)),
    ("empty", "set an alarm for two tomorrow", AlarmSet(14, 0, TODAY, on=TOMORROW)),
    ("empty", "wake me at midnight", AlarmSet(0, 0, TODAY, on=TOMORROW)),
    ("empty", "wake me at six on weekdays", AlarmSet(6, 0, TODAY, (0, 1, 2, 3, 4))),
    ("empty", "set an alarm for nine every weekend", AlarmSet(9, 0, YESTERDAY, (5, 6))),
    ("empty", "set an alarm for half past six every monday", AlarmSet(6, 30, YESTERDAY, (0,))),
    ("empty", "set an alarm for seven every friday", AlarmSet(7, 0, TODAY, (4,))),
    ("two", "add two minutes to the pasta timer", TimerAdd(PASTA.id, 120)),
    ("one", "take a minute off the timer", TimerAdd(FIVE.id, -60)),
    ("two", "cancel the five minute timer", TimerCancel((FIVE.id,))),
    ("two", "cancel both timers", TimerCancel((FIVE.id, PASTA.id))),
    ("ring", "turn the timer off", Dismiss((RINGING.id,))),
    ("alarms", "cancel the alarm for monday", AlarmCancel((NINE_THIRTY.id,))),
    ("aring", "turn off the alarm", Dismiss(("alarm at 16:10",))),
    ("aring", "five more minutes", Snooze(("alarm at 16:10",), 300)),
    ("almost", "louder", VolumeSet(100, 95)),
    ("empty", "add milk and butter to the list", ListAdd("shopping", ("milk", "butter"))),
    ("lists", "add milk and butter to the list", ListAdd("shopping", ("butter",))),
    ("new", "install the update", UpdateWish("install", "not_now")),
    ("new", "don't update tonight", UpdateWish("not_now")),
    ("new", "skip this version", UpdateWish("skip")),
    ("just started", "check for updates", UpdateWish("check")),
    ("updated", "what time is it", UpdateTold("n")),
]


@pytest.mark.parametrize(("where", "text", "effect"), EFFECTS)
def test_effects(where: str, text: str, effect: object) -> None:
    assert asked(text, WORLDS[where]).effects == (effect,)


def test_what_was_missed_is_told_once_and_taken_off_the_records() -> None:
    (told,) = asked("what time is it", WORLDS["missed"]).effects
    assert set(told.ids) == {"m", "n"}  # type: ignore[union-attr]


def test_the_egg_timer_is_the_one_of_the_eggs() -> None:
    there = world(timer(360, 120, "egg"))
    assert asked("are the eggs done", there).answer == "Two minutes left on the egg timer."
