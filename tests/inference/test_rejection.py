"""Is it a request at all? The score of words, and the real recogniser with the conductor's own vocabulary."""

from collections.abc import Callable, Iterator

import numpy as np
import pytest

from conductor.intents import Recognizer
from inference.stt.protocol import Outcome, Vocabulary
from inference.stt.rejection import WordScore, confidence
from inference.stt.sphinx import Sphinx
from tests.inference.conftest import Pcm

LOUDNESS = 0.4
"""espeak-ng speaks at full scale; people in a room do not."""


def scored(*nats_a_frame: float, frames: int = 30) -> float:
    return confidence(tuple(WordScore("word", frames, frames * nats) for nats in nats_a_frame))


def test_words_that_fit_are_believed() -> None:
    assert scored(-4.0, -5.0, -4.5) > 0.9


def test_one_word_that_does_not_fit_makes_the_rest_unlikely() -> None:
    assert scored(-4.0, -14.0, -4.0) < 0.5


def test_a_short_word_may_fit_less() -> None:
    short = WordScore("the", 9, 9 * -10.0)
    others = (WordScore("what", 40, 40 * -4.5), WordScore("time", 40, 40 * -4.5))
    assert confidence((short, *others)) > 0.5


def test_without_words_there_is_nothing_to_believe() -> None:
    assert confidence(()) == 0.0


def test_no_score_is_too_bad_to_count() -> None:
    assert 0.0 <= scored(-10_000.0) < 0.01


@pytest.fixture(scope="module")
def stt() -> Iterator[Sphinx]:
    recogniser = Sphinx()
    recogniser.learn(Vocabulary("1", "en", "", (), Recognizer.for_language("en").fsg))
    yield recogniser
    recogniser.close()


def hear(stt: Sphinx, speech: Pcm) -> Outcome:
    room = np.random.default_rng(1).normal(0, 8, 4800).astype(np.int16)
    stt.start(0)
    stt.feed(np.concatenate([room, (speech * LOUDNESS).astype(np.int16), room]))
    return stt.finish()


@pytest.mark.parametrize("request_", ["set an alarm for seven forty on weekdays", "say that again please", "stop"])
def test_a_request_is_accepted(stt: Sphinx, say: Callable[..., Pcm], request_: str) -> None:
    assert hear(stt, say(request_)).text == request_


@pytest.mark.parametrize(
    "sentence",
    [
        "she said that she would call me back tomorrow",
        "the children are playing in the garden",
        "somebody is knocking at the door",
        "my grandmother lives in a small village",
    ],
)
def test_everyday_speech_is_rejected(stt: Sphinx, say: Callable[..., Pcm], sentence: str) -> None:
    outcome = hear(stt, say(sentence))
    assert (outcome.text, outcome.rejection) in [("", "not_in_grammar"), ("", "no_words")]
