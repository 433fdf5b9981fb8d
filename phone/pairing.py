"""A computer pairs with a box, whichever way leads there: `phone/network.py`, or `phone/radio.py`."""

import os
import secrets
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Protocol

from pairing import messages_pb2 as pb
from pairing import outcomes
from pairing.device_side import Device, DeviceSide, State, Wishes
from pairing.errors import PairingError
from pairing.messages import ZONE
from pairing.serial import Serial
from pairing.setup_code import SetupCode
from pairing.wifi import Wanted
from phone.errors import NotReached, PhoneError
from phone.keeping import Box, Given, Kept, Keys, New, of

NONCE_BYTES = 32
STEPS = {
    State.HELLO: "The box answers.",
    State.ANSWER: "It is this box's code.",
    State.ENROLMENT: "The box lets this computer in.",
    State.KNOWN: "The box knows this computer.",
}
"""What is told when the box has said what a run waited for."""
NOT_ALLOWED = "Only a device of the owner's chooses the box's network."
WENT_AWAY = "The box does not answer here any more. If it joined the network, it is there: spoq phone status"
LOCALTIME, ZONES = Path("/etc/localtime"), "/zoneinfo/"


class Way(Protocol):
    """To one box."""

    @property
    def address(self) -> str:
        """Where it is in the network; empty where this way does not say."""

    async def converse(self, side: DeviceSide, wishes: Wishes) -> None:
        """The whole run, and the wishes of a side that stays.

        Raises RunFailed or NotNow as the box or this side says, NotReached, Denied, and what the wishes raise.
        """


@dataclass(frozen=True)
class Paired:
    """How it ended. `recovery_key`: only the first owner's device ever sees it, once. `wifi_trouble`: why the network
    was not joined."""

    box: Box
    given: Given
    keys: Keys
    recovery_key: str = field(repr=False)
    wifi_trouble: str = ""

    def keep(self) -> Kept:
        """On this computer's disk. Raises PhoneError."""
        kept = of(self.box.serial)
        kept.save(self.box, self.given, self.keys)
        New().used()
        return kept


async def pair(
    way: Way,
    code: SetupCode,
    serial: Serial | None,
    name: str,
    tell: Callable[[str], None],
    wifi: Wanted | None = None,
) -> Paired:
    """With the box at the way's end, whose serial may be known; `wifi` it joins then. `tell` hears how far it is.

    Raises RunFailed or NotNow as the box or this side says, NotReached, Denied, or PhoneError.
    """
    keys = New().keys()
    public = keys.wireguard.public_key().public_bytes_raw()
    device = Device(keys.device, name, public, zone(), locale(), stays=wifi is not None)
    run = _Run(device, code, serial, tell, wifi)
    trouble = await _converse(way, run)
    given = Given(run.enrolment.certificate, run.enrolment.authority)
    return Paired(_box(run, way.address), given, keys, run.recovery_key, trouble)


def zone() -> str:
    """The IANA name of the zone that this computer, or who runs this, is in; empty where there is none."""
    named = os.environ.get("TZ", "").removeprefix(":")
    if ZONE.fullmatch(named):
        return named
    try:
        return str(LOCALTIME.resolve(strict=True)).partition(ZONES)[2]
    except OSError:
        return ""


def locale() -> str:
    """BCP 47, by the environment; empty where it says nothing."""
    named = os.environ.get("LC_ALL") or os.environ.get("LANG") or ""
    found = named.partition(".")[0].replace("_", "-")
    return "" if found in ("C", "POSIX") else found


class _Run(DeviceSide):
    """It tells how far it is, and has the box join `wifi`. `known`: the box knows this computer; `asked`: to join."""

    def __init__(
        self,
        device: Device,
        code: SetupCode,
        serial: Serial | None,
        tell: Callable[[str], None],
        wifi: Wanted | None,
    ) -> None:
        super().__init__(device, code, serial, secrets.token_bytes(NONCE_BYTES), time.time_ns() // 1_000_000)
        self.known = self.asked = False
        self.wifi = wifi
        self._tell = tell

    def take(self, content: bytes) -> list[bytes]:
        waited = self.state
        said = super().take(content)
        self.known = self.known or waited is State.KNOWN
        if waited in STEPS:
            self._tell(STEPS[waited])
        return said

    def wish(self, _side: DeviceSide) -> bytes:
        """Raises WifiError, as the box says."""
        if self.wifi is None or self.asked:
            outcomes.check(self.joined.outcome)
            return self.leave()
        self.asked = True
        self._tell("It looks for the Wi-Fi …")
        return self.join(self.wifi)


async def _converse(way: Way, run: _Run) -> str:
    """Why the box is not in the network that is wanted. Raises as `pair`, as long as the box does not know this
    computer: from then on it is paired, whatever becomes of the Wi-Fi."""
    try:
        await way.converse(run, run.wish)
    except (PairingError, PhoneError) as error:
        if not run.known:
            raise
        if run.joined.outcome == pb.DONE:
            return ""
        return WENT_AWAY if isinstance(error, NotReached) else str(error)
    return NOT_ALLOWED if run.wifi is not None and not run.asked else ""


def _box(side: DeviceSide, address: str) -> Box:
    """Where it was found now is where it is looked for first."""
    given = side.enrolment
    places = (address, *given.addresses, *side.joined.addresses)
    return Box(
        serial=str(side.serial),
        key=side.box_key.hex(),
        profile=given.profile,
        device=given.device,
        addresses=tuple(dict.fromkeys(each for each in places if each)),
        box_address=given.box_address,
        device_address=given.device_address,
    )
