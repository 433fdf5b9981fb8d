"""What people call their things, in one form: it comes from anywhere, and is shown and said everywhere. Pure."""

import unicodedata

MOST_CHARACTERS = 64
UNSEEN = frozenset(("Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp"))
"""Unicode's categories of what nobody can see or write."""


def normal(text: str) -> str:
    """The name in its one form. Raises ValueError: empty, too long, or with what nobody can see."""
    found = unicodedata.normalize("NFC", text).strip()
    if not 0 < len(found) <= MOST_CHARACTERS or any(unicodedata.category(each) in UNSEEN for each in found):
        raise ValueError(f"A name has 1 to {MOST_CHARACTERS} characters that can be seen.")
    return found


def numbered(name: str, number: int) -> str:
    """The name of the so-manieth that would be called so; as long as a name may be."""
    behind = f" {number}" if number > 1 else ""
    return f"{name[: MOST_CHARACTERS - len(behind)].rstrip()}{behind}"
