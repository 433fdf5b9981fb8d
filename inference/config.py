"""What an owner may set for the engines: the `[inference]` section."""

from dataclasses import dataclass, field


@dataclass(frozen=True)
class SttConfig:
    """Speech to text. `longest_utterance_s` bounds what is kept (in memory only) for dictation."""

    longest_utterance_s: float = 20.0
    dictation: bool = True


@dataclass(frozen=True)
class TtsConfig:
    """Text to speech."""


@dataclass(frozen=True)
class LlmConfig:
    """The language model."""


@dataclass(frozen=True)
class Config:
    stt: SttConfig = field(default_factory=SttConfig)
    tts: TtsConfig = field(default_factory=TtsConfig)
    llm: LlmConfig = field(default_factory=LlmConfig)
