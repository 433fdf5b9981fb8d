"""The GATT table as BlueZ asks for it: our objects on D-Bus, what is read and written in them, and the advertisements.

    /org/spoq/pairing/serviceN           a service
    /org/spoq/pairing/serviceN/charM     what is read, written or notified in it
    /org/spoq/advertisementN             how it is found

Phones keep the table for days, so its order is its order for ever: services and characteristics are added at the end.
Sources: BlueZ' manual pages org.bluez.GattManager, GattCharacteristic, LEAdvertisement.
"""

from collections.abc import Mapping, Sequence
from typing import Any, Protocol

from pairing.errors import Malformed
from systembus.client import PROPERTIES, Message, Variant

TABLE = "/org/spoq/pairing"
SERVICE, CHARACTERISTIC, ADVERTISEMENT = (
    "org.bluez.GattService1",
    "org.bluez.GattCharacteristic1",
    "org.bluez.LEAdvertisement1",
)
FAILED = "org.bluez.Error.Failed"
READ_ONLY = "org.freedesktop.DBus.Error.PropertyReadOnly"
UNKNOWN = "org.freedesktop.DBus.Error.UnknownProperty"
SMALLEST_MTU = 23

Interfaces = dict[str, dict[str, Variant]]


class Service(Protocol):
    """One of ours. Visitors are named by BlueZ' paths; characteristics by their UUIDs, with BlueZ' flags."""

    @property
    def uuid(self) -> str: ...

    @property
    def characteristics(self) -> Mapping[str, Sequence[str]]: ...

    @property
    def advertised(self) -> Mapping[str, Variant] | None:
        """What is advertised with its UUID; None: nothing is."""

    def read(self, visitor: str, characteristic: str, offset: int, mtu: int) -> bytes:
        """Raises Malformed."""

    def write(self, visitor: str, characteristic: str, value: bytes, offset: int, mtu: int) -> None:
        """Raises Malformed."""

    def gone(self, visitor: str) -> None: ...

    def close(self) -> None: ...


class Table:
    """Of these services."""

    def __init__(self, services: Sequence[Service]) -> None:
        self._services = {f"{TABLE}/service{number}": each for number, each in enumerate(services)}
        self._characteristics = {
            f"{path}/char{number}": (each, uuid)
            for path, each in self._services.items()
            for number, uuid in enumerate(each.characteristics)
        }
        self._paths = {uuid: path for path, (_, uuid) in self._characteristics.items()}
        self._advertisements = {f"/org/spoq/advertisement{number}": each for number, each in enumerate(services)}

    @property
    def advertisements(self) -> Sequence[str]:
        """Those that there are just now."""
        return [path for path, service in self._advertisements.items() if service.advertised is not None]

    def path(self, characteristic: str) -> str:
        return self._paths[characteristic]

    def answer(self, message: Message) -> Message | None:
        """To a call; None where it is for somebody else."""
        match message.interface, message.member:
            case "org.freedesktop.DBus.ObjectManager", "GetManagedObjects":
                return Message.new_method_return(message, "a{oa{sa{sv}}}", [self._tree()])
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
            case "org.bluez.GattCharacteristic1", _ if message.path in self._characteristics:
                try:
                    return self._used(message, *self._characteristics[message.path])
                except Malformed as error:
                    return Message.new_error(message, FAILED, str(error))
        return None

    def _used(self, message: Message, service: Service, characteristic: str) -> Message | None:
        """Raises Malformed."""
        match message.member:
            case "ReadValue":
                visitor, offset, mtu = _options(message.body[0])
                value = service.read(visitor, characteristic, offset, mtu)
                return Message.new_method_return(message, "ay", [value])
            case "WriteValue":
                visitor, offset, mtu = _options(message.body[1])
                service.write(visitor, characteristic, bytes(message.body[0]), offset, mtu)
                return Message.new_method_return(message)
            case "StartNotify" | "StopNotify":
                return Message.new_method_return(message)
        return None

    def _properties(self, message: Message) -> Mapping[str, Variant]:
        """Of the object and the interface that somebody asks for."""
        interface = message.body[0]
        if interface == ADVERTISEMENT and message.path in self._advertisements:
            service = self._advertisements[message.path]
            uuids = Variant("as", [service.uuid])
            return {"Type": Variant("s", "peripheral"), "ServiceUUIDs": uuids, **(service.advertised or {})}
        return self._tree().get(message.path, {}).get(interface, {})

    def _tree(self) -> dict[str, Interfaces]:
        services: dict[str, Interfaces] = {
            path: {SERVICE: {"UUID": Variant("s", each.uuid), "Primary": Variant("b", True)}}
            for path, each in self._services.items()
        }
        return services | {
            path: {
                CHARACTERISTIC: {
                    "UUID": Variant("s", uuid),
                    "Service": Variant("o", path.rpartition("/")[0]),
                    "Flags": Variant("as", list(service.characteristics[uuid])),
                }
            }
            for path, (service, uuid) in self._characteristics.items()
        }


def changed(characteristic: bytes) -> tuple[str, str, str, Sequence[Any]]:
    """The signal that a characteristic has this value: its interface, member, signature and body."""
    value = {"Value": Variant("ay", characteristic)}
    return PROPERTIES, "PropertiesChanged", "sa{sv}as", (CHARACTERISTIC, value, [])


def _options(options: Mapping[str, Variant]) -> tuple[str, int, int]:
    """The visitor, the offset, and the MTU."""

    def of(name: str, otherwise: Any) -> Any:
        return options[name].value if name in options else otherwise

    return str(of("device", "")), int(of("offset", 0)), int(of("mtu", SMALLEST_MTU))
