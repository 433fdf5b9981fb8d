"""What an owner may set for the conductor: the `[conductor]` section."""

from dataclasses import dataclass, field

from conductor.patience import Config as TurnConfig


@dataclass(frozen=True)
class Config:
    """`language`: of what is spoken. `zone`: IANA name, empty for this computer's. `follow_up`: when the microphone
    opens again by itself after an answer: "question" (only when the box has asked something) or "always".
    `day_from`, `day_to`: hours between which things may be said that nobody asked for.
    `open_questions`: a language model is configured in `[inference.llm]`, ask it what no template understands."""

    language: str = "en"
    zone: str = ""
    follow_up: str = "question"
    day_from: int = 8
    day_to: int = 21
    open_questions: bool = False
    turn: TurnConfig = field(default_factory=TurnConfig)
