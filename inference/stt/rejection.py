"""Was that something of the grammar at all? A pure function of acoustic scores.

A grammar explains anything that is said with its own words. What tells is how well: the acoustic score per frame of the
words, which pocketsphinx counts relative to the best sound unit of each frame (0 is perfect, and all are negative).
"""

import math
from dataclasses import dataclass

WORST = -50.0


@dataclass(frozen=True)
class WordScore:
    """`nats`: log likelihood over `frames` frames of 10 ms."""

    text: str
    frames: int
    nats: float


@dataclass(frozen=True)
class Config:
    """The confidence is a logistic function of the mean score a frame; one half at `middle`."""

    middle: float = -6.5
    steepness: float = 2.0


def confidence(scores: tuple[WordScore, ...], config: Config = Config()) -> float:
    """0 to 1; 0 without words."""
    frames = sum(score.frames for score in scores)
    if not frames:
        return 0.0
    mean = max(WORST, sum(score.nats for score in scores) / frames)
    return 1.0 / (1.0 + math.exp(-config.steepness * (mean - config.middle)))
