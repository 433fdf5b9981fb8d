"""Alarms: set, list, cancel, snooze; and what "stop" means while something rings."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import date, timedelta

from conductor import speech
from conductor.effects import AlarmCancel, AlarmSet, Dismiss, Silence, Snooze
from conductor.intents import Understood
from conductor.plan import Plan
from conductor.skills import timers
from conductor.skills.skill import Skill, text, whole
from conductor.speech import Sentences
from conductor.timers import EVERY_DAY, MOST_AT_ONCE, SNOOZE_S, WEEKDAYS, Alarm, at
from conductor.world import World

WEEKENDS = (5, 6)
DAYS = "monday tuesday wednesday thursday friday saturday sunday".split()

SENTENCES = Sentences(
    en={
        "set": "Alarm set for {when}.",
        "when": "For what time?",
        "past": "It's later than that already.",
        "too_many": "There are {count} timers and alarms already. Cancel one of them first.",
        "no_time": "I don't know the time yet, so I can't set an alarm.",
        "none": "There is no alarm set.",
        "none_then": "There is no alarm for {time}.",
        "none_on_day": "There is no alarm on that day.",
        "cancelled": "The alarm for {when} is cancelled.",
        "all_cancelled": "All {count} alarms are cancelled.",
        "both_cancelled": "Both alarms are cancelled.",
        "which": "Which one: {alarms}?",
        "alarms": "You have {count} alarms: {alarms}.",
        "one_alarm": "You have one alarm: {alarms}.",
        "snoozed": "Again in {duration}.",
        "nothing_rings": "Nothing is ringing.",
        "today": "today at {time}",
        "tomorrow": "tomorrow at {time}",
        "on_day": "{day} at {time}",
        "on_date": "{date}, at {time}",
        "weekdays": "every weekday at {time}",
        "daily": "every day at {time}",
        "every": "every {day} at {time}",
    },
    de={
        "set": "Der Wecker ist gestellt: {when}.",
        "when": "Auf wie viel Uhr?",
        "past": "So spät ist es schon gewesen.",
        "too_many": "Es gibt schon {count} Timer und Wecker. Lösche erst einen davon.",
        "no_time": "Ich weiß noch nicht, wie spät es ist. Darum kann ich keinen Wecker stellen.",
        "none": "Es ist kein Wecker gestellt.",
        "none_then": "Es gibt keinen Wecker für {time}.",
        "none_on_day": "An dem Tag ist kein Wecker gestellt.",
        "cancelled": "Der Wecker ist gelöscht: {when}.",
        "all_cancelled": "Alle {count} Wecker sind gelöscht.",
        "both_cancelled": "Beide Wecker sind gelöscht.",
        "which": "Welchen: {alarms}?",
        "alarms": "Es gibt {count} Wecker: {alarms}.",
        "one_alarm": "Es gibt einen Wecker: {alarms}.",
        "snoozed": "Wieder in {duration}.",
        "nothing_rings": "Es klingelt nichts.",
        "today": "heute um {time}",
        "tomorrow": "morgen um {time}",
        "on_day": "{day} um {time}",
        "on_date": "{date}, um {time}",
        "weekdays": "werktags um {time}",
        "daily": "täglich um {time}",
        "every": "jeden {day} um {time}",
    },
)


def _set(asked: Understood, world: World) -> Plan:
    language = asked.language
    if not world.now.known:
        return _say(asked, "no_time")
    if "hour" not in asked.slots:
        return replace(_say(asked, "when"), expects_reply=True)
    if len(world.records.entries) >= MOST_AT_ONCE:
        return _say(asked, "too_many", count=speech.number(len(world.records.entries), language))
    wanted = _wanted(asked, world)
    if wanted is None:
        return _say(asked, "past")
    alarm = Alarm("", wanted.hour, wanted.minute, wanted.done_until, wanted.days, wanted.on)
    return Plan(asked.intent, SENTENCES.say(language, "set", when=when(alarm, world, language)), language, (wanted,))


def _wanted(asked: Understood, world: World) -> AlarmSet | None:
    """The alarm that was meant; None where its time has passed."""
    day, minute = text(asked, "day"), whole(asked, "minute")
    hours = _hours(whole(asked, "hour"), text(asked, "meridiem"))
    yesterday, today = world.today - timedelta(days=1), world.today
    if days := _repeated(day):
        hour = _usual(hours)
        begun = today.weekday() in days and _past(today, hour, minute, world)
        return AlarmSet(hour, minute, today if begun else yesterday, days)
    if day in ("", "today"):
        left = [hour for hour in hours if not _past(today, hour, minute, world)]
        if left:
            return AlarmSet(left[0], minute, yesterday, on=today)
        return None if day else AlarmSet(hours[0], minute, today, on=today + timedelta(days=1))
    date_of = _date(day, today)
    return AlarmSet(_usual(hours), minute, date_of - timedelta(days=1), on=date_of)


def _repeated(day: str) -> tuple[int, ...]:
    """The weekdays of "weekdays", "daily", "weekends" or "every monday"; none where the alarm is for one day."""
    if day.startswith("every "):
        return (DAYS.index(day.removeprefix("every ")),)
    return {"weekdays": WEEKDAYS, "daily": EVERY_DAY, "weekends": WEEKENDS}.get(day, ())


def _date(day: str, today: date) -> date:
    """The next date that is meant by "today", "tomorrow", "day after tomorrow" or a weekday."""
    ahead = {"": 0, "today": 0, "tomorrow": 1, "day after tomorrow": 2}
    return today + timedelta(days=ahead[day]) if day in ahead else _next(DAYS.index(day), today)


def _hours(hour: int, meridiem: str) -> list[int]:
    """The hours of the day that may be meant, the earlier first."""
    if meridiem:
        return [hour % 12 + (12 if meridiem == "pm" else 0)]
    return sorted({hour % 12, hour % 12 + 12}) if 1 <= hour <= 12 else [hour]


def _usual(hours: Sequence[int]) -> int:
    """Of another day people mean the morning, and the afternoon where the morning would be the night."""
    return hours[0] if len(hours) == 1 or hours[0] >= 5 else hours[1]


def _past(day: date, hour: int, minute: int, world: World) -> bool:
    return at(day, hour, minute, world.zone) <= world.now.wall


def _next(weekday: int, today: date) -> date:
    return today + timedelta(days=(weekday - today.weekday() - 1) % 7 + 1)


def when(alarm: Alarm, world: World, language: str) -> str:
    """When it rings, as people say it: "tomorrow at seven in the morning"."""
    time = speech.time_of_day(alarm.hour, alarm.minute, language)
    if alarm.days == EVERY_DAY:
        return SENTENCES.phrase(language, "daily", time=time)
    if alarm.days == WEEKDAYS:
        return SENTENCES.phrase(language, "weekdays", time=time)
    if alarm.days:
        days = speech.listed([speech.weekday(day, language) for day in alarm.days], language)
        return SENTENCES.phrase(language, "every", day=days, time=time)
    ahead = (alarm.on - world.today).days if alarm.on is not None else 0
    if ahead in (0, 1):
        return SENTENCES.phrase(language, "today" if ahead == 0 else "tomorrow", time=time)
    assert alarm.on is not None
    if 1 < ahead < 7:
        return SENTENCES.phrase(language, "on_day", day=speech.weekday(alarm.on.weekday(), language), time=time)
    return SENTENCES.phrase(language, "on_date", date=speech.spoken_date(alarm.on, language), time=time)


def _list(asked: Understood, world: World) -> Plan:
    alarms, language = world.records.alarms, asked.language
    if not alarms:
        return _say(asked, "none")
    each = speech.listed([when(alarm, world, language) for alarm in alarms], language)
    key = "one_alarm" if len(alarms) == 1 else "alarms"
    return _say(asked, key, count=speech.number(len(alarms), language), alarms=each)


def _cancel(asked: Understood, world: World) -> Plan:
    language, alarms = asked.language, world.records.alarms
    if not alarms:
        return _say(asked, "none")
    if world.ringing and "hour" not in asked.slots and "day" not in asked.slots:
        # Whoever stops what rings wants silence, and an alarm of several days to ring again on the next.
        return _stop(asked, world)
    if day := text(asked, "day"):
        alarms = tuple(alarm for alarm in alarms if _is_on(alarm, day, world.today))
        if not alarms:
            return _say(asked, "none_on_day")
    if "hour" in asked.slots:
        alarms = tuple(alarm for alarm in alarms if _is_at(alarm, asked))
        if not alarms:
            time = speech.clock_time(whole(asked, "hour"), whole(asked, "minute"), language)
            return _say(asked, "none_then", time=time)
    ids = tuple(alarm.id for alarm in alarms)
    if len(alarms) == 1:
        answer = SENTENCES.say(language, "cancelled", when=when(alarms[0], world, language))
        return Plan(asked.intent, answer, language, (AlarmCancel(ids),))
    if "all" in asked.slots:
        key = "both_cancelled" if len(alarms) == 2 else "all_cancelled"
        answer = SENTENCES.say(language, key, count=speech.number(len(alarms), language))
        return Plan(asked.intent, answer, language, (AlarmCancel(ids),))
    each = speech.listed([when(alarm, world, language) for alarm in alarms], language, speech.OR)
    return replace(_say(asked, "which", alarms=each), expects_reply=True)


def _is_on(alarm: Alarm, day: str, today: date) -> bool:
    if days := _repeated(day):
        return alarm.days == days
    meant = _date(day, today)
    return alarm.on == meant or meant.weekday() in alarm.days


def _is_at(alarm: Alarm, asked: Understood) -> bool:
    same_hour = alarm.hour in _hours(whole(asked, "hour"), text(asked, "meridiem"))
    return same_hour and alarm.minute == whole(asked, "minute")


def _snooze(asked: Understood, world: World) -> Plan:
    seconds = whole(asked, "seconds", SNOOZE_S)
    if world.ringing:
        ids = tuple(entry.id for entry in world.ringing)
        answer = SENTENCES.say(asked.language, "snoozed", duration=speech.duration(seconds, asked.language))
        return Plan(asked.intent, answer, asked.language, (Snooze(ids, seconds),))
    if "seconds" in asked.slots and world.records.timers:
        return timers.longer(asked, world)
    return _say(asked, "nothing_rings")


def _more(asked: Understood, world: World) -> Plan:
    """More time: for what rings to be silent if that is an alarm, else for a timer."""
    alarm_rings = any(isinstance(entry, Alarm) for entry in world.ringing)
    if alarm_rings and not text(asked, "name") and whole(asked, "seconds") > 0:
        return _snooze(asked, world)
    return timers.longer(asked, world)


def _stop(asked: Understood, world: World) -> Plan:
    """Silence is the answer."""
    ids = tuple(entry.id for entry in world.ringing)
    return Plan(asked.intent, "", asked.language, (Dismiss(ids),) if ids else (Silence(),))


def _say(asked: Understood, key: str, **values: object) -> Plan:
    return Plan(asked.intent, SENTENCES.say(asked.language, key, **values), asked.language)


SKILLS: Mapping[str, Skill] = {
    "AlarmSet": _set,
    "AlarmList": _list,
    "AlarmCancel": _cancel,
    "Snooze": _snooze,
    "TimerAdd": _more,
    "Stop": _stop,
}
