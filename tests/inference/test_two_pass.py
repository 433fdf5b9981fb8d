"""When the second recogniser is asked, and whose words are believed."""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import cast

import numpy as np
import pytest

from inference.stt.moonshine import Encoded, Floats, Moonshine
from inference.stt.protocol import HeardWord, Hypothesis, Outcome, Samples, Vocabulary, Voice
from inference.stt.search import Sentence
from inference.stt.subwords import Ids
from inference.stt.two_pass import Config, TwoPass, chosen, is_likely, plain
from tests.inference.test_search import Parrot, ParrotDecoding
from tests.inference.test_word_graph import GRAMMAR, LETTERS

ROOM = Encoded(np.zeros((1, 1, 1), np.float32), 0)
STEP = 320
SECOND = 16_000


@dataclass
class First:
    """A quick recogniser that says what it is told to."""

    text: str = ""
    others: tuple[str, ...] = ()
    position: int = 0

    def learn(self, vocabulary: Vocabulary) -> None: ...

    def start(self, position: int) -> None:
        self.position = position

    def overhear(self, samples: Samples) -> None: ...

    def feed(self, samples: Samples, voice: Voice = Voice.SPEAKING) -> Hypothesis:
        self.position += len(samples)
        words = tuple(HeardWord(word, self.position) for word in self.text.split())
        return Hypothesis(self.position, words, 0.9 if words else 0.0)

    def alternatives(self, most: int) -> tuple[str, ...]:
        return self.others

    def finish(self) -> Outcome:
        return Outcome(self.position)

    def close(self) -> None: ...


@dataclass
class Model(Parrot):
    """Heard one text, and counts what it is asked. Where nobody speaks, it expects `anything` (nats) as much."""

    text: str
    anything: float = -3.0
    encoded: list[int] = field(default_factory=list)
    searches: int = 0

    def __post_init__(self) -> None:
        super().__init__(self.text)

    def encode(self, samples: Samples) -> Encoded:
        if samples.any():  # what is fed here is all zeros
            return ROOM
        self.encoded.append(len(samples))
        return Encoded(np.zeros((1, 1, 1), np.float32), len(samples))

    def score(self, encoded: Encoded, ids: Ids) -> Floats:
        if encoded is ROOM:
            return np.full((len(ids) + 1, 400), self.anything, np.float32)
        return super().score(encoded, ids)

    def decode(self, encoded: Encoded, most: int) -> ParrotDecoding:
        self.searches += 1
        return super().decode(encoded, most)


def opened(first: First, said: str, grammar: str = GRAMMAR) -> tuple[TwoPass, Model]:
    model = Model(said)
    stt = TwoPass(first, cast(Moonshine, model))
    stt.learn(Vocabulary("1", "en", "", (), grammar))
    stt.start(0)
    return stt, model


def feed(stt: TwoPass, voice: Voice, seconds: float = STEP / SECOND) -> Hypothesis:
    told = Hypothesis(0)
    for _ in range(round(seconds * SECOND / STEP)):
        told = stt.feed(np.zeros(STEP, np.int16), voice)
    return told


def test_while_somebody_speaks_only_the_first_one_is_asked() -> None:
    stt, model = opened(First("sto"), "Stop")
    assert feed(stt, Voice.SPEAKING, 1.2).text == "sto"
    assert not model.encoded


def test_likely_words_need_no_search() -> None:
    stt, model = opened(First("stop"), "Stop")
    feed(stt, Voice.SPEAKING, 1.2)
    told = feed(stt, Voice.PAUSED, 0.2)
    assert (told.text, told.confidence > 0.9) == ("stop", True)
    assert stt.finish() == Outcome(round(1.4 * SECOND), "stop", told.confidence)
    assert (len(model.encoded), model.searches) == (1, 0)


def test_unlikely_words_are_not_believed_until_better_ones_were_looked_for() -> None:
    stt, model = opened(First("sto"), "Stop it")
    feed(stt, Voice.SPEAKING, 1.2)
    assert feed(stt, Voice.PAUSED).confidence == 0.0
    told = feed(stt, Voice.PAUSED)
    assert (told.text, told.confidence > 0.9) == ("stop it", True)
    feed(stt, Voice.PAUSED, 0.5)
    assert model.searches == 1
    assert stt.finish().text == "stop it"


ALIGHT = "T 3 4 1.0 alight\n"
ROOTS = "START_STATE 0\nFINAL_STATE 2\nT 0 1 1.0 root\nT 1 2 0.5 fifty\nT 1 2 0.5 fifteen\n"


@pytest.mark.parametrize(("said", "heard"), [("Root fifty", "root fifteen"), ("Root fifteen", "root fifty")])
def test_a_word_that_is_far_likelier_than_the_one_heard_is_believed_without_a_search(
    said: str, heard: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("tests.inference.test_search.UNEXPECTED", -6.0)
    stt, model = opened(First(heard), said, ROOTS)
    feed(stt, Voice.SPEAKING, 1.2)
    told = feed(stt, Voice.PAUSED)
    assert (told.text, told.confidence > 0.5, model.searches) == (said.lower(), True, 0)
    assert stt.finish().text == said.lower()


def test_a_word_that_fits_only_by_itself_is_searched_for(monkeypatch: pytest.MonkeyPatch) -> None:
    """ "it's" is a likelier beginning, but there is no such sentence."""
    grammar = "START_STATE 0\nFINAL_STATE 4\nT 0 1 0.5 set\nT 1 3 1.0 it\nT 0 2 0.5 its\nT 2 3 1.0 at\n" + ALIGHT
    stt, model = opened(First("set it alight"), "Its it alight", grammar)
    monkeypatch.setattr("tests.inference.test_search.UNEXPECTED", -6.0)
    feed(stt, Voice.SPEAKING, 1.2)
    feed(stt, Voice.PAUSED, 0.1)
    assert model.searches == 1


def test_words_that_are_sure_while_the_voice_fades_are_told_at_the_pause_without_another_look() -> None:
    stt, model = opened(First("stop"), "Stop")
    feed(stt, Voice.SPEAKING, 1.2)
    feed(stt, Voice.UNCLEAR, 0.04)
    told = feed(stt, Voice.PAUSED, 0.1)
    assert (told.text, told.confidence > 0.9, len(model.encoded)) == ("stop", True, 1)


def test_a_word_that_ends_behind_a_hasty_look_is_looked_at_again() -> None:
    stt, model = opened(First("stop"), "Stop")
    feed(stt, Voice.SPEAKING, 1.2)
    assert feed(stt, Voice.UNCLEAR).confidence == 0.9
    feed(stt, Voice.SPEAKING, 0.1)
    feed(stt, Voice.PAUSED, 0.1)
    assert len(model.encoded) == 2


def test_a_voice_that_stays_unclear_is_not_looked_at_again_and_again() -> None:
    stt, model = opened(First("stop"), "Stop")
    feed(stt, Voice.SPEAKING, 1.2)
    feed(stt, Voice.UNCLEAR, 3.0)
    assert len(model.encoded) == 1


def test_an_utterance_keeps_the_grammar_that_it_began_with() -> None:
    stt, _ = opened(First("sto"), "Stop it")
    stt.learn(Vocabulary("2", "en", "", (), ROOTS))
    feed(stt, Voice.SPEAKING, 1.2)
    assert feed(stt, Voice.PAUSED, 0.1).text == "stop it"


def test_words_that_are_not_sure_while_the_voice_fades_are_looked_at_again_at_the_pause() -> None:
    stt, model = opened(First("sto"), "Stop it")
    feed(stt, Voice.SPEAKING, 1.2)
    feed(stt, Voice.UNCLEAR, 0.1)
    assert (len(model.encoded), model.searches) == (1, 0)
    feed(stt, Voice.PAUSED)
    assert (len(model.encoded), model.searches) == (2, 0)
    assert feed(stt, Voice.PAUSED).text == "stop it"


def test_a_flicker_of_the_detector_changes_nothing() -> None:
    stt, model = opened(First("sto"), "Stop it")
    feed(stt, Voice.SPEAKING, 1.2)
    feed(stt, Voice.PAUSED, 0.1)
    assert feed(stt, Voice.SPEAKING, 0.06).text == "stop it"
    assert feed(stt, Voice.PAUSED, 0.1).text == "stop it"
    assert model.searches == 1


@pytest.mark.parametrize("more", ["stop it", "sto"], ids=["other words", "the same, but longer"])
def test_more_speech_is_looked_at_anew(more: str) -> None:
    first = First("sto")
    stt, model = opened(first, "Stop it")
    feed(stt, Voice.SPEAKING, 1.2)
    feed(stt, Voice.PAUSED, 0.1)
    first.text = more
    assert feed(stt, Voice.SPEAKING, 0.5).text == more
    assert feed(stt, Voice.PAUSED, 0.1).text == "stop it"
    assert len(model.encoded) == 2


def test_words_that_only_the_second_one_heard_are_told() -> None:
    stt, _ = opened(First(""), "Stop")
    feed(stt, Voice.SPEAKING, 1.2)
    assert feed(stt, Voice.PAUSED, 0.1).text == "stop"


def test_the_end_of_the_wake_word_is_no_request() -> None:
    stt, model = opened(First(""), "Is")
    feed(stt, Voice.SPEAKING, 0.3)
    assert feed(stt, Voice.PAUSED, 2.0).text == ""
    assert stt.finish().rejection == ""
    assert not model.searches


def test_what_is_no_request_is_written_down() -> None:
    stt, _ = opened(First("stop it"), "Go away")
    feed(stt, Voice.SPEAKING, 1.2)
    assert feed(stt, Voice.PAUSED, 0.1).confidence < 0.5
    outcome = stt.finish()
    assert (outcome.text, outcome.source, outcome.rejection) == ("go away", "dictation", "")


@pytest.mark.parametrize(("heard", "rejection"), [("", "no_words"), ("stop", "not_in_grammar")])
def test_what_nobody_can_make_out_is_rejected(heard: str, rejection: str) -> None:
    stt, model = opened(First(heard), "Go")
    model.row = lambda written: np.full(400, -6.0, np.float32)  # type: ignore[method-assign]
    feed(stt, Voice.SPEAKING, 1.2)
    outcome = stt.finish()
    assert (outcome.text, outcome.rejection) == ("", rejection)


def test_of_the_silence_before_a_voice_little_is_kept() -> None:
    stt, _ = opened(First(), "Stop")
    feed(stt, Voice.NONE, 3.0)
    assert stt.kept_samples <= SECOND


def test_what_is_too_long_for_the_second_one_is_left_to_the_first() -> None:
    stt, model = opened(First("stop"), "Stop it")
    feed(stt, Voice.SPEAKING, 12.0)
    assert feed(stt, Voice.PAUSED, 0.1).text == "stop"
    assert not model.encoded
    assert stt.kept_samples <= 11 * SECOND
    outcome = stt.finish()
    assert (outcome.text, outcome.source) == ("stop it", "dictation")
    assert model.encoded == [10 * SECOND]


@pytest.mark.parametrize("end", [TwoPass.finish, TwoPass.close, lambda stt: stt.start(0)])
def test_no_sound_outlives_its_utterance(end: Callable[[TwoPass], object]) -> None:
    stt, _ = opened(First("stop"), "Stop")
    feed(stt, Voice.SPEAKING, 1.2)
    end(stt)
    assert stt.kept_samples == 0


def test_without_an_automaton_there_is_nothing_to_find() -> None:
    stt, _ = opened(First("it it it"), "Stop it")
    stt.learn(Vocabulary("2", "en", "#JSGF V1.0;"))
    stt.start(0)
    feed(stt, Voice.SPEAKING, 1.2)
    feed(stt, Voice.PAUSED, 0.1)
    assert (stt.finish().text, stt.kept_samples) == ("stop it", 0)


def sentence(text: str, nats: float, pieces: int = 4) -> Sentence:
    return Sentence(text, nats, pieces, nats / pieces)


def test_words_that_both_may_have_heard_are_preferred() -> None:
    mine, other = sentence("set an alarm for six", -9.0), sentence("said an alarm for six", -3.0)
    assert chosen(mine, 0.9, (), (other,), Config()) is mine
    assert chosen(mine, 0.9, (other,), (other,), Config()) is other


def test_words_that_are_much_likelier_are_preferred() -> None:
    mine, other = sentence("convert three degrees", -30.0), sentence("add green chillies", -3.0)
    assert chosen(mine, 0.2, (), (other,), Config()) is other
    assert chosen(None, 0.0, (), (), Config()) is None


def test_one_bad_piece_is_enough_for_another_look() -> None:
    assert is_likely(Sentence("fourteen", -6.5, 5, -1.5), Config())
    assert not is_likely(Sentence("fourteen", -9.5, 5, -9.0), Config())


def test_half_a_sentence_is_likely_until_nobody_goes_on() -> None:
    """The model can't tell "sto" from "stop", and behind "sto" something has to follow."""
    stt, model = opened(
        First(""), "Sto", "START_STATE 0\nFINAL_STATE 2\nT 0 1 0.5 sto\nT 1 2 1.0 now\nT 0 2 0.5 stop\n"
    )
    letter = LETTERS.word("stop")[-1]

    def row(written: int) -> Floats:
        row = Parrot.row(model, written)
        row[letter] = -2.0 if written == 4 else row[letter]
        return row

    model.row = row  # type: ignore[method-assign]
    feed(stt, Voice.SPEAKING, 1.0)
    assert feed(stt, Voice.PAUSED, 0.8).text == "sto"
    assert feed(stt, Voice.PAUSED, 0.2).text == "stop"
    assert stt.finish().text == "stop"
    assert model.searches == 1


@pytest.mark.parametrize(("anything", "believed"), [(-8.0, True), (-0.1, False)])
def test_what_is_expected_of_anybody_needs_more_than_that(anything: float, believed: bool) -> None:
    """A model writes "thank you" where nobody speaks: it says little that it is likely in noise."""
    stt, model = opened(First(""), "Stop it")
    model.anything = anything
    feed(stt, Voice.SPEAKING, 1.4)
    told = feed(stt, Voice.PAUSED, 0.2)
    assert (told.text, told.confidence > 0.8) == ("stop it", believed)


def test_text_is_told_as_the_grammar_writes_it() -> None:
    assert (
        plain("What's 15 percent of two hundred, please? At 7:30.") == "what's 15 percent of two hundred please at 7:30"
    )
