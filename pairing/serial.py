"""The serial number of a box: `SPQ-XXXX-XXXX`, its last character a check on the others.

Seven characters are drawn; the eighth makes the weighted sum of all a multiple of 31. As 31 is a prime, one wrong
character and any two that were swapped are always noticed. The names that the box shows end in the last four.
"""

import re
from dataclasses import dataclass

from pairing.alphabet import UNAMBIGUOUS, RandomBytes, draw
from pairing.errors import NotASerial

LENGTH = 8
MOST_CHARACTERS = 32
"""Of what somebody typed."""
TYPED = re.compile(r"(?:SPQ)?([A-Z0-9]{8})", re.ASCII)


@dataclass(frozen=True)
class Serial:
    """A serial number by its eight characters. Raises NotASerial: they don't fit each other."""

    characters: str

    def __post_init__(self) -> None:
        if len(self.characters) != LENGTH or not set(self.characters) <= set(UNAMBIGUOUS) or _sum(self.characters):
            raise NotASerial("This is no serial number of a Spoq: look again at its eight letters and digits.")

    def __str__(self) -> str:
        return f"SPQ-{self.characters[:4]}-{self.characters[4:]}"

    @property
    def bluetooth_name(self) -> str:
        """What a phone lists: `Spoq-XXXX`."""
        return f"Spoq-{self.characters[4:]}"

    @property
    def host_name(self) -> str:
        """By which the box is found at home, with `.local` behind it."""
        return f"spoq-{self.characters[4:].lower()}"

    @property
    def hotspot_name(self) -> str:
        """What its hotspot is called while it is set up: `Spoq-Setup-XXXX`."""
        return f"Spoq-Setup-{self.characters[4:]}"


def parse(text: str) -> Serial:
    """The serial that somebody typed, with or without `SPQ`, hyphens and capitals. Raises NotASerial."""
    typed = TYPED.fullmatch(re.sub(r"[\s-]", "", text.upper())) if len(text) <= MOST_CHARACTERS else None
    return Serial(typed[1] if typed else "")


def make(random: RandomBytes) -> Serial:
    """A new one. Raises BadRandomness."""
    characters = draw(UNAMBIGUOUS, LENGTH - 1, random)
    return Serial(next(characters + last for last in UNAMBIGUOUS if not _sum(characters + last)))


def _sum(characters: str) -> int:
    return sum(weight * UNAMBIGUOUS.index(each) for weight, each in enumerate(characters, 1)) % len(UNAMBIGUOUS)
