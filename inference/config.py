"""What an owner may set for the engines: the `[inference]` section."""

from dataclasses import dataclass, field


@dataclass(frozen=True)
class SttConfig:
    """Speech to text. `second_pass`: listen again with the neural model. `dictation`: write down what is no request.
    `longest_utterance_s` bounds what is kept for that (in memory only)."""

    longest_utterance_s: float = 20.0
    second_pass: bool = True
    dictation: bool = True


@dataclass(frozen=True)
class TtsConfig:
    """Text to speech. `voices`: language → a voice of espeak-ng, where it is not to be the usual one."""

    words_per_minute: int = 165
    pitch: int = 48
    voices: dict[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class LlmConfig:
    """A local OpenAI-compatible server (llama-server, Ollama, TensorRT Edge-LLM). Empty `url`: no language model."""

    url: str = ""
    model: str = ""
    max_tokens: int = 300
    temperature: float = 0.6
    first_token_s: float = 15.0
    next_token_s: float = 5.0


@dataclass(frozen=True)
class Config:
    stt: SttConfig = field(default_factory=SttConfig)
    tts: TtsConfig = field(default_factory=TtsConfig)
    llm: LlmConfig = field(default_factory=LlmConfig)
