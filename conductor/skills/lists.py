"""The shopping list and the list of things to do."""

from collections.abc import Mapping, Sequence

from conductor import speech
from conductor.effects import ListAdd, ListClear, ListRemove
from conductor.intents import Understood
from conductor.plan import Plan
from conductor.records import Item
from conductor.skills.skill import Skill, text
from conductor.speech import Sentences
from conductor.world import World

MOST_ITEMS = 200
READ_AT_ONCE = 20

SENTENCES = Sentences(
    en={
        "added": "{item}: it's on the {list} list.",
        "added_both": "{item} and {more}: they're on the {list} list.",
        "there": "{item} is on the {list} list already.",
        "removed": "I took {item} off the {list} list.",
        "not_there": "{item} isn't on the {list} list.",
        "read": "On the {list} list: {items}.",
        "and_more": "{count} more",
        "empty": "The {list} list is empty.",
        "cleared": "The {list} list is empty now.",
        "full": "The {list} list is full. Take something off it first.",
    },
)


def _add(asked: Understood, world: World) -> Plan:
    name, item = text(asked, "list"), text(asked, "item")
    items, more = _items(world, name), text(asked, "more")
    wanted = tuple(each for each in dict.fromkeys((item, more)) if each and not _find(items, each))
    if not wanted:
        return _say(asked, "there")
    if len(items) + len(wanted) > MOST_ITEMS:
        return _say(asked, "full")
    key = "added_both" if len(wanted) > 1 else "added"
    answer = SENTENCES.say(asked.language, key, item=wanted[0], more=wanted[-1], list=name)
    return Plan(asked.intent, answer, asked.language, (ListAdd(name, wanted),))


def _remove(asked: Understood, world: World) -> Plan:
    name, item = text(asked, "list"), text(asked, "item")
    found = _find(_items(world, name), item)
    if not found:
        return _say(asked, "not_there")
    answer = SENTENCES.say(asked.language, "removed", item=item, list=name)
    return Plan(asked.intent, answer, asked.language, (ListRemove(tuple(each.id for each in found)),))


def _read(asked: Understood, world: World) -> Plan:
    items = [item.text for item in _items(world, text(asked, "list"))]
    if not items:
        return _say(asked, "empty")
    said = items[:READ_AT_ONCE]
    if len(items) > len(said):
        count = speech.number(len(items) - len(said), asked.language)
        said = [*said, SENTENCES.phrase(asked.language, "and_more", count=count)]
    return _say(asked, "read", items=speech.listed(said, asked.language))


def _clear(asked: Understood, world: World) -> Plan:
    name = text(asked, "list")
    if not _items(world, name):
        return _say(asked, "empty")
    answer = SENTENCES.say(asked.language, "cleared", list=name)
    return Plan(asked.intent, answer, asked.language, (ListClear(name),))


def _items(world: World, name: str) -> Sequence[Item]:
    return [item for item in world.records.items if item.list == name]


def _find(items: Sequence[Item], text_of: str) -> Sequence[Item]:
    return [item for item in items if item.text == text_of]


def _say(asked: Understood, key: str, **values: object) -> Plan:
    values = {"list": text(asked, "list"), "item": text(asked, "item"), **values}
    return Plan(asked.intent, SENTENCES.say(asked.language, key, **values), asked.language)


SKILLS: Mapping[str, Skill] = {"ListAdd": _add, "ListRemove": _remove, "ListRead": _read, "ListClear": _clear}
