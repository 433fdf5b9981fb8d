"""What a device shows when it calls, and what the box shows it: certificates of their keys, by the box's own authority.

A device's says only that the box has let this key in. Whether it still is let in, the records say (docs/identity.md);
so it is as long valid as the authority, and begins when the system was built: a box may not know the time.
"""

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

from identity.errors import IdentityError
from identity.keys import Keys, usage
from identity.records import BOX_NAME, device_id


def issue(keys: Keys, key: bytes) -> bytes:
    """The certificate (X.509, DER) of a device's key (P-256, uncompressed). Raises IdentityError: it is no key."""
    return _issue(keys, key, device_id(key), ExtendedKeyUsageOID.CLIENT_AUTH)


def of_box(keys: Keys, key: bytes) -> bytes:
    """The certificate (X.509, DER) of the box's own key in TLS (P-256, uncompressed). Raises IdentityError: it is no
    key."""
    name = x509.SubjectAlternativeName([x509.DNSName(BOX_NAME)])
    return _issue(keys, key, BOX_NAME, ExtendedKeyUsageOID.SERVER_AUTH, (name, False))


def _issue(
    keys: Keys,
    key: bytes,
    name: str,
    usage_of_tls: x509.ObjectIdentifier,
    *also: tuple[x509.ExtensionType, bool],
) -> bytes:
    try:
        public = ec.EllipticCurvePublicKey.from_encoded_point(ec.SECP256R1(), key)
    except ValueError as error:
        raise IdentityError("This is no key of its kind.") from error
    authority = keys.certificate
    named = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
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
        (x509.ExtendedKeyUsage([usage_of_tls]), False),
        (x509.AuthorityKeyIdentifier.from_issuer_public_key(keys.authority.public_key()), False),
        *also,
    )
    for extension, critical in extensions:
        unsigned = unsigned.add_extension(extension, critical)
    return unsigned.sign(keys.authority, hashes.SHA256()).public_bytes(Encoding.DER)
