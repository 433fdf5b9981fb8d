"""What root does with slots and floor for otad, which is on the network: one line is asked, one JSON object answered.

    status              nothing
    retire              the other slot starts no more: it is about to be written
    activate            the other slot, written now, starts next, on trial
    keep                the running system was well for long enough: it is confirmed, and the floor rises to it
    swap                the other system starts next, and this one where that does not start
    leave               the running system does not stay: the other one starts next
    stay                no other starts: the running system is confirmed, and the floor is where it was
    note VERSION        this version was tried in vain
    lend                nothing; the running root and its kernel image come along, as files to be read
    restart             the box starts anew

Who asks does not say which system runs, and which version it is. Each answer has what is so afterwards. The drawing is
in docs/updates.md.
"""

import json
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from ota.errors import NotUnderstood, OtaError, SlotRefused
from ota.floor import Floor
from ota.slots import Slots
from ota.version import Version

MOST_BYTES = 64
"""Of a line."""


@dataclass(frozen=True)
class Keeper:
    """One box's. `version`: of the system that runs."""

    slots: Slots
    floor: Floor
    version: Version
    restart: Callable[[], None]

    def answer(self, line: bytes) -> bytes:
        """Never raises what was to be expected: `error` says it, empty where all went well."""
        error = ""
        try:
            self._do(line)
        except OtaError as failed:
            error = str(failed)
        try:
            told = self._told()
        except OtaError as failed:
            error, told = error or str(failed), {}
        return json.dumps({"error": error, **told}).encode() + b"\n"

    def _do(self, line: bytes) -> None:
        running = self.slots.status().running
        match line[: MOST_BYTES + 1].decode(errors="replace").split(" "):
            case ["status"] | ["lend"]:
                pass
            case ["retire"]:
                self.slots.retire(running.other)
            case ["activate"]:
                self.slots.activate(running.other)
            case ["keep"]:
                self.slots.confirm()
                self.floor.raised(self.version)
            case ["swap"]:
                self.slots.prefer(running.other)
            case ["leave"]:
                self.slots.retire(running)
            case ["stay"]:
                if self.slots.status().tries_left[running.other]:
                    raise SlotRefused("The other system starts: this one need not stay.")
                self.slots.confirm()
            case ["note", version] if len(line) <= MOST_BYTES:
                self.floor.noted([Version.parse(version)])
            case ["restart"]:
                self.restart()
            case _:
                raise NotUnderstood("This is nothing that can be done with the slots.")

    def _told(self) -> dict[str, Any]:
        status, memory = self.slots.status(), self.floor.read()
        return {
            "running": status.running,
            "primary": status.primary,
            "tries": status.tries_left,
            "version": str(self.version),
            "floor": str(memory.floor or ""),
            "in_vain": sorted(map(str, memory.in_vain)),
        }
