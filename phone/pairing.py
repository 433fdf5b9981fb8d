"""A computer pairs with a box by requests to its set-up port, as docs/pairing.md says."""

import os
import secrets
import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path

from aiohttp import ClientError, ClientSession, ClientTimeout
from google.protobuf.message import DecodeError

from pairing import messages_pb2 as pb
from pairing.device_side import Device, DeviceSide
from pairing.errors import Malformed, PairingError
from pairing.port import KIND
from pairing.serial import Serial
from pairing.setup_code import SetupCode
from phone.errors import Denied, NotReached
from phone.keeping import Box, Given, Kept, Keys, New, of

ANSWER_S = 20.0
NONCE_BYTES = 32
NOBODY_THERE = (
    "No box waits there to be paired. Is it plugged in, and in this network? One that has an owner waits when its "
    "button was held for three seconds and let go; its ring shows it."
)
LOCALTIME, ZONES = Path("/etc/localtime"), "/zoneinfo/"


@dataclass(frozen=True)
class Paired:
    """How it ended. `recovery_key`: only the first owner's device ever sees it, once."""

    box: Box
    given: Given
    keys: Keys
    recovery_key: str = field(repr=False)

    def keep(self) -> Kept:
        """On this computer's disk. Raises PhoneError."""
        kept = of(self.box.serial)
        kept.save(self.box, self.given, self.keys)
        New().used()
        return kept


async def pair(
    address: str, port: int, code: SetupCode, serial: Serial | None, name: str, tell: Callable[[str], None]
) -> Paired:
    """With the box at this address, whose serial may be known. `tell` hears how far it is.

    Raises RunFailed or NotNow as the box or this side says, NotReached, Denied, or PhoneError.
    """
    keys = New().keys()
    device = Device(keys.device, name, keys.wireguard.public_key().public_bytes_raw(), zone(), locale())
    side = DeviceSide(device, code, serial, secrets.token_bytes(NONCE_BYTES), time.time_ns() // 1_000_000)
    host = f"[{address}]" if ":" in address else address
    url = f"http://{host}:{port}/pair/{secrets.token_hex(16)}"
    steps = iter(("The box answers.", "It is this box's code.", "The box lets this computer in.", ""))
    async with ClientSession(timeout=ClientTimeout(total=ANSWER_S), trust_env=False) as http:
        waiting = [side.first]
        try:
            while waiting:
                answers = await _ask(http, url, waiting)
                waiting = [said for each in answers for said in side.take(each)]
                if step := next(steps, ""):
                    tell(step)
        except PairingError:
            await _give_up(http, url)
            raise
    given = Given(side.enrolment.certificate, side.enrolment.authority)
    return Paired(_box(side, address), given, keys, side.recovery_key)


def zone() -> str:
    """The IANA name of this computer's zone; empty where it has none."""
    try:
        return str(LOCALTIME.resolve(strict=True)).partition(ZONES)[2]
    except OSError:
        return ""


def locale() -> str:
    """BCP 47, by the environment; empty where it says nothing."""
    named = os.environ.get("LC_ALL") or os.environ.get("LANG") or ""
    found = named.partition(".")[0].replace("_", "-")
    return "" if found in ("C", "POSIX") else found


async def _ask(http: ClientSession, url: str, messages: list[bytes]) -> list[bytes]:
    """Raises NotReached, Denied, or Malformed."""
    body = pb.Parcel(messages=messages).SerializeToString()
    try:
        async with http.post(url, data=body, headers={"Content-Type": KIND}, allow_redirects=False) as response:
            content = await response.read()
    except (ClientError, TimeoutError, OSError) as error:
        raise NotReached(NOBODY_THERE) from error
    if response.status != 200:
        raise Denied(content.decode(errors="replace")[:200] or f"The box answers {response.status}.")
    try:
        return list(pb.Parcel.FromString(content).messages)
    except DecodeError as error:
        raise Malformed from error


async def _give_up(http: ClientSession, url: str) -> None:
    """So that the box waits no longer for this attempt: whoever mistyped begins anew at once."""
    with suppress(ClientError, TimeoutError, OSError):
        async with http.delete(url, headers={"Content-Type": KIND}, allow_redirects=False):
            pass


def _box(side: DeviceSide, address: str) -> Box:
    """Where it was found now is where it is looked for first."""
    given = side.enrolment
    return Box(
        serial=str(side.serial),
        key=side.box_key.hex(),
        profile=given.profile,
        device=given.device,
        addresses=tuple(dict.fromkeys((address, *given.addresses))),
        box_address=given.box_address,
        device_address=given.device_address,
    )
