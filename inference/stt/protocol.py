"""What a streaming recogniser is to the rest of the house.

Positions count 16 kHz mono samples of one capture stream. A recogniser belongs to one thread at a time.
"""

from dataclasses import dataclass
from enum import Enum
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

Samples = NDArray[np.int16]
"""Shape (n,), 16 kHz mono."""


@dataclass(frozen=True)
class Vocabulary:
    """What may be said: a weighted finite-state grammar (Sphinx's FSG text) or a JSGF grammar, and words that dictation
    should know beside its own."""

    version: str
    language: str
    jsgf: str
    hints: tuple[str, ...] = ()
    fsg: str = ""


class Voice(Enum):
    """What a detector of voices says of the moment."""

    NONE = "nobody has spoken yet"
    SPEAKING = "somebody speaks"
    UNCLEAR = "somebody may still speak"
    PAUSED = "nobody speaks any more"


@dataclass(frozen=True)
class HeardWord:
    text: str
    end_position: int


@dataclass(frozen=True)
class Hypothesis:
    """The words so far. They hold up to `position`; `confidence` (0 to 1) says how well they explain the sound."""

    position: int
    words: tuple[HeardWord, ...] = ()
    confidence: float = 0.0

    @property
    def text(self) -> str:
        return " ".join(word.text for word in self.words)


@dataclass(frozen=True)
class Outcome:
    """The last word on an utterance. `source`: "grammar", "dictation"; `rejection`: "" or why there is no text."""

    position: int
    text: str = ""
    confidence: float = 0.0
    source: str = "grammar"
    rejection: str = ""


class Stt(Protocol):
    """A streaming recogniser.

    Raises, from any method:
        EngineFailed: the engine is of no use any more.
    """

    def learn(self, vocabulary: Vocabulary) -> None:
        """Use `vocabulary` from the next start on. May take a second; may run beside an utterance, in another thread.

        Raises:
            VocabularyRefused: it cannot be compiled; the previous one stays.
        """

    def start(self, position: int) -> None:
        """A new utterance whose first sample is at `position`; whatever was open is dropped."""

    def overhear(self, samples: Samples) -> None:
        """What was heard right before the first sample of an open utterance: its room and its speaker, but no words."""

    def feed(self, samples: Samples, voice: Voice = Voice.SPEAKING) -> Hypothesis:
        """Work through the next samples; the words so far. Where the `voice` is not clear an engine may take longer."""

    def finish(self) -> Outcome:
        """End the utterance."""

    def close(self) -> None:
        """Drop what is open; nothing of it is kept. The next `start` works."""


class GuessingStt(Stt, Protocol):
    """One that knows what else it may have been."""

    def alternatives(self, most: int) -> tuple[str, ...]:
        """Other words for an utterance that is open, likely ones first."""
