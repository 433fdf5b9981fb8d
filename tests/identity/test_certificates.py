"""The certificate of a device, as a TLS library sees it that knows the box's authority."""

import ssl
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat, PublicFormat
from cryptography.x509.oid import ExtendedKeyUsageOID

from identity import certificates, keys
from identity.errors import IdentityError
from identity.keys import Keys
from identity.records import BOX_NAME, device_id

BUILT = datetime(2026, 1, 1, tzinfo=UTC)


def encoded(key: ec.EllipticCurvePrivateKey) -> bytes:
    return key.public_key().public_bytes(Encoding.X962, PublicFormat.UncompressedPoint)


def box(folder: Path) -> Keys:
    folder.mkdir()
    return keys.ensure(folder, BUILT)


def pem_files(folder: Path, key: ec.EllipticCurvePrivateKey, *chain: x509.Certificate) -> tuple[Path, Path]:
    paths = folder / "shown.crt", folder / "shown.pem"
    paths[0].write_bytes(b"".join(each.public_bytes(Encoding.PEM) for each in chain))
    paths[1].write_bytes(key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()))
    return paths


def caller(folder: Path, knows: Keys, issued_by: Keys, key: ec.EllipticCurvePrivateKey) -> x509.Certificate:
    """Who a server that knows one box sees, when a device calls with what a box gave it. Raises ssl.SSLError."""
    shown = x509.load_der_x509_certificate(certificates.issue(issued_by, encoded(key)))
    own = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([])
    self_signed = x509.CertificateBuilder(name, name, own.public_key(), 1, BUILT, BUILT + timedelta(days=9999))
    server, client = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER), ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    server.load_cert_chain(*pem_files(folder, own, self_signed.sign(own, hashes.SHA256())))
    server.verify_mode = ssl.CERT_REQUIRED
    server.load_verify_locations(cadata=knows.certificate.public_bytes(Encoding.PEM).decode())
    client.check_hostname, client.verify_mode = False, ssl.CERT_NONE
    client.load_cert_chain(*pem_files(folder, key, shown, issued_by.certificate))
    up, down = ssl.MemoryBIO(), ssl.MemoryBIO()
    at_box = server.wrap_bio(up, down, server_side=True)
    at_device = client.wrap_bio(down, up)
    for _ in range(2):
        for end in (at_device, at_box):
            with suppress(ssl.SSLWantReadError):
                end.do_handshake()
    seen = at_box.getpeercert(binary_form=True)
    assert seen is not None
    return x509.load_der_x509_certificate(seen)


def test_a_server_that_knows_the_box_knows_its_device(tmp_path: Path) -> None:
    ours, key = box(tmp_path / "ours"), ec.generate_private_key(ec.SECP256R1())
    seen = caller(tmp_path, ours, ours, key)
    assert seen.subject.rfc4514_string() == f"CN={device_id(encoded(key))}"


def test_what_another_box_gave_is_refused(tmp_path: Path) -> None:
    ours, theirs = box(tmp_path / "ours"), box(tmp_path / "theirs")
    with pytest.raises(ssl.SSLCertVerificationError):
        caller(tmp_path, ours, theirs, ec.generate_private_key(ec.SECP256R1()))


def test_a_device_is_no_authority(tmp_path: Path) -> None:
    """What a device signs with its own key is nobody's."""
    ours, key = box(tmp_path / "ours"), ec.generate_private_key(ec.SECP256R1())
    shown = x509.load_der_x509_certificate(certificates.issue(ours, encoded(key)))
    pretending = Keys(ours.identity, key, shown)
    with pytest.raises(ssl.SSLCertVerificationError, match="invalid CA certificate"):
        caller(tmp_path, ours, pretending, ec.generate_private_key(ec.SECP256R1()))


@pytest.mark.parametrize("key", [b"", bytes(65), b"\x04" + bytes(64)])
def test_what_is_no_key_gets_none(tmp_path: Path, key: bytes) -> None:
    with pytest.raises(IdentityError, match="no key of its kind"):
        certificates.issue(box(tmp_path / "ours"), key)


def test_what_the_box_shows_is_the_boxs_and_no_devices(tmp_path: Path) -> None:
    ours, key = box(tmp_path / "ours"), encoded(ec.generate_private_key(ec.SECP256R1()))
    shown = x509.load_der_x509_certificate(certificates.of_box(ours, key))
    names = shown.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    uses = shown.extensions.get_extension_for_class(x509.ExtendedKeyUsage).value
    assert names.get_values_for_type(x509.DNSName) == [BOX_NAME]
    assert list(uses) == [ExtendedKeyUsageOID.SERVER_AUTH]
