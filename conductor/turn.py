"""One spoken turn, from the wake word to the last sound of its answer. A state machine without I/O.

The drawing with the same state names is in docs/turn.md. Events go in as method calls; what has to be done comes out
as a list of actions, which `conductor.service` carries out. Positions are samples of the capture stream, `now_s`
seconds of a monotonic clock (used for one thing only: noticing that somebody has died).

Left to others: when the speaker has finished (`conductor.endpoint`), what words mean (`conductor.intents`), what is
done and said (`conductor.skills`).
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from enum import StrEnum

from conductor.endpoint import SAMPLES_PER_MS, Heard, Reason, decide
from conductor.endpoint import Config as EndpointConfig
from conductor.standing import Standing


class State(StrEnum):
    LISTENING = "listening"
    COMMITTED = "committed"
    ANSWERING = "answering"
    DUCKED = "ducked"
    CLOSED = "closed"


@dataclass(frozen=True)
class Config:
    endpoint: EndpointConfig = field(default_factory=EndpointConfig)
    grace_ms: int = 1000
    """How long after an OPEN commit the speaker may go on and still be heard as one request."""
    resumed_voice_ms: int = 96
    """Voice after a commit that ducks the answer: the speaker may be going on."""
    duck_ms: int = 900
    """A ducked answer is taken up again when no words follow within this time."""
    deaf_s: float = 2.5
    """No activity for so long while listening: microphone or recogniser has died."""
    final_s: float = 3.5
    """No final text for so long after listening ended: the recogniser has died."""
    thought_s: float = 20.0
    """No answer for so long after the text was there."""
    voice_s: float = 2.0
    """Nothing sounds for so long after the answer went out: the voice has died."""
    playback_s: float = 5.0
    """No sign of playback for so long while it should be going on."""


# --- what has to be done ------------------------------------------------------------------------


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
class Apologise:
    """Say what went wrong; `reason` names the sentence. `by_clip`: only the clips that audiod keeps can still sound."""

    reason: str
    by_clip: bool = False


@dataclass(frozen=True)
class Close:
    """The turn is over; nothing of it sounds any more."""

    reason: str


Action = Speculate | Commit | Finish | Think | Withdraw | Duck | Resume | StopListening | Apologise | Close


APOLOGIES = {
    Reason.NO_WORDS: "no_words",
    Reason.UNFINISHED: "unfinished",
    Reason.TOO_LONG: "too_long",
    Reason.SILENCE: "not_understood",
}
"""Which sentence answers a timeout of which nothing can be understood. NO_SPEECH gets none: the ring goes out."""


class Turn:
    """One turn. `state` is what is known now; every method returns what has to be done next."""

    def __init__(self, stream: str, position: int, config: Config, now_s: float) -> None:
        self.stream = stream
        self.state = State.LISTENING
        self.heard = Heard.from_opening(position)
        self.end_reason = ""
        self.false_starts = 0
        self.committed_words = ""
        self._config = config
        self._utterance = ""
        self._fallback = ""
        self._finish_reason = Reason.SILENCE
        self._frames_wanted = True
        self._grace_until = 0
        self._voiced_since_commit = 0
        self._ducked_at = 0
        self._sounding = False
        self._speculated = ""
        self._apology = ""
        self._silent = False
        self._deadline: tuple[float, str] = (now_s + config.deaf_s, "deaf")

    # --- events ----------------------------------------------------------------------------------

    @property
    def deadline_s(self) -> float:
        """When `on_time` wants to be called, in monotonic seconds."""
        return self._deadline[0] if self.state is not State.CLOSED else float("inf")

    def on_activity(
        self, position: int, probability: float, cold: bool, words_position: int, now_s: float
    ) -> Sequence[Action]:
        """The detector and the recogniser have worked through everything up to these positions."""
        if not self._frames_wanted or self.state is State.CLOSED:
            return ()
        before = self.heard.position
        if not before:
            # Opened "from now on": the first activity says where that is.
            self.heard = Heard.from_opening(position)
        self.heard = self.heard.with_activity(position, probability, cold, words_position, self._config.endpoint)
        if self.state is State.LISTENING:
            self._deadline = (now_s + self._config.deaf_s, "deaf")
            return self._decide(now_s)
        return self._watch_for_more(max(0, position - before), probability)

    def on_words(
        self, words: str, position: int, standing: Standing, confidence: float, now_s: float
    ) -> Sequence[Action]:
        """The recogniser's words so far, and how they stand."""
        if not self._frames_wanted or self.state is State.CLOSED:
            return ()
        self.heard = self.heard.with_words(words, position, standing, confidence)
        if self.state is State.LISTENING:
            return (*self._speculate(), *self._decide(now_s))
        return self._amend(now_s)

    def on_final(self, text: str, source: str, rejection: str, now_s: float) -> Sequence[Action]:
        """The recogniser's last word, after `Finish`."""
        if self.state is not State.COMMITTED or self._deadline[1] != "final":
            return ()
        if rejection == "engine_failed":
            return self._apologise("engine_failed", now_s)
        if text:
            self._deadline = (now_s + self._config.thought_s, "thought")
            return (Think(text, source),)
        return self._apologise(APOLOGIES.get(self._finish_reason, "not_understood"), now_s)

    def on_answer(self, utterance: str, now_s: float) -> None:
        """An answer goes out under this name."""
        if self.state is State.CLOSED:
            return
        self._utterance = utterance
        self._sounding = False
        if self.state is not State.DUCKED:
            self.state = State.ANSWERING
        self._deadline = (now_s + self._config.voice_s, "voice")

    def on_thinking(self, now_s: float) -> None:
        """A slow answer is on its way (a model was asked): nothing has died."""
        if self.state is State.COMMITTED:
            self._deadline = (now_s + self._config.thought_s, "thought")

    def on_playing(self, utterance: str, now_s: float) -> None:
        if utterance == self._utterance and self.state in (State.ANSWERING, State.DUCKED):
            self._sounding = True
            self._deadline = (now_s + self._config.playback_s, "playback")

    def on_played(self, utterance: str) -> Sequence[Action]:
        """The last sample of the utterance has left for the speaker."""
        if utterance != self._utterance or self.state not in (State.ANSWERING, State.DUCKED):
            return ()
        return self._close("answered")

    def on_silenced(self, utterance: str, reason: str) -> Sequence[Action]:
        if utterance != self._utterance or self.state not in (State.ANSWERING, State.DUCKED):
            return ()
        return self._close("stopped" if reason == "stop_word" else reason)

    def on_playback_failed(self, utterance: str, now_s: float) -> Sequence[Action]:
        if utterance != self._utterance or self.state not in (State.ANSWERING, State.DUCKED):
            return ()
        return self._apologise("voice_failed", now_s, by_clip=True)

    def on_silent_answer(self, now_s: float) -> Sequence[Action]:
        """What was asked for is done, and there is nothing to say. The speaker may still go on for a while."""
        if self.state is State.CLOSED:
            return ()
        if not self._frames_wanted:
            return self._close("done")
        self._silent = True
        self._deadline = (now_s + self._config.deaf_s, "silent")
        return ()

    def on_failure(self, reason: str, now_s: float, by_clip: bool = False) -> Sequence[Action]:
        """Something that this turn needs has failed."""
        if self.state is State.CLOSED:
            return ()
        return self._apologise(reason, now_s, by_clip)

    def on_interruption(self, reason: str) -> Sequence[Action]:
        """Something more important: the wake word again, the stop button, a shut-down."""
        return self._close(reason) if self.state is not State.CLOSED else ()

    def on_time(self, now_s: float) -> Sequence[Action]:
        """Whoever should have answered by now has died."""
        if self.state is State.CLOSED or now_s < self._deadline[0]:
            return ()
        what = self._deadline[1]
        if what == "deaf":
            return self._apologise("deaf", now_s)
        if what in ("final", "thought"):
            return self._apologise("engine_failed", now_s)
        if what == "voice":
            return self._apologise("voice_failed", now_s, by_clip=True)
        if what == "silent":
            return self._close("done")
        return self._close("playback_lost")

    # --- listening -------------------------------------------------------------------------------

    def _speculate(self) -> Sequence[Action]:
        heard = self.heard
        believed = heard.confidence >= self._config.endpoint.confidence
        whole = heard.standing in (Standing.OPEN, Standing.COMPLETE)
        if not (believed and whole) or heard.words == self._speculated:
            return ()
        self._speculated = heard.words
        return (Speculate(heard.words),)

    def _decide(self, now_s: float) -> Sequence[Action]:
        reason = decide(self.heard, self._config.endpoint)
        if reason is None:
            return ()
        if reason.is_commit:
            return self._commit(self.heard.words, reason, now_s, may_go_on=reason is Reason.OPEN)
        if self._fallback:
            # The speaker went on after a whole request, but nothing came of it: the request stands.
            return self._commit(self._fallback, reason, now_s, may_go_on=False)
        self._frames_wanted = False
        if reason is Reason.NO_SPEECH:
            return self._close(reason)
        self.state = State.COMMITTED
        self._finish_reason = reason
        self.end_reason = reason
        self._deadline = (now_s + self._config.final_s, "final")
        return (Finish(reason),)

    def _commit(self, words: str, reason: Reason, now_s: float, may_go_on: bool) -> Sequence[Action]:
        self.state = State.COMMITTED
        self.committed_words = words
        self.end_reason = reason
        self._frames_wanted = may_go_on
        self._voiced_since_commit = 0
        self._grace_until = self.heard.position + self._config.grace_ms * SAMPLES_PER_MS
        self._deadline = (now_s + self._config.thought_s, "thought")
        return (Commit(words, reason, frames_wanted=may_go_on),)

    # --- after the commit: the speaker may go on -------------------------------------------------

    def _watch_for_more(self, samples: int, probability: float) -> Sequence[Action]:
        voiced = probability >= self._config.endpoint.wordless.threshold
        if voiced:
            self._voiced_since_commit += samples
        if self.state is State.DUCKED:
            if self.heard.position - self._ducked_at >= self._config.duck_ms * SAMPLES_PER_MS:
                self.state = State.ANSWERING
                self._frames_wanted = self.heard.position < self._grace_until
                self._voiced_since_commit = 0
                return (Resume(self._frames_wanted),)
            return ()
        if self._went_on and self.state is State.ANSWERING:
            self.state = State.DUCKED
            self._ducked_at = self.heard.position
            return (Duck(),)
        if self.heard.position >= self._grace_until and not voiced:
            self._frames_wanted = False
            return self._close("done") if self._silent else (StopListening(),)
        return ()

    @property
    def _went_on(self) -> bool:
        return self._voiced_since_commit >= self._config.resumed_voice_ms * SAMPLES_PER_MS

    def _amend(self, now_s: float) -> Sequence[Action]:
        """Words that came after the commit: take the answer back if they make another request of it."""
        heard = self.heard
        if heard.words == self.committed_words or heard.confidence < self._config.endpoint.confidence:
            return ()
        grown = heard.words.startswith(self.committed_words + " ") and heard.standing is not Standing.UNKNOWN
        if not (grown and self._voiced_since_commit > 0):
            return ()
        self.false_starts += 1
        self._fallback = self.committed_words
        self.committed_words = ""
        self.end_reason = ""
        self._silent = False
        self.state = State.LISTENING
        self._utterance = ""
        self._deadline = (now_s + self._config.deaf_s, "deaf")
        return (Withdraw(), *self._speculate(), *self._decide(now_s))

    # --- ends ------------------------------------------------------------------------------------

    def _apologise(self, reason: str, now_s: float, by_clip: bool = False) -> Sequence[Action]:
        """Say it; if the voice is what failed, by a clip; if that does not sound either, the ring says it."""
        if self._apology == "clip":
            return self._close(self.end_reason)
        by_clip = by_clip or self._apology == "spoken"
        if not self._apology:
            self.end_reason = reason
        self._apology = "clip" if by_clip else "spoken"
        self._frames_wanted = False
        self._utterance = ""
        self.state = State.COMMITTED
        self._deadline = (now_s + self._config.voice_s, "voice")
        return (Apologise(self.end_reason, by_clip),)

    def _close(self, reason: str) -> Sequence[Action]:
        """`end_reason` tells why listening ended or what went wrong, unless somebody cut the turn short."""
        self.state = State.CLOSED
        self._frames_wanted = False
        if not self.end_reason or reason not in ("answered", "done"):
            self.end_reason = reason
        return (Close(reason),)
