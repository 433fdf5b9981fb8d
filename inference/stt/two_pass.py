"""Two recognisers as one: one that follows every word, and a better one that listens again when the voice fades.

The first (pocketsphinx) says at any moment what was said so far, and what it may have been instead. The second
(Moonshine) needs a whole utterance. When the voice fades or pauses it says how likely the first one's words are. If
they are not likely enough, it looks for better ones in the grammar, and which are believed is for `chosen` to decide.
The numbers were fitted to 558 spoken requests of nine synthetic speakers: docs/decisions/0007.
"""

import math
import re
from collections.abc import Sequence
from dataclasses import dataclass, field, replace

from inference.stt.kept import Kept
from inference.stt.moonshine import Encoded, Moonshine
from inference.stt.protocol import GuessingStt, HeardWord, Hypothesis, Outcome, Samples, Vocabulary, Voice
from inference.stt.search import Config as SearchConfig
from inference.stt.search import Searcher, Sentence
from inference.stt.word_graph import WordGraph

RATE = 16_000
LONGER_S = 1.0
"""Sound kept beyond what the second pass takes: that is how it knows that there was more."""


@dataclass(frozen=True)
class Config:
    """How the two get along. Log probabilities are of the second one, in nats.

    `sure`, `sure_piece`: the mean of the subwords and the worst of them, with which the first one's words need no
    search. `ahead`: another word of the grammar that is by so much likelier than one of them is tried in its place;
    `rivals`: of more such words none is tried. `known`, `confident`: in a search, by so much the first one's words are
    preferred, and by so much more the more confident it is. `begun`: what is only the beginning of a sentence is
    preferred by so much for `goes_on_s` of silence, as its speaker may go on, by `begun_for_both` if they are the
    first one's words; `remnant`: in the end it costs so much. `middle`, `steepness`: a mean that is believed by half,
    and how quickly belief grows with it; `trusted`: what the first one's confidence in its own words counts for there;
    `unheard`: how much it counts against a sentence that it is likelier than `usual`, for a subword, where nobody
    speaks. `alternatives`: of the first one. `hasty_s`: with no more voice than this after a hasty look it counts at
    the pause. `again_s`: more voice than this is worth another look. `least_s`: less of it in which the first one
    heard nothing is the end of the wake word, and not looked at; `remains_s`: where that sounds before a request.
    `before_s`: sound kept from before a voice. `longest_s`: longer speech is left to the first one. `dictation`: words
    outside of the grammar are told, from a confidence of `legible` on.
    """

    sure: float = -2.2
    sure_piece: float = -8.0
    ahead: float = 4.0
    rivals: int = 3
    known: float = 6.0
    confident: float = 3.0
    begun: float = 1.0
    begun_for_both: float = 9.0
    remnant: float = 3.0
    goes_on_s: float = 0.85
    middle: float = -1.85
    steepness: float = 2.5
    trusted: float = 2.0
    unheard: float = 0.3
    usual: float = -3.0
    alternatives: int = 3
    hasty_s: float = 0.06
    again_s: float = 0.15
    least_s: float = 0.4
    remains_s: float = 0.06
    before_s: float = 0.5
    longest_s: float = 10.0
    dictation: bool = True
    legible: float = 0.3
    search: SearchConfig = field(default_factory=SearchConfig)


@dataclass(frozen=True)
class Verdict:
    """What was said up to a pause, after so many `voiced` samples, where the first recogniser heard the words
    `about`. `searched`: better ones were looked for, and `free` are words that need not be in the grammar. Not
    `final`: they have yet to be, in `encoded`. `hasty`: there was no pause yet, so that it counts only if it is
    final and the pause follows at once. `in_the_end`: what counts in its place when nobody goes on."""

    about: str
    voiced: int
    sentence: Sentence | None = None
    confidence: float = 0.0
    free: Sentence | None = None
    searched: bool = False
    final: bool = True
    encoded: Encoded | None = None
    hasty: bool = False
    in_the_end: "Verdict | None" = None


def confidence(
    sentence: Sentence, config: Config, first_confidence: float = 0.5, unheard: float | None = None
) -> float:
    """0 to 1. `first_confidence`: of the first recogniser, if these are its words. `unheard`: the log probability of
    the sentence where nobody speaks, if it is known."""
    nats = sentence.nats_a_piece + config.trusted * (first_confidence - 0.5)
    if unheard is not None:
        nats -= config.unheard * (unheard / (sentence.pieces + 1) - config.usual)
    return 1.0 / (1.0 + math.exp(-max(-50.0, config.steepness * (nats - config.middle))))


def is_likely(sentence: Sentence, config: Config) -> bool:
    """Whether nothing in it stands out."""
    return sentence.nats_a_piece >= config.sure and sentence.worst_piece >= config.sure_piece


def chosen(
    first: Sentence | None,
    first_confidence: float,
    known: Sequence[Sentence],
    found: Sequence[Sentence],
    config: Config,
    may_go_on: bool = False,
) -> Sentence | None:
    """The most believable sentence: the `first` recogniser's own, others `known` to it, and what the second `found`.
    `may_go_on`: the speaker may be in the middle of it."""
    worth = {sentence: sentence.worth(config.search) for sentence in found}
    worth |= {sentence: sentence.worth(config.search) + config.known for sentence in known}
    if first is not None:
        worth[first] = first.worth(config.search) + config.known + config.confident * (first_confidence - 0.5)
    for sentence in worth:
        if not sentence.whole:
            begun = config.begun_for_both if sentence is first else config.begun
            worth[sentence] += begun if may_go_on else -config.remnant
    return max(worth, key=worth.__getitem__, default=None)


def plain(text: str) -> str:
    """Words as the grammar writes them: small letters, no marks."""
    return " ".join(re.sub(r"[^\w'.:%° ]|[.:](?!\d)", " ", text.lower()).split())


class TwoPass:
    """An `Stt`. Keeps the sound of an utterance for as long as it is open."""

    def __init__(self, first: GuessingStt, model: Moonshine, config: Config = Config()) -> None:
        self._first = first
        self._model = model
        self._config = config
        self._searcher = self._learned = self._searching("")
        self._version = ""
        self._kept = Kept(int((config.longest_s + LONGER_S) * RATE))
        self._heard = Hypothesis(0)
        self._verdict: Verdict | None = None
        self._voiced = self._quiet = 0
        self._clear = False

    @property
    def kept_samples(self) -> int:
        """How much sound is held at the moment."""
        return self._kept.samples

    def learn(self, vocabulary: Vocabulary) -> None:
        self._first.learn(vocabulary)
        if self._version != vocabulary.version:
            self._learned = self._searching(vocabulary.fsg)
            self._version = vocabulary.version

    def start(self, position: int) -> None:
        self._forget()
        self._searcher = self._learned
        self._first.start(position)
        self._heard = Hypothesis(position)

    def overhear(self, samples: Samples) -> None:
        self._first.overhear(samples)

    def feed(self, samples: Samples, voice: Voice = Voice.SPEAKING) -> Hypothesis:
        self._kept.add(samples)
        if voice is Voice.NONE:
            self._kept.shorten(int(self._config.before_s * RATE))
        self._heard = self._first.feed(samples, voice)
        fades, self._clear = voice is Voice.UNCLEAR and self._clear, voice is Voice.SPEAKING
        self._quiet = self._quiet + len(samples) if voice is Voice.PAUSED else 0
        if voice is not Voice.PAUSED:
            self._voiced += len(samples) if voice is not Voice.NONE else 0
            if fades and self._heard.words and self._is_news():
                self._verdict = replace(self._verified(), hasty=True)
            return self._heard if self._is_news() or self._is_hasty else self._told()
        verdict = self._verdict
        if verdict is None or self._is_news() or (verdict.hasty and self._is_too_hasty(verdict)):
            self._verdict = self._verified()
        elif verdict.hasty:
            self._verdict = replace(verdict, hasty=False)
        elif not verdict.final:
            self._verdict = self._searched()
        return self._told()

    def finish(self) -> Outcome:
        verdict = self._verdict
        if verdict is None or verdict.hasty or not verdict.final or self._is_news():
            verdict = self._searched()
        verdict = verdict.in_the_end or verdict
        outcome, sentence = self._first.finish(), verdict.sentence
        if sentence is not None and verdict.confidence >= 0.5:
            outcome = replace(outcome, text=sentence.text, confidence=verdict.confidence, rejection="")
        elif sentence is not None:
            rejection = "not_in_grammar" if self._heard.words else "no_words"
            outcome = replace(outcome, text="", confidence=verdict.confidence, rejection=rejection)
        free = None if outcome.text or not self._config.dictation else verdict.free or self._written_down()
        self._forget()
        text, legible = (plain(free.text), math.exp(free.nats_a_piece)) if free else ("", 0.0)
        if not text or legible < self._config.legible:
            return outcome
        return replace(outcome, text=text, confidence=legible, source="dictation", rejection="")

    def close(self) -> None:
        self._forget()
        self._first.close()

    # --- the second pass ----------------------------------------------------------------------------------

    def _searching(self, fsg: str) -> Searcher:
        return Searcher(self._model, WordGraph(fsg, self._model.subwords), self._config.search)

    def _is_news(self) -> bool:
        """Whether the verdict, if there is one, is about less than what was said by now. A search has heard everything;
        the first recogniser may tell its last word a little late."""
        verdict = self._verdict
        if verdict is None or self._voiced - verdict.voiced > self._config.again_s * RATE:
            return True
        return verdict.about != self._heard.text and not verdict.searched

    @property
    def _is_hasty(self) -> bool:
        return self._verdict is not None and self._verdict.hasty

    def _is_too_hasty(self, verdict: Verdict) -> bool:
        return not verdict.final or self._voiced - verdict.voiced > self._config.hasty_s * RATE

    def _verified(self) -> Verdict:
        """Are the first one's words likely, or those with a word in them exchanged for one that is far likelier there?
        Nothing is believed as long as better ones may be found."""
        encoded, text = self._encoded(), self._heard.text
        if encoded is None:
            return Verdict(text, self._voiced)
        if not text:
            return Verdict(text, self._voiced, final=False, encoded=encoded)
        searcher, config = self._searcher, self._config
        sentence, rivals = searcher.score_beside_rivals(encoded, text, config.ahead)
        unsure = Verdict(text, self._voiced, sentence, final=False, encoded=encoded)
        if not is_likely(sentence, config) or len(rivals) > config.rivals:
            return unsure
        scored = (sentence, *(searcher.score(encoded, rival) for rival in rivals))
        best = max(scored, key=lambda each: each.worth(config.search))
        sure = confidence(best, config, self._heard.confidence if best is sentence else 0.5)
        if sure < 0.5 or (best is not sentence and not (is_likely(best, config) and searcher.allows(best.text))):
            return unsure
        return Verdict(text, self._voiced, best, sure)

    def _searched(self) -> Verdict:
        """Which words are the likeliest?"""
        heard, searcher, nothing = self._heard, self._searcher, Verdict(self._heard.text, self._voiced)
        if not heard.words and self._voiced < self._config.least_s * RATE:
            return nothing
        before = self._verdict
        encoded = before.encoded if before is not None and before.voiced == self._voiced else None
        encoded = encoded or self._encoded()
        if encoded is None:
            return nothing
        found = searcher.search(encoded)
        scored = {sentence.text: sentence for sentence in found.sentences}
        first = (scored.get(heard.text) or searcher.score(encoded, heard.text)) if heard.words else None
        agreed = bool(found.sentences) and found.sentences[0] is first
        others = () if agreed else self._first.alternatives(self._config.alternatives)
        known = [scored.get(text) or searcher.score(encoded, text) for text in others if text != heard.text]
        searched = replace(nothing, free=found.free, searched=True)

        def believed(sentence: Sentence | None) -> Verdict:
            if sentence is None:
                return searched
            own = heard.confidence if sentence is first else 0.5
            sure = confidence(sentence, self._config, own, searcher.unheard(sentence.text))
            return replace(searched, sentence=sentence, confidence=sure)

        going_on, in_the_end = (
            chosen(first, heard.confidence, known, found.sentences, self._config, may_go_on)
            for may_go_on in (True, False)
        )
        return replace(believed(going_on), in_the_end=None if in_the_end is going_on else believed(in_the_end))

    def _written_down(self) -> Sentence | None:
        """What was said, of long speech its end, whatever the grammar."""
        if self._voiced < self._config.least_s * RATE:
            return None
        sound = self._kept.sound[-int(self._config.longest_s * RATE) :]
        return self._searcher.search(self._model.encode(sound)).free

    def _encoded(self) -> Encoded | None:
        if not 0 < self._kept.samples <= self._config.longest_s * RATE:
            return None
        encoded = self._model.encode(self._kept.sound[int(self._config.remains_s * RATE) :])
        return replace(encoded, voiced_s=self._voiced / RATE)

    def _told(self) -> Hypothesis:
        verdict, position = self._verdict, self._heard.position
        if verdict is not None and verdict.in_the_end is not None and self._quiet > self._config.goes_on_s * RATE:
            verdict = verdict.in_the_end
        if verdict is None or verdict.sentence is None:
            return self._heard
        words = tuple(HeardWord(word, position) for word in verdict.sentence.text.split())
        return Hypothesis(position, words, verdict.confidence)

    def _forget(self) -> None:
        self._kept.forget()
        self._verdict = None
        self._voiced = self._quiet = 0
