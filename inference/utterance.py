"""One utterance from its first frame to its last word: the recogniser and the detector on the same samples.

Frames go in with their positions; what is worth telling comes out, in the order in which it should be told: words
first, then the activity that says up to where they hold. Runs in the recogniser's thread and does no I/O.
"""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from engines.session import Session
from inference.stt.protocol import Hypothesis, Outcome, Samples, Stt, Voice
from inference.voice_activity import Activity, VoiceActivity

SAMPLES_PER_MS = 16
STEP_SAMPLES = 320
LONGEST_BEFORE = 2000 * SAMPLES_PER_MS
LONGEST_GAP_MS = 2000
REPEAT_MS = 100
CONFIDENCE_STEP = 0.05
VOICE = 0.4
"""As the policy of the endpoint: below this probability of speech somebody pauses."""
CLEAR_VOICE = 0.8
"""Below this somebody may have finished: the last stretch of 40 to 100 % of requests is, the more the noisier."""


@dataclass(frozen=True)
class Report:
    """What is known after one step. `words` is None where nothing worth telling has changed."""

    words: Hypothesis | None
    activities: tuple[Activity, ...]
    words_position: int


class Utterance:
    """Fed with frames of one stream from `position` on; the request itself begins at `request_position`, if that is
    later. `longest_samples` bounds what the recogniser works through."""

    def __init__(
        self, stt: Stt, silero: Session, stream: str, position: int, longest_samples: int, request_position: int = 0
    ) -> None:
        self.stream = stream
        self._stt = stt
        self._opened = max(position, min(request_position, position + LONGEST_BEFORE))
        self._activity = VoiceActivity(silero, position)
        self._position = position
        self._longest = longest_samples
        self._told = Hypothesis(self._opened)
        self._words_position = self._opened
        self._voice = Voice.NONE
        stt.start(self._opened)

    @property
    def position(self) -> int:
        """Where the next sample is expected."""
        return self._position

    def follows(self, stream: str, position: int) -> bool:
        """Whether a frame belongs to this utterance; a long gap or another stream begins a new one."""
        return stream == self.stream and position - self._position <= LONGEST_GAP_MS * SAMPLES_PER_MS

    def hear(self, samples: Samples, position: int) -> Iterator[Report]:
        """Work through a frame. What was heard before is skipped, what is missing counts as silence.

        Raises:
            EngineFailed: the recogniser is of no use any more.
        """
        skipped = max(0, self._position - position)
        missing = max(0, position - self._position)
        waiting = np.concatenate([np.zeros(missing, np.int16), samples[skipped:]])
        before = waiting[: max(0, self._opened - self._position)]
        if len(before):
            self._stt.overhear(before)
            self._activity.hear(before)
            self._position += len(before)
            waiting = waiting[len(before) :]
        for at in range(0, len(waiting), STEP_SAMPLES):
            yield self._step(waiting[at : at + STEP_SAMPLES])

    def finish(self) -> Outcome:
        """The last word."""
        return self._stt.finish()

    def drop(self) -> None:
        """End without a last word."""
        self._stt.close()

    def _step(self, samples: Samples) -> Report:
        self._position += len(samples)
        activities, words = tuple(self._activity.hear(samples)), None
        for activity in activities:
            self._voice = _voice(self._voice, activity)
        if self._position - self._opened <= self._longest:
            hypothesis = self._stt.feed(samples, self._voice)
            self._words_position = hypothesis.position
            if self._is_news(hypothesis):
                words = self._told = hypothesis
        else:
            self._words_position = self._position
        return Report(words, activities, self._words_position)

    def _is_news(self, hypothesis: Hypothesis) -> bool:
        told = self._told
        if hypothesis.text != told.text or abs(hypothesis.confidence - told.confidence) >= CONFIDENCE_STEP:
            return True
        return bool(hypothesis.words) and hypothesis.position - told.position >= REPEAT_MS * SAMPLES_PER_MS


def _voice(before: Voice, activity: Activity) -> Voice:
    if activity.cold:
        return before
    if activity.speech_probability >= VOICE:
        return Voice.SPEAKING if activity.speech_probability >= CLEAR_VOICE else Voice.UNCLEAR
    return Voice.NONE if before is Voice.NONE else Voice.PAUSED
