"""The box's Wi-Fi, by NetworkManager over D-Bus: what there is to join, and joining it.

    look ──▶ found ──▶ activated, in memory only ──▶ address there ──▶ written down; an older password forgotten
               │                  │
               └── not there      └── could not: forgotten; NetworkManager goes back to what it had before

What was joined before stays known, and so a box that is carried back home is in its network again. Of a wrong password
of WPA3's NetworkManager says that the network was not found; its supplicant knows better, and is listened to.
Sources: NetworkManager's D-Bus reference; wpa_supplicant's dbus.doxygen.
"""

import asyncio
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager, suppress
from dataclasses import replace
from typing import Any

from pairing import wifi
from pairing.errors import JoinTooSlow, NetworkNotFound, NoRadio
from pairing.wifi import Network, Settings, Wanted
from systembus.client import DBUS, PROPERTIES, DBusFailed, Message, MessageType, SystemBus, Variant

MANAGER, ROOT = "org.freedesktop.NetworkManager", "/org/freedesktop/NetworkManager"
DEVICE, WIRELESS, ACCESS_POINT = (f"{MANAGER}.{name}" for name in ("Device", "Device.Wireless", "AccessPoint"))
SETTINGS, SETTINGS_PATH, PROFILE = f"{MANAGER}.Settings", f"{ROOT}/Settings", f"{MANAGER}.Settings.Connection"
SUPPLICANT, OF_SUPPLICANT = "fi.w1.wpa_supplicant1", "fi.w1.wpa_supplicant1.Interface"
IS_WIFI = 2
UNAVAILABLE, ACTIVATED, FAILED = 20, 100, 120
TO_DISK, IN_MEMORY = 0x1, 0x2
IS_HOTSPOT = 3
CHANGES = ("StateChanged", "NameOwnerChanged")
NO_PROFILE = "org.freedesktop.NetworkManager.Settings.InvalidConnection"
LOOK_S, JOIN_S = 12.0, 40.0
"""At most for a look around, which is slow while there is a network to keep, and for joining."""
LOOKS, EVERY_S = 2, 0.5
"""What ends first may be a look that had begun before anybody asked."""


class NetworkManager:
    """One box's. Nothing is held open between two calls."""

    @asynccontextmanager
    async def watched(self) -> AsyncIterator[asyncio.Event]:
        """Set when there may be another radio, or one in another state; never, where there is no D-Bus."""
        changed = asyncio.Event()
        async with AsyncExitStack() as stack:
            with suppress(DBusFailed):
                bus = await stack.enter_async_context(SystemBus.connected())
                # It is no more than a reason to look, whoever says it.
                bus.listen(lambda message: changed.set() if message.member in CHANGES else None)
                await bus.match(f"type='signal',sender='{MANAGER}',interface='{DEVICE}',member='StateChanged'")
                await bus.match(f"type='signal',sender='{DBUS}',member='NameOwnerChanged',arg0='{MANAGER}'")
            yield changed

    async def look(self) -> list[Network]:
        """What the radio sees now, the strongest first; takes some seconds. Raises NoRadio."""
        async with _radio() as radio:
            return await radio.look()

    async def joined(self) -> Network | None:
        """The network that the box is in. Raises NoRadio."""
        async with _radio() as radio:
            return await radio.joined()

    async def add(self, identity: str, settings: Settings) -> None:
        """A profile in memory; nothing happens where it is there. Raises NoRadio."""
        async with _radio() as radio:
            await radio.add(identity, settings)

    async def remove(self, identity: str) -> None:
        """Nothing happens where it is not there. Raises NoRadio."""
        async with _radio() as radio:
            await radio.remove(identity)

    async def join(self, wanted: Wanted) -> None:
        """In the network, and known from now on. Raises JoinFailed or NoRadio."""
        async with _radio() as radio:
            await radio.join(wanted)


@asynccontextmanager
async def _radio() -> AsyncIterator["_Radio"]:
    try:
        async with SystemBus.connected() as bus:
            yield await _found(bus)
    except (DBusFailed, KeyError) as error:
        # It does not answer, or not with what it should.
        raise NoRadio from error


async def _found(bus: SystemBus) -> "_Radio":
    """The first radio that works. Raises NoRadio, DBusFailed."""
    [paths] = await bus.call(MANAGER, ROOT, MANAGER, "GetAllDevices")
    for path in paths:
        about = await _all(bus, MANAGER, path, DEVICE)
        if about["DeviceType"] == IS_WIFI and about["State"] > UNAVAILABLE:
            return _Radio(bus, path)
    raise NoRadio


def _variants(settings: Settings) -> dict[str, dict[str, Variant]]:
    return {section: {name: Variant(*value) for name, value in keys.items()} for section, keys in settings.items()}


async def _all(bus: SystemBus, owner: str, path: str, interface: str) -> dict[str, Any]:
    [properties] = await bus.call(owner, path, PROPERTIES, "GetAll", "s", interface)
    return {name: variant.value for name, variant in properties.items()}


class _Radio:
    """One device of NetworkManager's, for one use. Its methods raise DBusFailed."""

    def __init__(self, bus: SystemBus, path: str) -> None:
        self._bus, self._path = bus, path
        self._states: asyncio.Queue[tuple[int, int]] = asyncio.Queue()
        self._manager = self._supplicant = ""

    async def look(self) -> list[Network]:
        """Each name once, the strongest first; nothing, while the radio is a hotspot."""
        if (await self._wireless())["Mode"] == IS_HOTSPOT:
            return []
        for _ in range(LOOKS):
            await self._look_around()
            if found := await self._networks():
                return found
        return []

    async def _look_around(self, name: bytes = b"") -> None:
        """Returns when it is done, or takes too long. Hidden networks answer only who asks for them by name."""
        before = (await self._wireless())["LastScan"]
        options = {"ssids": Variant("aay", [name])} if name else {}
        with suppress(DBusFailed):
            # It is looking already, or has just now.
            await self._bus.call(MANAGER, self._path, WIRELESS, "RequestScan", "a{sv}", options)
        for _ in range(round(LOOK_S / EVERY_S)):
            if (await self._wireless())["LastScan"] != before:
                return
            await asyncio.sleep(EVERY_S)

    async def _networks(self) -> list[Network]:
        [paths] = await self._bus.call(MANAGER, self._path, WIRELESS, "GetAllAccessPoints")
        return wifi.networks([about for path in paths if (about := await self._access_point(path))])

    async def joined(self) -> Network | None:
        if (await _all(self._bus, MANAGER, self._path, DEVICE))["State"] != ACTIVATED:
            return None
        wireless = await self._wireless()
        if wireless["Mode"] == IS_HOTSPOT:
            return None
        return wifi.network(await self._access_point(wireless["ActiveAccessPoint"]))

    async def add(self, identity: str, settings: Settings) -> None:
        if not await self._profile(identity):
            await self._bus.call(
                MANAGER,
                SETTINGS_PATH,
                SETTINGS,
                "AddConnection2",
                "a{sa{sv}}ua{sv}",
                _variants(settings),
                IN_MEMORY,
                {},
            )

    async def remove(self, identity: str) -> None:
        if profile := await self._profile(identity):
            await self._bus.call(MANAGER, profile, PROFILE, "Delete")

    async def _profile(self, identity: str) -> str:
        """Its path; empty where there is none."""
        try:
            [path] = await self._bus.call(MANAGER, SETTINGS_PATH, SETTINGS, "GetConnectionByUuid", "s", identity)
        except DBusFailed as error:
            if error.name != NO_PROFILE:
                raise
            return ""
        return str(path)

    async def join(self, wanted: Wanted) -> None:
        seen = await self._seen(wanted.ssid)
        wifi.check(wanted, seen)
        await self._listen()
        activating = asyncio.create_task(self._activate(wifi.settings(wanted, seen)))
        try:
            profile = await asyncio.shield(activating)
            await self._until_joined()
            await self._bus.call(MANAGER, profile, PROFILE, "Update2", "a{sa{sv}}ua{sv}", {}, TO_DISK, {})
        except BaseException:
            # However far it came.
            with suppress(DBusFailed):
                await self._bus.call(MANAGER, await activating, PROFILE, "Delete")
            raise
        await self._forget_others(wanted.ssid, profile)

    async def _seen(self, ssid: bytes) -> Network:
        """Raises NetworkNotFound."""
        if not await self._networks():
            # The radio was a hotspot until now. NetworkManager looks no more than once in some seconds: where there is
            # something to see, the first look asks by name.
            await self._look_around()
        if found := await self._known(ssid):
            return found
        for _ in range(LOOKS):
            await self._look_around(ssid)
            if found := await self._known(ssid):
                return replace(found, hidden=True)
        raise NetworkNotFound

    async def _known(self, ssid: bytes) -> Network | None:
        return next((each for each in await self._networks() if each.ssid == ssid), None)

    async def _activate(self, settings: Settings) -> str:
        """The path of its profile."""
        profile, _, _ = await self._bus.call(
            MANAGER,
            ROOT,
            MANAGER,
            "AddAndActivateConnection2",
            "a{sa{sv}}ooa{sv}",
            _variants(settings),
            self._path,
            "/",
            {"persist": Variant("s", "memory")},
        )
        return str(profile)

    async def _listen(self) -> None:
        """To what happens from now on."""
        self._manager = await self._bus.owner(MANAGER)
        self._supplicant = await self._bus.owner(SUPPLICANT)
        self._bus.listen(self._on_message)
        await self._bus.match(f"type='signal',sender='{MANAGER}',path='{self._path}',member='StateChanged'")
        await self._bus.match(f"type='signal',sender='{SUPPLICANT}',interface='{PROPERTIES}'")

    async def _until_joined(self) -> None:
        """Raises JoinFailed."""
        try:
            async with asyncio.timeout(JOIN_S):
                while True:
                    state, reason = await self._states.get()
                    if state == ACTIVATED:
                        return
                    if state == FAILED:
                        raise wifi.failure(reason)
        except TimeoutError as error:
            raise JoinTooSlow from error

    def _on_message(self, message: Message) -> None:
        if message.message_type is not MessageType.SIGNAL:
            return
        said = (message.sender, message.member)
        if said == (self._manager, "StateChanged") and message.path == self._path:
            new, _, reason = message.body
            self._states.put_nowait((new, reason))
        elif said == (self._supplicant, "PropertiesChanged") and message.body[0] == OF_SUPPLICANT:
            status = message.body[1].get("AuthStatusCode")
            if status is not None and status.value in wifi.REJECTED:
                # It would try again and again.
                self._states.put_nowait((FAILED, wifi.NO_SECRETS))

    async def _forget_others(self, ssid: bytes, kept: str) -> None:
        """Of that name, with an older password."""
        [paths] = await self._bus.call(MANAGER, SETTINGS_PATH, SETTINGS, "ListConnections")
        for path in paths:
            [settings] = await self._bus.call(MANAGER, path, PROFILE, "GetSettings")
            known = settings.get("802-11-wireless", {}).get("ssid")
            if path != kept and known is not None and bytes(known.value) == ssid:
                await self._bus.call(MANAGER, path, PROFILE, "Delete")

    async def _access_point(self, path: str) -> dict[str, Any]:
        """Nothing, where it went away meanwhile."""
        try:
            return await _all(self._bus, MANAGER, path, ACCESS_POINT)
        except DBusFailed:
            return {}

    async def _wireless(self) -> dict[str, Any]:
        return await _all(self._bus, MANAGER, self._path, WIRELESS)
