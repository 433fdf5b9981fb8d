"""What a release says of itself is read in its limits, and anything else is told apart."""

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ota.errors import NoRelease, NoVersion
from ota.release import MOST_BYTES, MOST_DELTAS, Channel, Packed, Release, parse
from ota.version import Version

SAID: dict[str, Any] = {
    "version": "1.2.0",
    "compatible": "spoq-qemu-x86-64",
    "class": "rootfs",
    "channel": "stable",
    "manifest": "ab" * 32,
    "from": "1.0.0",
    "size": 300_000_000,
    "share": 250,
    "security": True,
    "notes": {"en": "It hears you better.\nAnd it is 10\u00a0% quicker.", "de": "Sie hört dich besser."},
    "deltas": {"1.1.0": {"name": "spoq-1.1.0-1.2.0.delta", "size": 40_000_000}},
    "what a later release says": [1],
}


def read(said: object) -> Release:
    return parse("spoq-1.2.0.raucb", 200_000_000, json.dumps(said).encode())


def test_a_release_is_what_it_says() -> None:
    found = read(SAID)
    assert (found.version, found.oldest, found.channel) == (Version(1, 2, 0), Version(1, 0, 0), Channel.STABLE)
    assert (found.share, found.security, found.notes["de"]) == (250, True, "Sie hört dich besser.")
    assert found.deltas == {Version(1, 1, 0): Packed("spoq-1.1.0-1.2.0.delta", 40_000_000)}


def test_what_need_not_be_said() -> None:
    least = {name: SAID[name] for name in ("version", "compatible", "class", "channel", "manifest", "from", "size")}
    found = read(least)
    assert (found.share, found.security, found.notes, found.deltas) == (1000, False, {}, {})


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("version", "1.2"),
        ("version", "01.2.0"),
        ("version", "1.2.0\n"),
        ("version", None),
        ("compatible", "../etc"),
        ("class", "bootloader"),
        ("class", None),
        ("channel", "nightly"),
        ("channel", []),
        ("manifest", "AB" * 32),
        ("manifest", "ab" * 31),
        ("from", 1),
        ("size", 0),
        ("size", True),
        ("size", 1.5),
        ("size", 10**12),
        ("share", -1),
        ("share", 1001),
        ("security", "no"),
        ("notes", ["en"]),
        ("notes", {"english": "x"}),
        ("notes", {"en": "\x1b[2J"}),
        ("notes", {"en": "\u202egnp.exe"}),
        ("notes", {"en": "x" * 3000}),
        ("deltas", {"1.2.0": {"name": "x", "size": 1}}),
        ("deltas", {"1.1.0": {"name": "../x", "size": 1}}),
        ("deltas", {"1.1.0": {"name": "x"}}),
        ("deltas", {"1.1.0": 5}),
        ("deltas", {f"1.1.{number}": {"name": "x", "size": 1} for number in range(MOST_DELTAS + 1)}),
    ],
)
def test_what_makes_no_sense_is_refused(field: str, value: object) -> None:
    with pytest.raises(NoRelease):
        read(SAID | {field: value})


@pytest.mark.parametrize("custom", [b"", b"{", b"[]", b"\xff", b"[" * 30_000, b" " * (MOST_BYTES + 1), b"1" * 9000])
def test_what_is_no_object_is_refused(custom: bytes) -> None:
    with pytest.raises(NoRelease):
        parse("spoq.raucb", 1, custom)


@pytest.mark.parametrize(("name", "length"), [("a/b", 1), ("", 1), (".x", 1), ("x", 0), ("x" * 200, 1)])
def test_the_file_itself_has_a_name_and_a_length(name: str, length: int) -> None:
    with pytest.raises(NoRelease):
        parse(name, length, json.dumps(SAID).encode())


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda below: st.lists(below) | st.dictionaries(st.text(), below),
)


@given(said=st.dictionaries(st.sampled_from(list(SAID)), JSON))
def test_whatever_is_said_is_a_release_or_refused(said: dict[str, object]) -> None:
    try:
        found = read(SAID | said)
    except NoRelease:
        return
    assert isinstance(found, Release)


@given(st.tuples(*[st.integers(0, 99_999)] * 3), st.tuples(*[st.integers(0, 99_999)] * 3))
def test_versions_are_compared_number_by_number(one: tuple[int, int, int], other: tuple[int, int, int]) -> None:
    written = [".".join(map(str, each)) for each in (one, other)]
    versions = [Version.parse(each) for each in written]
    assert (versions[0] < versions[1]) == (one < other)
    assert [str(each) for each in versions] == written


@pytest.mark.parametrize("text", ["", "1", "1.2.3.4", "1.2.x", "-1.2.3", "1.2.3-rc1", "١.2.3", "1.2.3 ", "1000000.0.0"])
def test_what_is_no_version(text: str) -> None:
    with pytest.raises(NoVersion):
        Version.parse(text)
