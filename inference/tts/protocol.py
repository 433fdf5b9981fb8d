"""What a streaming voice is to the rest of the house."""

from collections.abc import AsyncGenerator
from dataclasses import dataclass
from typing import Protocol

import numpy as np
from numpy.typing import NDArray


@dataclass(frozen=True)
class Pcm:
    """A stretch of speech: (n,) int16 mono."""

    samples: NDArray[np.int16]
    sample_rate: int


class Voice(Protocol):
    """A streaming text-to-speech engine. Closing the iterator early ends the sentence."""

    def speak(self, text: str, language: str) -> AsyncGenerator[Pcm, None]:
        """The sentence as speech, the first stretch as soon as there is one.

        Raises:
            VoiceFailed: the engine could not speak it, and was started anew.
        """
