"""What requests mean, how their words stand, and what is no request at all."""

import tomllib
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from conductor import sentences
from conductor.intents import MAX_CHARACTERS, Recognizer
from conductor.standing import Standing

ENGLISH = Recognizer.for_language("en")
SENTENCES = sentences.automaton("en")
SEEN: list[dict[str, Any]] = tomllib.loads((Path(__file__).parent / "requests_seen.toml").read_text())["request"]
DISAGREEMENTS = {
    "help": "Somebody who cries help is told at once what to do instead; what the box can do is asked for in words.",
}
"""Requests that their author meant otherwise, and why they stay as they are."""


def slots(text: str) -> dict[str, object] | None:
    """The slots as the request's author writes them: a place's zone is ours."""
    understood = ENGLISH.understand(text)
    return None if understood is None else {name: value for name, value in understood.slots.items() if name != "zone"}


def intent(text: str) -> str | None:
    understood = ENGLISH.understand(text)
    return None if understood is None else understood.intent


@pytest.mark.parametrize(
    "request_", [one for one in SEEN if one["say"] not in DISAGREEMENTS], ids=lambda one: one["say"]
)
def test_everyday_requests(request_: dict[str, Any]) -> None:
    say = request_["say"]
    assert (intent(say), slots(say)) == (request_["intent"], request_["slots"])
    assert ENGLISH.standing(say).value == request_["class"]


def test_whoever_cries_help_is_helped() -> None:
    assert (intent("help"), slots("help")) == ("Emergency", {"kind": "help"})


@pytest.mark.parametrize("request_", SEEN, ids=lambda one: one["say"])
def test_every_prefix_of_a_request_stands(request_: dict[str, Any]) -> None:
    words = request_["say"].split()
    for count in range(1, len(words)):
        assert ENGLISH.standing(" ".join(words[:count])) is not Standing.UNKNOWN


@pytest.mark.parametrize("request_", SEEN, ids=lambda one: one["say"])
def test_no_request_is_over_while_its_speaker_goes_on(request_: dict[str, Any]) -> None:
    words = request_["say"].split()
    wholes = set(request_["complete_at"])
    for count in range(1, len(words)):
        if count not in wholes:
            assert ENGLISH.standing(" ".join(words[:count])) is not Standing.COMPLETE


TYPED = [
    ("Set a timer for 5 min.", "TimerSet", {"seconds": 300}),
    ("timer 90s", "TimerSet", {"seconds": 90}),
    ("timer 1h 30m", "TimerSet", {"seconds": 5400}),
    ("set a timer for 2.5 minutes", "TimerSet", {"seconds": 150}),
    ("set a timer for 1.5 hours", "TimerSet", {"seconds": 5400}),
    ("10-minute timer, please!", "TimerSet", {"seconds": 600}),
    ("Wake me up at 7:15 AM", "AlarmSet", {"hour": 7, "minute": 15, "meridiem": "am"}),
    ("alarm 7.30pm", "AlarmSet", {"hour": 7, "minute": 30, "meridiem": "pm"}),
    ("set an alarm for 19:30", "AlarmSet", {"hour": 19, "minute": 30, "meridiem": ""}),
    ("set an alarm for 7 a.m. tomorrow", "AlarmSet", {"hour": 7, "minute": 0, "meridiem": "am", "day": "tomorrow"}),
    ("whats 12 * 12", "Calculate", {"left": 12, "operator": "times", "right": 12}),
    ("12x12", "Calculate", {"left": 12, "operator": "times", "right": 12}),
    ("10-3", "Calculate", {"left": 10, "operator": "minus", "right": 3}),
    ("100 / 4", "Calculate", {"left": 100, "operator": "divided by", "right": 4}),
    ("what's 15% of 240?", "Calculate", {"left": 15, "operator": "percent of", "right": 240}),
    ("1,000 - 355", "Calculate", {"left": 1000, "operator": "minus", "right": 355}),
    ("2.5 + 4", "Calculate", {"left": 2.5, "operator": "plus", "right": 4}),
    ("20°C to F", "Convert", {"amount": 20, "from": "celsius", "to": "fahrenheit"}),
    ("5 km in miles", "Convert", {"amount": 5, "from": "kilometer", "to": "mile"}),
    ("how many lbs in 3kg", "Convert", {"amount": 3, "from": "kilogram", "to": "pound"}),
    ("vol 40%", "VolumeSet", {"percent": 40}),
    ("dont forget the bread", "ListAdd", {"item": "bread", "list": "shopping"}),
    ("Call 911!", "Emergency", {"kind": "call"}),
    ("112", "Emergency", {"kind": "call"}),
    ("what is 112 plus 5", "Calculate", {"left": 112, "operator": "plus", "right": 5}),
    ("Hey Jarvis, what’s the time?", "TimeNow", {}),
    ("OK, thanks", "Thanks", {}),
    ("i am awake", "Stop", {}),
]


@pytest.mark.parametrize(("text", "wanted", "values"), TYPED)
def test_typed_requests(text: str, wanted: str, values: dict[str, object]) -> None:
    assert (intent(text), slots(text)) == (wanted, values)


MEANT = [
    ("what is two hundred and forty plus one", {"left": 240, "operator": "plus", "right": 1}),
    ("add one hundred and five", {"left": 100, "operator": "plus", "right": 5}),
    ("a hundred and twenty divided by three", {"left": 120, "operator": "divided by", "right": 3}),
    ("a third of ninety", {"left": 90, "operator": "divided by", "right": 3}),
    ("double thirty five", {"left": 2, "operator": "times", "right": 35}),
    ("take twelve from fifty", {"left": 50, "operator": "minus", "right": 12}),
    ("half a mile in meters", {"amount": 0.5, "from": "mile", "to": "meter"}),
    ("five and a half feet in meters", {"amount": 5.5, "from": "foot", "to": "meter"}),
    ("how many ounces in a pound", {"amount": 1, "from": "pound", "to": "ounce"}),
    ("set a timer for an hour and a half", {"seconds": 5400}),
    ("set a timer for five minutes thirty", {"seconds": 330}),
    ("timer for a minute and ten seconds", {"seconds": 70}),
    ("set a timer for two hours and twenty minutes", {"seconds": 8400}),
    ("set a six minute egg timer", {"seconds": 360, "name": "egg"}),
    ("remind me to check the oven in ten minutes", {"seconds": 600, "name": "oven"}),
    ("set an alarm for ten minutes", {"seconds": 600}),
    ("take two minutes off the timer", {"seconds": -120}),
    ("give the pasta two more minutes", {"seconds": 120, "name": "pasta"}),
    ("wake me at half seven", {"hour": 7, "minute": 30, "meridiem": ""}),
    ("wake me at ten to seven", {"hour": 6, "minute": 50, "meridiem": ""}),
    ("wake me at quarter to one", {"hour": 12, "minute": 45, "meridiem": ""}),
    ("wake me at five past six in the evening", {"hour": 6, "minute": 5, "meridiem": "pm"}),
    ("wake me up tomorrow morning at seven", {"hour": 7, "minute": 0, "meridiem": "am", "day": "tomorrow"}),
    ("alarm at seven tomorrow in the morning", {"hour": 7, "minute": 0, "meridiem": "am", "day": "tomorrow"}),
    ("set an alarm for seven fifteen am tomorrow", {"hour": 7, "minute": 15, "meridiem": "am", "day": "tomorrow"}),
    ("set an alarm for noon on saturday", {"hour": 12, "minute": 0, "meridiem": "", "day": "saturday"}),
    ("cancel tomorrow's alarm", {"day": "tomorrow"}),
    ("cancel the six thirty a m alarm", {"hour": 6, "minute": 30, "meridiem": "am"}),
    ("add milk and eggs to the list", {"item": "milk", "more": "eggs", "list": "shopping"}),
    ("remind me to call mum", {"item": "call mum", "list": "to do"}),
    ("turn it all the way up", {"percent": 100}),
    ("what year is it", {"part": "year"}),
]


@pytest.mark.parametrize(("text", "values"), MEANT)
def test_slots(text: str, values: dict[str, object]) -> None:
    assert slots(text) == values


VAGUE = [
    ("set a timer", "TimerSet", {}),
    ("start a timer please", "TimerSet", {}),
    ("set a pasta timer", "TimerSet", {"name": "pasta"}),
    ("set a timer for the pasta", "TimerSet", {"name": "pasta"}),
    ("set an alarm", "AlarmSet", {}),
    ("wake me up", "AlarmSet", {}),
    ("set an alarm for tomorrow", "AlarmSet", {"day": "tomorrow"}),
]


@pytest.mark.parametrize(("text", "wanted", "values"), VAGUE)
def test_what_lacks_the_main_thing_is_understood_but_ends_nothing_early(
    text: str, wanted: str, values: dict[str, object]
) -> None:
    assert (intent(text), slots(text)) == (wanted, values)
    assert ENGLISH.standing(text) is Standing.BEGINNING


ANSWERS = [
    ("ten minutes", "TimerSet", {"seconds": 600}),
    ("five minutes and thirty seconds", "TimerSet", {"seconds": 330}),
    ("for half an hour", "TimerSet", {"seconds": 1800}),
    ("half past seven", "AlarmSet", {"hour": 7, "minute": 30, "meridiem": ""}),
    ("seven thirty tomorrow", "AlarmSet", {"hour": 7, "minute": 30, "meridiem": "", "day": "tomorrow"}),
    ("at seven in the morning", "AlarmSet", {"hour": 7, "minute": 0, "meridiem": "am"}),
]


@pytest.mark.parametrize(("text", "wanted", "values"), ANSWERS)
def test_bare_answers_to_the_boxs_questions(text: str, wanted: str, values: dict[str, object]) -> None:
    assert (intent(text), slots(text)) == (wanted, values)
    assert ENGLISH.standing(text) is Standing.OPEN


@pytest.mark.parametrize(
    "text",
    [
        "cancel the alarm for six", "don't wake me", "set a timer for five minutes for the roast", "cancel the timer",
        "wake me tomorrow morning at seven", "turn it down", "what's the time in new york", "add milk", "we need ice",
        "write down orange", "volume twenty", "turn the volume to thirty", "what's seven times eight", "call 112",
        "delete all my alarms", "what's your ip",
    ],
)  # fmt: skip
def test_what_english_may_continue_is_never_complete(text: str) -> None:
    assert ENGLISH.standing(text) is Standing.OPEN


@pytest.mark.parametrize(
    "text", ["cancel all timers", "never mind", "good night", "volume to thirty percent", "stop now"]
)
def test_what_is_over_is_complete(text: str) -> None:
    assert ENGLISH.standing(text) is Standing.COMPLETE


@pytest.mark.parametrize("text", ["the pasta timer", "the pasta one", "the five minute one", "my rice timer"])
def test_a_reply_to_which_one_is_heard_but_no_request_of_its_own(text: str) -> None:
    assert ENGLISH.understand(text) is None
    assert ENGLISH.standing(text) is Standing.OPEN


def test_please_ends_a_request() -> None:
    assert ENGLISH.standing("set a timer for five minutes") is Standing.OPEN
    assert ENGLISH.standing("set a timer for five minutes please") is Standing.COMPLETE


NO_REQUESTS = [
    "who won the football yesterday", "what's the weather like", "will it rain tomorrow", "play some jazz",
    "turn on the kitchen light", "what's the capital of france", "tell me a joke", "how tall is mount everest",
    "open the garage door", "send a message to anna", "what's on tv tonight", "who is the president", "set the table",
    "cancel my subscription to the gym", "what's the meaning of life", "order a pizza from the italian",
    "how do you spell necessary", "translate good morning into french", "where are my keys", "the cat is on the roof",
    "i set the timer yesterday", "five hundred", "milk", "we had pasta for dinner", "is it going to be cold",
    "what time does the shop close", "when is the next train to london", "how long does it take to boil an egg",
    "how long is the great wall", "set the heating to twenty degrees", "dim the lights to fifty percent", "next song",
    "pause", "read me a story", "do you like music", "my alarm clock is broken", "the timer on the oven is broken",
    "add me on facebook", "take me home", "turn off the television", "what did you have for breakfast", "i love you",
    "can you sing", "how old are you", "he said stop it and she laughed", "give me a break",
    "could you tell anna that dinner is ready", "i need a new phone", "remove the cat from the sofa", "", " ", "?!",
    "what day is christmas", "who wrote hamlet", "volume of a sphere", "the the the", "set a timer for zero minutes",
    "set an alarm for twenty five o'clock", "wake me at seven seventy", "volume two hundred percent",
]  # fmt: skip


@pytest.mark.parametrize("text", NO_REQUESTS)
def test_what_is_no_request_of_ours_is_none(text: str) -> None:
    assert ENGLISH.understand(text) is None


def test_long_text_is_not_even_looked_at() -> None:
    assert ENGLISH.understand("set a timer for five minutes " * 20) is None


WORDS = sorted(ENGLISH.vocabulary)


@settings(max_examples=150)
@given(st.one_of(st.text(max_size=2 * MAX_CHARACTERS), st.lists(st.sampled_from(WORDS), max_size=12).map(" ".join)))
def test_any_text_is_understood_or_not_but_never_an_error(text: str) -> None:
    understood = ENGLISH.understand(text)
    assert understood is None or (understood.intent and understood.text == text)
    assert ENGLISH.standing(text) in Standing


@settings(max_examples=150)
@given(st.data())
def test_what_the_recogniser_may_hear_stands_at_every_word_and_is_understood(data: st.DataObject) -> None:
    arcs, final = SENTENCES.arcs, SENTENCES.final
    state, said = 0, list[str]()
    while arcs[state] and not (bool(final[state]) and data.draw(st.booleans())):
        word = data.draw(st.sampled_from(sorted(arcs[state])))
        state = arcs[state][word]
        said.append(word)
        assert ENGLISH.standing(" ".join(said)) is not Standing.UNKNOWN
    understood = ENGLISH.understand(" ".join(said))
    if understood is None:
        assert {"the", "my"} & set(said) and {"timer", "one"} & set(said), "only a reply is heard and not understood"
        return
    assert understood.intent in {end.intent for end in final[state]}
