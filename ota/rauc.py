"""RAUC, which writes the slot that does not run, over D-Bus.

Whether that slot may be written, and what starts next, is decided elsewhere (`ota/slots.py`). Source: RAUC's D-Bus
reference of 1.8.
"""

import asyncio
import logging
from collections.abc import Callable
from pathlib import Path
from typing import Any

from ota.errors import InstallerAway, NotInstalled
from systembus.client import DBUS, PROPERTIES, DBusFailed, Message, MessageType, SystemBus

log = logging.getLogger(__name__)

RAUC, PATH, INSTALLER = "de.pengutronix.rauc", "/", "de.pengutronix.rauc.Installer"
COMPLETED, DONE = "Completed", 0
LONGEST_S = 3600.0
"""For one bundle: a disk may be slow, but not as slow as one that has broken."""


async def install(bundle: Path, told: Callable[[int], None] = lambda _: None) -> None:
    """Returns when the other slot has all of `bundle`; `told` is given per cent.

    Raises:
        NotInstalled: this bundle can't be written.
        InstallerAway: nothing was begun, and may be later.
    """
    try:
        async with asyncio.timeout(LONGEST_S), SystemBus.connected() as bus:
            await _Installation(bus, told).run(bundle)
    except DBusFailed as error:
        raise InstallerAway(f"RAUC does not answer: {error}") from error
    except TimeoutError as error:
        raise NotInstalled("Writing the system takes far too long.") from error


class _Installation:
    def __init__(self, bus: SystemBus, told: Callable[[int], None]) -> None:
        self._bus, self._told = bus, told
        self._ended: asyncio.Future[int | None] = asyncio.get_running_loop().create_future()
        self._rauc = ""

    async def run(self, bundle: Path) -> None:
        """Raises NotInstalled, InstallerAway, DBusFailed."""
        # It is started by being asked, and only its own words count.
        if await self._property("Operation") != "idle":
            raise InstallerAway("RAUC is writing something already.")
        self._rauc = await self._bus.owner(RAUC)
        self._bus.listen(self._on_message)
        # Whoever listens after it asked may miss the end.
        await self._bus.match(f"type='signal',sender='{RAUC}',path='{PATH}'")
        await self._bus.match(f"type='signal',sender='{DBUS}',member='NameOwnerChanged',arg0='{RAUC}'")
        await self._bus.call(RAUC, PATH, INSTALLER, "InstallBundle", "sa{sv}", str(bundle), {})
        gone = asyncio.ensure_future(self._bus.gone())
        try:
            await asyncio.wait((self._ended, gone), return_when=asyncio.FIRST_COMPLETED)
        finally:
            gone.cancel()
        if not self._ended.done() or self._ended.result() is None:
            raise NotInstalled("RAUC ended while it was writing.")
        if self._ended.result() != DONE:
            raise NotInstalled(f"RAUC says: {await self._property('LastError')}")

    async def _property(self, name: str) -> Any:
        [value] = await self._bus.call(RAUC, PATH, PROPERTIES, "Get", "ss", INSTALLER, name)
        return value.value

    def _on_message(self, message: Message) -> None:
        if message.message_type is not MessageType.SIGNAL:
            return
        if message.sender == DBUS and message.member == "NameOwnerChanged" and message.body[0] == RAUC:
            self._end(None)
        elif message.sender == self._rauc and message.interface == INSTALLER and message.member == COMPLETED:
            self._end(message.body[0])
        elif message.sender == self._rauc and message.member == "PropertiesChanged":
            progress = message.body[1].get("Progress")
            if progress is not None:
                per_cent, doing, _ = progress.value
                log.debug("RAUC: %s (%d %%)", doing, per_cent)
                self._told(per_cent)

    def _end(self, code: int | None) -> None:
        if not self._ended.done():
            self._ended.set_result(code)
