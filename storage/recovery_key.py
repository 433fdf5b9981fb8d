"""A recovery key as somebody copies it: read forgivingly, and brought into the one form that opens the partition.

    cbdefghi-jklnrtuv-…    eight groups of eight letters, out of sixteen that look alike on every keyboard (modhex)

Pure. Source: systemd-cryptenroll(1), `--recovery-key`.
"""

from dataclasses import dataclass, field

from storage.errors import NoRecoveryKey

LETTERS = "cbdefghijklnrtuv"
GROUPS, GROUP_LETTERS = 8, 8
MOST_CHARACTERS = 1024
"""Of what is read at all: spaces, dashes and line ends are forgiven, and no book."""
BETWEEN = frozenset("-‐‑‒–—−")
"""Dashes as programs and telephones write them; what Unicode calls white space is forgiven too."""


@dataclass(frozen=True)
class RecoveryKey:
    """It opens everything, so that no message and no traceback shows it."""

    text: str = field(repr=False)


def parse(typed: str) -> RecoveryKey:
    """Raises NoRecoveryKey: it can't be one, and why, without a letter of it."""
    if len(typed) > MOST_CHARACTERS:
        raise NoRecoveryKey(f"it is longer than {MOST_CHARACTERS} characters")
    letters = "".join(each for each in typed if each not in BETWEEN and not each.isspace()).lower()
    if not letters:
        raise NoRecoveryKey("there is nothing in it")
    for number, letter in enumerate(letters):
        if letter not in LETTERS:
            raise NoRecoveryKey(
                f"character {number % GROUP_LETTERS + 1} of group {number // GROUP_LETTERS + 1} is none of {LETTERS}"
            )
    if len(letters) != GROUPS * GROUP_LETTERS:
        raise NoRecoveryKey(f"it has {len(letters)} letters and should have {GROUPS * GROUP_LETTERS}")
    starts = range(0, len(letters), GROUP_LETTERS)
    return RecoveryKey("-".join(letters[start : start + GROUP_LETTERS] for start in starts))
