"""Wi-Fi: the networks that a radio sees, what NetworkManager is told to join one, and why it could not. Pure.

Sources: NetworkManager's reference (NM80211ApFlags, NM80211ApSecurityFlags, NMDeviceStateReason, the settings
802-11-wireless and 802-11-wireless-security); IEEE 802.11-2020, table 9-50 and 12.4.8.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from enum import IntFlag, StrEnum
from typing import Any

from pairing.errors import (
    JoinFailed,
    NetworkNotFound,
    NoAddress,
    NotANetwork,
    UnsupportedNetwork,
    WrongPassword,
)

MOST_SSID = 32
PASSWORD = range(8, 64)
"""Characters of WPA2's; 64 are the key itself, in hexadecimal."""
KEY_LENGTH = 64
MOST_PASSWORD = 64

NO_SECRETS, SSID_NOT_FOUND = 7, 53
NO_ADDRESS = (5, 6, 15, 16, 17)
"""No configuration, or none in time; DHCP's three."""
REJECTED = (1, 15)
"""How an access point ends SAE's exchange with who does not know the password: “unspecified”, “challenge failure”."""


Settings = dict[str, dict[str, tuple[str, Any]]]
"""NetworkManager's: sections of keys, each with its D-Bus signature."""


class Security(StrEnum):
    """What keeps others out of a network."""

    OPEN = "open"
    WPA2 = "wpa2"
    WPA3 = "wpa3"
    # It wants a name and a password of each person, or what everybody can break (WEP).
    UNSUPPORTED = "unsupported"


class ApFlags(IntFlag):
    PRIVACY = 0x1


class Keys(IntFlag):
    """How an access point agrees on keys."""

    PSK = 0x100
    ENTERPRISE = 0x200
    SAE = 0x400
    OWE = 0x800
    OWE_TRANSITION = 0x1000


@dataclass(frozen=True)
class Network:
    """One that the radio sees. `ssid`: its name, which may be any bytes; `strength`: 0 to 100; `hidden`: it tells its
    name only who asks for it."""

    ssid: bytes
    strength: int
    security: Security
    hidden: bool = False

    @property
    def name(self) -> str:
        """For people: what is no UTF-8 in it is shown as such."""
        return self.ssid.decode(errors="replace")


@dataclass(frozen=True)
class Wanted:
    """What somebody wants to join. Raises NotANetwork. An open network has an empty `password`; `hostname` is what the
    network is told that the box is called, where somebody has said it."""

    ssid: bytes
    password: bytes = field(repr=False)
    hostname: str = ""

    def __post_init__(self) -> None:
        if not 0 < len(self.ssid) <= MOST_SSID:
            raise NotANetwork("A network's name has 1 to 32 characters.")
        if self.password and not _is_password(self.password):
            raise NotANetwork("A Wi-Fi password has 8 to 63 characters.")


def network(properties: Mapping[str, Any]) -> Network | None:
    """From an access point's properties; None where it does not say its name."""
    ssid = bytes(properties.get("Ssid", b""))
    if not ssid.strip(b"\0") or len(ssid) > MOST_SSID:
        return None
    flags = ApFlags(properties.get("Flags", 0))
    keys = Keys(properties.get("WpaFlags", 0) | properties.get("RsnFlags", 0))
    return Network(ssid, min(100, properties.get("Strength", 0)), _security(flags, keys))


def networks(access_points: Sequence[Mapping[str, Any]]) -> list[Network]:
    """From all access points' properties: each name once, the strongest first. A hidden one is there twice, with the
    name that it told somebody and without."""
    nameless = {each.get("HwAddress") for each in access_points if network(each) is None}
    found = ((network(each), each.get("HwAddress")) for each in access_points)
    return best(replace(each, hidden=address in nameless) for each, address in found if each is not None)


def best(networks: Iterable[Network]) -> list[Network]:
    """Each name once, the strongest first."""
    found: dict[bytes, Network] = {}
    for each in sorted(networks, key=lambda one: -one.strength):
        found.setdefault(each.ssid, each)
    return list(found.values())


def check(wanted: Wanted, seen: Network) -> None:
    """Raises UnsupportedNetwork, or WrongPassword where none was given and one is needed."""
    if seen.security is Security.UNSUPPORTED:
        raise UnsupportedNetwork
    if seen.security is not Security.OPEN and not wanted.password:
        raise WrongPassword("This network wants a password.")


def settings(wanted: Wanted, seen: Network) -> Settings:
    """How NetworkManager joins it. A hidden one it has to ask for by its name, which it then tells to all around."""
    made: Settings = {
        "connection": {"type": ("s", "802-11-wireless"), "id": ("s", seen.name)},
        "802-11-wireless": {"ssid": ("ay", wanted.ssid), "hidden": ("b", seen.hidden)},
        "ipv4": {"method": ("s", "auto")},
        "ipv6": {"method": ("s", "auto")},
    }
    if wanted.hostname:
        made["ipv4"]["dhcp-hostname"] = made["ipv6"]["dhcp-hostname"] = ("s", wanted.hostname)
    if seen.security is not Security.OPEN:
        made["802-11-wireless-security"] = {
            "key-mgmt": ("s", "sae" if seen.security is Security.WPA3 else "wpa-psk"),
            "psk": ("s", wanted.password.decode()),
        }
    return made


def failure(reason: int) -> JoinFailed:
    """Why, from the reason of the device's state."""
    if reason == NO_SECRETS:
        return WrongPassword()
    if reason in NO_ADDRESS:
        return NoAddress()
    if reason == SSID_NOT_FOUND:
        return NetworkNotFound()
    return JoinFailed()


def _security(flags: ApFlags, keys: Keys) -> Security:
    # Where a network speaks both, what older devices speak does, and the newer is tried all the same.
    if keys & Keys.PSK:
        return Security.WPA2
    if keys & Keys.SAE:
        return Security.WPA3
    if keys & (Keys.OWE | Keys.ENTERPRISE) or flags & ApFlags.PRIVACY:
        return Security.UNSUPPORTED
    return Security.OPEN


def _is_password(password: bytes) -> bool:
    if len(password) == KEY_LENGTH:
        return all(each in b"0123456789abcdefABCDEF" for each in password)
    try:
        password.decode()
    except UnicodeDecodeError:
        return False
    return len(password) in PASSWORD and b"\0" not in password
