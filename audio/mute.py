"""Whether the microphone is off. Owned by audiod, kept across restarts, muted when unsure.

A box that has never been muted has no file. A file that cannot be read, or says something unknown, counts as muted, and
so does none where the data did not open.
"""

import logging
import os
from pathlib import Path

from audio.errors import AudioError

log = logging.getLogger(__name__)

MUTED, OPEN = b"muted\n", b"open\n"
ACTIONS = ("mute", "unmute", "toggle")


class Mute:
    """The switch and the file that remembers it. `unsure`: that there is no file says nothing."""

    def __init__(self, file: Path, unsure: bool = False) -> None:
        self._file = file
        self.on = _read(file, unsure)

    def act(self, action: str) -> bool:
        """Carry out "mute", "unmute", "toggle" or "" (nothing); whether that changed anything.

        Raises:
            AudioError: no such action.
        """
        if action and action not in ACTIONS:
            raise AudioError(f"The microphone knows {', '.join(ACTIONS)}; not {action[:20]!r}.")
        wanted = {"mute": True, "unmute": False, "toggle": not self.on, "": self.on}[action]
        changed, self.on = wanted != self.on, wanted
        if changed:
            self._keep()
        return changed

    def _keep(self) -> None:
        """The switch acts even where it can't be written down. The file is emptied first: a power cut or a full disk
        leaves it saying "muted" wrongly, never "open"."""
        try:
            with self._file.open("wb") as file:
                file.write(MUTED if self.on else OPEN)
                file.flush()
                os.fsync(file.fileno())
        except OSError as error:
            log.error("whether the microphone is off could not be written down: %s", error.strerror)


def _read(file: Path, unsure: bool) -> bool:
    try:
        with file.open("rb") as opened:
            return opened.read(16) != OPEN
    except FileNotFoundError:
        return unsure
    except OSError as error:
        log.error("starting with the microphone off: %s", error.strerror)
        return True
