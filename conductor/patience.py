"""How long a turn waits, and for whom: positions (milliseconds of the capture stream) where somebody speaks, seconds of
a monotonic clock where somebody may have died. Why, and how they add up, is in docs/turn.md."""

from dataclasses import dataclass, field

from conductor.endpoint import Config as EndpointConfig


@dataclass(frozen=True)
class Config:
    endpoint: EndpointConfig = field(default_factory=EndpointConfig)
    grace_ms: int = 1000
    """How long after an OPEN commit the speaker may go on and still be heard as one request."""
    resumed_voice_ms: int = 96
    """Voice after a commit that ducks the answer: the speaker may be going on."""
    duck_ms: int = 900
    """A ducked answer is taken up again when no words follow within this time."""
    unheard_ms: int = 1000
    """More than this between two activities while listening: the recogniser died and came back, and what was said
    meanwhile must not pass for silence."""
    deaf_s: float = 2.5
    """No activity for so long while listening: microphone or recogniser has died."""
    final_s: float = 3.5
    """No final text for so long after listening ended: the recogniser has died."""
    thought_s: float = 2.5
    """Nothing understood for so long after the text was there."""
    moment_s: float = 2.5
    """A language model that says nothing for so long is slow: that it takes a moment is said."""
    model_s: float = 20.0
    """A language model that says nothing for so long has failed."""
    sentence_s: float = 8.0
    """No next sentence of a language model for so long after the last one: it has failed in the middle."""
    answer_s: float = 5.7
    """Whatever was waited for: so long after the last speech an answer goes out, or what takes its place."""
    voice_s: float = 2.0
    """Nothing sounds for so long after the answer went out: the voice has died."""
    playback_s: float = 5.0
    """No sign of playback for so long while it should be going on."""
