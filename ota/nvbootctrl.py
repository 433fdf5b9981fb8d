"""The slots as a Jetson Orin keeps them: NVIDIA's UEFI variables, counted by its launcher.

The bootloader and the root file system switch together. The launcher takes a try from the running slot at each start;
at none left it marks the slot unbootable, sets `BootChainFwNext` and resets. Where the tries themselves are kept
depends on the release: in UEFI variables, or in a register of the power controller that a power cut clears. A slot's
status lasts in any case, and writing "normal" gives it all its tries again.

The order that works: see that the redundancy is armed (it is when the board is flashed and never later), clear a stale
`BootChainFwStatus`, which blocks every switch, and only then set `BootChainFwNext` and read it back.

Source: NVIDIA, edk2-nvidia, L4TLauncher/L4TRootfsValidation.c; Jetson Linux developer guide, "Root File System
Redundancy". Shown against a fake of the launcher only, never on a board.
"""

from pathlib import Path
from typing import Protocol

from ota.efivars import Variables
from ota.errors import BootControlError, NotArmed
from ota.slots import TRIES, Slot

GUID = "781e084c-a330-417c-b678-38e696380cb9"
ARMED = 1
NORMAL, UNBOOTABLE = 0, 0xFF
NUMBERS = {Slot.A: 0, Slot.B: 1}
SLOTS = {number: slot for slot, number in NUMBERS.items()}
REGISTER = Path("/sys/devices/platform/bus@0/c360000.pmc")


class Register(Protocol):
    """The tries in the power controller, where this release keeps them there."""

    def get(self, slot: Slot) -> int | None:
        """None where this board has no such register."""

    def set(self, slot: Slot, tries: int) -> None: ...


class PowerController:
    """The register as Linux shows it."""

    def __init__(self, folder: Path = REGISTER) -> None:
        self._folder = folder

    def get(self, slot: Slot) -> int | None:
        try:
            return int(self._path(slot).read_text(), 0)
        except FileNotFoundError:
            return None
        except (OSError, ValueError) as error:
            raise BootControlError(f"The tries of slot {slot} can't be read: {error}.") from error

    def set(self, slot: Slot, tries: int) -> None:
        try:
            self._path(slot).write_text(f"{tries:#x}")
        except OSError as error:
            raise BootControlError(f"The tries of slot {slot} can't be written: {error.strerror}.") from error

    def _path(self, slot: Slot) -> Path:
        return self._folder / f"rootfs_retry_count_{slot}"


class NvBootControl:
    """`BootControl` over the variables (of `GUID`) and the register."""

    def __init__(self, variables: Variables, register: Register) -> None:
        self._variables = variables
        self._register = register

    def check_armed(self) -> None:
        if self._variables.get("RootfsRedundancyLevel") != ARMED:
            raise NotArmed(
                "This Jetson was flashed with one system only (ROOTFS_AB was not set), and its firmware would ignore "
                "an update. Flash it once as docs/jetson.md says."
            )

    def running(self) -> Slot:
        return self._slot("BootChainFwCurrent")

    def primary(self) -> Slot:
        """The next one where a switch is under way, and the running one otherwise."""
        return self._slot("BootChainFwCurrent" if self._variables.get("BootChainFwNext") is None else "BootChainFwNext")

    def set_primary(self, slot: Slot) -> None:
        self.check_armed()
        self._variables.delete("BootChainFwStatus")
        if slot is self.running():
            self._variables.delete("BootChainFwNext")
        else:
            self._variables.set("BootChainFwNext", NUMBERS[slot])

    def tries_left(self, slot: Slot) -> int:
        if self._variables.get(_status(slot)) == UNBOOTABLE:
            return 0
        counted = self._variables.get(_count(slot))
        if counted is None:
            counted = self._register.get(slot)
        return self._most() if counted is None else counted

    def refill(self, slot: Slot) -> None:
        self._set_tries(slot, self._most())

    def use_up(self, slot: Slot) -> None:
        self._set_tries(slot, 0)

    def _set_tries(self, slot: Slot, tries: int) -> None:
        if self._variables.get(_count(slot)) is not None:
            self._variables.set(_count(slot), tries)
        elif self._register.get(slot) is not None:
            self._register.set(slot, tries)
        self._variables.set(_status(slot), NORMAL if tries else UNBOOTABLE)

    def _most(self) -> int:
        return self._variables.get("RootfsRetryCountMax") or TRIES

    def _slot(self, name: str) -> Slot:
        number = self._variables.get(name)
        if number not in SLOTS:
            raise BootControlError(f"The firmware's variable {name} is {number} and names no slot.")
        return SLOTS[number]


def _status(slot: Slot) -> str:
    return f"RootfsStatusSlot{slot.upper()}"


def _count(slot: Slot) -> str:
    return f"RootfsRetryCount{slot.upper()}"
