"""What a detector would have done with streams whose words are known. Pure."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from audio.heads.examples import Examples

Floats = NDArray[np.float32]

DEAF_HOPS = 25
"""Hops after a detection without another: the second that `audio.stopword` waits, too."""
COUNTS_MS = (-300, 500)
"""A detection in this time after the word's end has found it."""
BELONGS_MS = (-300, 900)
"""A detection in this time has to do with the word, whether it counts or not."""
AFTER_OTHER = 6400
"""Samples after something else was said in which a detection is blamed on it."""


@dataclass
class Outcomes:
    """Counts, over all streams. `late_ms`: from the end of the word to the end of the hop that said so."""

    words: int = 0
    missed: Counter[str] = field(default_factory=Counter)
    late_ms: list[float] = field(default_factory=list)
    others: int = 0
    mistaken: Counter[str] = field(default_factory=Counter)
    out_of_nothing: int = 0
    hours: float = 0.0

    @property
    def missed_share(self) -> float:
        return self.missed.total() / max(1, self.words)

    @property
    def mistaken_share(self) -> float:
        return self.mistaken.total() / max(1, self.others)

    def late_percentile(self, percent: float) -> float:
        return float(np.percentile(self.late_ms, percent)) if self.late_ms else float("nan")

    def told(self) -> str:
        """One line."""
        return (
            f"missed {100 * self.missed_share:.1f} % of {self.words}, mistaken {100 * self.mistaken_share:.1f} % of "
            f"{self.others}, {self.out_of_nothing} times out of nothing in {self.hours:.2f} h; decided "
            f"{self.late_percentile(50):.0f} ms (p95 {self.late_percentile(95):.0f} ms) after the word"
        )


def outcomes(streams: Sequence[Examples], likely: Sequence[Floats], threshold: float, hits: int = 1) -> Outcomes:
    """With `hits` hops in a row at or above `threshold` (`likely`: one probability for each hop of each stream)."""
    counted = Outcomes()
    for stream, probability in zip(streams, likely, strict=True):
        _count(counted, stream, stream.ends[detections(probability, threshold, hits)])
    return counted


def detections(probability: Floats, threshold: float, hits: int) -> list[int]:
    """The hops at which a detector says yes."""
    found: list[int] = []
    row = 0
    for hop, each in enumerate(probability):
        row = row + 1 if each >= threshold else 0
        if row >= hits and (not found or hop - found[-1] > DEAF_HOPS):
            found.append(hop)
    return found


def _count(counted: Outcomes, stream: Examples, at: NDArray[np.int64]) -> None:
    counted.hours += stream.seconds / 3600
    blamed = np.zeros(len(at), np.bool_)
    for place in stream.places:
        after_ms = (at - place.end) / 16
        if place.is_word:
            counted.words += 1
            counting = after_ms[(after_ms > COUNTS_MS[0]) & (after_ms < COUNTS_MS[1])]
            if len(counting):
                counted.late_ms.append(float(counting[0]))
            else:
                counted.missed[place.text] += 1
            blamed |= (after_ms > BELONGS_MS[0]) & (after_ms < BELONGS_MS[1])
    for place in stream.places:
        if not place.is_word:
            counted.others += 1
            mistaken = ~blamed & (at > place.start) & (at < place.end + AFTER_OTHER)
            counted.mistaken[place.text] += int(mistaken.any())
            blamed |= mistaken
    counted.out_of_nothing += int((~blamed).sum())
