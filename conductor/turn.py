"""One spoken turn, from the wake word to the last sound of its answer. A state machine without I/O.

The drawing with the same state names is in docs/turn.md. Events go in as method calls; what has to be done comes out
as a list of `conductor.actions`, which `conductor.service` carries out. Positions are samples of the capture stream,
`now_s` seconds of a monotonic clock (used for one thing only: noticing that somebody has died).

Left to others: when the speaker has finished (`conductor.endpoint`), how long the rest is waited for
(`conductor.patience`), what words mean (`conductor.intents`), what is done and said (`conductor.skills`).
"""

from collections.abc import Sequence
from enum import StrEnum
from math import inf

from conductor.actions import (
    Action,
    Apologise,
    BreakOff,
    Close,
    Commit,
    Duck,
    Finish,
    Reassure,
    Resume,
    Sound,
    Speculate,
    StopListening,
    Think,
    ThinkOn,
    Withdraw,
)
from conductor.endpoint import SAMPLES_PER_MS, Heard, Reason, decide
from conductor.patience import Config
from conductor.standing import Standing


class State(StrEnum):
    LISTENING = "listening"
    COMMITTED = "committed"
    ANSWERING = "answering"
    DUCKED = "ducked"
    CLOSED = "closed"


APOLOGIES = {
    Reason.NO_WORDS: "no_words",
    Reason.UNFINISHED: "unfinished",
    Reason.TOO_LONG: "too_long",
    Reason.SILENCE: "not_understood",
}
"""Which sentence answers a timeout of which nothing can be understood. NO_SPEECH gets none: the ring goes out."""
BEFORE_VOICE_MS = 200
"""A word begins before its voice is noticed."""


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
        self._speculated = ""
        self._apology = ""
        self._over = ""
        self._expects_reply = False
        self._answer_by_s = inf
        self._model_by_s = inf
        self._sentence_by_s = inf
        self._reassuring = False
        self._next = ""
        self._deadline: tuple[float, str] = (now_s + config.deaf_s, "deaf")

    # --- events ----------------------------------------------------------------------------------

    @property
    def deadline_s(self) -> float:
        """When `on_time` wants to be called, in monotonic seconds."""
        return min(self._deadline[0], self._sentence_by_s) if self.state is not State.CLOSED else inf

    @property
    def frames_wanted(self) -> bool:
        """Whether the speaker is still listened to."""
        return self._frames_wanted

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
        unheard = position - self.heard.position > self._config.unheard_ms * SAMPLES_PER_MS
        self.heard = self.heard.with_activity(position, probability, cold, words_position, self._config.endpoint)
        if self.state is State.LISTENING and unheard:
            return self._apologise("engine_failed", now_s)
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
        """The recogniser's last word: after `Finish`, or because it has failed."""
        finished = self.state is State.COMMITTED and self._deadline[1] == "final"
        if rejection == "engine_failed" and (finished or self.state is State.LISTENING):
            return self._apologise("engine_failed", now_s)
        if not finished:
            return ()
        reason = self._finish_reason
        if not text or (reason == Reason.UNFINISHED and source == "grammar" and self.heard.is_finished_by(text)):
            return self._apologise(APOLOGIES.get(reason, "not_understood"), now_s)
        self._wait(self._config.thought_s, "thought", now_s)
        return (Think(text, source),)

    def on_answer(self, utterance: str, now_s: float, expects_reply: bool = False) -> None:
        """An answer goes out under this name. `expects_reply`: it asks something, so what follows is no amendment."""
        if self.state is State.CLOSED:
            return
        self._utterance = utterance
        self._over = ""
        self._expects_reply = expects_reply
        if self.state is not State.DUCKED:
            self.state = State.ANSWERING
        self._deadline = (now_s + self._config.voice_s, "voice")

    def on_playing(self, utterance: str, now_s: float) -> None:
        if self._sounds(utterance) and not self._over:
            self._deadline = (now_s + self._config.playback_s, "playback")

    def on_played(self, utterance: str, now_s: float) -> Sequence[Action]:
        """The last sample of the utterance has left for the speaker. The speaker may still go on for a while."""
        if not self._sounds(utterance) or self._over:
            return ()
        if self._reassuring:
            return self._reassured(now_s)
        if self._frames_wanted and not self._expects_reply:
            return self._close_after_grace("answered", now_s)
        return self._close("answered")

    def on_silenced(self, utterance: str, reason: str) -> Sequence[Action]:
        if not self._sounds(utterance):
            return ()
        return self._close("stopped" if reason == "stop_word" else reason)

    def on_playback_failed(self, utterance: str, now_s: float) -> Sequence[Action]:
        if not self._sounds(utterance):
            return ()
        return self._apologise("voice_failed", now_s, by_clip=True)

    def on_silent_answer(self, now_s: float) -> Sequence[Action]:
        """What was asked for is done, and there is nothing to say. The speaker may still go on for a while."""
        if self.state is State.CLOSED:
            return ()
        return self._close_after_grace("done", now_s) if self._frames_wanted else self._close("done")

    def on_failure(self, reason: str, now_s: float, by_clip: bool = False) -> Sequence[Action]:
        """Something that this turn needs has failed."""
        if self.state is State.CLOSED:
            return ()
        return self._apologise(reason, now_s, by_clip)

    def on_interruption(self, reason: str) -> Sequence[Action]:
        """Something more important: the wake word again, the stop button, a shut-down."""
        if self.state is State.CLOSED:
            return ()
        return self._close("done" if self._over else reason)

    def on_time(self, now_s: float) -> Sequence[Action]:
        """Whoever should have answered by now has died."""
        if now_s < self.deadline_s:
            return ()
        if now_s >= self._sentence_by_s:
            return self._break_off("failed", now_s)
        match self._deadline[1]:
            case "deaf":
                return self._apologise("deaf", now_s)
            case "final" | "thought":
                return self._apologise("engine_failed", now_s)
            case "moment":
                self._deadline = (self._model_by_s, "model")
                return (Reassure(),)
            case "model":
                return self._apologise("failed", now_s)
            case "voice":
                return self._apologise("voice_failed", now_s, by_clip=True)
            case "over":
                return self._close(self._over)
            case _:
                awaited = self._sentence_by_s < inf
                return self._break_off("failed", now_s) if awaited else self._close("playback_lost")

    # --- a language model -------------------------------------------------------------------------

    def on_asked_model(self, now_s: float) -> None:
        """A language model works on the answer: it may take its time, but not without a word."""
        if self.state is State.COMMITTED:
            self._model_by_s = now_s + self._config.model_s
            self._wait(self._config.moment_s, "moment", now_s)

    def on_reassurance(self, utterance: str, now_s: float) -> None:
        """That it takes a moment is said under this name."""
        if self.state is State.COMMITTED:
            self.on_answer(utterance, now_s)
            self._reassuring = True

    def on_sentence(self, utterance: str, last: bool, now_s: float) -> Sequence[Action]:
        """A sentence of the model's answer has gone to the voice. `last`: no other follows."""
        if self.state is State.CLOSED:
            return ()
        self._sentence_by_s = inf if last else now_s + self._config.sentence_s
        if utterance == self._utterance:
            return ()
        self._next = utterance
        return () if self._reassuring else self._sound_next(now_s)

    def on_model_failure(self, reason: str, now_s: float) -> Sequence[Action]:
        """Nothing more comes from the model."""
        if self.state is State.CLOSED:
            return ()
        return self._break_off(reason, now_s) if self._sentence_by_s < inf else self._apologise(reason, now_s)

    def _sound_next(self, now_s: float) -> Sequence[Action]:
        utterance, self._next = self._next, ""
        self._reassuring = False
        self.on_answer(utterance, now_s)
        return (Sound(utterance),)

    def _reassured(self, now_s: float) -> Sequence[Action]:
        if self._next:
            return self._sound_next(now_s)
        self._reassuring = False
        self._utterance = ""
        self.state = State.COMMITTED
        self._deadline = (self._model_by_s, "model")
        return (ThinkOn(),)

    def _break_off(self, reason: str, now_s: float) -> Sequence[Action]:
        self._sentence_by_s = inf
        self.end_reason = reason
        if self._deadline[1] == "playback":
            self._deadline = (now_s + self._config.playback_s, "playback")
        return (BreakOff(reason),)

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
        self._spoken(now_s)
        self._wait(self._config.final_s, "final", now_s)
        return (Finish(reason),)

    def _commit(self, words: str, reason: Reason, now_s: float, may_go_on: bool) -> Sequence[Action]:
        self.state = State.COMMITTED
        self.committed_words = words
        self.end_reason = reason
        self._frames_wanted = may_go_on
        self._voiced_since_commit = 0
        self._grace_until = self.heard.position + self._config.grace_ms * SAMPLES_PER_MS
        self._spoken(now_s)
        self._wait(self._config.thought_s, "thought", now_s)
        return (Commit(words, reason, frames_wanted=may_go_on),)

    def _spoken(self, now_s: float) -> None:
        """From the last speech on the answer is waited for."""
        endpoint = self._config.endpoint
        silence_ms = min(self.heard.silence_ms(endpoint.wordless.threshold), endpoint.longest_silence_ms)
        self._answer_by_s = now_s - silence_ms / 1000 + self._config.answer_s

    def _wait(self, patience_s: float, what: str, now_s: float) -> None:
        self._deadline = (min(now_s + patience_s, self._answer_by_s), what)

    # --- after the commit: the speaker may go on -------------------------------------------------

    def _watch_for_more(self, samples: int, probability: float) -> Sequence[Action]:
        voiced = probability >= self._config.endpoint.wordless.threshold
        if voiced:
            self._voiced_since_commit += samples
        if self.state is State.DUCKED:
            if self.heard.position - self._ducked_at >= self._config.duck_ms * SAMPLES_PER_MS:
                self._frames_wanted = self.heard.position < self._grace_until
                if self._over and not self._frames_wanted:
                    return self._close(self._over)
                self.state = State.ANSWERING
                self._voiced_since_commit = 0
                return (Resume(self._frames_wanted),)
            return ()
        if self._went_on and self.state is State.ANSWERING:
            self.state = State.DUCKED
            self._ducked_at = self.heard.position
            return (Duck(),)
        if self.heard.position >= self._grace_until and not voiced:
            self._frames_wanted = False
            return self._close(self._over) if self._over else (StopListening(),)
        return ()

    def _sounds(self, utterance: str) -> bool:
        return utterance == self._utterance and self.state in (State.ANSWERING, State.DUCKED)

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
        self._over = ""
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
        self._utterance = self._next = self._over = ""
        self._reassuring = False
        self._sentence_by_s = inf
        self.state = State.COMMITTED
        self._deadline = (now_s + self._config.voice_s, "voice")
        return (Apologise(self.end_reason, by_clip),)

    def _close_after_grace(self, reason: str, now_s: float) -> Sequence[Action]:
        """Nothing is left to say, but the speaker may still go on."""
        self._over = reason
        self._deadline = (now_s + self._config.deaf_s, "over")
        return ()

    def _close(self, reason: str) -> Sequence[Action]:
        """`end_reason` tells why listening ended or what went wrong, unless somebody cut the turn short."""
        ducking_ms = self._config.resumed_voice_ms + BEFORE_VOICE_MS
        voice_at = self._ducked_at - ducking_ms * SAMPLES_PER_MS if self.state is State.DUCKED else 0
        self.state = State.CLOSED
        self._frames_wanted = False
        if not self.end_reason or reason not in ("answered", "done"):
            self.end_reason = reason
        return (Close(reason, max(0, voice_at)),)
