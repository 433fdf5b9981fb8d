"""What people call their things, in one form: it comes from anywhere, and is shown and said everywhere. Pure."""

import unicodedata

MOST_CHARACTERS = 64
UNSEEN = frozenset(("Cc", "Cf", "Cs", "Co", "Zl", "Zp"))
"""Unicode's categories of what nobody can see or write; what it has no category for yet may be next year's emoji."""
JOINERS = "\u200c\u200d"
"""Persian and Hindi are written with them, and emoji of several parts."""


def normal(text: str) -> str:
    """The name in its one form. Raises ValueError: empty, too long, or with what nobody can see."""
    found = unicodedata.normalize("NFC", text).strip()
    if not 0 < len(found) <= MOST_CHARACTERS or any(map(_unseen, found)):
        raise ValueError(f"A name has 1 to {MOST_CHARACTERS} characters that can be seen.")
    return found


def numbered(name: str, number: int) -> str:
    """`name` for the first of that name, `name 2` for the second; never longer than a name may be."""
    behind = f" {number}" if number > 1 else ""
    return f"{name[: MOST_CHARACTERS - len(behind)].rstrip()}{behind}"


def _unseen(character: str) -> bool:
    return unicodedata.category(character) in UNSEEN and character not in JOINERS
