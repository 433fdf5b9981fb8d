"""The settings of `[audio]`, each with its unit and its default."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from audio.player import Config as PlayerConfig
from audio.speaking import Config as SpeakingConfig
from audio.stopword import Config as StopConfig


@dataclass(frozen=True)
class CardConfig:
    """Which sound card. A device is named by a part of its name; empty means the system's default."""

    input: str = ""
    output: str = ""
    # What PortAudio is asked for (of a speaker the next power of two in samples); devices round it to what they can.
    block_ms: int = 10
    # What waits in the card's buffers; 0 is as little as the card can. More where it stutters.
    latency_ms: int = 0


@dataclass(frozen=True)
class EchoConfig:
    """What the microphone's signal goes through, in this order of meaning."""

    echo_cancellation: bool = True
    noise_suppression: bool = True
    gain_control: bool = True
    high_pass: bool = True
    # Also for recognition while the box is silent, which costs the embedded recogniser a tenth of the requests.
    always: bool = False


@dataclass(frozen=True)
class GateConfig:
    """The cheap voice gate in front of the wake words. `aggressiveness` is webrtcvad's, 0 (open more) to 3."""

    enabled: bool = True
    aggressiveness: int = 2
    hangover_ms: int = 800
    look_back_ms: int = 800


@dataclass(frozen=True)
class WordConfig:
    """One wake word. `model` is a name in openwakeword's wheel or the path of an ONNX file; empty: the word's name."""

    threshold: float = 0.5
    # Scores between this and the threshold are reported as near misses.
    near: float = 0.15
    model: str = ""
    # Where a second network knows what the word is mistaken for, it decides, and openwakeword has to have an idea.
    second_opinion: bool = True


def _default_words() -> Mapping[str, WordConfig]:
    return {"hey_jarvis": WordConfig(), "alexa": WordConfig()}


@dataclass(frozen=True)
class WakeConfig:
    """Which words wake the box, and how it keeps from waking twice."""

    words: Mapping[str, WordConfig] = field(default_factory=_default_words)
    refractory_s: float = 1.5
    # Consecutive hits that a word needs while something sounds.
    hits_while_sounding: int = 2


@dataclass(frozen=True)
class InjectConfig:
    """Sound that comes over the bus in the microphone's place."""

    # Longer waiting than this, and the next message is refused.
    waiting_ms: int = 1000
    # The microphone returns after this long without a message.
    silence_ms: int = 500


@dataclass(frozen=True)
class Config:
    """Everything that audiod can be told."""

    card: CardConfig = CardConfig()
    echo: EchoConfig = EchoConfig()
    gate: GateConfig = GateConfig()
    wake: WakeConfig = field(default_factory=WakeConfig)
    inject: InjectConfig = InjectConfig()
    player: PlayerConfig = field(default_factory=PlayerConfig)
    speaking: SpeakingConfig = field(default_factory=SpeakingConfig)
    stop: StopConfig = field(default_factory=StopConfig)
    # Of the sentences that the box can say by itself; BCP 47.
    language: str = "en"
    # A wake word that nobody opens a turn for within this time: something went wrong.
    answer_to_wake_s: float = 2.0
    # A turn that wants frames for longer than this without a word from the conductor is dropped.
    longest_turn_s: float = 180.0
