"""What a device keeps of a box that it is paired with: a folder for each, readable for its person only.

Keys are kept before a pairing begins, and used by the next one if it does not end well: the box may know them already.

    device.pem        the device's key, P-256, and behind it the certificate that the box gave for it
    wireguard.key     its key for the tunnel, Curve25519, base64
    authority.pem     the box's authority: whoever has a certificate of it is that box, or a device of it
    box.json          what is no secret: serial, the box's identity, names, addresses
"""

import base64
import json
import os
from contextlib import suppress
from dataclasses import asdict, dataclass, field
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec, x25519
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat, load_pem_private_key

from files import durable
from pairing import serial as serials
from phone.errors import NotPaired, PhoneError

MODE = 0o600
NEW, END = "new.pem", b"-----END PRIVATE KEY-----\n"
DEVICE, WIREGUARD, AUTHORITY, BOX = "device.pem", "wireguard.key", "authority.pem", "box.json"
MOST_BYTES = 64 * 1024


@dataclass(frozen=True)
class Box:
    """A box, as its device knows it. `key`: Ed25519, hexadecimal; `addresses`: at home, best first."""

    serial: str
    key: str
    profile: str
    device: str
    addresses: tuple[str, ...]
    box_address: str
    device_address: str


@dataclass(frozen=True)
class Given:
    """What a pairing gave: X.509, DER."""

    certificate: bytes
    authority: bytes


def home() -> Path:
    """$SPOQ_PHONE, or where this computer keeps such things (XDG Base Directory)."""
    named = os.environ.get("SPOQ_PHONE")
    if named:
        return Path(named)
    data = os.environ.get("XDG_DATA_HOME") or Path.home() / ".local/share"
    return Path(data) / "spoq/phone"


@dataclass(frozen=True)
class Keys:
    """A device's own."""

    device: ec.EllipticCurvePrivateKey = field(repr=False)
    wireguard: x25519.X25519PrivateKey = field(repr=False)


class New:
    """The keys of the next pairing."""

    def __init__(self) -> None:
        self._path = home() / NEW

    def keys(self) -> Keys:
        """Those of a pairing that did not end well, or new ones, on the disk. Raises PhoneError."""
        try:
            if not self._path.exists():
                self._path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
                made = _private(ec.generate_private_key(ec.SECP256R1()))
                durable.write(self._path, made + _private(x25519.X25519PrivateKey.generate()), MODE)
            first, end, second = self._path.read_bytes()[:MOST_BYTES].partition(END)
            device, wireguard = load_pem_private_key(first + end, None), load_pem_private_key(second, None)
        except (OSError, ValueError) as error:
            raise PhoneError(f"New keys can't be made or read. Remove {self._path}, and try again.") from error
        assert isinstance(device, ec.EllipticCurvePrivateKey)
        assert isinstance(wireguard, x25519.X25519PrivateKey)
        return Keys(device, wireguard)

    def used(self) -> None:
        """They are a box's now."""
        self._path.unlink(missing_ok=True)


class Kept:
    """One box's folder."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    @property
    def device(self) -> Path:
        """Key and certificate, as TLS libraries take them."""
        return self.folder / DEVICE

    @property
    def authority(self) -> Path:
        return self.folder / AUTHORITY

    def save(self, box: Box, given: Given, keys: Keys) -> None:
        """All of it. Raises PhoneError."""
        private = _private(keys.device)
        try:
            self.folder.mkdir(parents=True, exist_ok=True, mode=0o700)
            durable.write(self.device, private + _pem(given.certificate), MODE)
            durable.write(self.folder / WIREGUARD, base64.b64encode(keys.wireguard.private_bytes_raw()) + b"\n", MODE)
            durable.write(self.authority, _pem(given.authority), MODE)
            durable.write(self.folder / BOX, json.dumps(asdict(box), indent=1).encode() + b"\n", MODE)
        except OSError as error:
            raise PhoneError(f"What the box gave can't be kept: {error.strerror}.") from error

    def box(self) -> Box:
        """Raises PhoneError."""
        try:
            with (self.folder / BOX).open("rb") as file:
                found = json.loads(file.read(MOST_BYTES))
            return Box(**{**found, "addresses": tuple(found["addresses"])})
        except (OSError, ValueError, TypeError, KeyError) as error:
            raise PhoneError(f"What is known of the box in {self.folder} can't be read.") from error

    def forget(self) -> None:
        """The key too: it is worth nothing any more."""
        for name in (BOX, DEVICE, WIREGUARD, AUTHORITY):
            (self.folder / name).unlink(missing_ok=True)
        with suppress(OSError):
            # Somebody may have put something else there.
            self.folder.rmdir()


def of(serial: str) -> Kept:
    """The folder of a box, `SPQ-XXXX-XXXX`."""
    return Kept(home() / serial)


def only(serial: str | None) -> Kept:
    """The box with this serial, as somebody typed it; without one the only box. Raises NotPaired, NotASerial, or
    PhoneError: there are several, or others."""
    found = {each.parent.name: each.parent for each in home().glob(f"*/{BOX}")}
    wanted = str(serials.parse(serial)) if serial is not None else next(iter(found), "")
    if not found:
        raise NotPaired
    if wanted not in found or (serial is None and len(found) > 1):
        raise PhoneError(f"Say which box: --box {' or --box '.join(sorted(found))}.")
    return Kept(found[wanted])


def _private(key: ec.EllipticCurvePrivateKey | x25519.X25519PrivateKey) -> bytes:
    return key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())


def _pem(certificate: bytes) -> bytes:
    return x509.load_der_x509_certificate(certificate).public_bytes(Encoding.PEM)
