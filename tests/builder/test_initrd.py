"""The archive that the kernel unpacks, and the lists that it is made from."""

import os
import subprocess
from pathlib import Path

import pytest

from builder import initrd, kernel
from builder.errors import WrongContent


def packed(tree: Path) -> bytes:
    return b"".join(initrd.newc(tree))


@pytest.fixture
def tree(tmp_path: Path) -> Path:
    """A folder, a program and a link to it."""
    place = tmp_path / "tree"
    (place / "bin").mkdir(parents=True)
    (place / "bin/busybox").write_bytes(b"a program")
    (place / "bin/busybox").chmod(0o755)
    (place / "bin/sh").symlink_to("busybox")
    return place


def test_cpio_unpacks_it(tree: Path, tmp_path: Path) -> None:
    place = tmp_path / "unpacked"
    place.mkdir()
    subprocess.run(("cpio", "--extract", "--quiet"), cwd=place, input=packed(tree), check=True)
    assert (place / "bin/sh").readlink() == Path("busybox")
    assert (place / "bin/sh").read_bytes() == b"a program"
    assert os.access(place / "bin/busybox", os.X_OK)


def test_it_does_not_depend_on_when_it_was_made(tree: Path) -> None:
    before = packed(tree)
    os.utime(tree / "bin/busybox", (1, 1))
    assert packed(tree) == before


def test_a_socket_is_refused(tree: Path) -> None:
    os.mkfifo(tree / "bin/pipe")
    with pytest.raises(WrongContent, match="pipe"):
        packed(tree)


def test_a_module_list_is_names_and_comments() -> None:
    assert kernel.listed("# disks\nvirtio_blk ext4   # and more\n\nerofs\n", "x86_64") == (
        "virtio_blk",
        "ext4",
        "erofs",
    )


def test_a_module_list_can_name_a_machine() -> None:
    assert kernel.listed("ext4\nx86_64: sha256_ssse3 # quick\n", "x86_64") == ("ext4", "sha256_ssse3")
    assert kernel.listed("ext4\nx86_64: sha256_ssse3 # quick\n", "aarch64") == ("ext4",)
