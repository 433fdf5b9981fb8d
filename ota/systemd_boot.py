"""The slots as systemd-boot keeps them: one entry each on the EFI system partition, its tries in the file's name.

    loader/entries/spoq-a+3.conf      three tries left
    loader/entries/spoq-b+1-2.conf    one left, two used

Entries are chosen by their order alone: those without a try come last, the others by `sort-key`. A's key is fixed and
B's is below or above it, so that one rename in one folder decides who is first. There is no `default`, which would
override the counting. The tries are in the names and not in EFI variables, because a disk can be moved, copied and
tested, and the variables of a virtual machine are not on it.

Source: the Boot Loader Specification and AUTOMATIC_BOOT_ASSESSMENT of systemd, and systemd-boot 252 as it behaves.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from files import durable
from ota.errors import BootControlError
from ota.slots import TRIES, Slot

NAME = re.compile(r"spoq-(?P<slot>[ab])\+(?P<left>\d{1,2})(?:-(?P<done>\d{1,2}))?\.conf", re.ASCII | re.IGNORECASE)
SORT_KEY = re.compile(r"^sort-key\s+(\S+)\s*$", re.MULTILINE)
A_KEY, B_FIRST_KEY, B_SECOND_KEY = "spoq-5", "spoq-4", "spoq-6"
MAX_ENTRY_BYTES = 4096
LOADER_FOLDER = "EFI/BOOT"
SPARE_LOADER_PATH = "EFI/spoq/loader.efi"
RESCUE_PATH = "EFI/spoq/rescue.efi"


@dataclass(frozen=True)
class Entry:
    """One slot's entry: `key` decides the order, `left` is how many tries it has."""

    slot: Slot
    key: str
    left: int
    done: int = 0

    @property
    def name(self) -> str:
        """The file's name."""
        return f"spoq-{self.slot}+{self.left}{f'-{self.done}' if self.done else ''}.conf"

    @property
    def text(self) -> str:
        return f"title Spoq {self.slot.upper()}\nsort-key {self.key}\nefi /EFI/spoq/{self.slot}.efi\n"


@dataclass(frozen=True)
class RescueEntry:
    """Not counted, and behind every slot that has a try left."""

    name: str = "spoq-rescue.conf"
    text: str = f"title Spoq rescue\nsort-key spoq-9\nefi /{RESCUE_PATH}\n"


RESCUE = RescueEntry()


def parse(name: str, text: str) -> Entry | None:
    """The entry in a file of this name; None where it is not one of ours."""
    match, key = NAME.fullmatch(name), SORT_KEY.search(text)
    if match is None or key is None:
        return None
    return Entry(Slot(match["slot"].lower()), key[1], int(match["left"]), int(match["done"] or 0))


def first_entries(primary: Slot = Slot.A, tries: int = TRIES) -> tuple[Entry, ...]:
    """What a new disk has."""
    return tuple(Entry(slot, _key(slot, primary), tries) for slot in Slot)


def _key(slot: Slot, primary: Slot) -> str:
    if slot is Slot.A:
        return A_KEY
    return B_FIRST_KEY if primary is Slot.B else B_SECOND_KEY


class SystemdBoot:
    """`BootControl` over the entries in `esp`, the mounted EFI system partition. `running` is what the initrd saw."""

    def __init__(self, esp: Path, running: Slot) -> None:
        self._folder = esp / "loader/entries"
        self._running = running

    def check_armed(self) -> None:
        """It always counts."""

    def running(self) -> Slot:
        return self._running

    def primary(self) -> Slot:
        """B where its entry sorts first; A where B has none."""
        b = self._entry(Slot.B)
        return Slot.B if b is not None and b.key < A_KEY else Slot.A

    def set_primary(self, slot: Slot) -> None:
        b = self._entry(Slot.B)
        self._write(Entry(Slot.B, _key(Slot.B, slot), b.left if b else 0, b.done if b else 0))

    def tries_left(self, slot: Slot) -> int:
        """None left where there is no entry."""
        entry = self._entry(slot)
        return entry.left if entry is not None else 0

    def refill(self, slot: Slot) -> None:
        if self.tries_left(slot) != TRIES:
            self._write(Entry(slot, _key(slot, self.primary()), TRIES))

    def use_up(self, slot: Slot) -> None:
        self._write(Entry(slot, _key(slot, self.primary()), 0))

    def _entry(self, slot: Slot) -> Entry | None:
        """A rename that was cut short leaves two files: the one with more tries is what the loader starts."""
        ours = [entry for _, entry in self._entries() if entry.slot is slot]
        return max(ours, key=lambda entry: entry.left, default=None)

    def _entries(self) -> Iterator[tuple[Path, Entry]]:
        try:
            for path in sorted(self._folder.iterdir()):
                if NAME.fullmatch(path.name):
                    with path.open("rb") as file:
                        entry = parse(path.name, file.read(MAX_ENTRY_BYTES).decode(errors="replace"))
                    if entry is not None:
                        yield path, entry
        except OSError as error:
            raise BootControlError(f"The start-up entries can't be read: {error.strerror}.") from error

    def _write(self, entry: Entry) -> None:
        """The new file first, whole and on the disk; then the older ones of its slot go."""
        new = self._folder / entry.name
        try:
            durable.write(new, entry.text.encode())
            for path, other in self._entries():
                if other.slot is entry.slot and path.name.lower() != new.name.lower():
                    path.unlink()
            durable.sync(self._folder)
        except OSError as error:
            raise BootControlError(f"The start-up entries can't be written: {error.strerror}.") from error
