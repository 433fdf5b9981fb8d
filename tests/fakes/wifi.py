"""A radio in a home with two networks, or none."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from pairing.errors import NetworkNotFound, NoRadio, WrongPassword
from pairing.hotspot import Hotspot
from pairing.wifi import Network, Security, Settings, Wanted, check

HOME, CAFE = Network(b"Home", 80, Security.WPA3), Network(b"Caf\xe9", 40, Security.OPEN)
PASSWORD = b"correct horse"


class Wifi:
    """`networks` are those in reach; `known` is what the box was told to join, the last one last; `hotspots`, whether
    it was one just then. Its fault is to wait with that until `goes_on`."""

    def __init__(self) -> None:
        self.networks = [HOME, CAFE]
        self.known: list[Wanted] = []
        self.profiles: dict[str, Settings] = {}
        self.hotspots: list[bool] = []
        self.goes_on = asyncio.Event()
        self.goes_on.set()
        self.changed = asyncio.Event()

    @asynccontextmanager
    async def watched(self) -> AsyncIterator[asyncio.Event]:
        yield self.changed

    async def joined(self) -> Network | None:
        return HOME if self.known else None

    async def look(self) -> list[Network]:
        return list(self.networks)

    async def add(self, identity: str, settings: Settings) -> None:
        self.profiles[identity] = settings

    async def remove(self, identity: str) -> None:
        self.profiles.pop(identity, None)

    async def join(self, wanted: Wanted) -> None:
        await self.goes_on.wait()
        self.hotspots.append(bool(self.profiles))
        seen = next((each for each in self.networks if each.ssid == wanted.ssid), None)
        if seen is None:
            raise NetworkNotFound
        check(wanted, seen)
        if seen is HOME and wanted.password != PASSWORD:
            raise WrongPassword
        self.known.append(wanted)


class NoWifi(Wifi):
    async def add(self, identity: str, settings: Settings) -> None:
        raise NoRadio

    async def remove(self, identity: str) -> None:
        raise NoRadio

    async def joined(self) -> Network | None:
        raise NoRadio

    async def look(self) -> list[Network]:
        raise NoRadio

    async def join(self, wanted: Wanted) -> None:
        raise NoRadio


def hotspot(wifi: Wifi) -> Hotspot:
    return Hotspot(wifi, "Spoq-Setup-X9RC", "k7pm-x3dh-w4qn-8tcb")
