"""What a device shows when it calls: a certificate of its key, by the box's own authority.

It says only that the box has let this key in. Whether it still is let in, the records say (docs/identity.md); so it is
as long valid as the authority, and begins when the system was built: a box may not know the time.
"""

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

from identity.errors import IdentityError
from identity.keys import Keys, usage
from identity.records import device_id


def issue(keys: Keys, key: bytes) -> bytes:
    """The certificate (X.509, DER) of a device's key (P-256, uncompressed). Raises IdentityError: it is no key."""
    try:
        public = ec.EllipticCurvePublicKey.from_encoded_point(ec.SECP256R1(), key)
    except ValueError as error:
        raise IdentityError("This is no key of a device.") from error
    authority = keys.certificate
    named = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, device_id(key))])
    unsigned = x509.CertificateBuilder(
        authority.subject,
        named,
        public,
        x509.random_serial_number(),
        authority.not_valid_before_utc,
        authority.not_valid_after_utc,
    )
    extensions: tuple[tuple[x509.ExtensionType, bool], ...] = (
        (x509.BasicConstraints(ca=False, path_length=None), True),
        (usage(digital_signature=True), True),
        (x509.ExtendedKeyUsage([ExtendedKeyUsageOID.CLIENT_AUTH]), False),
        (x509.AuthorityKeyIdentifier.from_issuer_public_key(keys.authority.public_key()), False),
    )
    for extension, critical in extensions:
        unsigned = unsigned.add_extension(extension, critical)
    return unsigned.sign(keys.authority, hashes.SHA256()).public_bytes(Encoding.DER)


def holder(certificate: x509.Certificate) -> str:
    """The number of the device that shows it. Raises IdentityError: its key is of another kind."""
    key = certificate.public_key()
    if not isinstance(key, ec.EllipticCurvePublicKey) or not isinstance(key.curve, ec.SECP256R1):
        raise IdentityError("This is no certificate of a device.")
    numbers = key.public_numbers()
    return device_id(b"\x04" + numbers.x.to_bytes(32, "big") + numbers.y.to_bytes(32, "big"))
