"""How many wrong codes there were, on the disk: a plug that is pulled gives none of them back."""

import re
from pathlib import Path

from files import durable
from pairing.errors import GuessesUnreadable

NAME = "guesses"
MOST_BYTES = 16
NUMBER = re.compile(rb"[0-9]{1,6}\n", re.ASCII)


class Guesses:
    """In one folder. Both may block on the disk."""

    def __init__(self, folder: Path) -> None:
        self._path = folder / NAME

    def read(self) -> int:
        """0 where there is no file. Raises GuessesUnreadable: nobody can say how many there were."""
        try:
            with self._path.open("rb") as file:
                content = file.read(MOST_BYTES)
        except FileNotFoundError:
            return 0
        except OSError as error:
            raise GuessesUnreadable from error
        if not NUMBER.fullmatch(content):
            raise GuessesUnreadable
        return int(content)

    def keep(self, count: int) -> None:
        """On the disk when this returns. Raises GuessesUnreadable: the next guess may not be shown anything."""
        try:
            durable.write(self._path, b"%d\n" % count, 0o600)
        except OSError as error:
            raise GuessesUnreadable from error
