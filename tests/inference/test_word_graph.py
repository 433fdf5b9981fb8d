"""A grammar spelled in pieces: here every letter is one."""

import math

import pytest

from inference.stt.subwords import Subwords
from inference.stt.word_graph import Place, WordGraph
from tests.inference.test_subwords import SIGNS, SPACE

MARKS = (b",", b".", b"?", b"!")
LETTERS = Subwords((*SIGNS, SPACE, *MARKS, *(bytes([letter]) for letter in range(65, 123))))
GRAMMAR = """FSG_BEGIN requests
NUM_STATES 6
START_STATE 0
FINAL_STATE 5
T 0 1 0.50000 ++jarvis++
T 0 1 0.50000
T 1 2 0.60000 stop
T 1 2 0.40000 sto
T 2 3 0.25000 it
T 2 4 0.75000
T 3 5 1.00000
T 4 5 1.00000
FSG_END
"""


def spelled(place: Place) -> dict[str, tuple[str, int, float]]:
    return {LETTERS.text(word.pieces): (word.word, word.state, word.weight) for word in place.words}


@pytest.fixture
def graph() -> WordGraph:
    return WordGraph(GRAMMAR, LETTERS)


def test_a_sentence_begins_with_a_capital_whatever_of_the_wake_word_still_sounds(graph: WordGraph) -> None:
    assert {name: (word, state) for name, (word, state, _) in spelled(graph.beginning).items()} == {
        "Stop": ("stop", 2),
        "Sto": ("sto", 2),
    }
    assert spelled(graph.beginning)["Stop"][2] == pytest.approx(math.log(0.5 * 0.6))
    assert graph.beginning.final == -math.inf
    assert set(graph.beginning.first) == {LETTERS.word("S")[0]}


def test_where_a_sentence_may_end_it_says_how_likely(graph: WordGraph) -> None:
    after = graph.after(2)
    assert after.final == pytest.approx(math.log(0.75))
    assert spelled(after).keys() == {"it", "It"}
    assert graph.after(2) is after


def test_letters_are_spelled_as_in_abbreviations() -> None:
    letters = WordGraph("START_STATE 0\nFINAL_STATE 2\nT 0 1 1.0 i\nT 1 2 1.0 p\n", LETTERS)
    assert spelled(letters.beginning).keys() == {"I"}
    assert spelled(letters.after(1)).keys() == {"p", "P", ".p."}
    assert LETTERS.word("p") in [word.pieces for word in letters.after(1).words]


def test_a_way_in_a_circle_ends() -> None:
    circle = "START_STATE 0\nFINAL_STATE 2\nT 0 1 1.0\nT 1 0 1.0\nT 1 2 0.5 go\n"
    assert spelled(WordGraph(circle, LETTERS).beginning).keys() == {"Go"}


NUMBERS = """START_STATE 0
FINAL_STATE 3
T 0 1 1.0 add
T 1 2 0.4 fifty
T 1 2 0.3 fifteen
T 1 2 0.3 fifteenth
T 2 3 0.5 five
T 2 3 0.5
"""


def test_rivals_are_words_that_may_stand_in_the_place_of_another() -> None:
    graph, begin = WordGraph(NUMBERS, LETTERS), len(LETTERS.word("Add"))

    def letter(piece: int) -> str:
        return LETTERS.text([piece])

    rivals = graph.rivals("add fifty five")
    assert {(rival.at - begin, letter(rival.piece), rival.number, rival.word) for rival in rivals} == {
        (1, "F", 1, "fifteen"),
        (1, "F", 1, "fifteenth"),
        (5, "e", 1, "fifteen"),
        (5, "e", 1, "fifteenth"),
    }


def test_a_longer_word_is_a_rival_where_the_shorter_one_ends() -> None:
    rivals = WordGraph(NUMBERS, LETTERS).rivals("add fifteen")
    end = len(LETTERS.word("Add")) + len(LETTERS.word("fifteen"))
    assert [rival.word for rival in rivals if rival.at == end] == ["fifteenth"]


def test_behind_a_word_that_the_grammar_does_not_know_nothing_is_compared(graph: WordGraph) -> None:
    assert {rival.number for rival in graph.rivals("go it")} == {0}
    assert not graph.rivals("")


def test_a_sentence_is_allowed_where_the_grammar_may_end(graph: WordGraph) -> None:
    assert [text for text in ("stop", "stop it", "it", "stop it it", "") if graph.allows(text)] == ["stop", "stop it"]
