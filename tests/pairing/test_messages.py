"""What comes from outside is checked once: what fits comes through, and everything else is one kind of error."""

from contextlib import suppress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pairing import messages
from pairing import messages_pb2 as pb
from pairing.errors import Malformed
from tests.pairing.visitors import device, enrolment

KEY = device().public_key
INTRODUCTION = pb.Introduction(
    signature=bytes(70),
    name="Anna's phone",
    wireguard_key=bytes(32),
    unix_ms=1_700_000_000_000,
    zone="America/Argentina/Buenos_Aires",
    locale="zh-Hant-TW",
)


def hello(**changed: object) -> bytes:
    said = {"version": 1, "key": KEY, "nonce": bytes(32)} | changed
    return pb.FromDevice(hello=pb.DeviceHello(**said)).SerializeToString()  # type: ignore[arg-type]


def introduction(**changed: object) -> bytes:
    said = pb.Introduction()
    said.CopyFrom(INTRODUCTION)
    said.MergeFrom(pb.Introduction(**changed))  # type: ignore[arg-type]
    return pb.WithinFromDevice(introduction=said).SerializeToString()


def test_what_fits_comes_through() -> None:
    assert messages.from_device(hello()).hello.key == KEY
    assert messages.within_from_device(introduction()).introduction == INTRODUCTION
    given_to_it = enrolment("Anna's phone", bytes(64))
    said = pb.WithinFromBox(enrolment=given_to_it).SerializeToString()
    assert messages.within_from_box(said).enrolment == given_to_it


def test_a_device_that_knows_neither_zone_nor_language_says_so() -> None:
    said = pb.Introduction()
    said.CopyFrom(INTRODUCTION)
    said.zone = said.locale = ""
    content = pb.WithinFromDevice(introduction=said).SerializeToString()
    assert messages.within_from_device(content).introduction == said


def test_what_a_later_version_adds_is_left_out() -> None:
    more = pb.FromDevice.FromString(hello()).SerializeToString() + b"\xfa\x3e\x02hi"
    assert messages.from_device(more).hello.key == KEY


def test_another_versions_hello_may_look_otherwise() -> None:
    assert messages.from_device(hello(version=2, key=b"", nonce=b"")).hello.version == 2


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"\xff",
        hello(key=b""),
        hello(key=b"\x04" + bytes(64)),
        hello(key=KEY[:-1]),
        hello(nonce=bytes(31)),
        hello()[:-1],
        hello() + bytes(messages.MOST_BYTES),
        pb.FromDevice(share=pb.Share(share=bytes(64))).SerializeToString(),
        pb.FromDevice(confirmation=pb.Confirmation(confirmation=bytes(33))).SerializeToString(),
        pb.FromDevice(sealed=b"").SerializeToString(),
        pb.FromDevice(sealed=bytes(messages.MOST_SEALED + 1)).SerializeToString(),
    ],
)
def test_what_does_not_fit_is_malformed(content: bytes) -> None:
    with pytest.raises(Malformed):
        messages.from_device(content)


@pytest.mark.parametrize(
    "changed",
    [
        {"name": "x" * 65},
        {"name": "\x1b[2J"},
        {"name": "a\u202eb"},
        {"name": "a\u200bb"},
        {"name": "two\nlines"},
        {"name": "   "},
        {"wireguard_key": bytes(33)},
        {"unix_ms": 1 << 43},
        {"unix_ms": -1},
        {"zone": "../../etc/passwd"},
        {"zone": "/etc/localtime"},
        {"locale": "de_DE.UTF-8"},
        {"signature": bytes(81)},
    ],
    ids=str,
)
def test_an_introduction_that_does_not_fit_is_malformed(changed: dict[str, object]) -> None:
    with pytest.raises(Malformed):
        messages.within_from_device(introduction(**changed))


@pytest.mark.parametrize(
    ("typed", "kept"),
    [("  Anna  ", "Anna"), ("Zoe\u0308", "Zo\u00eb"), ("ليلى", "ليلى"), ("📱 2", "📱 2"), ("👩\u200d💻", "👩\u200d💻")],
)
def test_names_are_kept_in_one_form(typed: str, kept: str) -> None:
    assert messages.name(typed) == kept


@given(st.binary(max_size=600))
def test_any_bytes_are_a_message_or_malformed(content: bytes) -> None:
    for parse in (messages.from_device, messages.from_box, messages.within_from_device, messages.within_from_box):
        with suppress(Malformed):
            assert parse(content).WhichOneof("message")
