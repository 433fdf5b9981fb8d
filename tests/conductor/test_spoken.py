"""What the recogniser listens for: good English only, and nothing that could not be typed as well."""

import pytest

from conductor import fsg, sentences
from conductor.automaton import Automaton
from conductor.compiled import WAKE_WORD_ENDS

LISTENED_FOR = sentences.listened_for("en")


class Heard:
    """A grammar in Sphinx's format, as a recogniser reads it."""

    def __init__(self, written: str) -> None:
        self._ways: dict[str, list[tuple[str, str]]] = {}
        for line in written.splitlines():
            match line.split():
                case ["START_STATE", state]:
                    self._start = state
                case ["FINAL_STATE", state]:
                    self._final = state
                case ["T", start, end, _weight, *word]:
                    self._ways.setdefault(start, []).append((end, "".join(word)))

    def __contains__(self, text: str) -> bool:
        states = self._and_free({self._start})
        for said in text.split():
            states = self._and_free(
                {end for state in states for end, word in self._ways.get(state, ()) if word == said}
            )
        return self._final in states

    def _and_free(self, states: set[str]) -> set[str]:
        """These, and where they lead without a word."""
        found, todo = set(states), list(states)
        while todo:
            for end, word in self._ways.get(todo.pop(), ()):
                if not word and end not in found:
                    found.add(end)
                    todo.append(end)
        return found


HEARD = Heard(fsg.written(LISTENED_FOR, "requests", remains=WAKE_WORD_ENDS))


def not_in(narrow: Automaton, wide: Automaton) -> str:
    """A beginning or a whole sentence of `narrow` that means nothing, or something else, in `wide`; or ""."""
    seen, todo = {(0, 0)}, [(0, 0, "")]
    while todo:
        here, there, said = todo.pop()
        if not narrow.final[here] <= wide.final[there]:
            return said
        for word, state in narrow.arcs[here].items():
            if word not in wide.arcs[there]:
                return f"{said} {word}"
            pair = (state, wide.arcs[there][word])
            if pair not in seen:
                seen.add(pair)
                todo.append((*pair, f"{said} {word}"))
    return ""


def test_whatever_is_listened_for_may_be_typed() -> None:
    assert not_in(LISTENED_FOR, sentences.automaton("en")) == ""


SAID = [
    "set a timer for one minute", "set a five minute timer", "set an eight minute timer", "set an hour timer",
    "set a timer for ninety seconds", "set a timer for two hours and fifteen minutes",
    "set a timer for five minutes thirty", "set a timer for an hour and a half",
    "set a timer for three and a half minutes", "set an egg timer for six minutes", "remind me in half an hour",
    "add two more minutes", "could you please set a pasta timer for nine minutes",
    "wake me up at six thirty tomorrow", "wake me up at half past seven",
    "set an alarm for quarter to eight in the morning", "set an alarm for seven a m on monday",
    "set an alarm for eighteen thirty", "set an alarm for midnight", "wake me up tomorrow morning at seven",
    "alarm at five to six", "how many grams in three ounces", "how many grams are in a pound",
    "what's twenty degrees celsius in fahrenheit", "convert ten miles to kilometers", "half a mile in meters",
    "five and a half feet in meters", "how many ounces are in an ounce",
    "what's fifteen percent of two hundred and forty", "what's seven times eight", "two point five plus four",
    "good night", "okay stop", "can you stop", "volume forty percent", "add milk and eggs to the shopping list",
]  # fmt: skip


@pytest.mark.parametrize("text", SAID)
def test_what_people_say_is_listened_for(text: str) -> None:
    assert text in HEARD


NEVER_SAID = [
    "set a timer for one minutes", "set a timer for ten hour", "set a five minutes timer",
    "set a timer for seven hour eight", "set a timer for two hours ninety minutes",
    "wake me up after thirty two minute", "set a timer for seven hours eight", "set an timer for five minutes",
    "set a alarm for seven", "set an alarm for five before eighteen", "set an alarm for five to eighteen",
    "set an alarm for thirteen past six", "set an alarm for seven on today", "set an alarm for eighteen thirty p m",
    "set an alarm for midnight in the morning", "set an alarm for midnight on today",
    "how many grams in three kilometers", "how many gram are in a pound", "how many grams are in a mile",
    "ten mile in kilometers", "one miles in kilometers", "five hundred and a half pints into months",
    "what's ninety three point plus two", "what's four hundred and a half plus two", "please good night",
    "can you hello", "can you what time is it", "thank you please", "we don't have any some bread",
    "cancel all the timer",
]  # fmt: skip


@pytest.mark.parametrize("text", NEVER_SAID)
def test_what_nobody_says_is_not_listened_for(text: str) -> None:
    assert text not in HEARD
