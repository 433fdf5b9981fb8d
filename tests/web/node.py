"""What was built of `web/pair` for Node, and running it. `tools/setup` builds it."""

import json
import subprocess
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from bench.browser import PROGRAMS, SOURCE, WORKS_S


def ran(*command: str | Path, said: str = "") -> str:
    """What a command says, in `web/pair`; it works."""
    done = subprocess.run(command, cwd=SOURCE, input=said, capture_output=True, text=True, timeout=WORKS_S, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def program(name: str) -> Path:
    """One of `web/pair/tests/programs`."""
    return PROGRAMS / f"{name}.mjs"


def answers(name: str, lines: Iterable[object]) -> list[Any]:
    """What a program answers to lines of JSON."""
    told = ran("node", program(name), said="".join(json.dumps(line) + "\n" for line in lines))
    return [json.loads(line) for line in told.splitlines()]
