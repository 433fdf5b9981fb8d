"""Versions of the whole system: MAJOR.MINOR.PATCH, compared number by number. Pure."""

import re
from dataclasses import dataclass
from pathlib import Path
from typing import Self

from ota.errors import NoVersion

OS_RELEASE = Path("/usr/lib/os-release")
NAMED = re.compile(r"^IMAGE_VERSION=\"?([0-9.]*)", re.MULTILINE)
"""What follows the numbers says which build of a version it is."""
WRITTEN = re.compile(r"(0|[1-9][0-9]{0,5})\.(0|[1-9][0-9]{0,5})\.(0|[1-9][0-9]{0,5})", re.ASCII)


@dataclass(frozen=True, order=True)
class Version:
    """The later one is the larger one."""

    major: int
    minor: int
    patch: int

    @classmethod
    def parse(cls, text: str) -> Self:
        """Raises NoVersion: it is not written as versions are, in the only way there is for each."""
        found = WRITTEN.fullmatch(text)
        if found is None:
            raise NoVersion
        return cls(*map(int, found.groups()))

    def __str__(self) -> str:
        return f"{self.major}.{self.minor}.{self.patch}"


def of_system(os_release: str) -> Version:
    """Of the system that says this of itself. Raises NoVersion."""
    found = NAMED.search(os_release)
    return Version.parse(found[1] if found else "")
