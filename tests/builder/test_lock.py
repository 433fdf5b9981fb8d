"""A lock names exact packages, or is refused."""

from contextlib import suppress
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from builder import lock
from builder import target as targets
from builder.errors import BuildError, WrongContent
from builder.lock import Package

ADDUSER = Package("debian/pool/main/a/adduser/adduser_3.134_all.deb", "ab" * 32, 1234)
UDEV = Package("debian-security/pool/main/s/systemd/udev_252.39-1~deb12u2_amd64.deb", "cd" * 32, 99)


def test_what_was_written_is_read() -> None:
    assert lock.parse(lock.written([UDEV, ADDUSER]), "a lock") == tuple(sorted([ADDUSER, UDEV]))
    assert (UDEV.name, UDEV.file) == ("udev", "udev_252.39-1~deb12u2_amd64.deb")


def test_a_lock_that_cannot_be_written_leaves_the_one_before(tmp_path: Path) -> None:
    place = tmp_path / "a.lock"
    lock.write(place, "before")
    # What stands in the way of the draft.
    (tmp_path / "a.lock.new").mkdir()
    with pytest.raises(BuildError, match=r"a\.lock can't be written"):
        lock.write(place, "after")
    assert place.read_text() == "before"


@pytest.mark.parametrize(
    "line",
    [
        "adduser",
        f"{'ab' * 32}  12  ../../etc/passwd.deb",
        f"{'ab' * 32}  12  debian/a b.deb",
        f"{'AB' * 32}  12  debian/a_1_all.deb",
        f"{'ab' * 32}  -1  debian/a_1_all.deb",
    ],
)
def test_a_line_that_is_no_package_is_told_by_its_number(line: str) -> None:
    with pytest.raises(WrongContent, match="line 3"):
        lock.parse(lock.written([ADDUSER]) + line, "a lock")


def test_a_package_is_there_once() -> None:
    with pytest.raises(WrongContent, match="twice"):
        lock.parse(lock.written([ADDUSER]) * 2, "a lock")


def test_a_lock_without_a_package_is_refused() -> None:
    with pytest.raises(WrongContent):
        lock.parse(lock.HEADER, "a lock")


@given(st.text(max_size=300))
def test_any_text_is_a_lock_or_is_refused(text: str) -> None:
    with suppress(WrongContent):
        assert lock.parse(text, "a text")


LOCKED = [
    (name, release)
    for name in targets.names()
    for release in (False, True)
    if lock.path(targets.read(name), release).exists()
]


def test_the_virtual_machines_are_locked() -> None:
    assert {(name, release) for name in ("qemu-arm64", "qemu-x86-64") for release in (False, True)} <= set(LOCKED)


@pytest.mark.parametrize(("name", "release"), LOCKED)
def test_every_lock_has_what_the_table_asks_for_and_a_kernel(name: str, release: bool) -> None:
    target = targets.read(name)
    packages = lock.read(name, target, release)
    assert set(targets.packages(target, release)) <= {each.name for each in packages}
    assert any(each.is_kernel for each in packages)
