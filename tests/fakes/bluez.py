"""BlueZ as far as a peripheral sees it, on a real D-Bus: an adapter that may come and go, and centrals that connect.

    async with DBus.started(folder) as address:
        bluez = await BlueZ.started(address)
        phone = bluez.central("phone")
        await phone.write(uuid, value)

Faults: `refuses` names methods that fail; `stop` is the death of bluetoothd.
"""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager, suppress
from typing import Any

from dbus_next import Message, MessageType, Variant
from dbus_next.aio import MessageBus

from daemons.children import dying_with_parent
from systembus.client import end

BLUEZ, ADAPTER_PATH = "org.bluez", "/org/bluez/hci0"
DBUS = "org.freedesktop.DBus"
PROPERTIES, OBJECTS = "org.freedesktop.DBus.Properties", "org.freedesktop.DBus.ObjectManager"
ADAPTER, DEVICE, CHARACTERISTIC = "org.bluez.Adapter1", "org.bluez.Device1", "org.bluez.GattCharacteristic1"
MANAGERS = ("org.bluez.GattManager1", "org.bluez.LEAdvertisingManager1")


@asynccontextmanager
async def dbus() -> AsyncIterator[str]:
    """The address of a D-Bus of its own."""
    process = await asyncio.create_subprocess_exec(
        *dying_with_parent("dbus-daemon", "--session", "--nofork", "--print-address=1", "--nopidfile"),
        stdout=asyncio.subprocess.PIPE,
    )
    assert process.stdout is not None
    try:
        yield (await process.stdout.readline()).decode().strip()
    finally:
        process.terminate()
        await process.wait()


class Refused(Exception):
    """The peripheral answers with an error."""


class BlueZ:
    """`properties` are the adapter's, `advertisements` those of now by their paths, `table` UUIDs with theirs."""

    def __init__(self, bus: MessageBus) -> None:
        self._bus = bus
        self.adapter = True
        self.refuses: set[str] = set()
        self.properties: dict[str, Any] = {}
        self.advertisements: dict[str, dict[str, Any]] = {}
        self.table: dict[str, str] = {}
        self.asked: list[str] = []
        self._peripheral = ""
        self._subscribers: list[Central] = []
        self._work: set[asyncio.Task[None]] = set()

    @staticmethod
    async def started(address: str) -> "BlueZ":
        bus = await MessageBus(bus_address=address).connect()
        bluez = BlueZ(bus)
        bus.add_message_handler(bluez._on_message)
        await bus.request_name(BLUEZ)
        return bluez

    @property
    def advertised(self) -> dict[str, Any]:
        """With a name."""
        return next((each for each in self.advertisements.values() if "LocalName" in each), {})

    async def stop(self) -> None:
        for each in self._work:
            each.cancel()
        await end(self._bus)

    def central(self, name: str) -> "Central":
        """Somebody who is connected."""
        return Central(self, f"{ADAPTER_PATH}/dev_{name}")

    async def unplug(self) -> None:
        """The adapter is gone, and with it what was registered."""
        self.adapter, self.table, self.advertisements = False, {}, {}
        self._signal("/", OBJECTS, "InterfacesRemoved", "oas", [ADAPTER_PATH, [ADAPTER, *MANAGERS]])

    async def plug_in(self) -> None:
        self.adapter = True
        self._signal("/", OBJECTS, "InterfacesAdded", "oa{sa{sv}}", [ADAPTER_PATH, {ADAPTER: {}}])

    async def call(self, path: str, interface: str, member: str, signature: str, *body: Any) -> list[Any]:
        """A method of the peripheral's. Raises Refused."""
        asked = Message(self._peripheral, path, interface, member, signature=signature, body=list(body))
        reply = await self._bus.call(asked)
        assert reply is not None
        if reply.message_type is MessageType.ERROR:
            raise Refused(reply.error_name, reply.body)
        return list(reply.body)

    async def hear(self, central: "Central") -> None:
        """This one is told what the peripheral notifies."""
        if not self._subscribers:
            rule = f"type='signal',sender='{self._peripheral}',interface='{PROPERTIES}'"
            add = {"interface": DBUS, "member": "AddMatch", "signature": "s", "body": [rule]}
            await self._bus.call(Message(DBUS, "/org/freedesktop/DBus", **add))
        if central not in self._subscribers:
            self._subscribers.append(central)

    def connected(self, device: str, connected: bool = True) -> None:
        """A controller stops advertising when somebody connects, until it is told to go on."""
        if connected:
            self.advertisements = {}
        changed = [DEVICE, {"Connected": Variant("b", connected)}, []]
        self._signal(device, PROPERTIES, "PropertiesChanged", "sa{sv}as", changed)

    def _signal(self, path: str, interface: str, member: str, signature: str, body: list[Any]) -> None:
        self._bus.send(Message.new_signal(path, interface, member, signature, body))

    def _on_message(self, message: Message) -> Message | bool | None:
        if message.message_type is MessageType.SIGNAL and message.sender == self._peripheral:
            _, changed, _ = message.body
            for each in self._subscribers:
                each.notified(message.path, bytes(changed["Value"].value))
            return None
        if message.message_type is not MessageType.METHOD_CALL or message.interface == "org.freedesktop.DBus.Peer":
            return None
        self.asked.append(message.member)
        if message.member in self.refuses:
            return Message.new_error(message, "org.bluez.Error.Failed", "refused")
        match message.member:
            case "GetManagedObjects":
                interfaces: dict[str, Any] = {name: {} for name in (ADAPTER, *MANAGERS)}
                objects = {ADAPTER_PATH: interfaces} if self.adapter else {}
                return Message.new_method_return(message, "a{oa{sa{sv}}}", [objects])
            case "Set":
                self.properties[message.body[1]] = message.body[2].value
                return Message.new_method_return(message)
            case "RegisterApplication" | "RegisterAdvertisement":
                self._peripheral = message.sender
                # BlueZ asks back before it answers.
                task = asyncio.ensure_future(self._register(message))
                self._work.add(task)
                task.add_done_callback(self._work.discard)
                return True
            case "Disconnect":
                self.connected(message.path, False)
                return Message.new_method_return(message)
            case "UnregisterAdvertisement":
                self.advertisements.pop(message.body[0], None)
                return Message.new_method_return(message)
        return None

    async def _register(self, message: Message) -> None:
        path = message.body[0]
        if message.member == "RegisterApplication":
            [objects] = await self.call(path, OBJECTS, "GetManagedObjects", "")
            self.table = {
                interfaces[CHARACTERISTIC]["UUID"].value: at
                for at, interfaces in objects.items()
                if CHARACTERISTIC in interfaces
            }
        else:
            [properties] = await self.call(path, PROPERTIES, "GetAll", "s", "org.bluez.LEAdvertisement1")
            # The real one asks for what it did not find, too, and takes an error for a no.
            [kind] = await self.call(path, PROPERTIES, "Get", "ss", "org.bluez.LEAdvertisement1", "Type")
            assert kind.value == "peripheral"
            advertisement, power = "org.bluez.LEAdvertisement1", Variant("n", 7)
            with suppress(Refused):
                await self.call(path, PROPERTIES, "Get", "ss", advertisement, "Duration")
            with suppress(Refused):
                await self.call(path, PROPERTIES, "Set", "ssv", advertisement, "TxPower", power)
            self.advertisements[path] = {name: each.value for name, each in properties.items()}
        self._bus.send(Message.new_method_return(message))


class Central:
    """A phone, as BlueZ shows it to a peripheral."""

    def __init__(self, bluez: BlueZ, path: str) -> None:
        self._bluez, self._path = bluez, path
        self._told: dict[str, Callable[[bytes], None]] = {}
        self.mtu = 23

    async def write(self, characteristic: str, value: bytes, offset: int = 0) -> None:
        """Raises Refused."""
        path = self._bluez.table[characteristic]
        await self._bluez.call(path, CHARACTERISTIC, "WriteValue", "aya{sv}", value, self._options(offset))

    async def read(self, characteristic: str, offset: int = 0) -> bytes:
        """Raises Refused."""
        path = self._bluez.table[characteristic]
        [value] = await self._bluez.call(path, CHARACTERISTIC, "ReadValue", "a{sv}", self._options(offset))
        return bytes(value)

    async def subscribe(self, characteristic: str, told: Callable[[bytes], None]) -> None:
        """`told` hears each value."""
        path = self._bluez.table[characteristic]
        self._told[path] = told
        await self._bluez.hear(self)
        await self._bluez.call(path, CHARACTERISTIC, "StartNotify", "")

    async def listen(self, characteristic: str, heard: Callable[[], None]) -> None:
        """`heard` at each notification."""
        await self.subscribe(characteristic, lambda _value: heard())

    def notified(self, path: str, value: bytes) -> None:
        """The peripheral tells everybody."""
        if path in self._told:
            self._told[path](value)

    def come(self) -> None:
        """It is connected."""
        self._bluez.connected(self._path)

    def go(self) -> None:
        """It is not connected any more."""
        self._told.clear()
        self._bluez.connected(self._path, False)

    def _options(self, offset: int) -> dict[str, Variant]:
        return {
            "device": Variant("o", self._path),
            "mtu": Variant("q", self.mtu),
            "offset": Variant("q", offset),
            "link": Variant("s", "LE"),
        }
