"""The system's D-Bus, by dbus-next; the only module that knows it (dbus-fast has the same names)."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager, suppress
from typing import Any

from dbus_next import BusType, Message, MessageType, Variant
from dbus_next.aio import MessageBus

__all__ = ["DBusFailed", "Message", "MessageType", "SystemBus", "Variant"]

DBUS, DBUS_PATH = "org.freedesktop.DBus", "/org/freedesktop/DBus"
PROPERTIES, OBJECTS = "org.freedesktop.DBus.Properties", "org.freedesktop.DBus.ObjectManager"
CALL_S = 10.0

Handler = Callable[[Message], Message | bool | None]


class DBusFailed(Exception):
    """D-Bus, or who was asked, does not answer or refuses. `name` is the error's, where there is one."""

    def __init__(self, words: str, name: str = "") -> None:
        super().__init__(words)
        self.name = name


async def end(bus: MessageBus) -> None:
    """It is closed, which dbus-next forgets to do."""
    bus.disconnect()
    with suppress(Exception):
        await bus.wait_for_disconnect()
    # What was still to be sent goes nowhere.
    with suppress(OSError):
        bus._stream.close()
    bus._sock.close()


class SystemBus:
    """One connection. Made by `connected`."""

    def __init__(self, bus: MessageBus) -> None:
        self._bus = bus

    @staticmethod
    @asynccontextmanager
    async def connected() -> AsyncIterator["SystemBus"]:
        """Raises DBusFailed."""
        try:
            bus = await MessageBus(bus_type=BusType.SYSTEM).connect()
        except Exception as error:
            # It has errors of its own for each way to fail, and lets through those of its parts.
            raise DBusFailed(f"D-Bus can't be reached: {error}") from error
        try:
            yield SystemBus(bus)
        finally:
            await end(bus)

    def listen(self, handler: Handler) -> None:
        """For each message that comes; what it returns is the answer to a call."""
        self._bus.add_message_handler(handler)

    async def match(self, rule: str) -> None:
        """Signals like these are wanted. Raises DBusFailed."""
        await self.call(DBUS, DBUS_PATH, DBUS, "AddMatch", "s", rule)

    async def owner(self, name: str) -> str:
        """Who has that name, as the sender of messages. Raises DBusFailed: nobody, and nobody is started by asking."""
        [owner] = await self.call(DBUS, DBUS_PATH, DBUS, "GetNameOwner", "s", name)
        return str(owner)

    async def call(
        self, destination: str, path: str, interface: str, member: str, signature: str = "", *body: Any
    ) -> list[Any]:
        """What the method gives. Raises DBusFailed."""
        asked = Message(destination, path, interface, member, signature=signature, body=list(body))
        try:
            async with asyncio.timeout(CALL_S):
                reply = await self._bus.call(asked)
        except Exception as error:
            raise DBusFailed(f"{destination} does not answer {member}.") from error
        if reply is None or reply.message_type is MessageType.ERROR:
            name = reply.error_name if reply is not None else ""
            raise DBusFailed(f"{member} ends with {name or 'nothing'}.", name)
        return list(reply.body)

    def signal(self, path: str, interface: str, member: str, signature: str, *body: Any) -> None:
        self._bus.send(Message.new_signal(path, interface, member, signature, list(body)))

    async def gone(self) -> None:
        """Returns when the connection has ended."""
        with suppress(Exception):
            # Who does not wait any more must not end what others wait for.
            await asyncio.shield(self._bus.wait_for_disconnect())
