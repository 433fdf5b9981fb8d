"""The factory data: made once, whole or not at all, and never replaced unasked."""

import json
import os
import random
import stat
from collections.abc import Callable
from contextlib import suppress
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pairing import factory
from pairing.errors import (
    FactoryDataDamaged,
    FactoryDataError,
    FactoryDataNewer,
    FactoryDataThere,
    NoFactoryData,
)
from pairing.factory import New
from pairing.verifier import register


def test_the_verifier_is_the_codes(new: New) -> None:
    assert register(new.code, new.data.salt, factory.identities(new.data.serial)) == new.data.verifier


def test_a_factory_keeps_no_code(new: New) -> None:
    assert new.data.code is None
    assert new.code.digits not in factory.document(new.data).decode()


def test_a_box_that_makes_its_own_keeps_the_code(tmp_path: Path) -> None:
    own = factory.make(random.Random(8).randbytes, keep_code=True)
    factory.write(tmp_path, own.data)
    assert factory.read(tmp_path).code == own.code


def test_two_boxes_have_nothing_in_common() -> None:
    chance = random.Random(9).randbytes
    one, other = (factory.make(chance, keep_code=True) for _ in range(2))
    assert one.code != other.code
    for name in ("serial", "salt", "verifier", "passphrase"):
        assert getattr(one.data, name) != getattr(other.data, name)


def test_the_passphrase_has_more_than_64_bits(new: New) -> None:
    assert 31**16 > 2**64
    assert len(new.data.passphrase.replace("-", "")) == 16
    assert 8 <= len(new.data.passphrase) <= 63, "what WPA takes"


def test_what_was_written_is_read(tmp_path: Path, new: New) -> None:
    factory.write(tmp_path, new.data)
    assert factory.read(tmp_path) == new.data


def test_only_its_owner_can_read_the_file(tmp_path: Path, new: New) -> None:
    left_over = tmp_path / f"{factory.NAME}.new"
    left_over.write_text("half")
    left_over.chmod(0o666)
    before = os.umask(0)
    try:
        factory.write(tmp_path, new.data)
    finally:
        os.umask(before)
    assert stat.S_IMODE((tmp_path / factory.NAME).stat().st_mode) == 0o600
    assert [path.name for path in tmp_path.iterdir()] == [factory.NAME]


def test_a_folder_without_data_says_so(tmp_path: Path) -> None:
    with pytest.raises(NoFactoryData, match="no factory data yet"):
        factory.read(tmp_path)


@pytest.mark.parametrize("content", ["", "damaged", None])
def test_what_is_there_is_never_replaced(tmp_path: Path, new: New, content: str | None) -> None:
    there = factory.document(new.data).decode() if content is None else content
    (tmp_path / factory.NAME).write_text(there)
    with pytest.raises(FactoryDataThere):
        factory.write(tmp_path, new.data)
    assert (tmp_path / factory.NAME).read_text() == there


@pytest.mark.parametrize("fails", ["fsync", "fdopen"])
def test_a_disk_that_fails_leaves_nothing(
    tmp_path: Path, new: New, monkeypatch: pytest.MonkeyPatch, fails: str
) -> None:
    def full(*_: object, **__: object) -> None:
        raise OSError(28, "No space left on device")

    with monkeypatch.context() as patch:
        patch.setattr(os, fails, full)
        with pytest.raises(FactoryDataError, match="No space left"):
            factory.write(tmp_path, new.data)
    assert list(tmp_path.iterdir()) == []


def test_power_lost_before_the_name_leaves_no_data(tmp_path: Path, new: New, monkeypatch: pytest.MonkeyPatch) -> None:
    class PowerLost(Exception):
        pass

    def cut(*_: object) -> None:
        raise PowerLost

    with monkeypatch.context() as patch:
        patch.setattr(Path, "replace", cut)
        with pytest.raises(PowerLost):
            factory.write(tmp_path, new.data)
    with pytest.raises(NoFactoryData):
        factory.read(tmp_path)
    factory.write(tmp_path, new.data)
    assert factory.read(tmp_path) == new.data


@pytest.mark.parametrize("make", [Path.mkdir, os.mkfifo, lambda path: path.symlink_to("/dev/zero")])
def test_what_is_no_file_is_not_waited_for_nor_followed(tmp_path: Path, make: Callable[[Path], None]) -> None:
    make(tmp_path / factory.NAME)
    with pytest.raises(FactoryDataDamaged, match="is no file"):
        factory.read(tmp_path)


# --- bad input --------------------------------------------------------------------------------------


def changed(new: New, **fields: Any) -> bytes:
    """Their document with other fields; one that is None is left out."""
    whole = {**json.loads(factory.document(new.data)), **fields}
    return json.dumps({name: value for name, value in whole.items() if value is not None}).encode()


@pytest.mark.parametrize(
    "fields",
    [
        {"serial": "SPQ-7K2M-X9RX"},
        {"serial": 7},
        {"serial": None},
        {"salt": "00" * 31},
        {"salt": "00" * 32 + "\n"},
        {"salt": "zz" * 32},
        {"w0": "00" * 32},
        {"w0": "ff" * 32},
        {"L": "04" + "11" * 64},
        {"L": 10**400},
        {"passphrase": "password"},
        {"passphrase": 'a";P:x'},
        {"passphrase": ["k7pm"]},
        {"code": "12345678"},
        {"code": "4821773"},
        {"code": 48217730},
        {"owner": "me"},
        {"version": 0},
        {"version": True},
        {"version": 1.0},
        {"version": "1"},
        {"version": None},
    ],
    ids=str,
)
def test_data_that_we_never_wrote_are_refused(new: New, fields: dict[str, Any]) -> None:
    with pytest.raises(FactoryDataDamaged):
        factory.parse(changed(new, **fields))


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"null",
        b"[]",
        b"7",
        b"\xff\xfe",
        b"[" * 4096,
        b'{"a":' * 800,
        b"1" * 4000,
        b" " * 5000,
        b'{"version": 1, "version": 1}',
        b'{"version": NaN}',
    ],
    ids=lambda content: repr(content[:12]),
)
def test_what_is_no_document_is_refused(content: bytes) -> None:
    with pytest.raises(FactoryDataDamaged):
        factory.parse(content)


def test_data_of_a_newer_system_are_left_to_it(new: New) -> None:
    with pytest.raises(FactoryDataNewer, match="version 2"):
        factory.parse(changed(new, version=2, surprise=[1]))


@settings(max_examples=300)
@given(st.data())
def test_whatever_happens_to_the_file_it_is_read_as_it_was_or_refused(new: New, data: st.DataObject) -> None:
    whole = factory.document(new.data)
    at = data.draw(st.integers(0, len(whole)))
    torn = whole[:at] + data.draw(st.binary(max_size=8)) + whole[data.draw(st.integers(at, len(whole))) :]
    # Any other error fails the test.
    with suppress(FactoryDataError):
        assert factory.parse(torn).serial.characters


@settings(max_examples=200)
@given(st.binary(max_size=200) | st.text(max_size=200).map(lambda text: json.dumps(text).encode()))
def test_anything_else_is_refused(content: bytes) -> None:
    with pytest.raises(FactoryDataError):
        factory.parse(content)


def test_an_error_repeats_no_secret(new: New) -> None:
    secret = "4821773X"
    with pytest.raises(FactoryDataDamaged) as caught:
        factory.parse(changed(new, code=secret))
    assert secret not in str(caught.value)


def test_a_log_line_shows_the_serial_only(new: New) -> None:
    shown = repr(replace(new.data, code=new.code))
    assert new.data.serial.characters in shown
    for secret in (new.code.digits, new.data.passphrase, new.data.verifier.w0.hex(), repr(new.data.salt)):
        assert secret not in shown
