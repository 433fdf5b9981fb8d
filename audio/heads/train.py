"""Makes the weights of a detector: `python -m audio.heads.train stop` (or `hey_jarvis`, `alexa`).

Examples are made (minutes; kept in a folder, so that the rest can be repeated without), a network is trained on the
voices for training, its threshold chosen on those for validation, and what it does with voices that it never heard is
told. Everything is drawn from the recorded seeds, so the same versions of the packages give the same weights.

The second opinion on a wake word is asked only where openwakeword has nearly heard the word, so it is trained and
tested there.
"""

import argparse
import logging
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from audio.config import WordConfig
from audio.heads import examples as kept
from audio.heads.corpus import WORDS, Side, Word
from audio.heads.examples import EITHER, Examiner, Examples, examples
from audio.heads.examples import WORD as IS_WORD
from audio.heads.network import Part, Recipe, save, train
from audio.heads.outcomes import Outcomes, outcomes
from audio.stopword import Head
from audio.wakeword import HEAD_INPUT, NEARLY, OpenWakeWord

log = logging.getLogger(__name__)

Floats = NDArray[np.float32]

DRAWN: dict[str, dict[Side, tuple[tuple[int, int], ...]]] = {
    "stop": {
        Side.TRAINING: ((2001, 500), (2011, 330)),
        Side.VALIDATION: ((2002, 135), (2012, 60)),
        Side.TEST: ((2003, 135),),
    },
    "hey_jarvis": {
        Side.TRAINING: ((3011, 700), (3021, 450)),
        Side.VALIDATION: ((3012, 120), (3022, 80)),
        Side.TEST: ((3013, 100),),
    },
    "alexa": {
        Side.TRAINING: ((4011, 700), (4021, 450)),
        Side.VALIDATION: ((4012, 120), (4022, 80)),
        Side.TEST: ((4013, 100),),
    },
}
"""The seeds, and how many streams are drawn from each."""

OTHERS_COUNT = 2.0
"""How much a hop right behind something else that was said counts, against any other hop without the word."""
WORDS_COUNT = 0.3
"""How much all hops of the word count together, against all others together."""
KEPT_SHARE = 0.5
"""Of the hops that are neither."""
TRAINED_FROM = 0.03
"""What a second opinion is trained on: hops that openwakeword gives at least this."""
THRESHOLDS = tuple(np.round(np.concatenate([np.arange(0.1, 0.9, 0.05), np.arange(0.9, 1.0, 0.01)]), 2).tolist())


def made(name: str, side: Side, folder: Path) -> list[Examples]:
    """The examples of one side, from `folder` where they were made before."""
    path = folder / f"{name}.{side.value}.npz"
    if path.exists():
        return kept.load(path)
    log.info("making examples: %s, %s", name, side.value)
    examiner = Examiner()
    streams = [each for drawn in DRAWN[name][side] for each in examples(examiner, WORDS[name], *drawn, side)]
    folder.mkdir(parents=True, exist_ok=True)
    kept.save(path, streams)
    return streams


class Trainer:
    """One word: what it is given, and what it says."""

    def __init__(self, name: str) -> None:
        self.word: Word = WORDS[name]
        config = WordConfig(second_opinion=False)
        self._first = OpenWakeWord({name: config}).heads[name] if name != "stop" else None

    def head(self, training: Sequence[Examples], validation: Sequence[Examples], recipe: Recipe) -> Head:
        """Trained, with its threshold."""
        head = train(self._part(training), self._part(validation), self.word.rows, recipe)
        return replace(head, threshold=self._chosen(head, validation))

    def outcomes(self, head: Head, streams: Sequence[Examples], threshold: float) -> Outcomes:
        likely = []
        for each in streams:
            probability = head.probability(each.inputs(self.word.looks_at, self.word.rows))
            likely.append(np.where(self._firsts(each) >= NEARLY, probability, 0).astype(np.float32))
        return outcomes(streams, likely, threshold)

    def _chosen(self, head: Head, validation: Sequence[Examples]) -> float:
        costs = [(_cost(self.outcomes(head, validation, threshold)), threshold) for threshold in THRESHOLDS]
        return float(min(costs)[1])

    def _firsts(self, stream: Examples) -> Floats:
        """openwakeword's score of each hop; 1 where it is not asked."""
        if self._first is None:
            return np.ones(len(stream.ends), np.float32)
        windows = stream.inputs(HEAD_INPUT, 0).reshape(len(stream.ends), HEAD_INPUT, -1)
        return np.array([self._first(window) for window in windows], np.float32)

    def _part(self, streams: Sequence[Examples]) -> Part:
        numbers = np.random.default_rng(0)
        inputs, labels, weights = [], [], []
        for each in streams:
            label, near = each.labels(self.word), each.near_end_of_others()
            asked = (label != EITHER) & ((label == IS_WORD) | near | (numbers.random(len(label)) < KEPT_SHARE))
            asked &= self._firsts(each) >= TRAINED_FROM
            inputs.append(each.inputs(self.word.looks_at, self.word.rows)[asked])
            labels.append((label[asked] == IS_WORD).astype(np.float32))
            weights.append(np.where(near, OTHERS_COUNT, 1 / KEPT_SHARE)[asked].astype(np.float32))
        is_word, weight = np.concatenate(labels), np.concatenate(weights)
        weight[is_word > 0] *= WORDS_COUNT * weight[is_word == 0].sum() / weight[is_word > 0].sum()
        return Part(np.concatenate(inputs), is_word, weight)


def _cost(counted: Outcomes) -> float:
    """A hundredth of the words missed costs as much as four of all others mistaken, or five an hour out of nothing."""
    return counted.missed_share + 0.25 * counted.mistaken_share + 0.002 * counted.out_of_nothing / counted.hours


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m audio.heads.train", description=__doc__.splitlines()[0])
    parser.add_argument("word", choices=sorted(WORDS))
    parser.add_argument("--examples", type=Path, default=Path("build/examples"), help="where examples are kept")
    arguments = parser.parse_args()
    logging.basicConfig(level=logging.INFO, format="%(message)s")
    trainer, recipe = Trainer(arguments.word), Recipe()
    training, validation, test = (made(arguments.word, side, arguments.examples) for side in Side)
    head = trainer.head(training, validation, recipe)
    path = Path(__file__).parent / f"{arguments.word}.npz"
    save(head, path)
    log.info("%s: threshold %.2f", path.name, head.threshold)
    for threshold in sorted({*THRESHOLDS[::3], head.threshold}):
        log.info("validation %.2f: %s", threshold, trainer.outcomes(head, validation, threshold).told())
    log.info("test %.2f: %s", head.threshold, trainer.outcomes(head, test, head.threshold).told())


if __name__ == "__main__":
    main()
