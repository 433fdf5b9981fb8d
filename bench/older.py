"""The image of this checkout as it would have been a month ago: the same packages without Debian's later updates."""

import json
import os
import re
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Self

from bench.targets import Figures
from builder import order
from builder.order import Order, Wish
from builder.programs import run
from builder.target import PROJECT

LATER = re.compile(r'pockets = \[\s*("[^"]+")[^]]*\]')
"""Where a suite's packages come from: the first is as it was published."""
BORROWED = ("keys", "web")
"""Of what a build needs and git does not keep."""


@dataclass(frozen=True)
class Image:
    """A disk, and what lies beside it when it is built."""

    disk: Path
    root: Path
    kernel: Path
    about: dict[str, Any]
    packages: frozenset[tuple[str, str]]

    @classmethod
    def of(cls, built: Order) -> Self:
        """What was built."""
        parts = json.loads(built.parts.read_text())["components"]
        packages = frozenset((each["name"], each["version"]) for each in parts if "pkg:deb" in each.get("purl", ""))
        return cls(built.image, built.root, built.kernel_image, json.loads(built.about.read_text()), packages)

    @property
    def version(self) -> str:
        """As its updater compares it."""
        return str(self.about["version"]).partition("-")[0]

    def differs(self, other: "Image") -> Figures:
        """How many packages there are, and how many of them are others there."""
        return {"of": len(self.packages), "changed": len(self.packages - other.packages)}


def build(this: Order, scratch: Path) -> Image:
    """Built in `scratch` from a clone of this checkout's commit whose packages are chosen anew. Raises BuildError."""
    clone = scratch / "older"
    run("git", "-c", "safe.directory=*", "clone", "--quiet", str(PROJECT), str(clone))
    suites = clone / "image-build/suites.toml"
    suites.write_text(as_published(suites.read_text()))
    (clone / "build").mkdir()
    for name in BORROWED:
        (clone / "build" / name).symlink_to(PROJECT / "build" / name)
    of_clone = os.environ | {"PYTHONPATH": f"{clone}:{clone / 'image-build'}"}
    made = Order(this.name, this.target, Wish(out=scratch / "out", cache=order.CACHE))
    for command in (("lock", this.name), ("build", *made.arguments)):
        run(sys.executable, "-B", "-m", "builder", *command, environment=of_clone)
    return Image.of(made)


def as_published(suites: str) -> str:
    """`suites.toml` without what was added to any of them later."""
    return LATER.sub(r"pockets = [\1]", suites)
