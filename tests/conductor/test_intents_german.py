"""Typed German: time, date, timers, volume, stop and emergencies."""

import random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from conductor import german, sentences
from conductor.intents import MAX_CHARACTERS, Recognizer
from conductor.standing import Standing

GERMAN = Recognizer.for_language("de")
TOKYO: dict[str, object] = {"place": "tokio", "zone": "Asia/Tokyo"}
ZURICH: dict[str, object] = {"place": "zürich", "zone": "Europe/Zurich"}

TWO_LETTERS = str.maketrans({"ä": "ae", "ö": "oe", "ü": "ue", "ß": "ss"})
NO_UMLAUT = str.maketrans({"ä": "a", "ö": "o", "ü": "u", "ß": "ss"})

REQUESTS: list[tuple[str, str, dict[str, object]]] = [
    ("Wie spät ist es?", "TimeNow", {}),
    ("Wie spaet ist es", "TimeNow", {}),
    ("wieviel Uhr ist es", "TimeNow", {}),
    ("Sag mir bitte die Uhrzeit", "TimeNow", {}),
    ("Kannst du mir sagen wie spät es ist", "TimeNow", {}),
    ("Wie viel Uhr ist es in Tokio?", "TimeNow", TOKYO),
    ("wie spät ist es gerade in new york", "TimeNow", {"place": "new york", "zone": "America/New_York"}),
    ("wie spaet ist es in Zuerich", "TimeNow", ZURICH),
    ("Welcher Tag ist heute?", "DateToday", {}),
    ("Der wievielte ist heute", "DateToday", {}),
    ("welches datum haben wir heute", "DateToday", {}),
    ("Welches Jahr haben wir?", "DateToday", {"part": "year"}),
    ("Stelle einen Timer auf 5 Minuten", "TimerSet", {"seconds": 300}),
    ("stell mir bitte einen timer auf fünf minuten", "TimerSet", {"seconds": 300}),
    ("Stell nen Timer auf fuenf Minuten", "TimerSet", {"seconds": 300}),
    ("Timer 10 min", "TimerSet", {"seconds": 600}),
    ("timer zehn minuten", "TimerSet", {"seconds": 600}),
    ("Stelle einen Nudeltimer auf 9 Minuten", "TimerSet", {"seconds": 540, "name": "nudeln"}),
    ("stelle einen Pizza Timer auf 12 Minuten", "TimerSet", {"seconds": 720, "name": "pizza"}),
    ("Kannst du einen Timer auf eine Stunde und zwanzig Minuten stellen", "TimerSet", {"seconds": 4800}),
    ("Timer für eine halbe Stunde", "TimerSet", {"seconds": 1800}),
    ("erinnere mich in einer Viertelstunde", "TimerSet", {"seconds": 900}),
    ("weck mich in 20 Minuten", "TimerSet", {"seconds": 1200}),
    ("sag mir in zehn minuten bescheid", "TimerSet", {"seconds": 600}),
    ("stell einen Timer auf anderthalb Stunden", "TimerSet", {"seconds": 5400}),
    ("Timer auf 1 Minute und 30 Sekunden", "TimerSet", {"seconds": 90}),
    ("stelle einen timer für die eier auf sechs minuten", "TimerSet", {"seconds": 360, "name": "eier"}),
    ("zehn minuten", "TimerSet", {"seconds": 600}),
    ("stelle einen timer", "TimerSet", {}),
    ("Lösche den Timer", "TimerCancel", {}),
    ("loesche alle timer", "TimerCancel", {"all": True}),
    ("Brich den Timer ab", "TimerCancel", {}),
    ("stopp den pizza timer", "TimerCancel", {"name": "pizza"}),
    ("Mach den Timer aus", "TimerCancel", {}),
    ("ich brauche den timer nicht mehr", "TimerCancel", {}),
    ("Wie lange läuft der Timer noch?", "TimerLeft", {}),
    ("wie lange noch", "TimerLeft", {}),
    ("wie viel zeit ist noch übrig", "TimerLeft", {}),
    ("wie lange brauchen die nudeln noch", "TimerLeft", {"name": "nudeln"}),
    ("ist die pizza schon fertig", "TimerLeft", {"name": "pizza"}),
    ("Welche Timer laufen gerade?", "TimerList", {}),
    ("läuft noch ein timer", "TimerList", {}),
    ("Verlängere den Timer um fünf Minuten", "TimerAdd", {"seconds": 300}),
    ("noch zwei minuten", "TimerAdd", {"seconds": 120}),
    ("gib dem pizza timer noch 2 minuten mehr", "TimerAdd", {"seconds": 120, "name": "pizza"}),
    ("Lautstärke auf 40 Prozent", "VolumeSet", {"percent": 40}),
    ("lautstaerke 40%", "VolumeSet", {"percent": 40}),
    ("Stell die Lautstärke auf dreißig Prozent", "VolumeSet", {"percent": 30}),
    ("stell die lautstaerke auf dreissig", "VolumeSet", {"percent": 30}),
    ("volle Lautstärke", "VolumeSet", {"percent": 100}),
    ("Mach lauter", "VolumeChange", {"direction": "up"}),
    ("bitte etwas leiser", "VolumeChange", {"direction": "down"}),
    ("dreh die lautstärke runter", "VolumeChange", {"direction": "down"}),
    ("Du bist zu laut", "VolumeChange", {"direction": "down"}),
    ("mach mal lauter bitte", "VolumeChange", {"direction": "up"}),
    ("Stopp", "Stop", {}),
    ("sei still", "Stop", {}),
    ("Hör auf", "Stop", {}),
    ("hoer auf", "Stop", {}),
    ("es reicht", "Stop", {}),
    ("Ruf einen Krankenwagen", "Emergency", {"kind": "call"}),
    ("Ruf die 112 an", "Emergency", {"kind": "call"}),
    ("rufe die Feuerwehr", "Emergency", {"kind": "call"}),
    ("Hilfe!", "Emergency", {"kind": "help"}),
    ("ich bin gestürzt", "Emergency", {"kind": "help"}),
    ("ich bin gestuerzt", "Emergency", {"kind": "help"}),
    ("Es brennt!", "Emergency", {"kind": "fire"}),
    ("die Küche brennt", "Emergency", {"kind": "fire"}),
]


@pytest.mark.parametrize(("text", "wanted", "slots"), REQUESTS)
def test_requests(text: str, wanted: str, slots: dict[str, object]) -> None:
    understood = GERMAN.understand(text)
    assert understood is not None
    assert (understood.intent, understood.slots, understood.language) == (wanted, slots, "de")


@pytest.mark.parametrize(("text", "_wanted", "_slots"), REQUESTS)
def test_umlauts_may_be_typed_as_two_letters_or_as_none(text: str, _wanted: str, _slots: object) -> None:
    meant = GERMAN.understand(text)
    assert meant is not None
    for letters in (TWO_LETTERS, NO_UMLAUT):
        typed = GERMAN.understand(text.translate(letters))
        assert typed is not None
        assert (typed.intent, typed.slots) == (meant.intent, meant.slots)


@pytest.mark.parametrize(
    "text",
    [
        "wie wird das wetter", "spiel musik", "wer ist bundeskanzler", "mach das licht an", "nudeln", "hundert",
        "erzähl mir einen witz", "stelle den tisch in die küche", "die feuerwehr kommt morgen", "", "?",
        "wie lange braucht der zug nach berlin", "set a timer for five minutes",
    ],
)  # fmt: skip
def test_what_is_no_request_of_ours_is_none(text: str) -> None:
    assert GERMAN.understand(text) is None


@pytest.mark.parametrize("number", [0, 1, 2, 16, 17, 21, 30, 45, 99, 100, 101, 180, 342, 999])
def test_numbers_in_words_are_read_back(number: int) -> None:
    digits = german.readings(german.words(number))[1]
    assert digits == str(number)


def test_a_request_without_its_duration_is_a_beginning() -> None:
    assert GERMAN.standing("stelle einen timer") is Standing.BEGINNING
    assert GERMAN.standing("stelle einen timer auf fünf minuten") is Standing.OPEN


WORDS = sorted(GERMAN.vocabulary)


@settings(max_examples=100)
@given(st.one_of(st.text(max_size=2 * MAX_CHARACTERS), st.lists(st.sampled_from(WORDS), max_size=10).map(" ".join)))
def test_any_text_is_understood_or_not_but_never_an_error(text: str) -> None:
    understood = GERMAN.understand(text)
    assert understood is None or understood.text == text


def test_what_the_templates_say_is_understood() -> None:
    chance = random.Random(7)
    every = sentences.automaton("de")
    arcs, final = every.arcs, every.final
    for _ in range(300):
        state, said = 0, list[str]()
        while arcs[state] and not (final[state] and chance.random() < 0.5):
            word = chance.choice(sorted(arcs[state]))
            state = arcs[state][word]
            said.append(word)
        understood = GERMAN.understand(" ".join(said))
        assert understood is None or understood.intent in {end.intent for end in final[state]}
        assert understood is not None or "vierundzwanzig" in said, said
