"""What is understood in Home Assistant's words, and what their sentences would take for a request and is none."""

import itertools
import random
from typing import Any

import pytest
from hassil.intents import TextSlotList
from hassil.sample import sample_sentence
from home_assistant_intents import get_intents
from hypothesis import given, settings
from hypothesis import strategies as st

from conductor import borrowed
from conductor.intents import MAX_CHARACTERS, WARM_UP, Recognizer
from conductor.standing import Standing

RECOGNIZERS = {language: Recognizer.for_language(language) for language in ("en", "de")}

ENGLISH: list[tuple[str, str, dict[str, object]]] = [
    ("create timer for 10 minutes called grandma", "TimerSet", {"seconds": 600, "name": "grandma"}),
    ("Start a 90-second timer named burpees", "TimerSet", {"seconds": 90, "name": "burpees"}),
    ("please create a 2 hour timer for the bread machine", "TimerSet", {"seconds": 7200, "name": "bread machine"}),
    ("set a timer called crème brûlée for 40 minutes", "TimerSet", {"seconds": 2400, "name": "creme brulee"}),
    ("set my timer for 2 and half hours", "TimerSet", {"seconds": 9000}),
    ("add 10 minutes to timer", "TimerAdd", {"seconds": 600}),
    ("increase timer by 10 minutes", "TimerAdd", {"seconds": 600}),
    ("add five minutes to the sourdough timer", "TimerAdd", {"seconds": 300, "name": "sourdough"}),
    ("remove 10 minutes from timer", "TimerAdd", {"seconds": -600}),
    ("take two minutes off the sourdough timer", "TimerAdd", {"seconds": -120, "name": "sourdough"}),
    ("decrease pizza timer by 1 hour", "TimerAdd", {"seconds": -3600, "name": "pizza"}),
    ("stop pizza timer", "TimerCancel", {"name": "pizza"}),
    ("cancel the sourdough timer", "TimerCancel", {"name": "sourdough"}),
    ("could you cancel my timer called school run please", "TimerCancel", {"name": "school run"}),
    ("cancel 10-minute timer", "TimerCancel", {"seconds": 600}),
    ("timers status", "TimerLeft", {}),
    ("how much time left on timer", "TimerLeft", {}),
    ("how much time is left on my sourdough timer?", "TimerLeft", {"name": "sourdough"}),
    ("status of the 20 minute timer", "TimerLeft", {"seconds": 1200}),
    ("tell me the current date", "DateToday", {}),
    ("whats todays date", "DateToday", {}),
    ("turn up the volume to 40%", "VolumeSet", {"percent": 40}),
    ("turn volume decrease", "VolumeChange", {"direction": "down"}),
    ("volume increase", "VolumeChange", {"direction": "up"}),
    ("add jam doughnuts to the shopping list", "ListAdd", {"item": "jam doughnuts", "list": "shopping"}),
    ("Add crème fraîche to my list, please!", "ListAdd", {"item": "creme fraiche", "list": "shopping"}),
    ("add six free-range eggs to the grocery list", "ListAdd", {"item": "six free range eggs", "list": "shopping"}),
    ("put some salt and vinegar crisps on my list", "ListAdd", {"item": "salt and vinegar crisps", "list": "shopping"}),
    ("add regrout the bathroom to my to-do list", "ListAdd", {"item": "regrout the bathroom", "list": "to do"}),
    ("remove jam doughnuts from the shopping list", "ListRemove", {"item": "jam doughnuts", "list": "shopping"}),
    ("check off jam doughnuts from my list", "ListRemove", {"item": "jam doughnuts", "list": "shopping"}),
    ("delete regrout the bathroom from my todo list", "ListRemove", {"item": "regrout the bathroom", "list": "to do"}),
]
GERMAN: list[tuple[str, str, dict[str, object]]] = [
    ("10 Minuten Timer setzen", "TimerSet", {"seconds": 600}),
    ("Stelle einen 10 Minuten Timer ein", "TimerSet", {"seconds": 600}),
    ("einen 2 Stunden und 10 Minuten Timer stellen", "TimerSet", {"seconds": 7800}),
    ("Stelle einen Sauerteigtimer auf 40 Minuten", "TimerSet", {"seconds": 2400, "name": "sauerteig"}),
    ("Starte bitte einen Timer für 10 Minuten namens Oma", "TimerSet", {"seconds": 600, "name": "oma"}),
    ("setze einen Timer für unseren Sauerteig auf zwei Stunden", "TimerSet", {"seconds": 7200, "name": "sauerteig"}),
    ("verlängere unseren Timer um fünf Minuten", "TimerAdd", {"seconds": 300}),
    ("verlängere den Sauerteig Timer um fünf Minuten", "TimerAdd", {"seconds": 300, "name": "sauerteig"}),
    ("Reduziere den Timer um 5 Minuten", "TimerAdd", {"seconds": -300}),
    ("Lösche den Sauerteigtimer", "TimerCancel", {"name": "sauerteig"}),
    ("stoppe sämtliche Timer", "TimerCancel", {"all": True}),
    ("Restzeit meines Timers", "TimerLeft", {}),
    ("wann läuft der Timer für den Sauerteig ab", "TimerLeft", {"name": "sauerteig"}),
    ("wie lange läuft der 10 Minuten Timer noch", "TimerLeft", {"seconds": 600}),
    ("stelle die Lautstärke auf 30 Prozent ein", "VolumeSet", {"percent": 30}),
    ("den Ton etwas lauter machen", "VolumeChange", {"direction": "up"}),
    ("Lautstärke etwas absenken", "VolumeChange", {"direction": "down"}),
]
BOTH = [("en", *one) for one in ENGLISH] + [("de", *one) for one in GERMAN]

NO_REQUESTS = {
    "en": [
        # questions, and text that somebody works on
        "what time does the museum open", "add a comma to my essay", "what's the status of my order",
        "how do i add an element to a list", "add an element to a list", "add value to list",
        "what is the date of easter",
        "what is the current time complexity of quicksort", "tell me the date of the french revolution",
        "how much time is left on the clock in the timer game", "what should i put on my list", "put a sock in it",
        "add a chapter to my reading list", "add anna to the guest list", "check milk on my shopping list",
        "check if milk is on my shopping list", "take a break from the list", "what is my timer status",
        # what is no name
        "put it on the list", "add me to the list", "remove him from the list", "add five to the list",
        "add milk to my shopping list and bread to my shopping list", "add a timer to my shopping list",
        "cancel the first timer", "stop every timer", "cancel the other timer", "set a 10 minute timer for tomorrow",
        "start a 20 minute timer for when i get back", "create a 10 minute timer for each egg",
        "set a timer for 10 minutes called pasta and a timer for 5 minutes called rice", "cancel the never timer",
        "create timer for 10 minutes called five",
        # what we don't have
        "turn the volume up by 20%", "volume up 5", "turn up the volume in the kitchen", "set the tv volume to 40",
        "add 5 minutes to my 20 minute timer", "turn off the lights in 10 minutes", "pause the timer",
        "how much time is left on the timer in the kitchen", "stop the music in five minutes", "resume the timer",
        "create a timer for 50 hours", "turn up the volume to 200", "turn on the lights after one hour",
        "add 牛奶 to my list", "remove jam doughnuts from the reading list",
    ],
    "de": [
        "wie lange dauert der Film", "wann ist das Essen fertig", "wie lange braucht der Zug nach Berlin",
        "entferne Timer für 10 Minuten", "Kein Timer auf zehn Minuten", "stoppe den Timer für fünf Minuten",
        "lösche den ersten Timer", "stoppe nie Timer", "runter", "hoch", "welcher Tag ist heute im Büro",
        "erhöhe die Lautstärke um 10 Prozent", "dreh die Lautstärke der Musik runter", "die Musik ist zu laut",
        "stelle die Lautstärke im Wohnzimmer auf 30", "stelle die Lautstärke vom Fernseher auf 30 Prozent ein",
        "schalte in 10 Minuten das Licht aus", "schalte das Licht nach 10 Minuten aus", "pausiere den Timer",
        "verlängere den 10 Minuten Timer um 5 Minuten", "wie lange hat die Post offen", "wann endet der Krieg",
        "setze Milch auf die Einkaufsliste",
    ],
}  # fmt: skip


@pytest.mark.parametrize(("language", "text", "wanted", "slots"), BOTH)
def test_what_our_templates_lack_is_understood(language: str, text: str, wanted: str, slots: dict[str, object]) -> None:
    recognizer = RECOGNIZERS[language]
    assert recognizer.of_templates(text) is None
    understood = recognizer.understand(text)
    assert understood is not None
    assert (understood.intent, understood.slots, understood.text) == (wanted, slots, text)


@pytest.mark.parametrize(
    ("language", "text"), [(language, text) for language, texts in NO_REQUESTS.items() for text in texts]
)
def test_in_doubt_a_text_is_not_understood(language: str, text: str) -> None:
    understood = RECOGNIZERS[language].understand(text)
    assert understood is None or understood == RECOGNIZERS[language].of_templates(text)


@pytest.mark.parametrize("language", RECOGNIZERS)
def test_nothing_is_borrowed_for_what_our_templates_know_or_begin(
    language: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked = list[str]()
    monkeypatch.setattr(borrowed, "understood", lambda spoken, _language: asked.append(spoken))
    for text in (*WARM_UP[language], "the pasta timer", "set a timer for", "set a timer for zero minutes"):
        if RECOGNIZERS[language].standing(text) is not Standing.UNKNOWN:
            RECOGNIZERS[language].understand(text)
    assert not asked


@pytest.mark.parametrize("language", RECOGNIZERS)
def test_their_sentences_are_read_when_they_are_first_needed(language: str, monkeypatch: pytest.MonkeyPatch) -> None:
    read = list[str]()

    def counted(language: str) -> object:
        read.append(language)
        return get_intents(language)

    monkeypatch.setattr("conductor.borrowed.get_intents", counted)
    borrowed._opened.cache_clear()
    for text in ("tell me a joke", "wie wird das wetter", *WARM_UP[language]):
        RECOGNIZERS[language].understand(text)
    assert not read
    for text in ("stop the sourdough timer", "starte den sauerteig timer"):
        RECOGNIZERS[language].understand(text)
    assert read == [language]


@pytest.mark.parametrize("language", RECOGNIZERS)
def test_each_of_their_sentences_asks_for_its_own_intent_or_nothing(language: str) -> None:
    """Their lists and rules are there for all that we took of them."""
    theirs, chance, asked_for = borrowed._opened(language), random.Random(7), set[str]()
    lists = {**theirs.slot_lists, **NAMES, **NUMBERS}
    for name, intent in theirs.intents.items():
        for sentence in (sentence for data in intent.data for sentence in data.sentences):
            said = chance.choice(list(itertools.islice(sample_sentence(sentence, lists, theirs.expansion_rules), 200)))
            loan = borrowed.understood(" ".join(said.lower().replace("-", " ").split()), language)
            assert loan is None or loan.intent == borrowed.BORROWED[name].intent, said
            asked_for |= {loan.intent} if loan is not None else set()
    assert asked_for == {borrowed.BORROWED[name].intent for name in theirs.intents}


def _values(*texts: str) -> Any:
    return TextSlotList.from_strings(texts)


NAMES = {name: _values("sourdough") for name in ("timer_name", "shopping_list_item", "todo_list_item")}
NUMBERS = {name: _values("20") for name in ("timer_hours", "timer_minutes", "timer_seconds", "volume", "volume_level")}
THEIR_WORDS = sorted({word for _, text, *_ in BOTH for word in text.lower().split()})


@settings(max_examples=200)
@given(
    st.sampled_from(sorted(RECOGNIZERS)),
    st.one_of(st.text(max_size=2 * MAX_CHARACTERS), st.lists(st.sampled_from(THEIR_WORDS), max_size=30).map(" ".join)),
)
def test_any_text_is_understood_or_not_but_never_an_error(language: str, text: str) -> None:
    understood = RECOGNIZERS[language].understand(text)
    assert understood is None or understood.text == text
    borrowed.understood(text, language)


def test_a_language_that_is_not_borrowed_is_not_understood() -> None:
    assert borrowed.understood("minuteur de cinq minutes", "fr") is None
