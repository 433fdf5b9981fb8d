"""What is said and done in answer to a request, as data: made by `conductor.skills`, carried out by the service."""

from dataclasses import dataclass

from conductor.effects import Effect, UpdateWish


@dataclass(frozen=True)
class Plan:
    """`answer` may be empty: then what is done is the answer. `expects_reply`: it is a question, so listen again.

    `clip` names a sound that audiod keeps, played instead of words.
    """

    intent: str
    answer: str = ""
    language: str = "en"
    effects: tuple[Effect, ...] = ()
    expects_reply: bool = False
    clip: str = ""

    @property
    def is_the_owners(self) -> bool:
        """It concerns the whole box. Whoever is in the room may say it; from elsewhere only an owner."""
        return any(isinstance(each, UpdateWish) and each.action != "check" for each in self.effects)
