"""Timers: set, ask, change, cancel."""

from collections.abc import Mapping, Sequence

from conductor import speech
from conductor.effects import Dismiss, TimerAdd, TimerCancel, TimerSet
from conductor.intents import Understood
from conductor.plan import Plan
from conductor.skills.skill import Skill, text, whole
from conductor.speech import Sentences
from conductor.timers import MOST_AT_ONCE, State, Timer
from conductor.world import World

SENTENCES = Sentences(
    en={
        "set": "Timer set for {duration}.",
        "set_named": "{name} timer set for {duration}.",
        "how_long": "For how long?",
        "too_many": "There are {count} timers and alarms already. Cancel one of them first.",
        "none": "There is no timer running.",
        "none_named": "There is no {name} timer running.",
        "none_so_long": "There is no {length} timer running.",
        "left": "{duration} left.",
        "left_on": "{duration} left on {timer}.",
        "rings": "{timer} is ringing.",
        "running": "{count} timers are running: {timers}.",
        "one_running": "One timer is running: {timers}.",
        "with_left": "{timer} with {duration} left",
        "cancelled": "{timer} is cancelled.",
        "all_cancelled": "All {count} timers are cancelled.",
        "both_cancelled": "Both timers are cancelled.",
        "which": "Which one: {timers}?",
        "longer": "Now {duration} left on {timer}.",
        "over": "Less than that is left on {timer}. It goes on.",
        "timer_named": "the {name} timer",
        "timer_of": "the {length} timer",
        "timer": "the timer",
    },
    de={
        "set": "Der Timer läuft: {duration}.",
        "set_named": "Der Timer für {name} läuft: {duration}.",
        "how_long": "Wie lange?",
        "too_many": "Es gibt schon {count} Timer und Wecker. Lösche erst einen davon.",
        "none": "Es läuft kein Timer.",
        "none_named": "Es läuft kein Timer für {name}.",
        "none_so_long": "Es läuft kein {length}-Timer.",
        "left": "Noch {duration}.",
        "left_on": "Noch {duration} beim {timer}.",
        "rings": "Der {timer} klingelt.",
        "running": "Es laufen {count} Timer: {timers}.",
        "one_running": "Es läuft ein Timer: {timers}.",
        "with_left": "der {timer} noch {duration}",
        "cancelled": "Der {timer} ist gelöscht.",
        "all_cancelled": "Alle {count} Timer sind gelöscht.",
        "both_cancelled": "Beide Timer sind gelöscht.",
        "which": "Welchen: {timers}?",
        "longer": "Der {timer} läuft noch {duration}.",
        "over": "So viel ist beim {timer} nicht mehr übrig. Er läuft weiter.",
        "timer_named": "Timer für {name}",
        "timer_of": "{length}-Timer",
        "timer": "Timer",
    },
)


def _set(asked: Understood, world: World) -> Plan:
    if "seconds" not in asked.slots:
        return Plan(asked.intent, SENTENCES.say(asked.language, "how_long"), asked.language, expects_reply=True)
    if len(world.records.entries) >= MOST_AT_ONCE:
        count = speech.number(len(world.records.entries), asked.language)
        return _say(asked, "too_many", count=count)
    seconds, name = whole(asked, "seconds"), text(asked, "name")
    duration = speech.duration(seconds, asked.language)
    key = "set_named" if name else "set"
    answer = SENTENCES.say(asked.language, key, name=_name(name, asked.language), duration=duration)
    return Plan(asked.intent, answer, asked.language, (TimerSet(seconds, name),))


def _left(asked: Understood, world: World) -> Plan:
    timers = _meant(asked, world.records.timers)
    if not timers:
        return _none(asked)
    if len(timers) > 1:
        return _list(asked, world)
    return Plan(asked.intent, _left_on(timers[0], world, asked.language, bool(text(asked, "name"))), asked.language)


def _left_on(timer: Timer, world: World, language: str, named: bool) -> str:
    if timer.state is State.RINGING:
        return SENTENCES.say(language, "rings", timer=described(timer, language))
    duration = speech.remaining(timer.remaining_s(world.now), language)
    return SENTENCES.say(language, "left_on" if named else "left", timer=described(timer, language), duration=duration)


def _list(asked: Understood, world: World) -> Plan:
    timers, language = world.records.timers, asked.language
    if not timers:
        return _none(asked)
    each = [
        SENTENCES.phrase(
            language,
            "with_left",
            timer=described(timer, language),
            duration=speech.remaining(timer.remaining_s(world.now), language),
        )
        for timer in timers
    ]
    key = "one_running" if len(timers) == 1 else "running"
    return _say(asked, key, count=speech.number(len(timers), language), timers=speech.listed(each, language))


def _cancel(asked: Understood, world: World) -> Plan:
    language = asked.language
    timers = world.records.timers if "all" in asked.slots else _meant(asked, world.records.timers)
    if not timers:
        return _none(asked)
    ringing = all(timer.state is State.RINGING for timer in timers)
    if len(timers) > 1 and "all" not in asked.slots and not ringing:
        return _which(asked, timers)
    ids = tuple(timer.id for timer in timers)
    if ringing:
        # Whoever stops what rings wants silence.
        return Plan(asked.intent, "", language, (Dismiss(ids),))
    if len(timers) > 1:
        key = "both_cancelled" if len(timers) == 2 else "all_cancelled"
        answer = SENTENCES.say(language, key, count=speech.number(len(timers), language))
    else:
        answer = SENTENCES.say(language, "cancelled", timer=described(timers[0], language))
    return Plan(asked.intent, answer, language, (TimerCancel(ids),))


def _add(asked: Understood, world: World) -> Plan:
    language, seconds = asked.language, whole(asked, "seconds")
    timers = _meant(asked, world.records.timers, by_length=False)
    if not timers:
        return _none(asked)
    if len(timers) > 1:
        return _which(asked, timers)
    timer = timers[0]
    left = max(0.0, timer.remaining_s(world.now)) + seconds
    if left < 1:
        return _say(asked, "over", timer=described(timer, language))
    duration = speech.remaining(left, language)
    answer = SENTENCES.say(language, "longer", timer=described(timer, language), duration=duration)
    return Plan(asked.intent, answer, language, (TimerAdd(timer.id, seconds),))


def longer(asked: Understood, world: World) -> Plan:
    """More time for the one timer there is."""
    return _add(asked, world)


def described(timer: Timer, language: str) -> str:
    """ "the pasta timer", "the five-minute timer"; "the timer" where neither tells it apart."""
    if timer.name:
        return SENTENCES.phrase(language, "timer_named", name=_name(timer.name, language))
    length = speech.length_name(timer.seconds, language)
    return SENTENCES.phrase(language, "timer_of" if length else "timer", length=length)


def _name(name: str, language: str) -> str:
    return speech.capital(name) if speech.base(language) == "de" else name


def _meant(asked: Understood, timers: Sequence[Timer], by_length: bool = True) -> Sequence[Timer]:
    """Those that the request may mean: by name, by length, or whichever there are; what rings before what runs."""
    name, seconds = text(asked, "name"), whole(asked, "seconds") if by_length else 0
    if name:
        return [timer for timer in timers if _singular(timer.name) == _singular(name)]
    if seconds:
        return [timer for timer in timers if timer.seconds == seconds]
    ringing = [timer for timer in timers if timer.state is State.RINGING]
    return ringing or timers


def _singular(name: str) -> str:
    """ "The eggs" are on "the egg timer"."""
    return name.removesuffix("s").removesuffix("e")


def _none(asked: Understood) -> Plan:
    if name := text(asked, "name"):
        return _say(asked, "none_named", name=_name(name, asked.language))
    if asked.intent != "TimerAdd" and (length := speech.length_name(whole(asked, "seconds"), asked.language)):
        return _say(asked, "none_so_long", length=length) if whole(asked, "seconds") else _say(asked, "none")
    return _say(asked, "none")


def _which(asked: Understood, timers: Sequence[Timer]) -> Plan:
    each = [described(timer, asked.language) for timer in timers]
    answer = SENTENCES.say(asked.language, "which", timers=speech.listed(each, asked.language, speech.OR))
    return Plan(asked.intent, answer, asked.language, expects_reply=True)


def _say(asked: Understood, key: str, **values: object) -> Plan:
    return Plan(asked.intent, SENTENCES.say(asked.language, key, **values), asked.language)


SKILLS: Mapping[str, Skill] = {
    "TimerSet": _set,
    "TimerLeft": _left,
    "TimerList": _list,
    "TimerCancel": _cancel,
}
