"""The recovery key from whoever has it: typed without echo, or on standard input; never from arguments."""

import getpass
import sys

from storage import recovery_key
from storage.errors import NoRecoveryKey
from storage.recovery_key import MOST_CHARACTERS, RecoveryKey

PROMPT = "Recovery key (it is not shown while you type): "


def ask() -> RecoveryKey:
    """Raises NoRecoveryKey."""
    if not sys.stdin.isatty():
        # A character has at most four bytes; one more is enough to see that it is too long.
        return recovery_key.parse(sys.stdin.buffer.read(4 * MOST_CHARACTERS + 1).decode(errors="replace"))
    try:
        return recovery_key.parse(getpass.getpass(PROMPT))
    except EOFError as error:
        raise NoRecoveryKey("there is nothing in it") from error
