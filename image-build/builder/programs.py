"""Other programs: what they print, or why they failed in one line."""

import os
import subprocess
from collections.abc import Mapping

from builder import tools
from builder.errors import BuildError, MissingTools


def run(*command: str, environment: Mapping[str, str] | None = None) -> str:
    """What a program prints. Raises BuildError: it failed, or is not there."""
    return output(*command, environment=environment).decode(errors="replace")


def output(*command: str, environment: Mapping[str, str] | None = None) -> bytes:
    """The same as bytes."""
    seen = {**(os.environ if environment is None else environment), "PATH": tools.path()}
    try:
        done = subprocess.run(command, capture_output=True, check=False, env=seen)
    except FileNotFoundError as error:
        raise MissingTools(f"This machine has no program {command[0]}.") from error
    if done.returncode:
        said = (done.stderr or done.stdout).decode(errors="replace")
        raise BuildError(f"{command[0]} failed: {_last_words(said)}")
    return done.stdout


def _last_words(printed: str) -> str:
    """The end of what a program said, in one line."""
    return " / ".join(line.strip() for line in printed.splitlines() if line.strip())[-300:] or "no reason given"
