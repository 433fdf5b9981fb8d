"""BlueZ as far as a central sees it, on a real D-Bus: a laptop's, with devices in reach that are discovered, connected
and asked.

    async with dbus() as address:
        laptop = await Laptop.started(address)
        laptop.near["C0:FF:EE:00:00:01"] = InReach("Spoq-X9RC", peer)

A device has the table of pairing, where it is not told another one. What is written without a response goes nowhere
where a characteristic does not announce that, as with Apple's.

Faults: `powered` and `adapter` are what they say; `lost_at` is the number of the read at which the device is out of
reach, and that is never answered; `dies_at`, the one at which bluetoothd dies; `silent` names methods that nobody
answers.
"""

import asyncio
from collections.abc import Callable, Coroutine, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Protocol

from dbus_next import Message, MessageType, Variant
from dbus_next.aio import MessageBus

from pairing import gatt
from systembus.client import end
from tests.fakes.bluez import ADAPTER, ADAPTER_PATH, BLUEZ, CHARACTERISTIC, DEVICE, OBJECTS, PROPERTIES, Refused

SERVICE, DESCRIPTOR = "org.bluez.GattService1", "org.bluez.GattDescriptor1"
CLIENT_CONFIGURATION = "00002902-0000-1000-8000-00805f9b34fb"
FIRST_HANDLE, HANDLES = 0x10, 3
"""Of the service; and how many a characteristic has: its declaration, its value, and who is notified."""
Characteristics = Mapping[str, Sequence[str]]
"""The flags of each."""
PAIRING: Characteristics = {gatt.TO_BOX: ["write"], gatt.FROM_BOX: ["read"], gatt.BELL: ["read", "notify"]}
Properties = dict[str, Variant]


class Peer(Protocol):
    """What is at the other end of a connection. Its methods raise Refused."""

    mtu: int

    def come(self) -> None: ...

    def go(self) -> None: ...

    async def write(self, characteristic: str, value: bytes) -> None: ...

    async def read(self, characteristic: str) -> bytes: ...

    async def subscribe(self, characteristic: str, told: Callable[[bytes], None]) -> None:
        """`told` hears each value; one of them for each characteristic."""


@dataclass
class InReach:
    """A device, with the name, the service and whatever else it advertises. `longest`: of the values written to it."""

    name: str
    peer: Peer | None = None
    service: str = gatt.SERVICE
    characteristics: Characteristics = field(default_factory=lambda: PAIRING)
    advertised: Properties = field(default_factory=dict)
    longest: int = 0
    connected: bool = False

    @property
    def uuids(self) -> Mapping[int, str]:
        """Of the characteristics, by their handles."""
        return {FIRST_HANDLE + 1 + HANDLES * place: uuid for place, uuid in enumerate(self.characteristics)}


class Laptop:
    """`near` are the devices by their addresses; `asked` the methods, in their order. `tells_mtu`: as from 5.62 on."""

    def __init__(self, bus: MessageBus) -> None:
        self._bus = bus
        self.near: dict[str, InReach] = {}
        self.asked: list[str] = []
        self.adapter = self.powered = self.tells_mtu = True
        self.lost_at: int | None = None
        self.dies_at: int | None = None
        self.silent: set[str] = set()
        self._subscribed: set[str] = set()
        self._in_order = asyncio.Lock()
        self._work: set[asyncio.Task[None]] = set()

    @staticmethod
    async def started(address: str) -> "Laptop":
        bus = await MessageBus(bus_address=address).connect()
        laptop = Laptop(bus)
        bus.add_message_handler(laptop._on_message)
        await bus.request_name(BLUEZ)
        return laptop

    async def stop(self) -> None:
        for each in self._work:
            each.cancel()
        await end(self._bus)

    def lose(self, address: str) -> None:
        """Out of reach for a moment."""
        self._connect(address, False)

    # --- what is asked ----------------------------------------------------------------------------

    def _on_message(self, message: Message) -> Message | bool | None:
        if message.message_type is not MessageType.METHOD_CALL or message.interface == "org.freedesktop.DBus.Peer":
            return None
        self.asked.append(message.member)
        if message.member in self.silent:
            return True
        match message.member:
            case "GetManagedObjects":
                return Message.new_method_return(message, "a{oa{sa{sv}}}", [self._objects()])
            case "SetDiscoveryFilter" | "StopDiscovery":
                return Message.new_method_return(message)
            case "StartDiscovery":
                self._start(self._discover(message))
            case "Connect" | "Disconnect":
                self._connect(self._address(message), message.member == "Connect")
                return Message.new_method_return(message)
            case "ReadValue" | "WriteValue" | "StartNotify":
                self._start(self._use(message))
            case "StopNotify":
                self._subscribed.discard(message.path)
                return Message.new_method_return(message)
            case _:
                return None
        return True

    def _start(self, work: Coroutine[Any, Any, None]) -> None:
        task = asyncio.ensure_future(work)
        self._work.add(task)
        task.add_done_callback(self._work.discard)

    async def _discover(self, message: Message) -> None:
        self._bus.send(Message.new_method_return(message))
        for address, each in self.near.items():
            self._added(_path(address), {DEVICE: _device(address, each)})
            # The name comes later, as an answer to what a scanner asks.
            name = {"Name": Variant("s", each.name), "Alias": Variant("s", each.name), "RSSI": Variant("n", -60)}
            self._changed(_path(address), DEVICE, name)

    def _connect(self, address: str, connected: bool) -> None:
        each = self.near[address]
        each.connected = connected
        self._subscribed = {path for path in self._subscribed if not path.startswith(_path(address))}
        if each.peer is not None:
            (each.peer.come if connected else each.peer.go)()
        self._changed(_path(address), DEVICE, {"Connected": Variant("b", connected)})
        if connected:
            for path, interfaces in self._table(address, each):
                self._added(path, interfaces)
        self._changed(_path(address), DEVICE, {"ServicesResolved": Variant("b", connected)})

    async def _use(self, message: Message) -> None:
        address = self._address(message)
        there = self.near[address]
        peer, characteristic = there.peer, there.uuids[int(message.path[-4:], 16)]
        assert peer is not None
        try:
            match message.member:
                case "ReadValue":
                    number = self.asked.count("ReadValue")
                    if self.lost_at is not None and number >= self.lost_at:
                        self._connect(address, False)
                        return
                    if self.dies_at is not None and number >= self.dies_at:
                        self._bus.disconnect()
                        return
                    async with self._in_order:
                        value = await peer.read(characteristic)
                        # To BlueZ what was read is a change, too, like what is notified; Chromium counts on it.
                        self._changed(message.path, CHARACTERISTIC, {"Value": Variant("ay", value)})
                    answer = Message.new_method_return(message, "ay", [value])
                case "WriteValue":
                    value = bytes(message.body[0])
                    there.longest = max(there.longest, len(value))
                    if not _is_command(message):
                        await peer.write(characteristic, value)
                    elif "write-without-response" in there.characteristics[characteristic]:
                        self._start(peer.write(characteristic, value))
                    answer = Message.new_method_return(message)
                case _:
                    self._subscribed.add(message.path)
                    await peer.subscribe(characteristic, lambda value: self._start(self._notify(message.path, value)))
                    answer = Message.new_method_return(message)
        except Refused:
            said = "Operation failed with ATT error: 0x80 (Unlikely Error)"
            answer = Message.new_error(message, "org.bluez.Error.Failed", said)
        self._bus.send(answer)

    # --- what is told -----------------------------------------------------------------------------

    async def _notify(self, path: str, value: bytes) -> None:
        # After what was read before it, as in the air.
        async with self._in_order:
            if path in self._subscribed:
                self._changed(path, CHARACTERISTIC, {"Value": Variant("ay", value)})

    def _objects(self) -> Mapping[str, Mapping[str, Properties]]:
        powered, roles = Variant("b", self.powered), Variant("as", ["central", "peripheral"])
        adapter = {"Address": Variant("s", "00:11:22:33:44:55"), "Powered": powered, "Roles": roles}
        return {ADAPTER_PATH: {ADAPTER: adapter}} if self.adapter else {}

    def _table(self, address: str, each: InReach) -> Iterator[tuple[str, dict[str, Properties]]]:
        """As BlueZ shows the service of ours, with those numbers that handles have."""
        assert each.peer is not None
        service = f"{_path(address)}/service{FIRST_HANDLE:04x}"
        of_box = {"UUID": Variant("s", each.service), "Primary": Variant("b", True)}
        yield service, {SERVICE: {**of_box, "Device": Variant("o", _path(address))}}
        for number, uuid in each.uuids.items():
            flags = list(each.characteristics[uuid])
            found = {"UUID": Variant("s", uuid), "Service": Variant("o", service), "Flags": Variant("as", flags)}
            if self.tells_mtu:
                found["MTU"] = Variant("q", each.peer.mtu)
            if "notify" in flags:
                found["NotifyAcquired"] = Variant("b", False)
            path = f"{service}/char{number:04x}"
            yield path, {CHARACTERISTIC: found}
            if "notify" in flags:
                of_it = {"UUID": Variant("s", CLIENT_CONFIGURATION), "Characteristic": Variant("o", path)}
                yield f"{path}/desc{number + 2:04x}", {DESCRIPTOR: of_it}

    def _added(self, path: str, interfaces: dict[str, Properties]) -> None:
        self._signal("/", OBJECTS, "InterfacesAdded", "oa{sa{sv}}", [path, interfaces])

    def _changed(self, path: str, interface: str, properties: Properties) -> None:
        self._signal(path, PROPERTIES, "PropertiesChanged", "sa{sv}as", [interface, properties, []])

    def _signal(self, path: str, interface: str, member: str, signature: str, body: list[Any]) -> None:
        self._bus.send(Message.new_signal(path, interface, member, signature, body))

    def _address(self, message: Message) -> str:
        return next(address for address in self.near if message.path.startswith(_path(address)))


def _path(address: str) -> str:
    return f"{ADAPTER_PATH}/dev_{address.replace(':', '_')}"


def _is_command(message: Message) -> bool:
    """Nobody waits for a response."""
    options = message.body[1]
    return "type" in options and options["type"].value == "command"


def _device(address: str, each: InReach) -> Properties:
    return {
        "Address": Variant("s", address),
        "Alias": Variant("s", address.replace(":", "-")),
        "Adapter": Variant("o", ADAPTER_PATH),
        "UUIDs": Variant("as", [each.service]),
        "Paired": Variant("b", False),
        "Connected": Variant("b", False),
        "ServicesResolved": Variant("b", False),
        **each.advertised,
    }
