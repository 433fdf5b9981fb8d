"""What a turn wants done, as data: decided by `conductor.turn`, carried out by `conductor.service`."""

from dataclasses import dataclass

from conductor.endpoint import Reason


@dataclass(frozen=True)
class Speculate:
    """Prepare the answer to these words; nothing may be heard or happen yet."""

    words: str


@dataclass(frozen=True)
class Commit:
    """Do what the words ask for and say its answer; `frames_wanted`: the microphone stays with this turn."""

    words: str
    reason: Reason
    frames_wanted: bool


@dataclass(frozen=True)
class Finish:
    """Listening is over: ask the recogniser for its final text."""

    reason: str


@dataclass(frozen=True)
class Think:
    """Work out what the final text asks for; `Turn.on_answer` takes the result."""

    text: str
    source: str


@dataclass(frozen=True)
class Withdraw:
    """Take the answer back and undo what it did: the speaker went on. Listening continues."""


@dataclass(frozen=True)
class Duck:
    """The speaker may be going on: lower the answer."""


@dataclass(frozen=True)
class Resume:
    """It was nothing: the answer goes on as before. `frames_wanted` as in `Commit`."""

    frames_wanted: bool


@dataclass(frozen=True)
class StopListening:
    """The answer goes on; the microphone's frames are no longer wanted."""


@dataclass(frozen=True)
class Reassure:
    """Say that the answer takes a moment: a language model is slow."""


@dataclass(frozen=True)
class ThinkOn:
    """That it takes a moment has been said, and the answer is not there yet."""


@dataclass(frozen=True)
class Sound:
    """Let this utterance of the language model be heard now."""

    utterance: str


@dataclass(frozen=True)
class BreakOff:
    """The language model has failed in the middle of its answer: what it said is heard, and then why no more comes."""

    reason: str


@dataclass(frozen=True)
class Apologise:
    """Say what went wrong; `reason` names the sentence. `by_clip`: only the clips that audiod keeps can still sound."""

    reason: str
    by_clip: bool = False


@dataclass(frozen=True)
class Close:
    """The turn is over; nothing of it sounds any more. `voice_at`: where a voice began that has not been listened to
    yet, 0 where there is none; whoever listens next begins there."""

    reason: str
    voice_at: int = 0


Action = (
    Speculate
    | Commit
    | Finish
    | Think
    | Withdraw
    | Duck
    | Resume
    | StopListening
    | Reassure
    | ThinkOn
    | Sound
    | BreakOff
    | Apologise
    | Close
)
