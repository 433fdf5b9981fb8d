"""Two kinds of firmware that choose a slot, as small working programs: systemd-boot and the Jetson's launcher.

board.power_on()    the slot that it started, or None for its rescue system
board.control()     what `ota` sees in the system that runs
"""

from pathlib import Path
from typing import Protocol

from ota.nvbootctrl import ARMED, NORMAL, NUMBERS, SLOTS, UNBOOTABLE, NvBootControl
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

    @staticmethod
    def _order(entry: Entry) -> tuple[bool, str, int, int]:
        return not entry.left, entry.key, -entry.left, entry.done

    def control(self) -> SystemdBoot:
        return SystemdBoot(self._esp, self._running)

    def power_cut(self) -> None:
        """A disk keeps what was written."""


class FakeVariables:
    """UEFI variables in memory."""

    def __init__(self) -> None:
        self.numbers: dict[str, int] = {}

    def get(self, name: str) -> int | None:
        return self.numbers.get(name)

    def set(self, name: str, value: int) -> None:
        self.numbers[name] = value

    def delete(self, name: str) -> None:
        self.numbers.pop(name, None)


class FakeRegister:
    """The tries in the power controller; empty until the launcher has begun, and where the release has none."""

    def __init__(self) -> None:
        self.tries: dict[Slot, int] = {}

    def get(self, slot: Slot) -> int | None:
        return self.tries.get(slot)

    def set(self, slot: Slot, tries: int) -> None:
        self.tries[slot] = tries


class JetsonBoard:
    """L4TLauncher with both root file systems. `in_variables`: this release counts in UEFI variables."""

    def __init__(self, in_variables: bool, armed: bool = True) -> None:
        self.variables, self.register = FakeVariables(), FakeRegister()
        self.variables.numbers = {
            "RootfsRedundancyLevel": ARMED if armed else 0,
            "RootfsRetryCountMax": 3,
            "BootChainFwCurrent": 0,
            "RootfsStatusSlotA": NORMAL,
            "RootfsStatusSlotB": NORMAL,
        }
        if in_variables:
            self.variables.numbers |= {"RootfsRetryCountA": 3, "RootfsRetryCountB": 3}

    def power_on(self) -> Slot | None:
        numbers = self.variables.numbers
        if "BootChainFwNext" in numbers and "BootChainFwStatus" not in numbers:
            numbers["BootChainFwCurrent"] = numbers.pop("BootChainFwNext")
            self.register.tries = {}
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
        if self.variables.numbers[f"RootfsStatusSlot{slot.upper()}"] == UNBOOTABLE:
            return 0
        most = self.variables.numbers["RootfsRetryCountMax"]
        return self.variables.numbers.get(f"RootfsRetryCount{slot.upper()}", self.register.tries.get(slot, most))

    def _count(self, slot: Slot, tries: int) -> None:
        name = f"RootfsRetryCount{slot.upper()}"
        if name in self.variables.numbers:
            self.variables.numbers[name] = tries
        else:
            self.register.tries[slot] = tries

    def control(self) -> NvBootControl:
        return NvBootControl(self.variables, self.register)

    def power_cut(self) -> None:
        """The register forgets; the variables stay."""
        self.register.tries = {}
