"""RAUC as far as who has it install something sees it, on a real D-Bus.

Faults: `refuses` is its last word instead of an end in order; `dies` in the middle; `operation` what it is at already.
"""

import asyncio

from dbus_next import Message, MessageType, Variant
from dbus_next.aio import MessageBus

from systembus.client import end

NAME, PATH, INSTALLER = "de.pengutronix.rauc", "/", "de.pengutronix.rauc.Installer"
PROPERTIES = "org.freedesktop.DBus.Properties"


class Rauc:
    """`installed`: paths of bundles. A stranger on the same bus says that it is done, before it begins."""

    def __init__(self, bus: MessageBus, stranger: MessageBus) -> None:
        self._bus, self._stranger = bus, stranger
        self.refuses, self.dies, self.operation = "", False, "idle"
        self.installed: list[str] = []

    @staticmethod
    async def started(address: str) -> "Rauc":
        bus, stranger = [await MessageBus(bus_address=address).connect() for _ in range(2)]
        rauc = Rauc(bus, stranger)
        bus.add_message_handler(rauc._on_message)
        await bus.request_name(NAME)
        return rauc

    async def stop(self) -> None:
        for bus in (self._bus, self._stranger):
            await end(bus)

    def _on_message(self, message: Message) -> Message | bool | None:
        if message.message_type is not MessageType.METHOD_CALL or message.path != PATH:
            return None
        if message.member == "Get":
            value = {"Operation": self.operation, "LastError": self.refuses}[message.body[1]]
            return Message.new_method_return(message, "v", [Variant("s", value)])
        if message.member == "InstallBundle":
            self._bus.send(Message.new_method_return(message))
            self._install(message.body[0])
            return True
        return None

    def _install(self, path: str) -> None:
        self._stranger.send(Message.new_signal(PATH, INSTALLER, "Completed", "i", [0]))
        for per_cent in (0, 40, 100):
            changed = {"Progress": Variant("(isi)", [per_cent, "Copying image", 2])}
            signal = Message.new_signal(PATH, PROPERTIES, "PropertiesChanged", "sa{sv}as", [INSTALLER, changed, []])
            self._bus.send(signal)
        if self.dies:
            # What was said before has to be heard.
            asyncio.get_running_loop().call_later(0.05, self._bus.disconnect)
            return
        if not self.refuses:
            self.installed.append(path)
        self._bus.send(Message.new_signal(PATH, INSTALLER, "Completed", "i", [1 if self.refuses else 0]))
