"""Words and activity of one utterance: where it begins, and what is only overheard."""

from dataclasses import dataclass, field

import numpy as np

from inference.stt.protocol import Hypothesis, Outcome, Samples, Vocabulary
from inference.utterance import LONGEST_BEFORE, Utterance
from inference.voice_activity import open_silero

MS = 16


@dataclass
class Notes:
    """An `Stt` that notes what it was given."""

    started: int = -1
    overheard: int = 0
    fed: int = 0
    told: list[int] = field(default_factory=list)

    def learn(self, vocabulary: Vocabulary) -> None: ...

    def start(self, position: int) -> None:
        self.started = position

    def overhear(self, samples: Samples) -> None:
        assert not self.fed
        self.overheard += len(samples)

    def feed(self, samples: Samples) -> Hypothesis:
        self.fed += len(samples)
        return Hypothesis(self.started + self.fed)

    def finish(self) -> Outcome:
        return Outcome(0)

    def close(self) -> None: ...


def heard(request_position: int, milliseconds: int = 3000, first: int = 1000 * MS) -> tuple[Notes, list[int]]:
    """What the recogniser was given, and where activity was told."""
    notes = Notes()
    utterance = Utterance(notes, open_silero(), "mic", first, 1_000_000, request_position)
    positions = []
    for at in range(0, milliseconds * MS, 200 * MS):
        for report in utterance.hear(np.zeros(200 * MS, np.int16), first + at):
            positions += [activity.position for activity in report.activities]
    assert utterance.position == first + milliseconds * MS
    return notes, positions


def test_all_of_it_may_be_the_request() -> None:
    notes, positions = heard(0)
    assert (notes.started, notes.overheard, notes.fed) == (1000 * MS, 0, 3000 * MS)
    assert positions[0] == 1000 * MS + 512


def test_what_came_before_is_overheard_and_has_no_activity() -> None:
    notes, positions = heard(1000 * MS + 1250 * MS)
    assert (notes.started, notes.overheard, notes.fed) == (2250 * MS, 1250 * MS, 1750 * MS)
    assert positions[0] == 2250 * MS + 512


def test_a_request_never_begins_long_after_its_frames() -> None:
    notes, _ = heard(10**12)
    assert notes.overheard == LONGEST_BEFORE
    assert notes.fed == 3000 * MS - LONGEST_BEFORE
