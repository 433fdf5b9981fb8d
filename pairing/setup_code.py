"""The set-up code: eight digits on the label, typed or scanned once to pair the first device.

It proves that somebody holds the box. Guessing is stopped by the protocol (one guess a run, counted), not by length.
"""

import re
from dataclasses import dataclass, field
from itertools import pairwise

from pairing.alphabet import DIGITS, RandomBytes, draw
from pairing.errors import BadRandomness, NotACode

LENGTH = 8
MOST_CHARACTERS = 32
"""Of what somebody typed."""
MOST_ATTEMPTS = 100
CODE = re.compile(rf"[0-9]{{{LENGTH}}}", re.ASCII)
WORDS = {
    "en": ("zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine"),
    # As on the telephone: “zwei” sounds like “drei”.
    "de": ("null", "eins", "zwo", "drei", "vier", "fünf", "sechs", "sieben", "acht", "neun"),
}


@dataclass(frozen=True)
class SetupCode:
    """A code. Raises NotACode: it is not eight digits, or `trivial`."""

    digits: str = field(repr=False)

    def __post_init__(self) -> None:
        if not CODE.fullmatch(self.digits):
            raise NotACode(f"A set-up code has {LENGTH} digits.")
        if trivial(self.digits):
            raise NotACode("This is a code that anybody would try first.")

    @property
    def grouped(self) -> str:
        """As it is printed: “4821 7730”."""
        return f"{self.digits[:4]} {self.digits[4:]}"

    def spoken(self, language: str) -> str:
        """As it is said, digit by digit with a pause in the middle; English where the language is not known."""
        words = [WORDS.get(language, WORDS["en"])[int(digit)] for digit in self.digits]
        return f"{' '.join(words[:4])}, {' '.join(words[4:])}."


def parse(text: str) -> SetupCode:
    """The code that somebody typed, with or without spaces and hyphens. Raises NotACode."""
    if len(text) > MOST_CHARACTERS:
        raise NotACode(f"A set-up code has {LENGTH} digits.")
    return SetupCode(re.sub(r"[\s-]", "", text))


def make(random: RandomBytes) -> SetupCode:
    """A new code. Raises BadRandomness."""
    for _ in range(MOST_ATTEMPTS):
        digits = draw(DIGITS, LENGTH, random)
        if not trivial(digits):
            return SetupCode(digits)
    raise BadRandomness("The random source of this computer gives the same digits again and again.")


def trivial(digits: str) -> bool:
    """Whether it looks like nobody made it: one digit or group over and over, or counting up or down."""
    repeated = any(digits == digits[:period] * (LENGTH // period) for period in (1, 2, 4))
    steps = {(int(after) - int(before)) % 10 for before, after in pairwise(digits)}
    return repeated or steps in ({1}, {9})
