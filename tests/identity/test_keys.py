"""The box's own keys: made once, whole or again, and refused where they are damaged."""

from datetime import UTC, datetime
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec

from identity import keys
from identity.errors import IdentityError
from identity.keys import AUTHORITY, CERTIFICATE, IDENTITY

BUILT = datetime(2026, 11, 1, tzinfo=UTC)


def test_they_are_the_same_at_every_start(tmp_path: Path) -> None:
    made = keys.ensure(tmp_path, BUILT)
    again = keys.ensure(tmp_path, datetime(2030, 1, 1, tzinfo=UTC))
    assert made.fingerprint == again.fingerprint
    assert made.certificate == again.certificate


def test_two_boxes_have_nothing_in_common(tmp_path: Path) -> None:
    (tmp_path / "one").mkdir()
    (tmp_path / "two").mkdir()
    one, two = keys.ensure(tmp_path / "one", BUILT), keys.ensure(tmp_path / "two", BUILT)
    assert one.fingerprint != two.fingerprint
    assert one.authority.public_key() != two.authority.public_key()


def test_the_authority_is_valid_since_the_system_was_built_and_signs_devices_only(tmp_path: Path) -> None:
    certificate = keys.ensure(tmp_path, BUILT).certificate
    assert certificate.not_valid_before_utc == BUILT
    assert certificate.not_valid_after_utc.year == 2066
    constraints = certificate.extensions.get_extension_for_class(x509.BasicConstraints).value
    assert (constraints.ca, constraints.path_length) == (True, 0)


def test_nobody_else_can_read_them(tmp_path: Path) -> None:
    keys.ensure(tmp_path, BUILT)
    assert {path.stat().st_mode & 0o777 for path in tmp_path.iterdir()} == {0o600}


def test_a_lost_certificate_is_made_again_for_the_same_keys(tmp_path: Path) -> None:
    made = keys.ensure(tmp_path, BUILT)
    (tmp_path / CERTIFICATE).unlink()
    again = keys.ensure(tmp_path, BUILT)
    assert again.fingerprint == made.fingerprint
    assert again.certificate.public_key() == made.authority.public_key()


@pytest.mark.parametrize("there", [(), (IDENTITY,), (IDENTITY, AUTHORITY)])
def test_power_lost_while_they_are_made_only_delays_it(tmp_path: Path, there: tuple[str, ...]) -> None:
    made = keys.ensure(tmp_path, BUILT)
    for path in tmp_path.iterdir():
        if path.name not in there:
            path.unlink()
    (tmp_path / f"{CERTIFICATE}.new").write_bytes(b"half of")
    assert (keys.ensure(tmp_path, BUILT).fingerprint == made.fingerprint) == (IDENTITY in there)


@pytest.mark.parametrize("name", [IDENTITY, AUTHORITY, CERTIFICATE])
def test_damaged_ones_are_refused_and_kept(tmp_path: Path, name: str) -> None:
    keys.ensure(tmp_path, BUILT)
    (tmp_path / name).write_bytes(b"-----BEGIN")
    with pytest.raises(IdentityError, match="damaged"):
        keys.ensure(tmp_path, BUILT)
    assert (tmp_path / name).read_bytes() == b"-----BEGIN"


def test_a_certificate_of_another_box_is_refused(tmp_path: Path) -> None:
    other = tmp_path / "other"
    other.mkdir()
    keys.ensure(other, BUILT)
    keys.ensure(tmp_path, BUILT)
    (other / CERTIFICATE).replace(tmp_path / CERTIFICATE)
    with pytest.raises(IdentityError, match="another key"):
        keys.read(tmp_path)


def test_a_key_in_the_place_of_another_is_refused(tmp_path: Path) -> None:
    made = keys.ensure(tmp_path, BUILT)
    assert isinstance(made.authority, ec.EllipticCurvePrivateKey)
    (tmp_path / IDENTITY).write_bytes((tmp_path / AUTHORITY).read_bytes())
    with pytest.raises(IdentityError, match="another kind"):
        keys.read(tmp_path)


def test_the_system_says_when_it_was_built() -> None:
    assert keys.built_at("NAME=Spoq\nSPOQ_BUILT=1793491200\n") == datetime(2026, 11, 1, tzinfo=UTC)
    with pytest.raises(IdentityError):
        keys.built_at("NAME=Spoq\nSPOQ_BUILT=yesterday\n")


def test_a_disk_that_cannot_be_written_is_one_sentence(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(IdentityError, match="can't be written"):
        keys.ensure(tmp_path / "file", BUILT)
