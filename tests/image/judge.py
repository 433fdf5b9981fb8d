"""Which system a disk would start, judged from outside: the loader's choice, its kernel image, every byte of its root.

A second opinion on what `ota/slots.py` and `ota/systemd_boot.py` leave behind, hence written without them but for the
names of the entries. Source: systemd-boot 252 as it behaves.
"""

import hashlib
import re
import subprocess
from collections.abc import Iterable, Mapping
from pathlib import Path

from builder import disk, tools
from builder.errors import BuildError
from builder.programs import run
from builder.target import Target
from ota.systemd_boot import Entry as StartEntry
from ota.systemd_boot import parse
from tests.image.write_log import Entry

VERITY = re.compile(rb"spoq\.root_hash=([0-9a-f]{64}) spoq\.hash_offset=(\d+)")
BROKEN = re.compile(r"^/(?:LOADER|LOADER/ENTRIES|EFI|EFI/SPOQ|EFI/BOOT)\n +(.+)", re.MULTILINE)
"""What fsck.vfat says of a folder in which firmware then finds nothing; other programs are more patient."""
MIB = 1 << 20


class DeadError(Exception):
    """No system that we know would start: why."""


class Judge:
    """Of a raw image in `path`. `known`: kernel images that were built, by the name of their system."""

    def __init__(self, target: Target, path: Path, known: Mapping[str, bytes], scratch: Path) -> None:
        self._disk, self._scratch = path, scratch
        self._known = {hashlib.sha256(content).digest(): name for name, content in known.items()}
        self._places = {
            each.label: range(start := disk.start(target.partitions, each.label), start + each.size_mib * MIB)
            for each in disk.layout(target.partitions)
        }
        self._chosen: tuple[str, str] | None = None
        self._verified: set[tuple[str, str]] = set()

    def is_start_up(self, entry: Entry) -> bool:
        """Something of the start-up partition was written."""
        return self._is_in("esp", entry)

    def touched(self, entries: Iterable[Entry]) -> None:
        """This was written meanwhile: what was judged of it holds no more."""
        for entry in entries:
            self._verified = {each for each in self._verified if not self._is_in(f"root-{each[0]}", entry)}
            if self.is_start_up(entry):
                self._chosen = None

    def verdict(self) -> tuple[str, str]:
        """The slot and the system that start. Raises DeadError."""
        if self._chosen is None:
            self._chosen = self._choice()
        if self._chosen not in self._verified:
            self._verify(self._chosen[0])
            self._verified.add(self._chosen)
        return self._chosen

    def _is_in(self, label: str, entry: Entry) -> bool:
        place = self._places[label]
        return bool(entry.length) and entry.at < place.stop and entry.at + entry.length > place.start

    def _choice(self) -> tuple[str, str]:
        if broken := BROKEN.search(self._checked()):
            raise DeadError(f"firmware finds nothing in a folder: {broken[0]}")
        names = [name for name in self._names("loader/entries") if name.endswith(".conf")]
        entries = [entry for entry in map(self._entry, names) if entry is not None]
        first = min(entries, key=lambda each: (not each.left, each.key, -each.left, each.done), default=None)
        if first is None or not first.left:
            raise DeadError(f"no entry has a try: {entries}")
        name = self._known.get(hashlib.sha256(self._file(f"EFI/spoq/{first.slot}.efi")).digest())
        if name is None:
            raise DeadError(f"the kernel image of slot {first.slot} is none that was built")
        return str(first.slot), name

    def _entry(self, name: str) -> StartEntry | None:
        return parse(name, self._file(f"loader/entries/{name}").decode(errors="replace"))

    def _checked(self) -> str:
        """What is wrong with the start-up partition."""
        copy = self._copy("esp", self._scratch / "esp")
        command, path = ("fsck.vfat", "-n", str(copy)), {"PATH": tools.path()}
        return subprocess.run(command, env=path, capture_output=True, text=True, check=False).stdout

    def _verify(self, slot: str) -> None:
        found = VERITY.search(self._file(f"EFI/spoq/{slot}.efi"))
        if found is None:
            raise DeadError(f"the kernel image of slot {slot} names no root")
        copy = self._copy(f"root-{slot}", self._scratch / "root")
        root_hash, offset = found[1].decode(), found[2].decode()
        try:
            run("veritysetup", "verify", str(copy), str(copy), root_hash, f"--hash-offset={offset}")
        except BuildError as error:
            raise DeadError(f"the root of slot {slot} is not the one of its kernel image: {error}") from error

    def _copy(self, label: str, to: Path) -> Path:
        place = self._places[label]
        with self._disk.open("rb") as image, to.open("wb") as file:
            image.seek(place.start)
            for _ in range(len(place) // MIB):
                file.write(image.read(MIB))
        return to

    def _names(self, folder: str) -> list[str]:
        return [line.rpartition("/")[2] for line in self._mtool("mdir", "-b", f"::{folder}").split() if line]

    def _file(self, path: str) -> bytes:
        to = self._scratch / "file"
        self._mtool("mcopy", "-n", "-o", f"::{path}", str(to))
        return to.read_bytes()

    def _mtool(self, tool: str, *arguments: str) -> str:
        place = f"{self._disk}@@{self._places['esp'].start}"
        try:
            return run(tool, "-i", place, *arguments)
        except BuildError as error:
            raise DeadError(f"the start-up partition can't be read: {error}") from error
