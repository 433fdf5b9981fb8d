"""Requests in words that our own templates lack: Home Assistant's sentences, where they ask for what we have too.

    understood("add jam doughnuts to the shopping list", "en")   # Loan("ListAdd", {"item": "jam doughnuts", …})

Asked only for finished text in which nothing is of our templates (`Recognizer.understand`), never while somebody
speaks. The sentences are read at the first such text, and name things freely: so whatever may be no name, and whatever
needs an area, a device or a command that we don't have, is left out. In doubt a text is not understood. Pure.

Source: https://github.com/OHF-Voice/intents by the Home Assistant Authors, CC BY 4.0, from the package
`home-assistant-intents`; what is left out of them here is our change.
"""

import functools
import re
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from typing import Any

from hassil import Intents, recognize_best
from hassil.recognize import RecognizeResult
from home_assistant_intents import get_intents

from conductor import german, numbers, slots
from conductor.slots import Piece, Slots

MOST_WORDS = 24
"""More words are no request of theirs, and cost hassil time."""
MOST_WORDS_IN_A_NAME = 3
MOST_WORDS_IN_AN_ITEM = 6


@dataclass(frozen=True)
class Loan:
    """A request, in one of our intents and its slots."""

    intent: str
    slots: Slots


@dataclass(frozen=True)
class Borrowed:
    """One of their intents: which of ours it is, and the words without which nobody asks for it."""

    intent: str
    told_by: re.Pattern[str]
    always: Mapping[str, Piece] = field(default_factory=dict)


_A_LIST = r"\b(?:my|the|shopping|grocery|groceries|do|todo) list$"
_TIMER = re.compile(r"\btimers?\b")
_ON_LIST = re.compile(_A_LIST)
_OFF_LIST = re.compile(rf"\b(?:off|from)\b.*{_A_LIST}")
_VOLUME = re.compile(r"\b(?:volume|lautstärke|ton)\b")
BORROWED: Mapping[str, Borrowed] = {
    "HassStartTimer": Borrowed("TimerSet", _TIMER),
    "HassIncreaseTimer": Borrowed("TimerAdd", _TIMER),
    "HassDecreaseTimer": Borrowed("TimerAdd", _TIMER, {"sign": Piece(-1)}),
    "HassCancelTimer": Borrowed("TimerCancel", _TIMER),
    "HassCancelAllTimers": Borrowed("TimerCancel", _TIMER, {"all": Piece(True)}),
    "HassTimerStatus": Borrowed("TimerLeft", _TIMER),
    "HassGetCurrentTime": Borrowed("TimeNow", re.compile(r"\b(?:time|uhr|uhrzeit|spät)\b")),
    "HassGetCurrentDate": Borrowed("DateToday", re.compile(r"\b(?:date|datum|tag)\b")),
    "HassSetVolume": Borrowed("VolumeSet", _VOLUME),
    "HassSetVolumeRelative": Borrowed("VolumeChange", _VOLUME),
    "HassShoppingListAddItem": Borrowed("ListAdd", _ON_LIST),
    "HassListAddItem": Borrowed("ListAdd", _ON_LIST),
    "HassShoppingListCompleteItem": Borrowed("ListRemove", _OFF_LIST),
    "HassListRemoveItem": Borrowed("ListRemove", _OFF_LIST),
    "HassListCompleteItem": Borrowed("ListRemove", _OFF_LIST),
}
"""Left out is what our own templates know whole ("never mind"), and what we can't do (a timer that pauses)."""
_ENGLISH_ONLY = frozenset(name for name in BORROWED if "List" in name)

_NEEDS_MORE = frozenset({"area", "floor", "command"})
"""What a block of their sentences may need, by its name, and we don't have."""
_ADDS_BY_LENGTH = "start"
"""Their timers may be told apart by length where time is added; ours are not, as that is a length itself."""
_LEFT_OUT = re.compile(
    r"^(?:\[[^\]]*\]\s*)*\{timer_name"  # begins with any word: "remove timer for ten minutes" would set one
    r"|volume_step_(?:up|down)"  # by how much: ours has its own step
    r"|<timer_cancel>.*timer f(?:or|ür) \{timer_(?:hours|minutes|seconds)",  # "stop for a minute" is a pause
    re.IGNORECASE,
)
_LISTS = {"values": [{"in": "(shopping|grocery|groceries)", "out": "shopping"}, {"in": "(to do|todo)", "out": "to do"}]}
_COURTESY = {"en": frozenset({"please"}), "de": frozenset({"bitte", "mal"})}
"""Said in the middle."""

_ARTICLES = frozenset(
    "the my our a an some die der das den dem ein eine einen einem einer mein meine meinen unser unsere unseren".split()
)
_IN_NO_NAME = frozenset(
    "what who whom whose when where why how which that this these those there here it its it's i i'm me my mine myself "
    "we us our you your he him his she her they them their is are was were be been am do does did done has have had "
    "can could would should will shall may might must don't not no never if whether because but or each every "
    "all any everything anything something nothing everyone someone both none another else "
    "timer timers list lists alarm reminder volume "
    "wer was wann wo wie warum wieso welche welcher welches wenn ob weil dass es ich mich mir du dich dir er sie wir "
    "uns ihr ihn ihm ist sind war hat habe kann soll will bitte nicht nie kein keine keinen nichts alle jeder jede "
    "jeden oder aber wecker lautstärke musik".split()
)
_NUMBERS = frozenset({*numbers.UNITS, *numbers.TENS.values(), *german.UNITS, *german.TENS, "hundred", "hundert"})
_IN_NO_TIMER_NAME = _IN_NO_NAME | {
    *_ARTICLES,
    *"and to of on in at by from for with about after before until than then again instead please so only just "
    "first second third fourth fifth last latest next other previous old older oldest new newest longest shortest "
    "same current running ringing active long short half quarter hour hours minute minutes seconds o'clock noon "
    "midnight am pm today tonight tomorrow later now soon morning afternoon evening night monday tuesday wednesday "
    "thursday friday saturday sunday und zu auf in an bei von für mit nach vor bis als dann noch schon nur um ab aus "
    "ersten erste zweiten zweite dritten letzten letzte nächsten nächste anderen andere neuen alten selben laufenden "
    "stunde stunden minute minuten sekunde sekunden halbe uhr heute morgen abend mittag später jetzt gleich".split(),
    *_NUMBERS,
}
_NOT_OURS = frozenset({"musik"})
"""Who wants the music louder has another box in mind."""


def understood(spoken: str, language: str) -> Loan | None:
    """What these words ask for, as they would be spoken: in lower case, without signs and wake word."""
    words = [word for word in spoken.split() if word not in _COURTESY.get(language, ())]
    plain = " ".join(words)
    if language not in _COURTESY or not 1 < len(words) <= MOST_WORDS or not _NOT_OURS.isdisjoint(words):
        return None
    if not any(borrowed.told_by.search(plain) for borrowed in BORROWED.values()):
        return None
    for reading in german.readings(plain) if language == "de" else numbers.readings(plain):
        found = recognize_best(reading, _opened(language), language=language)
        if found is not None:
            return _ours(found, plain)
    return None


def _ours(found: RecognizeResult, plain: str) -> Loan | None:
    borrowed = BORROWED[found.intent.name]
    if not borrowed.told_by.search(plain):
        return None
    pieces = dict(borrowed.always)
    for entity in found.entities_list:
        piece = _piece(entity.name, entity.value, borrowed.intent)
        if piece is None:
            return None
        pieces.update([piece])
    values = slots.typed(borrowed.intent, pieces)
    return None if values is None else Loan(borrowed.intent, values)


def _piece(name: str, value: Any, intent: str) -> tuple[str, Piece] | None:
    """A slot of theirs as a piece of ours; None where it names what is no name."""
    if name == "item":
        item = _named(str(value), _IN_NO_NAME, MOST_WORDS_IN_AN_ITEM)
        return ("item", Piece(item)) if item else None
    if name == "name" and intent.startswith("List"):
        return "list", Piece(value)
    if name == "name":
        timer = _named(str(value), _IN_NO_TIMER_NAME, MOST_WORDS_IN_A_NAME)
        return ("timer_name", Piece(timer)) if timer else None
    names = {"volume_level": "percent", "volume_step": "direction"}
    return names.get(name, name.removeprefix("start_")), Piece(value)


def _named(words: str, never: Collection[str], most: int) -> str:
    """The name without its article; empty if that is none."""
    said = words.split()
    if len(said) > 1 and said[0] in _ARTICLES:
        said = said[1:]
    if len(said) > most or any(word in never for word in said) or all(word in _NUMBERS for word in said):
        return ""
    return " ".join(said)


# --- their sentences ----------------------------------------------------------------------------


@functools.cache
def _opened(language: str) -> Intents:
    """What we borrow of a language. hassil reads each sentence when it is first tried."""
    theirs: dict[str, Any] = get_intents(language) or {}
    wanted = (name for name in BORROWED if language == "en" or name not in _ENGLISH_ONLY)
    return Intents.from_dict(
        {
            "language": language,
            "intents": {name: {"data": _blocks(name, theirs["intents"][name]["data"])} for name in wanted},
            "lists": {**theirs["lists"], "name": _LISTS},
            "expansion_rules": theirs["expansion_rules"],
        }
    )


def _blocks(name: str, blocks: Collection[Mapping[str, Any]]) -> list[Mapping[str, Any]]:
    """Those that need nothing but what we have; where their speaker is does not matter to us."""
    kept = [{**block, "sentences": _sentences(block)} for block in blocks if _is_ours(name, block)]
    return [{key: block[key] for key in ("metadata", "sentences")} for block in kept if block["sentences"]]


def _is_ours(name: str, block: Mapping[str, Any]) -> bool:
    needs = set(block["metadata"]["slot_combination"].split("_"))
    names_a_device = "name" in needs and "Volume" in name
    adds_by_length = _ADDS_BY_LENGTH in needs and BORROWED[name].intent == "TimerAdd"
    return needs.isdisjoint(_NEEDS_MORE) and not names_a_device and not adds_by_length


def _sentences(block: Mapping[str, Any]) -> list[str]:
    return [sentence for sentence in block["sentences"] if not _LEFT_OUT.search(sentence)]
