"""Was that something of the grammar at all? A pure function of acoustic scores.

A grammar explains anything that is said with its own words. What tells is how well: the acoustic score per frame of
the words, counted relative to the best of all sound units in each frame (0 is perfect, and all are negative). The mean
hides that one word does not fit at all, and of words for something else there is nearly always one: so the worst word
decides, drawn towards the mean the shorter it is.

Of 80 everyday sentences of nine synthetic speakers it rejects 88 % at the end and 78 % as soon as the voice has ended,
where it loses none of 56 requests that are heard right (in noise 20 dB below the voice: 81, 70 and 2 %; 10 dB: 64, 49
and 0 %).
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
    """The confidence is a logistic function of the worst word's score a frame; one half at `middle`.

    `mean_frames`: a word counts as if it had so many frames more that score as the mean does.
    """

    middle: float = -7.4
    steepness: float = 2.0
    mean_frames: int = 30


def confidence(scores: tuple[WordScore, ...], config: Config = Config()) -> float:
    """0 to 1; 0 without words."""
    frames = sum(score.frames for score in scores)
    if not frames:
        return 0.0
    mean = sum(score.nats for score in scores) / frames
    extra = config.mean_frames
    worst = min((score.nats + extra * mean) / (score.frames + extra) for score in scores)
    return 1.0 / (1.0 + math.exp(-config.steepness * (max(WORST, worst) - config.middle)))
