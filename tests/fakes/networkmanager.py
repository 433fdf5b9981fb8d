"""NetworkManager as far as whoever joins a Wi-Fi network sees it, on a real D-Bus; and its supplicant.

Faults: `radios` may be empty, `usable` false; `ends` is the state and reason that an activation comes to, none for one
that hangs; `rejects` has the supplicant say that it was refused.
"""

from typing import Any

from dbus_next import Message, MessageType, Variant
from dbus_next.aio import MessageBus

from systembus.client import end

NAME, ROOT = "org.freedesktop.NetworkManager", "/org/freedesktop/NetworkManager"
SUPPLICANT = "fi.w1.wpa_supplicant1"
RADIO, ETHERNET = f"{ROOT}/Devices/2", f"{ROOT}/Devices/1"
PROPERTIES = "org.freedesktop.DBus.Properties"
ACTIVATED, FAILED = 100, 120


class NetworkManager:
    """`points` are access points' properties, `profiles` what is known by its path, `written` those on the disk."""

    def __init__(self, bus: MessageBus) -> None:
        self._bus = bus
        self.radios = [RADIO]
        self.usable = True
        self.points: list[dict[str, Variant]] = []
        self.hidden: dict[bytes, dict[str, Variant]] = {}
        self.profiles: dict[str, Any] = {}
        self.written: set[str] = set()
        self.ends: tuple[int, int] | None = (ACTIVATED, 0)
        self.rejects = self.is_hotspot = False
        self.asked: list[str] = []
        self._scans = self._made = 0

    @staticmethod
    async def started(address: str) -> "NetworkManager":
        bus = await MessageBus(bus_address=address).connect()
        manager = NetworkManager(bus)
        bus.add_message_handler(manager._on_message)
        await bus.request_name(NAME)
        await bus.request_name(SUPPLICANT)
        return manager

    def plug(self) -> None:
        """The radio can be used from now on."""
        self.usable = True
        self.comes_to(30, 0)

    def comes_to(self, state: int, reason: int) -> None:
        changed = Message.new_signal(RADIO, f"{NAME}.Device", "StateChanged", "uuu", [state, 30, reason])
        self._bus.send(changed)

    async def stop(self) -> None:
        await end(self._bus)

    def _on_message(self, message: Message) -> Message | bool | None:
        if message.message_type is not MessageType.METHOD_CALL or message.destination == self._bus.unique_name:
            return None
        self.asked.append(message.member)
        match message.member:
            case "GetAllDevices":
                return Message.new_method_return(message, "ao", [[ETHERNET, *self.radios]])
            case "GetAll":
                return Message.new_method_return(message, "a{sv}", [self._properties(message)])
            case "RequestScan":
                self._scans += 1
                names = message.body[0].get("ssids", Variant("aay", [])).value
                self.points += [self.hidden[bytes(name)] for name in names if bytes(name) in self.hidden]
                return Message.new_method_return(message)
            case "GetAllAccessPoints":
                paths = [f"{ROOT}/AccessPoint/{number}" for number in range(len(self.points))]
                return Message.new_method_return(message, "ao", [paths])
            case "AddAndActivateConnection2":
                return self._activate(message)
            case "AddConnection2":
                self._made += 1
                path = f"{ROOT}/Settings/{self._made}"
                self.profiles[path] = message.body[0]
                return Message.new_method_return(message, "oa{sv}", [path, {}])
            case "GetConnectionByUuid":
                for path, settings in self.profiles.items():
                    found = settings["connection"].get("uuid")
                    if found is not None and found.value == message.body[0]:
                        return Message.new_method_return(message, "o", [path])
                return Message.new_error(message, f"{NAME}.Settings.InvalidConnection", "None.")
            case "ListConnections":
                return Message.new_method_return(message, "ao", [list(self.profiles)])
            case "GetSettings":
                return Message.new_method_return(message, "a{sa{sv}}", [self.profiles[message.path]])
            case "Update2":
                self.written.add(message.path)
                return Message.new_method_return(message, "a{sv}", [{}])
            case "Delete":
                self.profiles.pop(message.path)
                self.written.discard(message.path)
                return Message.new_method_return(message)
        return None

    def _activate(self, message: Message) -> Message:
        self._made += 1
        path = f"{ROOT}/Settings/{self._made}"
        self.profiles[path] = message.body[0]
        reply = Message.new_method_return(message, "ooa{sv}", [path, f"{ROOT}/ActiveConnection/1", {}])
        self._bus.send(reply)
        if self.rejects:
            status = [f"{SUPPLICANT}.Interface", {"AuthStatusCode": Variant("i", 1)}, []]
            self._bus.send(Message.new_signal("/fi/w1/1", PROPERTIES, "PropertiesChanged", "sa{sv}as", status))
        elif self.ends is not None:
            for state, reason in ((40, 0), (50, 0), self.ends):
                self.comes_to(state, reason)
        return reply

    def _properties(self, message: Message) -> dict[str, Variant]:
        match message.body[0]:
            case "org.freedesktop.NetworkManager.Device":
                of_radio = message.path == RADIO
                state = 30 if self.usable else 20
                return {"DeviceType": Variant("u", 2 if of_radio else 1), "State": Variant("u", state)}
            case "org.freedesktop.NetworkManager.Device.Wireless":
                mode = 3 if self.is_hotspot else 2
                return {"LastScan": Variant("x", self._scans), "Mode": Variant("u", mode)}
        return self.points[int(message.path.rpartition("/")[2])]


def point(ssid: bytes, strength: int = 50, keys: int = 0x100, address: str = "02:00:00:00:00:01") -> dict[str, Variant]:
    """An access point's properties; WPA2's by default."""
    return {
        "HwAddress": Variant("s", address),
        "Ssid": Variant("ay", ssid),
        "Strength": Variant("y", strength),
        "Flags": Variant("u", int(bool(keys))),
        "WpaFlags": Variant("u", 0),
        "RsnFlags": Variant("u", keys),
    }
