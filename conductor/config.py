"""What an owner may set for the conductor: the `[conductor]` section."""

from dataclasses import dataclass, field

from conductor.patience import Config as TurnConfig


@dataclass(frozen=True)
class Config:
    """`language`: of what is spoken. `zone`: IANA name, empty for this computer's. `follow_up`: when the microphone
    opens again by itself after an answer: "question" (only when the box has asked something) or "always".
    `open_questions`: a language model is configured in `[inference.llm]`, ask it what no template understands."""

    language: str = "en"
    zone: str = ""
    follow_up: str = "question"
    open_questions: bool = False
    turn: TurnConfig = field(default_factory=TurnConfig)
