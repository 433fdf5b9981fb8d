"""Which file of each locked Python package an image takes: hash, size and name, one a line, sorted by name.

    3f2a…  123456  aiohttp-3.14.0-cp312-cp312-manylinux2014_aarch64.manylinux_2_17_aarch64.whl

Written where the package index answers, so that it can be told without one that every package has a wheel which fits.
A build does not read it: pip takes what requirements.lock allows.
"""

import hashlib
import re
import tempfile
from dataclasses import dataclass
from pathlib import Path

from builder import environment
from builder import lock as locks
from builder import target as targets
from builder.errors import WrongContent
from builder.target import FOLDER, Target

LINE = re.compile(r"(?P<sha256>[0-9a-f]{64})  (?P<size>\d{1,10})  (?P<name>[\w.+-]{1,300}\.whl)", re.ASCII)
HEADER = "# Written by `make lock`. The wheels of this image, as pip chooses them.\n"


@dataclass(frozen=True)
class Wheel:
    """One of these files."""

    sha256: str
    size: int
    name: str


def path(target: Target, folder: Path = FOLDER) -> Path:
    """Where the list for this suite and processor is."""
    return folder / "locks" / f"wheels-{target.suite}-{target.architecture}.lock"


def write(target: Target, lock: Path) -> Path:
    """Ask the package index and write the list. Raises BuildError: a package has no wheel that fits."""
    with tempfile.TemporaryDirectory() as scratch:
        folder = environment.fetch(target, targets.suite(target.suite), lock, Path(scratch, "wheels"), Path(scratch))
        made_here = tuple(f"{name}-" for name in environment.PURE_SOURCES)
        found = sorted(each for each in folder.glob("*.whl") if not each.name.startswith(made_here))
        lines = [
            f"{hashlib.sha256(each.read_bytes()).hexdigest()}  {each.stat().st_size}  {each.name}\n" for each in found
        ]
    locks.write(path(target), HEADER + "".join(lines))
    return path(target)


def parse(text: str, source: str) -> tuple[Wheel, ...]:
    """The wheels of such a list. Raises WrongContent: a line that is none."""
    found = []
    for number, line in enumerate(text.splitlines(), 1):
        if not line or line.startswith("#"):
            continue
        match = LINE.fullmatch(line)
        if match is None:
            raise WrongContent(f"{source}, line {number}: this is no wheel.")
        found.append(Wheel(match["sha256"], int(match["size"]), match["name"]))
    return tuple(found)
