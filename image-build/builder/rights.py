"""Root's rights, which only a build itself needs: whoever has not got them gets them by sudo, and owns what was made.

Root builds in a program of its own. It is told the variables of who asked through its stdin: sudo's log and the list of
processes show arguments, and the address of a package index may hold a password. Its bars go to the terminal; on its
stdout is where the image is, or the sentence that says why there is none.
"""

import json
import os
import re
import shutil
import signal
import subprocess
import sys
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path

from builder.errors import BuildError
from builder.target import FOLDER, PROJECT

PROGRAM = "builder"
OPTION = "--by-sudo"
"""Tells that program what it is."""
PREFIX = "builder: "
"""Of every line that says what is wrong."""
PROMPT = "The files of an image belong to many users, so root builds it. Password of %p: "
INTERRUPTED = 130
HANDED_OVER = re.compile(
    r"HOME|XDG_CONFIG_HOME|(PIP|SPOQ)_.*|(https?|ftp|all|no)_proxy|SSL_CERT_(FILE|DIR)|(REQUESTS|CURL)_CA_BUNDLE",
    re.IGNORECASE,
)
"""What a build reads of the variables that sudo drops. pip's own settings are in HOME; it writes nothing there."""


def lacking() -> bool:
    """Whether only sudo can give them."""
    return os.geteuid() != 0


def build(arguments: Sequence[str]) -> Path:
    """What `python -m builder build` makes of these arguments as root. Raises BuildError, KeyboardInterrupt."""
    if shutil.which("sudo") is None:
        raise BuildError("Only root can build an image, and this machine has no sudo: become root, or install sudo.")
    path = os.pathsep.join(filter(None, (str(PROJECT), str(FOLDER), os.environ.get("PYTHONPATH"))))
    # No compiled Python of root's in the checkout.
    python = ("env", f"PYTHONPATH={path}", "PYTHONDONTWRITEBYTECODE=1", sys.executable, "-m", PROGRAM)
    command = ("sudo", f"--prompt={PROMPT}", *python, "build", *arguments, OPTION)
    code, said = _patiently(command, json.dumps(handed_over(os.environ)))
    if code in (INTERRUPTED, -signal.SIGINT):
        raise KeyboardInterrupt
    if code:
        reason = "\n".join(line.removeprefix(PREFIX) for line in said.splitlines())
        raise BuildError(reason or f"sudo built no image (exit code {code}); why is said above.")
    return Path(said.splitlines()[-1])


def handed_over(environment: Mapping[str, str]) -> dict[str, str]:
    """The variables that a build by sudo gets of these."""
    return {name: value for name, value in environment.items() if HANDED_OVER.fullmatch(name)}


def take_over() -> None:
    """In the program that sudo started: the variables of who asked; to be told to end is an interruption."""
    os.environ.update(json.load(sys.stdin))
    for number in (signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, signal.default_int_handler)


@contextmanager
def given_back(left: Callable[[], Iterable[Path]], *folders: Path) -> Iterator[None]:
    """However it ends: what root has `left`, and the folders that were not there, belong to who asked sudo for it."""
    missing = {each for folder in folders for each in (folder, *folder.parents) if not each.exists()}
    try:
        yield
    finally:
        if owner := _asked():
            for path in (*missing, *_whole(left())):
                with suppress(OSError):
                    if path.lstat().st_uid == 0:
                        os.lchown(path, *owner)


def _asked() -> tuple[int, int] | None:
    """User and group of whoever asked sudo for these rights."""
    user, group = os.environ.get("SUDO_UID", ""), os.environ.get("SUDO_GID", "")
    return (int(user), int(group)) if not lacking() and user.isdecimal() and group.isdecimal() else None


def _whole(paths: Iterable[Path]) -> Iterator[Path]:
    """These, and everything in them."""
    for path in paths:
        yield path
        for folder, folders, files in os.walk(path):
            yield from (Path(folder, name) for name in (*folders, *files))


def _patiently(command: Sequence[str], told: str | None) -> tuple[int, str]:
    """The exit code of a program and what it prints. Ctrl-C is told to it as well, and it gets the time to tidy up."""
    interrupted = False
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as program:
        while True:
            try:
                said, _ = program.communicate(told)
                break
            except KeyboardInterrupt:
                interrupted, told = True, None
    return INTERRUPTED if interrupted else program.returncode, said
