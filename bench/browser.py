"""A person with a browser, Chromium: the scenes of `web/pair/tests/programs/browser.ts`, which `tools/setup` builds."""

import json
import subprocess
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from bench.errors import BenchError

ROOT = Path(__file__).parents[1]
SOURCE, BUILT = ROOT / "web/pair", ROOT / "build/web"
PROGRAMS = BUILT / "tests/programs"
WORKS_S = 100


@dataclass
class Person:
    """Comes to `url`. `options`: of the browser, as Playwright names them; `folder`: for screenshots; `box` and `name`:
    of a box whose radio is near; `environment`: of the browser, where it is another than this program's."""

    url: str
    folder: Path
    code: str = ""
    box: str = ""
    name: str = ""
    wrong: str = ""
    options: dict[str, object] = field(default_factory=dict)
    flags: tuple[str, ...] = ()
    environment: dict[str, str] | None = None

    def begins(self, scene: str) -> "subprocess.Popen[str]":
        """Raises BenchError."""
        wish = {
            "url": self.url,
            "folder": str(self.folder),
            "code": self.code,
            "wrong": self.wrong,
            "box": self.box,
            "name": self.name,
            "options": self.options,
            "flags": self.flags,
        }
        command = ("node", str(PROGRAMS / "browser.mjs"), scene, json.dumps(wish))
        pipe = subprocess.PIPE
        try:
            return subprocess.Popen(
                command, cwd=SOURCE, env=self.environment, stdin=pipe, stdout=pipe, stderr=pipe, text=True
            )
        except OSError as error:
            raise BenchError("Node, which leads the browser, is not there. tools/setup brings it.") from error

    def sees(self, scene: str) -> Any:
        """What is seen, to the end, when nothing of it is faulty. Raises BenchError."""
        return ended(self.begins(scene))


def ended(scene: "subprocess.Popen[str]", said: str = "") -> Any:
    """What was seen in a scene that goes on to its end when this is said to it, and no fault. Raises BenchError."""
    try:
        told, trouble = scene.communicate(said, timeout=WORKS_S)
    except subprocess.TimeoutExpired as error:
        scene.kill()
        raise BenchError(f"In a browser it does not end within {WORKS_S} seconds.") from error
    if scene.returncode:
        raise BenchError(f"In a browser it ends with: {told}{trouble}")
    seen = json.loads(told.splitlines()[-1])
    if seen["faults"]:
        raise BenchError(f"In a browser this is wrong: {seen['faults']}")
    return seen
