"""The words of `spoq update`; what they do is imported only for them: it is large."""

import argparse
import importlib
from collections.abc import Awaitable
from pathlib import Path

ACTIONS = {
    "status": "how far an update is",
    "check": "ask the server whether there is something new",
    "install": "take what is new, now and not in the night",
    "not-now": "not in the night that comes",
    "skip": "do not install by itself what is offered",
    "rollback": "go back to the system before",
    "history": "what became of updates",
}
SUMMARY = "a newer system for the box: how far it is, and what you want of it"
WORDS = "; ".join(f"{action}: {words}" for action, words in ACTIONS.items())


def add_to(command: argparse.ArgumentParser) -> None:
    """What may be said of updates."""
    command.add_argument("action", nargs="?", choices=tuple(ACTIONS), help=WORDS)
    command.add_argument(
        "--from",
        dest="at_hand",
        type=Path,
        metavar="PLACE",
        help="install what is in this folder, or in this tar file of one, as  spoq-release  publishes it",
    )


def run(arguments: argparse.Namespace) -> Awaitable[None]:
    """`spoq update`, on the box."""
    started: Awaitable[None] = importlib.import_module("cli.updating").update(arguments)
    return started
