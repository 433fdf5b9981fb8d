"""The box as a Bluetooth LE peripheral, by BlueZ over D-Bus.

    no BlueZ, or no adapter ──▶ adapter there ── wanted ──▶ powered, table registered, advertised
              ▲                       ▲                              │
              └── they are gone ──────┴── not wanted ────────────────┘  not advertised; then powered down

The table is registered as long as BlueZ runs (phones keep it for days), the advertisement only while somebody may pair.
What a killed program left advertised BlueZ itself forgets with its connection. BlueZ is looked for again whenever its
name has another owner. A controller stops advertising when somebody connects: it is told to go on, so that nobody keeps
others away by that; and nobody stays longer than a pairing takes. Sources: BlueZ' manual pages org.bluez.GattManager,
GattCharacteristic, LEAdvertisement.
"""

import asyncio
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress

from pairing import table
from pairing.table import TABLE, Service, Table
from systembus.client import DBUS, OBJECTS, PROPERTIES, DBusFailed, Message, MessageType, SystemBus, Variant

BLUEZ = "org.bluez"
ADAPTER, DEVICE = "org.bluez.Adapter1", "org.bluez.Device1"
GATT_MANAGER, ADVERTISING = "org.bluez.GattManager1", "org.bluez.LEAdvertisingManager1"
EXISTS = "org.bluez.Error.AlreadyExists"
STAYS_S, LEAVES_S = 480.0, 5.0
"""For a connection: longer than a run and the choice of a network may take; and when nobody may pair any more."""
AGAIN_S = 60.0
"""Between two attempts to bring the radio into the state that is wanted, where nothing is heard of BlueZ meanwhile."""


class Peripheral:
    """`run` until cancelled; `let_in` whether somebody may pair.

    `services` are made for it, once; `told` hears a sentence when the radio can't be used, and "" when
    it can.
    """

    def __init__(
        self,
        services: Callable[["Peripheral"], Sequence[Service]],
        told: Callable[[str], None],
    ) -> None:
        self._told = told
        self._services = services(self)
        self._table = Table(self._services)
        self._wanted = False
        self._look = asyncio.Event()
        self._bus: SystemBus
        self._adapter = ""
        self._registered = False
        self._advertised: set[str] = set()
        self._owner = ""
        self._powered = False
        self._leave_until_s = 0.0
        self._advertise_again = False
        self._connected: dict[str, asyncio.TimerHandle] = {}
        self._ending: set[asyncio.Task[None]] = set()

    async def let_in(self, wanted: bool) -> None:
        """Returns at once."""
        if wanted != self._wanted:
            self._wanted = wanted
            self._leave_until_s = asyncio.get_running_loop().time() + LEAVES_S
            self._look.set()

    def notify(self, characteristic: str, value: bytes) -> None:
        """A characteristic has this value: all who listen to it are told."""
        if self._registered:
            interface, member, signature, body = table.changed(value)
            self._bus.signal(self._table.path(characteristic), interface, member, signature, *body)

    def advertise_again(self) -> None:
        """What is advertised is another."""
        self._advertise_again = True
        self._look.set()

    async def run(self) -> None:
        """Serve until cancelled."""
        while True:
            try:
                async with SystemBus.connected() as self._bus:
                    await self._serve()
            except DBusFailed as error:
                self._told(f"There is no Bluetooth: {error}")
            self._forget()
            await asyncio.sleep(AGAIN_S)

    async def _serve(self) -> None:
        """Until D-Bus itself is gone. Raises DBusFailed."""
        self._bus.listen(self._on_message)
        await self._bus.match(f"type='signal',sender='{DBUS}',member='NameOwnerChanged',arg0='{BLUEZ}'")
        await self._bus.match(f"type='signal',sender='{BLUEZ}',interface='{OBJECTS}'")
        await self._bus.match(f"type='signal',sender='{BLUEZ}',interface='{PROPERTIES}',arg0='{DEVICE}'")
        async with asyncio.TaskGroup() as tasks:
            gone = tasks.create_task(self._bus.gone())
            while not gone.done():
                self._look.clear()
                try:
                    await self._bring_about()
                    self._told("")
                except DBusFailed as error:
                    self._told(f"There is no Bluetooth: {error}")
                looking = tasks.create_task(self._look.wait())
                await asyncio.wait({gone, looking}, timeout=AGAIN_S, return_when=asyncio.FIRST_COMPLETED)
                looking.cancel()

    # --- the state that is wanted ---------------------------------------------------------------

    async def _bring_about(self) -> None:
        """Raises DBusFailed."""
        if not self._adapter:
            self._adapter = await self._find_adapter()
        if self._wanted:
            await self._set("Powered", Variant("b", True))
            self._powered = True
            await self._set("Pairable", Variant("b", False))
        if not self._registered and self._wanted:
            await self._register(GATT_MANAGER, "RegisterApplication", TABLE)
            self._registered = True
        again, self._advertise_again = self._advertise_again, False
        wanted = self._table.advertisements if self._wanted else []
        for path in sorted(self._advertised if again else self._advertised.difference(wanted)):
            await self._bus.call(BLUEZ, self._adapter, ADVERTISING, "UnregisterAdvertisement", "o", path)
            self._advertised.discard(path)
        for path in wanted:
            if path not in self._advertised:
                await self._register(ADVERTISING, "RegisterAdvertisement", path)
                self._advertised.add(path)
        if not self._wanted and self._powered:
            await self._power_down()

    async def _find_adapter(self) -> str:
        """Raises DBusFailed."""
        try:
            self._owner = await self._bus.owner(BLUEZ)
        except DBusFailed as error:
            raise DBusFailed("no adapter is there.") from error
        [objects] = await self._bus.call(BLUEZ, "/", OBJECTS, "GetManagedObjects")
        for path, interfaces in sorted(objects.items()):
            if ADAPTER in interfaces and GATT_MANAGER in interfaces and ADVERTISING in interfaces:
                return str(path)
        raise DBusFailed("no adapter is there.")

    async def _set(self, name: str, value: Variant) -> None:
        await self._bus.call(BLUEZ, self._adapter, PROPERTIES, "Set", "ssv", ADAPTER, name, value)

    async def _register(self, interface: str, member: str, path: str) -> None:
        """What is registered already is."""
        try:
            await self._bus.call(BLUEZ, self._adapter, interface, member, "oa{sv}", path, {})
        except DBusFailed as error:
            if error.name != EXISTS:
                raise

    async def _power_down(self) -> None:
        """Once everybody has left, or had the time to; a phone that was just paired reads what is for it."""
        loop = asyncio.get_running_loop()
        left_s = self._leave_until_s - loop.time()
        if self._connected and left_s > 0:
            loop.call_later(left_s, self._look.set)
            return
        await self._set("Powered", Variant("b", False))
        self._powered = False

    def _forget(self) -> None:
        """BlueZ is gone, or its adapter: nothing of what was registered is there any more."""
        self._adapter = self._owner = ""
        self._registered = self._powered = False
        self._advertised = set()
        for stays in self._connected.values():
            stays.cancel()
        self._connected = {}
        for service in self._services:
            service.close()

    # --- who is connected -----------------------------------------------------------------------

    def _on_connected(self, device: str) -> None:
        if device not in self._connected:
            loop = asyncio.get_running_loop()
            self._connected[device] = loop.call_later(STAYS_S, self._disconnect, device)
        self.advertise_again()

    def _on_gone(self, device: str) -> None:
        stays = self._connected.pop(device, None)
        if stays is not None:
            stays.cancel()
        for service in self._services:
            service.gone(device)
        self._look.set()

    def _disconnect(self, device: str) -> None:
        async def disconnect() -> None:
            with suppress(DBusFailed):
                await self._bus.call(BLUEZ, device, DEVICE, "Disconnect")

        ending = asyncio.get_running_loop().create_task(disconnect())
        self._ending.add(ending)
        ending.add_done_callback(self._ending.discard)

    # --- what others say ------------------------------------------------------------------------

    def _on_message(self, message: Message) -> Message | bool | None:
        # Whatever else is on this bus has nothing to say here.
        if message.sender not in (self._owner, DBUS):
            return None
        if message.message_type is MessageType.SIGNAL:
            self._on_signal(message)
            return None
        if message.message_type is not MessageType.METHOD_CALL:
            return None
        if message.member == "Release":
            self._advertised.discard(message.path)
            self._look.set()
            return Message.new_method_return(message)
        return self._table.answer(message)

    def _on_signal(self, message: Message) -> None:
        match message.member:
            case "NameOwnerChanged" if message.sender == DBUS and message.body[0] == BLUEZ:
                self._forget()
            case "InterfacesRemoved" if message.body[0] == self._adapter and ADAPTER in message.body[1]:
                self._forget()
            case "InterfacesRemoved" if DEVICE in message.body[1]:
                self._on_gone(message.body[0])
                return
            case "InterfacesAdded" if DEVICE in message.body[1]:
                self._on_change(message.body[0], message.body[1][DEVICE])
                return
            case "PropertiesChanged" if message.body[0] == DEVICE:
                self._on_change(message.path, message.body[1])
                return
            case "InterfacesAdded" if ADAPTER in message.body[1]:
                pass
            case _:
                return
        self._look.set()

    def _on_change(self, device: str, properties: Mapping[str, Variant]) -> None:
        if not device.startswith(f"{self._adapter}/"):
            # Of another adapter, which is somebody else's.
            return
        connected = properties.get("Connected")
        if connected is not None and connected.value:
            self._on_connected(device)
        elif connected is not None:
            self._on_gone(device)
