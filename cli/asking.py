"""Questions to whoever sits at the terminal; asked before the event loop runs, which would keep Ctrl-C to itself."""

import getpass

from cli.errors import CommandError
from hardware.pressing import CONFIRM

ERASES = "This erases everything on the box: voices, lists, devices, networks. It cannot be undone."
ERASING = "The box restarts and erases itself. Do not unplug it."
NOBODY = "Nobody is here to answer."


def ask(question: str) -> str:
    """Raises CommandError: nobody answers."""
    try:
        return input(question).strip()
    except EOFError as error:
        raise CommandError(NOBODY) from error


def ask_in_secret(question: str) -> str:
    """What is typed is not shown, and may begin with a space. Raises CommandError: nobody answers."""
    try:
        return getpass.getpass(question)
    except EOFError as error:
        raise CommandError(NOBODY) from error


def confirmed(sure: bool) -> str:
    """The words that confirm a factory reset, or others. Raises CommandError: nobody answers."""
    return CONFIRM if sure else ask(f"{ERASES}\nType “{CONFIRM}” to do it: ")
