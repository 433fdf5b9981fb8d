"""Whose work an installation and the pages for phones stand on: two tables of docs/licences.md, written by
`python -m tests.repo.licences`."""

import json
import re
from collections import defaultdict
from dataclasses import dataclass
from importlib import metadata

from packaging.version import Version

from builder import parts
from tests.repo.repository import ROOT, pins

PAGE = ROOT / "docs/licences.md"
BEGIN, END = "<!-- written by `python -m tests.repo.licences` -->", "<!-- to here -->"
BEGIN_PAGES = "<!-- written by `python -m tests.repo.licences`, too -->"
PAGES_LOCK = ROOT / "web/pair/package-lock.json"
HEAD = "| package | version | licence |\n| --- | --- | --- |\n"
MACHINE = {"sys_platform": "linux", "platform_machine": "x86_64", "os_name": "posix", "implementation_name": "cpython"}
# Where the metadata leave open which one, as its licence file says.
IN_ITS_FILE = {"segno": "BSD-3-Clause"}
# What a package's metadata says in words of its own, or not at all: the names are those of the image's list of parts.
SPDX = parts.licences().words


@dataclass(frozen=True)
class Row:
    """One package of an installation. `versions`: more than one where Python's version decides."""

    name: str
    versions: tuple[Version, ...]
    licence: str

    def __str__(self) -> str:
        return f"| {self.name} | {', '.join(map(str, self.versions))} | {self.licence} |"


def shipped() -> dict[str, tuple[Version, ...]]:
    """Every package that requirements.lock installs on Linux, by name, with its versions."""
    found: defaultdict[str, set[Version]] = defaultdict(set)
    for pin in pins("requirements.lock"):
        for python in ("3.11", "3.12"):
            if pin.holds({**MACHINE, "python_version": python, "python_full_version": f"{python}.1"}):
                found[pin.name].add(pin.version)
    return {name: tuple(sorted(found[name])) for name in sorted(found)}


def licence(name: str) -> str:
    """The licence of an installed package, as an SPDX expression where its metadata allows."""
    if name in IN_ITS_FILE:
        return IN_ITS_FILE[name]
    told = metadata.metadata(name)
    classifiers = [text.rpartition(" :: ")[2] for text in told.get_all("Classifier") or () if "License ::" in text]
    own = [told[key] for key in ("License-Expression", "License") if key in told]
    # Some packages put the whole text there.
    words: str = next(text for text in (*own, *classifiers, "unknown") if 0 < len(text) < 80)
    return SPDX.get(words, words)


def in_pages() -> dict[str, Row]:
    """Every npm package that is in the pages for phones; those for building and testing are not."""
    packages = json.loads(PAGES_LOCK.read_text())["packages"]
    rows = (
        Row(path.removeprefix("node_modules/"), (Version(each["version"]),), each["license"].strip("()"))
        for path, each in packages.items()
        if path and not each.get("dev") and not each.get("devOptional")
    )
    return {row.name: row for row in rows}


def listed(begin: str = BEGIN) -> dict[str, Row]:
    """The table of the page as it is, behind this line."""
    table = PAGE.read_text().partition(begin)[2].partition(END)[0]
    cells = [re.split(r"\s*\|\s*", line.strip().strip("|").strip()) for line in table.splitlines() if "|" in line]
    return {name: Row(name, tuple(map(Version, versions.split(", "))), words) for name, versions, words in cells[2:]}


def main() -> None:
    _write(BEGIN, [Row(name, versions, licence(name)) for name, versions in shipped().items()])
    _write(BEGIN_PAGES, list(in_pages().values()))


def _write(begin: str, rows: list[Row]) -> None:
    before, _, rest = PAGE.read_text().partition(begin)
    after = rest.partition(END)[2]
    PAGE.write_text(f"{before}{begin}\n{HEAD}" + "".join(f"{row}\n" for row in rows) + f"{END}{after}")


if __name__ == "__main__":
    main()
