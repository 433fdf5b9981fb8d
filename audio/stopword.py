"""Whether somebody said "stop", from the speech embeddings of the last moments. Pure numpy.

The detector is a small network of our own (`audio/heads/`: weights, how they were trained, figures). It is meant to be
asked while the box itself makes a sound; it passes every other gate, so it is quick rather than sure.
"""

from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from audio.errors import UnusableHead

Floats = NDArray[np.float32]

EMBEDDING = 96
STOP = Path(__file__).parent / "heads" / "stop.npz"


@dataclass(frozen=True)
class Config:
    """`threshold` is a probability; 0 takes the one that the head was trained for."""

    threshold: float = 0.0
    refractory_ms: int = 1000


@dataclass(frozen=True)
class Head:
    """A trained network: standardised embeddings in, layers of weights and biases, one number out."""

    mean: Floats
    scale: Floats
    layers: tuple[tuple[Floats, Floats], ...]
    threshold: float

    @property
    def looks_at(self) -> int:
        """How many embeddings it wants, 80 ms apart."""
        return len(self.mean) // EMBEDDING

    @staticmethod
    def load(path: Path) -> "Head":
        """The head in an `.npz` file.

        Raises:
            UnusableHead: no such file, or no head in it.
        """
        try:
            with np.load(path, allow_pickle=False) as file:
                count = sum(1 for name in file.files if name.startswith("weights_"))
                layers = tuple((file[f"weights_{number}"], file[f"biases_{number}"]) for number in range(count))
                return Head(file["mean"], file["scale"], layers, float(file["threshold"]))
        except (OSError, KeyError, ValueError) as error:
            raise UnusableHead(f"{UnusableHead.__doc__} ({path.name})") from error

    def probability(self, embeddings: Floats) -> Floats:
        """Of (count, looks_at * 96): how likely each ends in the word."""
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

    def hear(self, embeddings: Floats) -> bool:
        """Whether the word has just ended.

        `embeddings` is (count, 96), 80 ms apart, newest last; the last `head.looks_at` of them count.
        """
        newest = embeddings[-self.head.looks_at :].reshape(1, -1)
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
