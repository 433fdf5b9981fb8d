"""A grammar spelled in pieces: here every letter is one."""

import math

import pytest

from inference.stt.subwords import Subwords
from inference.stt.word_graph import Node, WordGraph
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


def along(place: Node, text: str) -> Node:
    for piece in LETTERS.word(text):
        place = place.children[piece]
    return place


@pytest.fixture
def graph() -> WordGraph:
    return WordGraph(GRAMMAR, LETTERS)


def test_a_sentence_begins_with_a_capital_whatever_of_the_wake_word_still_sounds(graph: WordGraph) -> None:
    (end,) = along(graph.beginning, "Stop").ends
    assert (end.word, end.state) == ("stop", 2)
    assert end.weight == pytest.approx(math.log(0.5 * 0.6))
    assert graph.beginning.final == -math.inf
    assert set(graph.beginning.children) == {LETTERS.word("S")[0]}


def test_a_word_may_be_the_beginning_of_another(graph: WordGraph) -> None:
    short = along(graph.beginning, "Sto")
    assert [end.word for end in short.ends] == ["sto"]
    assert short.children


def test_where_a_sentence_may_end_it_says_how_likely(graph: WordGraph) -> None:
    after = graph.after(2)
    assert after.final == pytest.approx(math.log(0.75))
    assert along(after, "it").ends == along(after, "It").ends
    assert graph.after(2) is after


def test_a_way_in_a_circle_ends() -> None:
    circle = "START_STATE 0\nFINAL_STATE 2\nT 0 1 1.0\nT 1 0 1.0\nT 1 2 0.5 go\n"
    assert [end.word for end in along(WordGraph(circle, LETTERS).beginning, "Go").ends] == ["go"]
