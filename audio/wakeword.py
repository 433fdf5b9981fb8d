"""Which wake word was said, and where it ended.

`WakeWords` is pure: it takes scores and decides. `OpenWakeWord` opens the models that openwakeword's wheel carries.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from audio import stopword as detector
from audio.config import WakeConfig, WordConfig
from audio.errors import UnknownWakeWord
from engines.errors import EngineError
from engines.session import CPU, Session, open_session, packaged

Floats = NDArray[np.float32]
Head = Callable[[Floats], float]

HEAD_INPUT = 16
"""Embeddings that a head looks at, 80 ms apart: 1.28 s, and the 775 ms that the first of them looks back."""
RATE = 16_000
SECOND_OPINIONS = detector.STOP.parent
NEARLY = 0.05
"""Where a second opinion decides, the first has to be no surer than this: in noise it seldom is."""
NO_MEL = np.zeros((1, 0, detector.MEL_BINS), np.float32)
LATENESS = 1280
"""Samples that a word is taken to have ended before the hop that hits: mostly it ended 80 ms later, seldom (one in
twenty) 50 ms earlier. A request that begins 200 ms late is half lost; one that begins with some of the word isn't."""


@dataclass(frozen=True)
class Wake:
    """A word was heard (`accepted`), or nearly. `position` is where it ended, as well as can be said."""

    word: str
    score: float
    position: int
    accepted: bool


@dataclass
class Tally:
    """What became of one word so far. Positions and times are for `spoq wakewords`."""

    threshold: float
    accepted: int = 0
    near_misses: int = 0
    best_near_miss: float = 0.0
    accepted_ns: int = 0


class _Word:
    """One word's run of scores: hits in a row, and the highest score of a rise that has not become a hit."""

    def __init__(self, name: str, config: WordConfig) -> None:
        self.name = name
        self.config = config
        self.hits = 0
        self.peak = 0.0
        self.peak_at = 0

    def hear(self, score: float, position: int, needed: int) -> Wake | None:
        self.hits = self.hits + 1 if score >= self.config.threshold else 0
        if self.hits >= needed:
            return Wake(self.name, score, position, accepted=True)
        if score >= max(self.config.near, self.peak):
            self.peak, self.peak_at = score, position
        elif self.peak and score < self.config.near:
            near = Wake(self.name, self.peak, self.peak_at, accepted=False)
            self.forget()
            return near
        return None

    def forget(self) -> None:
        self.hits, self.peak = 0, 0.0


class WakeWords:
    """Decides from the scores of each hop. After a word was accepted, none is for the refractory time."""

    def __init__(self, config: WakeConfig) -> None:
        self._config = config
        self._words = [_Word(name, word) for name, word in config.words.items()]
        self._deaf_until = 0

    def hear(self, scores: Mapping[str, float], position: int, sounding: bool) -> list[Wake]:
        """What the scores of the hop that ended at `position` mean; `sounding`: the box itself makes a sound."""
        if position < self._deaf_until:
            return []
        needed = self._config.hits_while_sounding if sounding else 1
        heard = [wake for word in self._words if (wake := word.hear(scores[word.name], position, needed)) is not None]
        accepted = [wake for wake in heard if wake.accepted]
        if not accepted:
            return heard
        best = max(accepted, key=lambda wake: wake.score)
        self._deaf_until = position + int(self._config.refractory_s * RATE)
        for word in self._words:
            word.forget()
        return [Wake(best.word, best.score, max(0, best.position - LATENESS), accepted=True)]

    def begin(self) -> None:
        """Another stream: its positions have nothing to do with the ones before."""
        self._deaf_until = 0
        for word in self._words:
            word.forget()


class OpenWakeWord:
    """openwakeword's models: the two behind the features (`audio.features.Models`) and a head for each word.

    The package itself is not imported: it brings much that is not used here, and at its start works through four
    seconds of noise.

    Raises:
        EngineError: the models behind the features are missing or damaged.
        UnknownWakeWord: a word has no model in the wheel, and its `model` is no file.
        UnusableHead: the second opinion on a word is damaged.
    """

    def __init__(self, words: Mapping[str, WordConfig]) -> None:
        self._mel, self._embedding = _packaged("melspectrogram"), _packaged("embedding_model")
        self.heads: dict[str, Head] = {
            name: _checked(_head(_of_word(word.model or name)), name, word) for name, word in words.items()
        }

    def mel(self, sound: Floats) -> Floats:
        # The scaling is that of AudioFeatures._get_melspectrogram.
        rows = self._mel.run(None, {"input": sound[None]})[0].reshape(-1, 32) / 10 + 2
        return rows.astype(np.float32, copy=False)

    def embedding(self, mel: Floats) -> Floats:
        embedding: Floats = self._embedding.run(None, {"input_1": mel[None, :, :, None]})[0].reshape(96)
        return embedding


def _checked(head: Head, name: str, word: WordConfig) -> Head:
    """A head with a second opinion of our own, where there is one: the lower of the two counts, each in relation to its
    threshold."""
    path = SECOND_OPINIONS / f"{name}.npz"
    if word.model or not word.second_opinion or not path.exists():
        return head
    second = detector.Head.load(path)

    def score(embeddings: Floats) -> float:
        first = detector.standing(head(embeddings), NEARLY)
        if first < min(word.near, word.threshold):
            return first
        newest = detector.seen(embeddings[None, len(embeddings) - second.looks_at :], NO_MEL)
        return min(first, second.standing(float(second.probability(newest)[0])))

    return score


def _head(session: Session) -> Head:
    name = session.get_inputs()[0].name
    return lambda embeddings: float(session.run(None, {name: embeddings[None]})[0][0][0])


def _of_word(model: str) -> Session:
    """A file, or the name of one in the wheel. Raises UnknownWakeWord."""
    try:
        if Path(model).is_file():
            return open_session(Path(model), preference=(CPU,)).session
        return _packaged(f"{model.replace(' ', '_')}_v0.1")
    except EngineError as error:
        raise UnknownWakeWord(f"{UnknownWakeWord.__doc__} ({model}: {error})") from error


def _packaged(name: str) -> Session:
    return open_session(packaged("openwakeword", f"resources/models/{name}.onnx"), preference=(CPU,)).session
