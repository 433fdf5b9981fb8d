"""The repository as the tests in this folder look at it: tracked files, pyproject.toml and the lock files."""

import re
import subprocess
import tomllib
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

from packaging.markers import Marker
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name
from packaging.version import Version

ROOT = Path(__file__).parent.parent.parent
LOCKS = ("requirements.lock", "requirements-dev.lock")
GENERATED = frozenset({"bus/messages_pb2.py", "bus/messages_pb2.pyi"})


@cache
def tracked() -> tuple[str, ...]:
    """Every file in git, as paths from the root."""
    listed = subprocess.run(["git", "ls-files", "-z"], cwd=ROOT, capture_output=True, text=True, check=True).stdout
    return tuple(name for name in listed.split("\0") if name and (ROOT / name).is_file())


def modules() -> list[str]:
    """Every tracked Python module that a person wrote."""
    return [name for name in tracked() if name.endswith(".py") and name not in GENERATED]


@cache
def project() -> dict[str, Any]:
    return tomllib.loads((ROOT / "pyproject.toml").read_text())


@dataclass(frozen=True)
class Pin:
    """One package in a lock file: this version, where its marker holds."""

    name: str
    version: Version
    marker: Marker | None
    hashes: tuple[str, ...]

    def holds(self, environment: dict[str, str]) -> bool:
        return self.marker is None or self.marker.evaluate(environment)


PIN = re.compile(r"(?P<name>[A-Za-z0-9._-]+)==(?P<version>[^ ;\\]+)(?: *; *(?P<marker>[^\\]+?))?\s*\\?$")
HASH = re.compile(r"\s+--hash=(sha256:[0-9a-f]{64})\s*\\?$")


@cache
def pins(lock: str) -> tuple[Pin, ...]:
    """Raises ValueError at a line that is neither a pin, a hash nor a comment."""
    found: list[Pin] = []
    for line in (ROOT / lock).read_text().splitlines():
        if pin := PIN.match(line):
            marker = Marker(pin["marker"]) if pin["marker"] else None
            found.append(Pin(canonicalize_name(pin["name"]), Version(pin["version"]), marker, ()))
        elif (hashed := HASH.match(line)) and found:
            last = found.pop()
            found.append(Pin(last.name, last.version, last.marker, (*last.hashes, hashed[1])))
        elif line.strip() and not line.lstrip().startswith("#"):
            raise ValueError(f"{lock}: {line}")
    return tuple(found)


def required(*extras: str) -> list[Requirement]:
    """What pyproject.toml asks for, with some extras."""
    table = project()["project"]
    asked = (table["dependencies"], *(table["optional-dependencies"][extra] for extra in extras))
    return [Requirement(text) for texts in asked for text in texts]
