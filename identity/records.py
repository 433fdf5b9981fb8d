"""Whom a box knows: what any part of it may read. Pure, and frozen."""

import hashlib
from dataclasses import dataclass, field
from enum import StrEnum
from ipaddress import IPv4Address

ID_CHARACTERS = 16
NETWORK = IPv4Address("10.100.0.0")
"""The tunnel's."""
BOX_ADDRESS = NETWORK + 1
BOX_NAME = "box.spoq.internal"
"""By which devices know the box in TLS, wherever it is: nobody else has a certificate of its authority for that."""
PLACES = 10
"""Addresses of a profile: 10 to 19 of the first, 20 to 29 of the second."""
OWNER = 1
"""The number of the first profile."""


class Service(StrEnum):
    """What a device may use of a box, or not, as the owner says of its profile; the owner's may use all of it."""

    ASK = "ask"
    """To ask it something, typed or spoken into the device."""
    FOLLOW = "follow"
    """To be told what happens: that somebody speaks to the box, or may pair."""


@dataclass(frozen=True)
class Profile:
    """A person: `number` counts from 1, the owner's. `withheld` are services; a later release may know more of them."""

    number: int
    name: str
    withheld: frozenset[str] = frozenset()


@dataclass(frozen=True)
class Device:
    """Something of a person's that has a key. `key`: P-256, 65 bytes; `wireguard_key`: Curve25519, 32 bytes."""

    key: bytes = field(repr=False)
    wireguard_key: bytes = field(repr=False)
    name: str
    profile: int
    place: int
    """Among those of its profile, from 0."""

    @property
    def id(self) -> str:
        return device_id(self.key)

    @property
    def address(self) -> IPv4Address:
        """In the tunnel."""
        return NETWORK + (PLACES * self.profile + self.place)


def device_id(key: bytes) -> str:
    """By what a device is called where nobody reads it."""
    return hashlib.sha256(key).hexdigest()[:ID_CHARACTERS]


class Deed(StrEnum):
    """What the log remembers."""

    LET_IN = "let in"
    LET_IN_AGAIN = "let in again"
    REMOVED = "removed"
    NAMED = "named"
    GRANTED = "granted"
    WITHHELD = "withheld"
    MADE_ROOM = "made room"
    REFUSED = "refused"


@dataclass(frozen=True)
class Entry:
    """A line of the log: who did what, and to whom. `unix_ms` is 0 where the box did not know the time. `deed`: one of
    Deed, or one that only a later release knows."""

    deed: str
    by: str
    """A device's id, "button", "terminal", "label" (of a box that was nobody's), or "": nobody had asked for it."""
    whom: str
    words: str = ""
    unix_ms: int = 0
