"""What skills answer: a request, a world, and exactly what is said and done then."""

from collections.abc import Mapping
from datetime import date, datetime
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
    VolumeSet,
)
from conductor.intents import TEMPLATES, Recognizer
from conductor.plan import Plan
from conductor.records import Item, Record, Records
from conductor.skills import missed
from conductor.timers import Alarm, Missed, Moment, State, Timer
from conductor.world import Box, World

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
    "hot": world(box=Box("1.2.3", "", 90.0)),
    "said": world(last_answer="Timer set for nine minutes."),
}


def asked(text: str, there: World, language: str = "en") -> Plan:
    understood = Recognizer.for_language(language).understand(text)
    assert understood is not None, text
    return missed.told_with(skills.plan(understood, there), there)


def done(plan: Plan) -> str:
    """What a plan does, and "?" where it waits for an answer."""
    return ",".join(type(effect).__name__ for effect in plan.effects) + "?" * plan.expects_reply


ENGLISH = [
    ("empty", "what time is it", "It's ten past four.", ""),
    ("empty", "what time is it in tokyo", "In Tokyo it's ten past twelve at night.", ""),
    ("empty", "what's the date", "It's Friday, the 20th of November.", ""),
    ("empty", "what month is it", "It's November.", ""),
    ("empty", "what year is it", "It's 2026.", ""),
    ("empty", "what day is it in new york", "In New York it's Friday, the 20th of November.", ""),
    ("unknown", "what time is it", "I don't know the time yet.", ""),
    ("unknown", "set an alarm for seven", "I don't know the time yet, so I can't set an alarm.", ""),
    ("unknown", "what year is it", "I don't know the time yet.", ""),
    ("empty", "set a timer for five minutes", "Timer set for five minutes.", "TimerSet"),
    ("empty", "set a pasta timer for nine minutes", "Pasta timer set for nine minutes.", "TimerSet"),
    (
        "empty",
        "set a timer for one hour and twenty minutes",
        "Timer set for one hour and twenty minutes.",
        "TimerSet",
    ),
    ("empty", "set a timer", "For how long?", "?"),
    (
        "many",
        "set a timer for five minutes",
        "There are 119 timers and alarms already. Cancel one of them first.",
        "",
    ),
    ("empty", "how long is left", "There is no timer running.", ""),
    ("one", "how long is left", "Two minutes left.", ""),
    (
        "two",
        "how long is left",
        (
            "Two timers are running: the five-minute timer with two minutes left and the pasta timer with "
            "six minutes and forty seconds left."
        ),
        "",
    ),
    ("two", "how long is left on the pasta timer", "Six minutes and forty seconds left on the pasta timer.", ""),
    ("two", "how long for the rice", "There is no rice timer running.", ""),
    ("ring", "how long is left", "The five-minute timer is ringing.", ""),
    ("empty", "cancel the timer", "There is no timer running.", ""),
    ("one", "cancel the timer", "The five-minute timer is cancelled.", "TimerCancel"),
    ("two", "cancel the timer", "Which one: the five-minute timer or the pasta timer?", "?"),
    ("two", "cancel the pasta timer", "The pasta timer is cancelled.", "TimerCancel"),
    ("two", "cancel all timers", "Both timers are cancelled.", "TimerCancel"),
    ("two", "cancel the ten minute timer", "There is no ten-minute timer running.", ""),
    ("two", "cancel the rice timer", "There is no rice timer running.", ""),
    ("ring", "stop the timer", "", "Dismiss"),
    ("one", "cancel all timers", "The five-minute timer is cancelled.", "TimerCancel"),
    (
        "two",
        "what timers do i have",
        (
            "Two timers are running: the five-minute timer with two minutes left and the pasta timer with "
            "six minutes and forty seconds left."
        ),
        "",
    ),
    ("one", "what timers do i have", "One timer is running: the five-minute timer with two minutes left.", ""),
    ("empty", "any timers", "There is no timer running.", ""),
    ("one", "add two minutes", "Now four minutes left on the five-minute timer.", "TimerAdd"),
    ("two", "add two minutes", "Which one: the five-minute timer or the pasta timer?", "?"),
    (
        "two",
        "add two minutes to the pasta timer",
        "Now eight minutes and forty seconds left on the pasta timer.",
        "TimerAdd",
    ),
    ("one", "take five minutes off the timer", "Less than that is left on the five-minute timer. It goes on.", ""),
    ("empty", "five more minutes", "There is no timer running.", ""),
    ("aring", "five more minutes", "Again in five minutes.", "Snooze"),
    ("ring", "add a minute to the timer", "Now one minute left on the five-minute timer.", "TimerAdd"),
    ("empty", "set an alarm for seven", "Alarm set for today at seven in the evening.", "AlarmSet"),
    ("empty", "wake me at half past four", "Alarm set for today at half past four in the afternoon.", "AlarmSet"),
    (
        "empty",
        "set an alarm for seven fifteen am tomorrow",
        "Alarm set for tomorrow at quarter past seven in the morning.",
        "AlarmSet",
    ),
    (
        "empty",
        "set an alarm for seven forty on weekdays",
        "Alarm set for every weekday at twenty to eight in the morning.",
        "AlarmSet",
    ),
    (
        "empty",
        "set an alarm for every monday at seven",
        "Alarm set for every Monday at seven in the morning.",
        "AlarmSet",
    ),
    (
        "empty",
        "set an alarm for nine on weekends",
        "Alarm set for every Saturday and Sunday at nine in the morning.",
        "AlarmSet",
    ),
    (
        "empty",
        "get me up at quarter to eight on monday",
        "Alarm set for Monday at quarter to eight in the morning.",
        "AlarmSet",
    ),
    (
        "empty",
        "set an alarm for six the day after tomorrow",
        "Alarm set for Sunday at six in the morning.",
        "AlarmSet",
    ),
    ("empty", "set an alarm for three p m today", "It's later than that already.", ""),
    ("empty", "set an alarm for tomorrow", "For what time?", "?"),
    ("empty", "wake me at noon on saturday", "Alarm set for tomorrow at noon.", "AlarmSet"),
    (
        "empty",
        "wake me every day at six thirty",
        "Alarm set for every day at half past six in the morning.",
        "AlarmSet",
    ),
    (
        "empty",
        "set an alarm for seven on friday",
        "Alarm set for Friday, the 27th of November, at seven in the morning.",
        "AlarmSet",
    ),
    ("alarm", "what alarms do i have", "You have one alarm: tomorrow at seven in the morning.", ""),
    (
        "alarms",
        "what alarms do i have",
        "You have two alarms: tomorrow at seven in the morning and every weekday at half past nine in the morning.",
        "",
    ),
    ("empty", "what alarms do i have", "There is no alarm set.", ""),
    ("alarm", "cancel the alarm", "The alarm for tomorrow at seven in the morning is cancelled.", "AlarmCancel"),
    (
        "alarms",
        "cancel the alarm",
        "Which one: tomorrow at seven in the morning or every weekday at half past nine in the morning?",
        "?",
    ),
    ("alarms", "cancel all alarms", "Both alarms are cancelled.", "AlarmCancel"),
    (
        "alarms",
        "cancel the seven o'clock alarm",
        "The alarm for tomorrow at seven in the morning is cancelled.",
        "AlarmCancel",
    ),
    ("alarms", "cancel the eight o'clock alarm", "There is no alarm for eight o'clock.", ""),
    (
        "alarms",
        "cancel tomorrow's alarm",
        "The alarm for tomorrow at seven in the morning is cancelled.",
        "AlarmCancel",
    ),
    ("alarm", "cancel monday's alarm", "There is no alarm on that day.", ""),
    ("alarm", "cancel the seven p m alarm", "There is no alarm for seven o'clock.", ""),
    ("aring", "cancel the alarm", "", "Dismiss"),
    ("aring", "stop", "", "Dismiss"),
    ("empty", "stop", "", "Silence"),
    ("aring", "snooze", "Again in nine minutes.", "Snooze"),
    ("aring", "snooze for ten minutes", "Again in ten minutes.", "Snooze"),
    ("empty", "snooze", "Nothing is ringing.", ""),
    ("one", "give me another two minutes", "Now four minutes left on the five-minute timer.", "TimerAdd"),
    ("empty", "volume sixty", "Volume sixty percent.", "VolumeSet"),
    ("empty", "turn it up", "Volume sixty percent.", "VolumeSet"),
    ("empty", "turn it down", "Volume forty percent.", "VolumeSet"),
    ("loud", "turn it up", "That's as loud as I get.", ""),
    ("quiet", "turn it down", "I'm at zero already.", ""),
    ("almost", "louder", "Volume 100 percent.", "VolumeSet"),
    ("empty", "volume zero", "Volume zero percent.", "VolumeSet"),
    ("empty", "full volume", "Volume 100 percent.", "VolumeSet"),
    ("empty", "mute the microphone", "", "MicrophoneMute"),
    ("said", "say that again", "Timer set for nine minutes.", ""),
    ("empty", "say that again", "I haven't said anything yet.", ""),
    ("empty", "never mind", "Okay.", ""),
    ("empty", "thanks", "You're welcome.", ""),
    ("empty", "hello", "Hello.", ""),
    ("empty", "good night", "Good night.", ""),
    ("alarm", "good night", "Good night. Your alarm is set for tomorrow at seven in the morning.", ""),
    ("empty", "good morning", "Good morning. It's ten past four.", ""),
    ("unknown", "good morning", "Good morning.", ""),
    (
        "empty",
        "what can you do",
        (
            "You can ask me for the time, set timers and alarms, keep a shopping list, do sums and turn "
            "miles into kilometers. Try: set a timer for ten minutes."
        ),
        "",
    ),
    ("empty", "what's seven times eight", "Seven times eight is fifty-six.", ""),
    ("empty", "what is fifteen percent of two hundred and forty", "Fifteen percent of 240 is thirty-six.", ""),
    ("empty", "what's ninety six split four ways", "Ninety-six divided by four is twenty-four.", ""),
    ("empty", "square root of two", "The square root of two is about 1.414.", ""),
    ("empty", "five divided by zero", "Nothing can be divided by zero.", ""),
    ("empty", "three minus ten", "Three minus ten is minus seven.", ""),
    ("empty", "what's 2.5 times 4", "2.5 times four is ten.", ""),
    ("empty", "half of ninety nine", "Ninety-nine divided by two is 49.5.", ""),
    ("empty", "double forty", "Two times forty is eighty.", ""),
    ("empty", "twelve squared", "Twelve squared is 144.", ""),
    ("empty", "ten divided by three", "Ten divided by three is about 3.333.", ""),
    ("empty", "a thousand times a thousand", "1000 times 1000 is 1000000.", ""),
    ("empty", "convert ten miles to kilometers", "Ten miles are about 16.1 kilometers.", ""),
    ("empty", "i weigh seventy kilos what's that in pounds", "Seventy kilograms are about 154 pounds.", ""),
    (
        "empty",
        "what's seventy fahrenheit in celsius",
        "Seventy degrees Fahrenheit is about 21.1 degrees Celsius.",
        "",
    ),
    ("empty", "how many ounces in a pound", "One pound is sixteen ounces.", ""),
    ("empty", "half a mile in meters", "0.5 miles are about 805 meters.", ""),
    ("empty", "convert ten miles to kilograms", "Miles can't be turned into kilograms.", ""),
    ("empty", "zero kelvin in celsius", "Zero kelvin is about minus 273 degrees Celsius.", ""),
    ("empty", "how many feet in a mile", "One mile is 5280 feet.", ""),
    ("empty", "add milk to the shopping list", "Milk: it's on the shopping list.", "ListAdd"),
    ("lists", "add milk to the shopping list", "Milk is on the shopping list already.", ""),
    ("lists", "add milk and butter to the shopping list", "Butter: it's on the shopping list.", "ListAdd"),
    (
        "empty",
        "add milk and butter to the shopping list",
        "Milk and butter: they're on the shopping list.",
        "ListAdd",
    ),
    ("full", "we need eggs", "The shopping list is full. Take something off it first.", ""),
    ("lists", "take milk off the shopping list", "I took milk off the shopping list.", "ListRemove"),
    ("lists", "take flour off the list", "Flour isn't on the shopping list.", ""),
    ("lists", "what's on the shopping list", "On the shopping list: milk and eggs.", ""),
    ("empty", "what's on the shopping list", "The shopping list is empty.", ""),
    ("lists", "what do i have to do today", "On the to do list: call the bank.", ""),
    ("lists", "clear the shopping list", "The shopping list is empty now.", "ListClear"),
    ("empty", "clear my to do list", "The to do list is empty.", ""),
    ("empty", "i need to call the bank", "Call the bank: it's on the to do list.", "ListAdd"),
    ("box", "what's your ip address", "My address is 192.168.1.7.", ""),
    ("empty", "what's your ip address", "I'm not connected to a network.", ""),
    ("box", "what version are you", "I'm running version 1.2.3.", ""),
    ("box", "how hot are you", "My processor is at 61 degrees Celsius.", ""),
    ("empty", "how hot are you", "I can't measure my temperature here.", ""),
    ("box", "are you okay", "All is well. I'm running version 1.2.3.", ""),
    ("hot", "are you okay", "I'm too warm: give me more air, please.", ""),
    (
        "empty",
        "call an ambulance",
        "I can't call anyone. Take a phone and call one one two, or ask somebody near you to do it.",
        "",
    ),
    (
        "ny",
        "call an ambulance",
        "I can't call anyone. Take a phone and call nine one one, or ask somebody near you to do it.",
        "",
    ),
    (
        "empty",
        "help",
        "I can't call anyone. If somebody is in danger, call one one two from a phone, or shout for a neighbour.",
        "",
    ),
    (
        "empty",
        "the kitchen is on fire",
        "Get everybody out now, and call one one two from outside. I can't call anyone.",
        "",
    ),
    (
        "missed",
        "what time is it",
        (
            "It's ten past four. By the way, your alarm rang at ten past two, and nobody came. By the way, "
            "the pasta timer was done at ten past three, while I was off."
        ),
        "MissedTold",
    ),
    ("missed", "set a timer", "For how long?", "?"),
    (
        "missed",
        "help",
        "I can't call anyone. If somebody is in danger, call one one two from a phone, or shout for a neighbour.",
        "",
    ),
    ("missed", "stop", "", "Silence"),
]

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
