"""Which system starts: two slots, three tries each, and the decisions about them.

The firmware (systemd-boot, or the Jetson's launcher) takes one try from a slot each time it starts it, and goes to the
other slot when none is left. Whoever finds the running system well calls `confirm`, at every boot: the tries of a slot
are filled up again and never removed, so that a slot that dies a year later still falls back. docs/boot.md has the
drawing.

Pure decisions over `BootControl`; `ota/systemd_boot.py` and `ota/nvbootctrl.py` remember for the two kinds of
firmware. Every write below leaves, wherever the power goes, a slot that starts.
"""

from dataclasses import dataclass
from enum import StrEnum
from typing import Protocol

from ota.errors import BootControlError, SlotRefused

TRIES = 3


class Slot(StrEnum):
    """One of the two places for a system."""

    A = "a"
    B = "b"

    @property
    def other(self) -> "Slot":
        return Slot.B if self is Slot.A else Slot.A


class BootControl(Protocol):
    """What the firmware keeps about the slots. Everything here raises BootControlError."""

    def check_armed(self) -> None:
        """Raises NotArmed: the firmware would ignore a switch."""

    def running(self) -> Slot:
        """The slot that this system was started from."""

    def primary(self) -> Slot:
        """The slot that is tried first."""

    def set_primary(self, slot: Slot) -> None: ...

    def tries_left(self, slot: Slot) -> int:
        """How often it is still started without a confirmation."""

    def refill(self, slot: Slot) -> None:
        """It has all its tries again."""

    def use_up(self, slot: Slot) -> None:
        """It has none any more."""


@dataclass(frozen=True)
class Status:
    """The slots at one moment. `next_boot` is None where no slot has a try left."""

    running: Slot
    primary: Slot
    tries_left: dict[Slot, int]

    @property
    def next_boot(self) -> Slot | None:
        return next((slot for slot in (self.primary, self.primary.other) if self.tries_left[slot]), None)


class Slots:
    """The decisions. `control` remembers them."""

    def __init__(self, control: BootControl) -> None:
        self._control = control

    def status(self) -> Status:
        control = self._control
        return Status(control.running(), control.primary(), {slot: control.tries_left(slot) for slot in Slot})

    def confirm(self) -> None:
        """The running system is well: its next starts have all their tries. The other slot is left as it is."""
        self._refill(self._control.running())

    def doubt(self) -> bool:
        """The data is locked under the running system. Whether the other one, tried by a restart, may open it.

        It may unless it was started since it was last well: then neither opens it, which is no fault of a system, and
        the one that was tried first is first again. Raises NotArmed.
        """
        running = self._control.running()
        tries = self._control.tries_left(running.other)
        if tries:
            self._control.check_armed()
            self._set_primary(running.other)
        return tries == TRIES

    def activate(self, slot: Slot) -> None:
        """`slot` was written and starts next, on trial.

        Raises:
            SlotRefused: it is the running one.
            NotArmed: the firmware would ignore it.
        """
        if slot is self._control.running():
            raise SlotRefused(f"Slot {slot} is the system that runs now; only the other one can be tried.")
        self._control.check_armed()
        # The tries first: a slot that is tried first and has none left would be passed over.
        self._refill(slot)
        self._set_primary(slot)

    def retire(self, slot: Slot) -> None:
        """Do not start `slot` any more, until it is activated again.

        Raises:
            SlotRefused: the other one does not start either.
        """
        self._needs(slot.other)
        if self._control.primary() is slot:
            self._control.check_armed()
            self._set_primary(slot.other)
        self._use_up(slot)

    def prefer(self, slot: Slot) -> None:
        """`slot` starts next, with the tries that it has, and the other one where it does not.

        Raises:
            SlotRefused: it would not start.
            NotArmed: the firmware would ignore it.
        """
        self._needs(slot)
        self._control.check_armed()
        self._set_primary(slot)

    def give_up(self) -> None:
        """The running system is not started any more. It stays the one that was tried first: whoever had it tried sees
        that it was, and did not stay.

        Raises:
            SlotRefused: the other one does not start either.
        """
        running = self._control.running()
        self._needs(running.other)
        self._use_up(running)

    def _needs(self, slot: Slot) -> None:
        if not self._control.tries_left(slot):
            raise SlotRefused(f"Slot {slot} does not start either; without slot {slot.other} nothing would.")

    def _use_up(self, slot: Slot) -> None:
        self._control.use_up(slot)
        self._see(not self._control.tries_left(slot), f"Slot {slot} should not start any more and still would")

    def _refill(self, slot: Slot) -> None:
        self._control.refill(slot)
        self._see(self._control.tries_left(slot) > 0, f"Slot {slot} should have its tries back and has none")

    def _set_primary(self, slot: Slot) -> None:
        self._control.set_primary(slot)
        self._see(self._control.primary() is slot, f"Slot {slot} should start first and does not")

    @staticmethod
    def _see(holds: bool, otherwise: str) -> None:
        """What was written is read back: firmware has been seen to do nothing and say nothing."""
        if not holds:
            raise BootControlError(f"{otherwise}: the firmware ignores it.")
