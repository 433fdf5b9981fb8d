"""Who serves a device asks a file that identityd keeps fresh: an old one, a torn one and none let nobody in."""

import asyncio
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec, ed25519
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from bus import messages_pb2 as pb
from identity import certificates, keys
from identity.errors import Unknown
from identity.view import FRESH_S, NAME, Shown, View, ViewStale, key_of

BUILT = datetime(2026, 1, 1, tzinfo=UTC)


class Clock:
    def __init__(self) -> None:
        self.now_s = 1000.0

    def ns(self) -> int:
        return round(self.now_s * 1e9)


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def shown(tmp_path: Path, clock: Clock) -> Shown:
    return Shown(tmp_path, clock.ns)


@pytest.fixture
def view(tmp_path: Path, clock: Clock) -> View:
    return View(tmp_path, clock.ns)


@pytest.fixture(scope="module")
def own(tmp_path_factory: pytest.TempPathFactory) -> keys.Keys:
    return keys.ensure(tmp_path_factory.mktemp("keys"), BUILT)


def new_key() -> bytes:
    public = ec.generate_private_key(ec.SECP256R1()).public_key()
    return public.public_bytes(Encoding.X962, PublicFormat.UncompressedPoint)


def household(key: bytes) -> pb.Household:
    device = pb.KnownDevice(key=key, wireguard_key=bytes(32), name="Anna's phone", profile=2, address="10.100.0.21")
    return pb.Household(owned=True, devices=[device])


def test_who_is_let_in_is_known_by_the_certificate(shown: Shown, view: View, own: keys.Keys) -> None:
    key, other = new_key(), new_key()
    shown.show(household(key))
    found = view.device(key_of(certificates.issue(own, key)))
    assert (found.key, found.name, found.profile, found.place) == (key, "Anna's phone", 2, 1)
    assert str(found.address) == "10.100.0.21"
    with pytest.raises(Unknown):
        view.device(key_of(certificates.issue(own, other)))
    shown.show(pb.Household(owned=True))
    with pytest.raises(Unknown):
        view.device(key_of(certificates.issue(own, key)))


def test_what_is_no_certificate_of_a_device_is_nobodys() -> None:
    name, signs = x509.Name([]), ed25519.Ed25519PrivateKey.generate()
    unsigned = x509.CertificateBuilder(name, name, signs.public_key(), 1, BUILT, BUILT + timedelta(days=1))
    for certificate in (b"", b"\x30\x00", unsigned.sign(signs, None).public_bytes(Encoding.DER)):
        with pytest.raises(Unknown):
            key_of(certificate)


@pytest.mark.parametrize("later_s", [FRESH_S, 100.0, -0.001])
def test_an_old_view_and_one_from_before_the_start_are_nobodys(
    shown: Shown, view: View, clock: Clock, later_s: float
) -> None:
    shown.show(household(new_key()))
    assert view.household().owned
    clock.now_s += later_s
    with pytest.raises(ViewStale):
        view.household()


def test_none_and_a_damaged_one_are_nobodys(view: View, tmp_path: Path) -> None:
    with pytest.raises(ViewStale):
        view.household()
    (tmp_path / NAME).write_bytes(b"\xff\xff")
    with pytest.raises(ViewStale):
        view.household()


async def test_it_is_kept_fresh_and_others_of_its_group_may_read_it(tmp_path: Path) -> None:
    shown, view = Shown(tmp_path), View(tmp_path)
    shown.show(household(new_key()))
    first = (tmp_path / NAME).read_bytes()
    assert (tmp_path / NAME).stat().st_mode & 0o777 == 0o640
    running = asyncio.create_task(shown.run())
    async with asyncio.timeout(10):
        while (tmp_path / NAME).read_bytes() == first:
            await asyncio.sleep(0.05)
    assert view.household().owned
    running.cancel()
