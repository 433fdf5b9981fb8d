"""Whether somebody said "stop", from the speech embeddings of the last moments. Pure numpy.

The detector is a small network of our own (`audio/heads/`: weights, how they were trained, figures). It is meant to be
asked while the box itself makes a sound; it passes every other gate, so it is quick rather than sure.
"""

import io
import zipfile
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from audio.errors import UnusableHead

Floats = NDArray[np.float32]

EMBEDDING = 96
MEL_BINS = 32
DEEPEST = 4.5
"""45 dB: the spectrogram's unit is 10."""
STOP = Path(__file__).parent / "heads" / "stop.npz"


@dataclass(frozen=True)
class Config:
    """`threshold` is a probability; 0 takes the one that the head was trained for."""

    threshold: float = 0.0
    refractory_ms: int = 1000


def seen(embeddings: Floats, mel: Floats) -> Floats:
    """(count, width): what a head is given of embeddings (count, looks_at, 96) and a mel spectrogram (count, rows, 32).

    Of the spectrogram every two rows make one, in relation to the loudest of all, and what is far below it (where the
    echo canceller has cut holes) is all the same.
    """
    count, rows = len(mel), mel.shape[1] // 2
    if not rows:
        return embeddings.reshape(count, -1)
    loudest = mel.max(axis=(1, 2), keepdims=True)
    pairs = np.maximum(mel - loudest, -DEEPEST).reshape(count, rows, 2, MEL_BINS).mean(axis=2)
    return np.concatenate([embeddings.reshape(count, -1), pairs.reshape(count, -1)], axis=1)


def standing(probability: float, threshold: float) -> float:
    """The same where 0.5 is the threshold: on a straight line from 0 to it, and from it to 1."""
    if probability < threshold:
        return 0.5 * probability / threshold
    return 0.5 + 0.5 * (probability - threshold) / (1 - threshold)


@dataclass(frozen=True)
class Head:
    """A trained network: standardised embeddings in, layers of weights and biases, one number out."""

    mean: Floats
    scale: Floats
    layers: tuple[tuple[Floats, Floats], ...]
    threshold: float

    rows: int = 0

    @property
    def looks_at(self) -> int:
        """How many embeddings it wants, 80 ms apart, beside the last `rows` of the mel spectrogram."""
        return (len(self.mean) - self.rows // 2 * MEL_BINS) // EMBEDDING

    @staticmethod
    def load(path: Path) -> "Head":
        """The head in an `.npz` file.

        Raises:
            UnusableHead: no such file, or no head in it.
        """
        try:
            with np.load(io.BytesIO(path.read_bytes()), allow_pickle=False) as file:
                count = sum(1 for name in file.files if name.startswith("weights_"))
                layers = tuple(
                    (file[f"weights_{number}"].astype(np.float32), file[f"biases_{number}"]) for number in range(count)
                )
                head = Head(file["mean"], file["scale"], layers, float(file["threshold"]), int(file["rows"]))
            if head._fits():
                return head
        except (OSError, EOFError, KeyError, ValueError, TypeError, AttributeError, zipfile.BadZipFile) as error:
            raise UnusableHead(f"{UnusableHead.__doc__} ({path.name})") from error
        raise UnusableHead(f"{UnusableHead.__doc__} ({path.name})")

    def _fits(self) -> bool:
        """Whether each layer takes what the one before it puts out, and all numbers are numbers."""
        width = len(self.mean)
        if not self.layers or self.mean.ndim != 1 or self.scale.shape != self.mean.shape or not np.all(self.scale > 0):
            return False
        if self.rows % 2 or self.looks_at < 0 or width != self.looks_at * EMBEDDING + self.rows // 2 * MEL_BINS:
            return False
        for weights, biases in self.layers:
            if weights.shape != (width, *biases.shape) or not (
                np.isfinite(weights).all() and np.isfinite(biases).all()
            ):
                return False
            width = len(biases)
        return width == 1 and 0 < self.threshold < 1 and bool(np.isfinite(self.mean).all())

    def standing(self, probability: float) -> float:
        """The same where 0.5 is this head's threshold."""
        return standing(probability, self.threshold)

    def probability(self, embeddings: Floats) -> Floats:
        """Of what `seen` makes: how likely each ends in the word."""
        hidden = (embeddings - self.mean) / self.scale
        *inner, last = self.layers
        for weights, biases in inner:
            hidden = np.maximum(hidden @ weights + biases, 0.0)
        logit = (hidden @ last[0] + last[1])[:, 0]
        likely: Floats = (1.0 / (1.0 + np.exp(-np.clip(logit, -30, 30)))).astype(np.float32)
        return likely


class StopWord:
    """Asked once per hop of `hop_ms`; says yes once per word."""

    def __init__(self, config: Config = Config(), head: Head | None = None, hop_ms: int = 40) -> None:
        self.head = head or Head.load(STOP)
        self.threshold = config.threshold or self.head.threshold
        self.score = 0.0
        self._refractory_hops = config.refractory_ms // hop_ms
        self._deaf_hops = 0

    def hear(self, embeddings: Floats, mel: Floats) -> bool:
        """Whether the word has just ended.

        `embeddings` is (count, 96), 80 ms apart, and `mel` (rows, 32); of both the newest are last and count.
        """
        newest = seen(embeddings[None, len(embeddings) - self.head.looks_at :], mel[None, len(mel) - self.head.rows :])
        self.score = float(self.head.probability(newest)[0])
        if self._deaf_hops:
            self._deaf_hops -= 1
            return False
        if self.score < self.threshold:
            return False
        self._deaf_hops = self._refractory_hops
        return True

    def begin(self) -> None:
        """Another stream, or another playback: what was heard before does not count."""
        self._deaf_hops = 0
