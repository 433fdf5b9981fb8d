"""When has the speaker finished? A pure function of positions.

Words and silence meet here. Positions count 16 kHz samples of one capture stream, so neither load nor scheduling can
cut anyone off: what is late moves the decision, never the facts it rests on.

    words so far are …              silence needed before acting           how it ends
    COMPLETE: English can't go on   `complete.action_delay_ms`             commit, reason "complete"
    OPEN: whole, but may go on      `open.action_delay_ms`                 commit, reason "open"; keeps listening
    either, but doubted             `doubted_ms` at least                  the same
    BEGINNING of something          `beginning.timeout_ms`                 stop, reason "unfinished"
    UNKNOWN, or not believed        `unknown.timeout_ms`                   stop, reason "silence": dictation has a go
    none, though something sounded  `wordless.timeout_ms`                  stop, reason "no_words"
    none and nothing sounded        `quiet.timeout_ms` after the opening   stop, reason "no_speech"
    any                             `longest_ms` after the opening         stop, reason "too_long"

Three knobs a context (threshold, action delay, timeout); why the delays are what they are is in docs/turn.md. Left to
others: the probability of speech (inference), whether words are whole (`conductor.standing`), and what a decision does
(`conductor.turn`).
"""

from dataclasses import dataclass, field, replace
from enum import StrEnum

from conductor.standing import Standing

SAMPLES_PER_MS = 16


class Reason(StrEnum):
    """Why listening ended. The first two are commits, the others timeouts, each told apart."""

    COMPLETE = "complete"
    OPEN = "open"
    SILENCE = "silence"
    UNFINISHED = "unfinished"
    NO_WORDS = "no_words"
    NO_SPEECH = "no_speech"
    TOO_LONG = "too_long"

    @property
    def is_commit(self) -> bool:
        return self in (Reason.COMPLETE, Reason.OPEN)


@dataclass(frozen=True)
class Knobs:
    """One context of the policy.

    `threshold`: below this probability of speech a stretch counts as silence. `action_delay_ms`: silence before a
    commit (0 where there is none). `timeout_ms`: silence after which listening ends without one.
    """

    threshold: float = 0.5
    action_delay_ms: int = 0
    timeout_ms: int = 0


@dataclass(frozen=True)
class Config:
    """Delays in milliseconds of the capture stream."""

    complete: Knobs = field(default_factory=lambda: Knobs(threshold=0.4, action_delay_ms=40))
    open: Knobs = field(default_factory=lambda: Knobs(threshold=0.4, action_delay_ms=80))
    beginning: Knobs = field(default_factory=lambda: Knobs(threshold=0.4, timeout_ms=1800))
    unknown: Knobs = field(default_factory=lambda: Knobs(threshold=0.4, timeout_ms=900))
    wordless: Knobs = field(default_factory=lambda: Knobs(threshold=0.5, timeout_ms=2000))
    quiet: Knobs = field(default_factory=lambda: Knobs(threshold=0.5, timeout_ms=5000))
    longest_ms: int = 20_000
    confidence: float = 0.5
    """Words less sure than this count as unknown."""
    sure: float = 0.8
    """Words less sure than this are doubted: whole as they may be, they wait for `doubted_ms` of silence."""
    doubted_ms: int = 160
    settle_ms: int = 20
    """The recogniser must have worked this far past the last voice before its words are believed."""
    spoken_ms: int = 100
    """Words in less voice than this were heard in a noise."""
    voice_ms: int = 60
    """Shorter sounds (a click, a door) are no speech."""

    @property
    def longest_silence_ms(self) -> int:
        """Listening goes on no longer than this after a voice."""
        return max(knobs.timeout_ms for knobs in (self.beginning, self.unknown, self.wordless))


@dataclass(frozen=True)
class Heard:
    """Everything the policy knows of one turn. Positions are samples; None where it has not happened yet.

    `voice_ends` holds, for each threshold in use, the end of the last stretch at or above it.
    """

    opened: int
    position: int
    voice_ends: tuple[tuple[float, int], ...] = ()
    voiced_samples: int = 0
    words: str = ""
    words_position: int = 0
    standing: Standing = Standing.UNKNOWN
    confidence: float = 0.0

    @staticmethod
    def from_opening(position: int) -> "Heard":
        return Heard(opened=position, position=position, words_position=position)

    def is_finished_by(self, text: str) -> bool:
        """Whether the recogniser has gone on where the speaker had not: a grammar knows whole sentences only, so what
        it makes of "turn the" in the end is "turn it up"."""
        return len(text.split()) > len(self.words.split())

    def with_activity(
        self, position: int, probability: float, cold: bool, words_position: int, config: Config
    ) -> "Heard":
        """The stretch up to `position` was looked at. A cold detector's word is never taken as silence."""
        if position <= self.position:
            return replace(self, words_position=max(self.words_position, words_position))
        ends = dict(self.voice_ends)
        for threshold in _thresholds(config):
            if cold or probability >= threshold:
                ends[threshold] = position
        voiced = position - self.position if not cold and probability >= config.wordless.threshold else 0
        return replace(
            self,
            position=position,
            voice_ends=tuple(sorted(ends.items())),
            voiced_samples=self.voiced_samples + voiced,
            words_position=max(self.words_position, words_position),
        )

    def with_words(self, words: str, position: int, standing: Standing, confidence: float) -> "Heard":
        if position < self.words_position and words == self.words:
            return self
        return replace(
            self,
            words=words,
            words_position=max(self.words_position, position),
            standing=standing,
            confidence=confidence,
        )

    def last_voice(self, threshold: float) -> int:
        """Position where the last voice ended; the opening while there was none."""
        return max(self.opened, dict(self.voice_ends).get(threshold, self.opened))

    def silence_ms(self, threshold: float) -> float:
        return (self.position - self.last_voice(threshold)) / SAMPLES_PER_MS


def decide(heard: Heard, config: Config) -> Reason | None:
    """Why to stop waiting now, or None to go on."""
    if (heard.position - heard.opened) / SAMPLES_PER_MS >= config.longest_ms:
        return Reason.TOO_LONG
    if not heard.words:
        return _decide_without_words(heard, config)
    standing = heard.standing if heard.confidence >= config.confidence else Standing.UNKNOWN
    if standing is Standing.COMPLETE and _is_settled(heard, config.complete, config):
        return Reason.COMPLETE
    if standing is Standing.OPEN and _is_settled(heard, config.open, config):
        return Reason.OPEN
    if standing is Standing.BEGINNING and _timed_out(heard, config.beginning):
        return Reason.UNFINISHED
    if standing is Standing.UNKNOWN and _timed_out(heard, config.unknown):
        return Reason.SILENCE
    return None


def silence_only(heard: Heard, silence_ms: float, threshold: float = 0.5) -> bool:
    """The policy of most assistants, to measure ours against: enough silence after some voice, whatever the words."""
    return bool(heard.voiced_samples) and heard.silence_ms(threshold) >= silence_ms


def _thresholds(config: Config) -> set[float]:
    contexts = (config.complete, config.open, config.beginning, config.unknown, config.wordless, config.quiet)
    return {knobs.threshold for knobs in contexts}


def _decide_without_words(heard: Heard, config: Config) -> Reason | None:
    sounded = heard.voiced_samples / SAMPLES_PER_MS >= config.voice_ms
    if sounded:
        return Reason.NO_WORDS if _timed_out(heard, config.wordless) else None
    return Reason.NO_SPEECH if (heard.position - heard.opened) / SAMPLES_PER_MS >= config.quiet.timeout_ms else None


def _is_settled(heard: Heard, knobs: Knobs, config: Config) -> bool:
    """Silent for long enough, and the words hold up to beyond the last voice."""
    least_ms = config.doubted_ms if heard.confidence < config.sure else 0
    if heard.silence_ms(knobs.threshold) < max(knobs.action_delay_ms, least_ms):
        return False
    if heard.voiced_samples / SAMPLES_PER_MS < config.spoken_ms:
        return False
    return heard.words_position >= heard.last_voice(knobs.threshold) + config.settle_ms * SAMPLES_PER_MS


def _timed_out(heard: Heard, knobs: Knobs) -> bool:
    return heard.silence_ms(knobs.threshold) >= knobs.timeout_ms
