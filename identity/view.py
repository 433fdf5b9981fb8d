"""Who belongs here, for those who serve devices: a file that identityd writes anew before it is a second old.

Whoever finds it older believes nobody: identityd hangs or is gone, and nobody can say who was thrown out meanwhile. It
is in memory (/run), and each change is in it before anybody is told, so that it holds with the bus down, too.
"""

import asyncio
import time
from collections.abc import Callable
from pathlib import Path

from cryptography import x509
from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from google.protobuf.message import DecodeError

from bus import messages_pb2 as pb
from identity.errors import IdentityError, Unknown
from identity.records import PLACES, Device, Service

NAME = "household"
BEAT_S, FRESH_S = 0.4, 1.0
MODE = 0o640
MOST_BYTES = 512 * 1024


class ViewStale(IdentityError):
    """Nobody can say just now who belongs here."""


class Shown:
    """The file, by its only writer. `show` at each change; `run` keeps it fresh."""

    def __init__(self, folder: Path, monotonic_ns: Callable[[], int] = time.monotonic_ns) -> None:
        self._path, self._monotonic_ns = folder / NAME, monotonic_ns
        self._household = pb.Household()

    def show(self, household: pb.Household) -> None:
        """On disk in memory when this returns. Raises OSError."""
        self._household = household
        content = pb.HouseholdView(written_ns=self._monotonic_ns(), household=household).SerializeToString()
        fresh = self._path.with_suffix(".new")
        fresh.unlink(missing_ok=True)
        fresh.touch()
        fresh.chmod(MODE)
        fresh.write_bytes(content)
        fresh.replace(self._path)

    async def run(self) -> None:
        """Until cancelled."""
        while True:
            await asyncio.sleep(BEAT_S)
            self.show(self._household)


class View:
    """The file, by anybody who reads it. Each question reads it anew, and raises ViewStale where it is too old."""

    def __init__(self, folder: Path, monotonic_ns: Callable[[], int] = time.monotonic_ns) -> None:
        self._path, self._monotonic_ns = folder / NAME, monotonic_ns

    def household(self) -> pb.Household:
        """Everybody."""
        try:
            with self._path.open("rb") as file:
                view = pb.HouseholdView.FromString(file.read(MOST_BYTES))
        except (OSError, DecodeError) as error:
            raise ViewStale from error
        if not 0 <= self._monotonic_ns() - view.written_ns < FRESH_S * 1e9:
            raise ViewStale
        return view.household

    def device(self, key: bytes) -> Device:
        """Whose key (P-256, uncompressed) that is, if it is let in. Raises Unknown."""
        for each in self.household().devices:
            if each.key == key:
                place = int(each.address.rpartition(".")[2]) - PLACES * each.profile
                return Device(each.key, each.wireguard_key, each.name, each.profile, place)
        raise Unknown

    def may(self, device: Device, service: Service) -> bool:
        """Whether the owner lets a device's profile use that."""
        return not any(each.number == device.profile and service in each.withheld for each in self.household().profiles)


def key_of(certificate: bytes) -> bytes:
    """The key (P-256, uncompressed) in a certificate (X.509, DER). Raises Unknown: it is of no device."""
    try:
        key = x509.load_der_x509_certificate(certificate).public_key()
    except (ValueError, UnsupportedAlgorithm) as error:
        raise Unknown from error
    if not isinstance(key, ec.EllipticCurvePublicKey):
        raise Unknown
    return key.public_bytes(Encoding.X962, PublicFormat.UncompressedPoint)
