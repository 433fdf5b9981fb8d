"""What a LUKS2 header says about who may open it: its tokens, and the key slots that belong to them. Pure.

Source: the LUKS2 on-disk format, section 3.4; systemd-cryptenroll of 252.
"""

import json
from dataclasses import dataclass

from storage.errors import StorageError

TPM = "systemd-tpm2"
ASIDE = "spoq-elsewhere"
"""A TPM's token that nobody tries, until the data is sealed to another TPM."""
MOST_BYTES = 8 * 1024 * 1024
"""A header's text has at most 4 MiB, and cryptsetup prints it with indents."""


@dataclass(frozen=True)
class Token:
    """One of them, by its number. No slots: whoever removed it was interrupted."""

    number: int
    kind: str
    slots: frozenset[int]


def parse(text: str) -> tuple[Token, ...]:
    """What `cryptsetup luksDump --dump-json-metadata` prints. Raises StorageError: it can't be understood."""
    if len(text) > MOST_BYTES:
        raise StorageError("The data's header is too long to be one.")
    try:
        listed = json.loads(text)["tokens"]
        return tuple(
            Token(int(number), str(token["type"]), frozenset(int(slot) for slot in token["keyslots"]))
            for number, token in sorted(listed.items())
        )
    except (ArithmeticError, AttributeError, LookupError, RecursionError, TypeError, ValueError) as error:
        raise StorageError("The data's header can't be understood.") from error


def renamed(text: str, kind: str) -> str:
    """What `cryptsetup token export` prints, as a token of this kind. Raises StorageError."""
    try:
        return json.dumps({**json.loads(text), "type": kind})
    except (RecursionError, TypeError, ValueError) as error:
        raise StorageError("A token of the data's header can't be understood.") from error


def only_of(number: int, tokens: tuple[Token, ...]) -> frozenset[int]:
    """The key slots that no other token of the header names."""
    shared = frozenset[int]().union(*(token.slots for token in tokens if token.number != number))
    return next(token.slots for token in tokens if token.number == number) - shared
