"""The box's own keys: its identity, and the authority that signs its devices' certificates.

    identity.pem    Ed25519, signs only: what a paired device pins
    authority.pem   ECDSA on P-256, which every TLS library takes; authority.crt is its certificate

Made once, at the first start after the data partition was made; a factory reset makes the box a new one. Certificates
begin when the system was built, because a new box does not know the time.
"""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

from cryptography import x509
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, ed25519
from cryptography.hazmat.primitives.asymmetric.types import PrivateKeyTypes

from files import durable
from identity.errors import IdentityError

IDENTITY, AUTHORITY, CERTIFICATE = "identity.pem", "authority.pem", "authority.crt"
BUILT = "SPOQ_BUILT"
"""In os-release: seconds since 1970."""
VALID = timedelta(days=40 * 365)
MODE = 0o600
MOST_BYTES = 8192
OF_ANOTHER_KIND = "The box's keys are of another kind than it makes."


@dataclass(frozen=True)
class Keys:
    """The keys of one box; they stay in the program that reads them."""

    identity: ed25519.Ed25519PrivateKey
    authority: ec.EllipticCurvePrivateKey
    certificate: x509.Certificate

    @property
    def fingerprint(self) -> str:
        """SHA-256 of the public identity key, in hexadecimal."""
        digest = hashes.Hash(hashes.SHA256())
        digest.update(self.identity.public_key().public_bytes_raw())
        return digest.finalize().hex()


def ensure(folder: Path, built: datetime) -> Keys:
    """The keys in `folder`, made where there are none. Raises IdentityError: they can't be written, or are
    damaged, and nobody replaces them."""
    try:
        if not (folder / CERTIFICATE).exists():
            _make(folder, built)
    except OSError as error:
        raise IdentityError(f"The box's keys can't be written: {error.strerror}.") from error
    return read(folder)


def read(folder: Path) -> Keys:
    """Raises IdentityError: they are not all there, or do not belong together."""
    identity, authority = _private(folder / IDENTITY), _private(folder / AUTHORITY)
    if not isinstance(identity, ed25519.Ed25519PrivateKey) or not isinstance(authority, ec.EllipticCurvePrivateKey):
        raise IdentityError(OF_ANOTHER_KIND)
    try:
        certificate = x509.load_pem_x509_certificate(_content(folder / CERTIFICATE))
        certificate.verify_directly_issued_by(certificate)
    except (ValueError, TypeError, InvalidSignature) as error:
        raise IdentityError("The box's certificate is damaged.") from error
    if certificate.public_key() != authority.public_key():
        raise IdentityError("The box's certificate belongs to another key.")
    return Keys(identity, authority, certificate)


def built_at(os_release: str) -> datetime:
    """When this system was built, by its os-release. Raises IdentityError."""
    for line in os_release.splitlines():
        name, _, value = line.partition("=")
        if name == BUILT and value.isdecimal():
            return datetime.fromtimestamp(int(value), UTC)
    raise IdentityError("This system does not say when it was built.")


def usage(*, digital_signature: bool = False, key_cert_sign: bool = False, crl_sign: bool = False) -> x509.KeyUsage:
    """What a certificate's key may be used for, and nothing else."""
    return x509.KeyUsage(
        digital_signature=digital_signature,
        content_commitment=False,
        key_encipherment=False,
        data_encipherment=False,
        key_agreement=False,
        key_cert_sign=key_cert_sign,
        crl_sign=crl_sign,
        encipher_only=False,
        decipher_only=False,
    )


def _make(folder: Path, built: datetime) -> None:
    """What is not there, the certificate last. Keys stay: devices know the box by them."""
    if not (folder / IDENTITY).exists():
        durable.write(folder / IDENTITY, _pem(ed25519.Ed25519PrivateKey.generate()), MODE)
    if not (folder / AUTHORITY).exists():
        durable.write(folder / AUTHORITY, _pem(ec.generate_private_key(ec.SECP256R1())), MODE)
    authority = _private(folder / AUTHORITY)
    if not isinstance(authority, ec.EllipticCurvePrivateKey):
        raise IdentityError(OF_ANOTHER_KIND)
    certificate = _certificate(authority, built).public_bytes(serialization.Encoding.PEM)
    durable.write(folder / CERTIFICATE, certificate, MODE)


def _certificate(authority: ec.EllipticCurvePrivateKey, built: datetime) -> x509.Certificate:
    """By itself for itself: it may sign the certificates of devices, and no authority below it."""
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "Spoq box")])
    public = authority.public_key()
    unsigned = x509.CertificateBuilder(name, name, public, x509.random_serial_number(), built, built + VALID)
    unsigned = unsigned.add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
    unsigned = unsigned.add_extension(usage(key_cert_sign=True, crl_sign=True), critical=True)
    unsigned = unsigned.add_extension(x509.SubjectKeyIdentifier.from_public_key(public), critical=False)
    return unsigned.sign(authority, hashes.SHA256())


def _pem(key: ed25519.Ed25519PrivateKey | ec.EllipticCurvePrivateKey) -> bytes:
    return key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )


def _private(path: Path) -> PrivateKeyTypes:
    try:
        return serialization.load_pem_private_key(_content(path), None)
    except (ValueError, TypeError) as error:
        raise IdentityError(f"The box's key {path.name} is damaged.") from error


def _content(path: Path) -> bytes:
    try:
        with path.open("rb") as file:
            return file.read(MOST_BYTES)
    except OSError as error:
        raise IdentityError(f"The box's {path.name} can't be read: {error.strerror}.") from error
