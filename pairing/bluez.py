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
import logging
from collections.abc import Callable, Mapping
from contextlib import suppress
from typing import Any

from pairing import gatt
from pairing.dbus import DBUS, DBUS_PATH, OBJECTS, PROPERTIES, DBusFailed, Message, MessageType, SystemBus, Variant
from pairing.errors import Malformed
from pairing.radio import Radio

log = logging.getLogger(__name__)

BLUEZ = "org.bluez"
ADAPTER, DEVICE = "org.bluez.Adapter1", "org.bluez.Device1"
GATT_MANAGER, ADVERTISING = "org.bluez.GattManager1", "org.bluez.LEAdvertisingManager1"
SERVICE, CHARACTERISTIC, ADVERTISEMENT = (
    "org.bluez.GattService1",
    "org.bluez.GattCharacteristic1",
    "org.bluez.LEAdvertisement1",
)
TABLE, ADVERTISED = "/org/spoq/pairing", "/org/spoq/advertisement"
AT_SERVICE = f"{TABLE}/service0"
CHARACTERISTICS: Mapping[str, tuple[str, list[str]]] = {
    f"{AT_SERVICE}/char0": (gatt.TO_BOX, ["write"]),
    f"{AT_SERVICE}/char1": (gatt.FROM_BOX, ["read"]),
    f"{AT_SERVICE}/char2": (gatt.BELL, ["read", "notify"]),
}
TO_BOX, FROM_BOX, BELL = CHARACTERISTICS
FAILED, NOT_SUPPORTED = "org.bluez.Error.Failed", "org.bluez.Error.NotSupported"
READ_ONLY = "org.freedesktop.DBus.Error.PropertyReadOnly"
EXISTS = "org.bluez.Error.AlreadyExists"
UNKNOWN = "org.freedesktop.DBus.Error.UnknownProperty"
SMALLEST_MTU = 23
STAYS_S, LEAVES_S = 120.0, 5.0
"""For a connection: twice as long as a run may take, and how long at most when nobody may pair any more."""
AGAIN_S = 60.0
"""Between two attempts to bring the radio into the state that is wanted, where nothing is heard of BlueZ meanwhile."""

Interfaces = dict[str, dict[str, Variant]]


class Peripheral:
    """`run` until cancelled; `let_in` whether somebody may pair. `name` is what phones list.

    `told` hears a sentence when the radio can't be used, and "" when it can.
    """

    def __init__(
        self,
        name: str,
        radio: Callable[[Callable[[int], None]], Radio],
        told: Callable[[str], None],
    ) -> None:
        self._name, self._told = name, told
        self._radio = radio(self._ring)
        self._wanted = False
        self._look = asyncio.Event()
        self._bus: SystemBus
        self._adapter = ""
        self._table_at = ""
        self._advertised_at = ""
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
        if not self._table_at and self._wanted:
            await self._register(GATT_MANAGER, "RegisterApplication", TABLE)
            self._table_at = self._adapter
        again, self._advertise_again = self._advertise_again, False
        if self._advertised_at and (again or not self._wanted):
            await self._bus.call(BLUEZ, self._adapter, ADVERTISING, "UnregisterAdvertisement", "o", ADVERTISED)
            self._advertised_at = ""
        if self._wanted and not self._advertised_at:
            await self._register(ADVERTISING, "RegisterAdvertisement", ADVERTISED)
            self._advertised_at = self._adapter
        if not self._wanted and self._powered:
            await self._power_down()

    async def _find_adapter(self) -> str:
        """Raises DBusFailed."""
        # Nobody is started only by being asked.
        try:
            [self._owner] = await self._bus.call(DBUS, DBUS_PATH, DBUS, "GetNameOwner", "s", BLUEZ)
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
        self._adapter = self._table_at = self._advertised_at = self._owner = ""
        self._powered = False
        for stays in self._connected.values():
            stays.cancel()
        self._connected = {}
        self._radio.close()

    # --- who is connected -----------------------------------------------------------------------

    def _on_connected(self, device: str) -> None:
        if device not in self._connected:
            loop = asyncio.get_running_loop()
            self._connected[device] = loop.call_later(STAYS_S, self._disconnect, device)
        self._advertise_again = True
        self._look.set()

    def _on_gone(self, device: str) -> None:
        stays = self._connected.pop(device, None)
        if stays is not None:
            stays.cancel()
        self._radio.gone(device)
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
        match message.interface, message.member:
            case "org.freedesktop.DBus.ObjectManager", "GetManagedObjects":
                return Message.new_method_return(message, "a{oa{sa{sv}}}", [self._below(message.path)])
            case "org.freedesktop.DBus.Properties", "GetAll":
                return Message.new_method_return(message, "a{sv}", [self._properties(message)])
            case "org.freedesktop.DBus.Properties", "Get":
                found = self._properties(message).get(message.body[1])
                if found is None:
                    return Message.new_error(message, UNKNOWN, "There is none of that name.")
                return Message.new_method_return(message, "v", [found])
            case "org.freedesktop.DBus.Properties", "Set":
                # BlueZ would like to say how strong it sends.
                return Message.new_error(message, READ_ONLY, "This is only read.")
            case "org.bluez.GattCharacteristic1", "ReadValue":
                return self._answered(message, self._read)
            case "org.bluez.GattCharacteristic1", "WriteValue":
                return self._answered(message, self._write)
            case "org.bluez.GattCharacteristic1", "StartNotify" | "StopNotify":
                return Message.new_method_return(message)
            case "org.bluez.LEAdvertisement1", "Release":
                self._advertised_at = ""
                self._look.set()
                return Message.new_method_return(message)
        return None

    def _answered(self, message: Message, do: Callable[[Message], Message]) -> Message:
        try:
            return do(message)
        except Malformed as error:
            return Message.new_error(message, FAILED, str(error))

    def _read(self, message: Message) -> Message:
        if message.path == BELL:
            return Message.new_method_return(message, "ay", [bytes((self._radio.bell,))])
        if message.path != FROM_BOX:
            return Message.new_error(message, NOT_SUPPORTED, "This is not read.")
        visitor, offset, mtu = _options(message.body[0])
        return Message.new_method_return(message, "ay", [self._radio.read(visitor, offset, mtu)])

    def _write(self, message: Message) -> Message:
        if message.path != TO_BOX:
            return Message.new_error(message, NOT_SUPPORTED, "This is not written.")
        visitor, offset, mtu = _options(message.body[1])
        self._radio.write(visitor, bytes(message.body[0]), offset, mtu)
        return Message.new_method_return(message)

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
        connected = properties.get("Connected")
        if connected is not None and connected.value:
            self._on_connected(device)
        elif connected is not None:
            self._on_gone(device)

    def _ring(self, bell: int) -> None:
        if self._table_at:
            value = {"Value": Variant("ay", bytes((bell,)))}
            self._bus.signal(BELL, PROPERTIES, "PropertiesChanged", "sa{sv}as", CHARACTERISTIC, value, [])

    def _properties(self, message: Message) -> dict[str, Variant]:
        """Of the object and the interface that somebody asks for."""
        return self._tree().get(message.path, {}).get(message.body[0], {})

    def _below(self, root: str) -> dict[str, Interfaces]:
        return {path: interfaces for path, interfaces in self._tree().items() if path.startswith(f"{root}/")}

    def _tree(self) -> dict[str, Interfaces]:
        table: dict[str, Interfaces] = {
            AT_SERVICE: {SERVICE: {"UUID": Variant("s", gatt.SERVICE), "Primary": Variant("b", True)}}
        }
        for path, (uuid, flags) in CHARACTERISTICS.items():
            table[path] = {
                CHARACTERISTIC: {
                    "UUID": Variant("s", uuid),
                    "Service": Variant("o", AT_SERVICE),
                    "Flags": Variant("as", flags),
                }
            }
        table[ADVERTISED] = {
            ADVERTISEMENT: {
                "Type": Variant("s", "peripheral"),
                "ServiceUUIDs": Variant("as", [gatt.SERVICE]),
                "LocalName": Variant("s", self._name),
                "Discoverable": Variant("b", True),
            }
        }
        return table


def _options(options: Mapping[str, Variant]) -> tuple[str, int, int]:
    """The visitor, the offset, and the MTU."""

    def of(name: str, otherwise: Any) -> Any:
        return options[name].value if name in options else otherwise

    return str(of("device", "")), int(of("offset", 0)), int(of("mtu", SMALLEST_MTU))
