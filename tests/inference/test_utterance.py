"""Words and activity of one utterance: where it begins, and what is only overheard."""

from dataclasses import dataclass, field

import numpy as np

from inference.stt.protocol import Hypothesis, Outcome, Samples, Vocabulary, Voice
from inference.utterance import LONGEST_BEFORE, Utterance
from inference.voice_activity import Activity, open_silero

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

    def feed(self, samples: Samples, voice: Voice = Voice.SPEAKING) -> Hypothesis:
        self.fed += len(samples)
        return Hypothesis(self.started + self.fed)

    def finish(self) -> Outcome:
        return Outcome(0)

    def close(self) -> None: ...


def heard(request_position: int, milliseconds: int = 3000, first: int = 1000 * MS) -> tuple[Notes, list[Activity]]:
    """What the recogniser was given, and the activity that was told."""
    notes = Notes()
    utterance = Utterance(notes, open_silero(), "mic", first, 1_000_000, request_position)
    activities: list[Activity] = []
    for at in range(0, milliseconds * MS, 200 * MS):
        for report in utterance.hear(np.zeros(200 * MS, np.int16), first + at):
            activities += report.activities
    assert utterance.position == first + milliseconds * MS
    return notes, activities


def test_all_of_it_may_be_the_request() -> None:
    notes, activities = heard(0)
    assert (notes.started, notes.overheard, notes.fed) == (1000 * MS, 0, 3000 * MS)
    assert activities[0].position == 1000 * MS + 512


def test_what_came_before_is_overheard_and_has_no_activity() -> None:
    notes, activities = heard(1000 * MS + 1250 * MS)
    assert (notes.started, notes.overheard, notes.fed) == (2250 * MS, 1250 * MS, 1750 * MS)
    assert 2250 * MS < activities[0].position <= 2250 * MS + 512


def test_the_detector_is_warm_where_it_has_overheard_something() -> None:
    assert [heard(begin)[1][0].cold for begin in (0, 2200 * MS)] == [True, False]


def test_a_request_never_begins_long_after_its_frames() -> None:
    notes, _ = heard(10**12)
    assert notes.overheard == LONGEST_BEFORE
    assert notes.fed == 3000 * MS - LONGEST_BEFORE
