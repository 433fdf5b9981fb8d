"""Two kinds of firmware that choose a slot, as small working programs: systemd-boot and the Jetson's launcher.

board.power_on()    the slot that it started, or None for its rescue system
board.control()     what `ota` sees in the system that runs
"""

from collections.abc import Iterator, MutableMapping
from pathlib import Path
from typing import Protocol

from ota.efivars import EfiVariables
from ota.nvbootctrl import ARMED, GUID, NORMAL, NUMBERS, SLOTS, UNBOOTABLE, NvBootControl, PowerController
from ota.slots import BootControl, Slot
from ota.systemd_boot import Entry, SystemdBoot, first_entries, parse


class Board(Protocol):
    def power_on(self) -> Slot | None: ...

    def control(self) -> BootControl: ...

    def power_cut(self) -> None:
        """What the power takes with it."""


class SystemdBootBoard:
    """systemd-boot 252 over the entries in `esp`; its rescue system is an entry that is not counted."""

    def __init__(self, esp: Path) -> None:
        self._esp = esp
        self._entries = esp / "loader/entries"
        self._entries.mkdir(parents=True)
        self._running = Slot.A
        for entry in first_entries():
            (self._entries / entry.name).write_text(entry.text)

    def power_on(self) -> Slot | None:
        found = [(parse(path.name, path.read_text()), path) for path in sorted(self._entries.glob("*.conf"))]
        ours = sorted(
            ((entry, path) for entry, path in found if entry is not None), key=lambda each: self._order(each[0])
        )
        entry, path = ours[0]
        if not entry.left:
            return None
        path.replace(path.with_name(Entry(entry.slot, entry.key, entry.left - 1, entry.done + 1).name))
        self._running = entry.slot
        return entry.slot

    def rescue(self) -> None:
        """What the rescue system does after its ten minutes: each slot that has no try left has one more."""
        for path in sorted(self._entries.glob("*.conf")):
            entry = parse(path.name, path.read_text())
            if entry is not None and not entry.left:
                path.replace(path.with_name(Entry(entry.slot, entry.key, 1).name))

    @staticmethod
    def _order(entry: Entry) -> tuple[bool, str, int, int]:
        return not entry.left, entry.key, -entry.left, entry.done

    def control(self) -> SystemdBoot:
        return SystemdBoot(self._esp, self._running)

    def power_cut(self) -> None:
        """A disk keeps what was written."""


class Numbers(MutableMapping[str, int]):
    """Variables as the launcher sees them, kept as Linux shows them."""

    def __init__(self, variables: EfiVariables, folder: Path) -> None:
        self._variables, self._folder = variables, folder

    def __getitem__(self, name: str) -> int:
        value = self._variables.get(name)
        if value is None:
            raise KeyError(name)
        return value

    def __setitem__(self, name: str, value: int) -> None:
        self._variables.set(name, value)

    def __delitem__(self, name: str) -> None:
        self._variables.delete(name)

    def __iter__(self) -> Iterator[str]:
        return (path.name.removesuffix(f"-{GUID}") for path in self._folder.glob(f"*-{GUID}"))

    def __len__(self) -> int:
        return len(list(iter(self)))


class JetsonBoard:
    """L4TLauncher with both root file systems. `in_variables`: this release counts in UEFI variables.

    `folder` is efivarfs and, while the launcher has begun and this release counts there, the power controller's.
    """

    def __init__(self, folder: Path, in_variables: bool, armed: bool = True) -> None:
        self._folder = folder
        self.variables, self._register = EfiVariables(GUID, folder), PowerController(folder)
        self._numbers = Numbers(self.variables, folder)
        self._numbers.update(
            {
                "RootfsRedundancyLevel": ARMED if armed else 0,
                "RootfsRetryCountMax": 3,
                "BootChainFwCurrent": 0,
                "RootfsStatusSlotA": NORMAL,
                "RootfsStatusSlotB": NORMAL,
            }
        )
        if in_variables:
            self._numbers.update({"RootfsRetryCountA": 3, "RootfsRetryCountB": 3})

    def power_on(self) -> Slot | None:
        numbers = self._numbers
        if "BootChainFwNext" in numbers and "BootChainFwStatus" not in numbers:
            numbers["BootChainFwCurrent"] = numbers.pop("BootChainFwNext")
            self.power_cut()
        slot = SLOTS[numbers["BootChainFwCurrent"]]
        for each in Slot:
            if not self._tries(each):
                numbers[f"RootfsStatusSlot{each.upper()}"] = UNBOOTABLE
        if self._tries(slot):
            self._count(slot, self._tries(slot) - 1)
            return slot
        if not self._tries(slot.other):
            return None
        numbers["BootChainFwNext"] = NUMBERS[slot.other]
        numbers.pop("BootChainFwStatus", None)
        return self.power_on()

    def _tries(self, slot: Slot) -> int:
        if self._numbers[f"RootfsStatusSlot{slot.upper()}"] == UNBOOTABLE:
            return 0
        in_register = self._register.get(slot)
        left = self._numbers["RootfsRetryCountMax"] if in_register is None else in_register
        return self._numbers.get(f"RootfsRetryCount{slot.upper()}", left)

    def _count(self, slot: Slot, tries: int) -> None:
        name = f"RootfsRetryCount{slot.upper()}"
        if name in self._numbers:
            self._numbers[name] = tries
        else:
            self._register.set(slot, tries)

    def control(self) -> NvBootControl:
        return NvBootControl(self.variables, self._register)

    def power_cut(self) -> None:
        """The register forgets; the variables stay."""
        for path in self._folder.glob("rootfs_retry_count_*"):
            path.unlink()
