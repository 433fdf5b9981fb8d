"""The box's own network to pair in, where it is in none: Spoq-Setup-XXXX, with the passphrase of its label.

    window open ──▶ profile in NetworkManager, in memory ──▶ on the air when the radio has nothing better
                              │         ▲
             joins a network  ▼         │ could not
                          taken away ───┘            window closed ──▶ taken away

NetworkManager itself brings it up whenever the radio is in no network, and down when it joins one: a radio can't do
both. Its people get their addresses from dnsmasq, and reach nothing but the box (nftables.conf).
"""

import logging
import uuid
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Protocol

from pairing.errors import WifiError
from pairing.wifi import Settings

log = logging.getLogger(__name__)

ADDRESS, PREFIX = "192.168.4.1", 24
NAMESPACE = uuid.UUID("70697370-716f-5b0f-8d52-9f3c4a8e5b0f")
CHANNELS = (1, 6, 11)
"""Where anybody may send, anywhere. NetworkManager itself takes one of thirteen by the name: of some names, the hotspot
would never start, because a radio that knows no country listens on the last two and must not speak first."""
LAST = -100
"""Of NetworkManager's priorities: whatever else is known comes first."""


class Profiles(Protocol):
    """NetworkManager, or one in a test. Its methods raise WifiError."""

    async def add(self, identity: str, settings: Settings) -> None:
        """In memory; nothing happens where it is there."""

    async def remove(self, identity: str) -> None:
        """Nothing happens where it is not there."""


def settings(name: str, passphrase: str) -> Settings:
    """How NetworkManager makes it."""
    return {
        "connection": {
            "type": ("s", "802-11-wireless"),
            "id": ("s", name),
            "uuid": ("s", identity(name)),
            "autoconnect": ("b", True),
            "autoconnect-priority": ("i", LAST),
        },
        "802-11-wireless": {
            "ssid": ("ay", name.encode()),
            "mode": ("s", "ap"),
            "band": ("s", "bg"),
            "channel": ("u", _channel(name)),
        },
        "802-11-wireless-security": {
            "key-mgmt": ("s", "wpa-psk"),
            "proto": ("as", ["rsn"]),
            "pairwise": ("as", ["ccmp"]),
            "group": ("as", ["ccmp"]),
            "psk": ("s", passphrase),
        },
        "ipv4": {
            "method": ("s", "shared"),
            "addresses": ("aau", [[int.from_bytes(bytes(map(int, ADDRESS.split("."))), "little"), PREFIX, 0]]),
        },
        "ipv6": {"method": ("s", "disabled")},
    }


def _channel(name: str) -> int:
    """Boxes that are set up side by side are not all on one."""
    return CHANNELS[uuid.uuid5(NAMESPACE, name).int % len(CHANNELS)]


def identity(name: str) -> str:
    """Of the profile, the same at each start: one that was left behind is found again."""
    return str(uuid.uuid5(NAMESPACE, name))


class Hotspot:
    """One box's. `let_in` as the window is opened and closed; `away` while the radio is needed for something else."""

    def __init__(self, profiles: Profiles, name: str, passphrase: str) -> None:
        self.ssid = name.encode()
        self._profiles, self._name, self._settings = profiles, name, settings(name, passphrase)
        self._wanted = False
        self._away = 0
        self._trouble = ""

    async def let_in(self, wanted: bool) -> bool:
        """Whether somebody may pair. Returns whether that could be done."""
        self._wanted = wanted
        return await self._bring_about()

    @asynccontextmanager
    async def away(self) -> AsyncIterator[None]:
        """The radio is free."""
        self._away += 1
        try:
            await self._bring_about()
            yield
        finally:
            self._away -= 1
            await self._bring_about()

    async def _bring_about(self) -> bool:
        try:
            if self._wanted and not self._away:
                await self._profiles.add(identity(self._name), self._settings)
            else:
                await self._profiles.remove(identity(self._name))
        except WifiError as error:
            # A box without Wi-Fi has none, and is paired by its other ways.
            if str(error) != self._trouble:
                log.info("there is no hotspot: %s", error)
            self._trouble = str(error)
            return False
        self._trouble = ""
        return True
