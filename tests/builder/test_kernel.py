"""The kernel's packages become one kernel and its modules, which must be all that a box needs."""

import gzip
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest

from builder import kernel, root
from builder import target as targets
from builder.errors import WrongContent
from builder.initrd import MODULE_LISTS
from builder.target import FOLDER
from tests.fakes.package_archive import Made, built

RELEASE = "6.8.0-1009-tegra"
KERNEL = b"MZ a kernel" * 100
Packing = Callable[[bytes], bytes]


@pytest.fixture(scope="module")
def module(tmp_path_factory: pytest.TempPathFactory) -> bytes:
    """What depmod takes for a module."""
    place = tmp_path_factory.mktemp("module") / "a.ko"
    source = 'const char info[] __attribute__((section(".modinfo"), used)) = "license=GPL";\n'
    subprocess.run(("gcc", "-x", "c", "-c", "-", "-o", place), input=source.encode(), check=True, capture_output=True)
    return place.read_bytes()


@pytest.fixture
def tree(tmp_path: Path, module: bytes) -> Path:
    """A root with two modules, one of them packed, and one part that is built in."""
    folder = tmp_path / "root/usr/lib/modules" / RELEASE
    (folder / "kernel").mkdir(parents=True)
    (folder / "kernel/nvme.ko.zst").write_bytes(packed(module))
    (folder / "kernel/floppy.ko").write_bytes(module)
    (folder / "modules.builtin").write_text("kernel/fs/ext4/ext4.ko\n")
    (folder / "modules.order").touch()
    return tmp_path / "root"


def packed(content: bytes) -> bytes:
    return subprocess.run(("zstd", "-cq"), input=content, check=True, capture_output=True).stdout


def modules(tree: Path) -> set[str]:
    return {path.name for path in tree.rglob("*.ko*")}


def test_modules_that_nobody_lists_go(tree: Path) -> None:
    kernel.trim(tree, ("nvme", "ext4"))
    assert modules(tree) == {"nvme.ko.zst"}


def test_all_stay_where_the_list_says_so(tree: Path) -> None:
    assert kernel.trim(tree, ("*", "nvme", "ext4")) == 2
    assert modules(tree) == {"nvme.ko.zst", "floppy.ko"}


def test_a_kernel_without_what_a_box_needs_is_refused_even_then(tree: Path) -> None:
    with pytest.raises(WrongContent, match=f"{RELEASE} has no module “erofs”"):
        kernel.trim(tree, ("*", "nvme", "erofs"))


@pytest.mark.parametrize("name", targets.names())
def test_every_board_has_the_lists_of_modules_that_the_initrd_asks_for(name: str) -> None:
    target = targets.read(name)
    folder = FOLDER / "boards" / target.board
    listed = {each: kernel.listed((folder / f"{each}-modules").read_text(), target.machine) for each in MODULE_LISTS}
    assert {"erofs", "dm-verity", "efivarfs"} <= set(listed["start"])


@pytest.mark.parametrize(("suffix", "packing"), [("", bytes), (".gz", gzip.compress), (".zst", packed)])
def test_the_initrd_gets_a_module_as_the_kernel_takes_it(
    tmp_path: Path, module: bytes, suffix: str, packing: Packing
) -> None:
    path = tmp_path / f"nvme.ko{suffix}"
    path.write_bytes(packing(module))
    assert kernel.plain(path) == module


@pytest.mark.parametrize("modules_in", ["lib/modules", "usr/lib/modules"])
@pytest.mark.parametrize("packing", [gzip.compress, bytes])
def test_a_kernel_in_several_packages_is_unpacked_as_one(tmp_path: Path, modules_in: str, packing: Packing) -> None:
    packages = [
        Made(f"linux-image-{RELEASE}", files={f"boot/vmlinuz-{RELEASE}": packing(KERNEL)}),
        Made(f"linux-modules-{RELEASE}", files={f"{modules_in}/{RELEASE}/kernel/nvme.ko": b"a module"}),
    ]
    scratch, tree = tmp_path / "scratch", tmp_path / "root"
    scratch.mkdir()
    root.unpack_kernel([built(each, "arm64", tmp_path) for each in packages], tree, scratch)
    assert (scratch / "vmlinuz").read_bytes() == KERNEL
    assert (tree / f"usr/lib/modules/{RELEASE}/kernel/nvme.ko").read_bytes() == b"a module"
    assert kernel.version(tree) == RELEASE
