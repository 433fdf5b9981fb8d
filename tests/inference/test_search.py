"""The search, with a model that has learned one text by heart, and with the real one."""

from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import cast

import numpy as np
import pytest

from conductor.intents import Recognizer
from inference.stt.moonshine import Encoded, Moonshine
from inference.stt.search import Searcher
from inference.stt.subwords import BEGIN, END, Ids
from inference.stt.word_graph import WordGraph
from tests.inference.conftest import Pcm
from tests.inference.test_word_graph import GRAMMAR, LETTERS

SOUND = Encoded(np.zeros((1, 1, 1), np.float32), 32_000)
UNEXPECTED = -9.5


class Parrot:
    """Expects the pieces of one text after each other, and anything else hardly."""

    subwords = LETTERS

    def __init__(self, text: str) -> None:
        self.ids = tuple(piece for word in text.split() for piece in LETTERS.word(word))

    def row(self, written: int) -> np.ndarray:
        row = np.full(400, UNEXPECTED, np.float32)
        row[self.ids[written] if written < len(self.ids) else END] = 0.0
        return row

    def score(self, encoded: Encoded, ids: Ids) -> np.ndarray:
        return np.array([self.row(written) for written in range(len(ids) + 1)])

    def decode(self, encoded: Encoded, most: int) -> "ParrotDecoding":
        return ParrotDecoding(self, most)


class ParrotDecoding:
    def __init__(self, parrot: Parrot, most: int) -> None:
        self._parrot = parrot
        self._most = most
        self._written: list[Ids] = [(BEGIN,)]
        self.first = np.array([parrot.row(0)])

    def step(self, parents: Sequence[int], ids: Sequence[int]) -> np.ndarray:
        assert len(ids) <= self._most
        self._written = [(*self._written[parent], piece) for parent, piece in zip(parents, ids, strict=True)]
        return np.array([self._parrot.row(len(written) - 1) for written in self._written])


def searcher(text: str) -> Searcher:
    model = cast(Moonshine, Parrot(text))
    return Searcher(model, WordGraph(GRAMMAR, LETTERS))


def test_what_the_grammar_knows_is_found() -> None:
    found = searcher("Stop it").search(SOUND)
    assert found.sentences[0].text == "stop it"
    assert found.sentences[0].nats == pytest.approx(0.0, abs=0.01)
    assert found.free.text == "Stop it"


def test_what_it_does_not_know_is_written_beside_it_and_far_likelier() -> None:
    found = searcher("Go on").search(SOUND)
    assert found.free.text == "Go on"
    assert found.free.nats == pytest.approx(0.0)
    assert all(sentence.nats < 2 * UNEXPECTED for sentence in found.sentences)


def test_a_sentence_that_was_begun_is_told_as_such() -> None:
    begun = GRAMMAR.replace("T 2 4 0.75000\n", "")
    found = Searcher(cast(Moonshine, Parrot("Stop")), WordGraph(begun, LETTERS)).search(SOUND)
    assert (found.sentences[0].text, found.sentences[0].whole) == ("stop", False)


def test_words_that_are_too_short_for_the_voice_are_no_explanation() -> None:
    words = searcher("Stop it")
    short, right = (words.score(replace(SOUND, voiced_s=voiced_s), "stop it") for voiced_s in (3.0, 0.9))
    assert right.nats == words.score(SOUND, "stop it").nats
    assert short.nats < right.nats - 10
    found = words.search(replace(SOUND, voiced_s=3.0))
    assert found.sentences[0].nats == pytest.approx(short.nats)
    assert found.free.nats == pytest.approx(0.0), "anything may have been said: nothing is left over"


def test_a_score_names_the_worst_piece() -> None:
    right, wrong = (searcher("Stop it").score(SOUND, text) for text in ("stop it", "stop at"))
    assert right.nats == pytest.approx(0.0, abs=0.01)
    assert wrong.nats == pytest.approx(UNEXPECTED, abs=0.01)
    assert (right.worst_piece, wrong.worst_piece) == (0.0, UNEXPECTED)


@pytest.mark.parametrize(("said", "rivals"), [("Stop it", set()), ("Stop at", {"stop at"})])
def test_a_score_names_other_words_that_are_likelier(said: str, rivals: set[str]) -> None:
    grammar = GRAMMAR.replace("T 2 4 0.75000", "T 2 3 0.75000 at")
    searcher = Searcher(cast(Moonshine, Parrot(said)), WordGraph(grammar, LETTERS))
    sentence, others = searcher.score_beside_rivals(SOUND, "stop it", ahead=4.0)
    assert sentence == searcher.score(SOUND, "stop it")
    assert others == rivals


def test_a_text_without_an_end_has_one(say: Callable[..., Pcm]) -> None:
    """A model that never ends gets no further than so much sound allows."""
    endless = searcher("Stop " + 400 * "a")
    assert len(endless.search(SOUND).free.text) < 30


@pytest.fixture(scope="module")
def real() -> tuple[Moonshine, Searcher]:
    model = Moonshine.opened()
    return model, Searcher(model, WordGraph(Recognizer.for_language("en").fsg, model.subwords))


@pytest.mark.parametrize("text", ["what time is it in tokyo", "set a timer for ten minutes", "stop the timer please"])
def test_the_real_model_finds_a_request(real: tuple[Moonshine, Searcher], say: Callable[..., Pcm], text: str) -> None:
    model, searcher = real
    assert searcher.search(model.encode((say(text) * 0.4).astype(np.int16))).sentences[0].text == text


def test_the_real_model_writes_what_is_no_request(real: tuple[Moonshine, Searcher], say: Callable[..., Pcm]) -> None:
    model, searcher = real
    found = searcher.search(model.encode((say("the children are playing in the garden") * 0.4).astype(np.int16)))
    assert "children are playing in the garden" in found.free.text.lower()
    assert all(sentence.nats < found.free.nats - 5 for sentence in found.sentences)


@pytest.mark.parametrize(
    "sound", [np.zeros(0, np.int16), np.zeros(3, np.int16), np.full(16_000, 32767, np.int16)], ids=len
)
def test_the_real_model_takes_any_sound(real: tuple[Moonshine, Searcher], sound: Pcm) -> None:
    model, searcher = real
    assert np.isfinite(searcher.search(model.encode(sound)).free.nats)
