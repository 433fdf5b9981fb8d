"""From what a build has made to a board: the folder, the script in it, and a stand-in for NVIDIA's tools."""

import dataclasses
import shutil
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest

from builder import jetson
from builder import target as targets
from builder.errors import TooLarge
from builder.jetson import Made
from builder.programs import run
from builder.target import Flash, Partitions, Target
from builder.uki import Keys
from tests.fakes.linux_for_tegra import TOOL, LinuxForTegra

KERNEL, ROOT = b"MZ a signed kernel image" * 1000, b"a sealed root" * 1000
LINE = "console=ttyTCU0,115200 spoq.root_hash=abcd"
EPOCH = 1767225600
TO = Flash("39.2", "a-board", "nvme0n1", boot_mib=16)
FILES = ("PK.esl", "KEK.esl", "db.esl")
Flashed = Callable[..., "subprocess.CompletedProcess[str]"]


@pytest.fixture
def target() -> Target:
    """A Jetson with a small disk."""
    return dataclasses.replace(targets.read("jetson-orin-nano"), partitions=Partitions(1, 1, 1, 1))


@pytest.fixture(scope="module")
def made_once(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A key for the firmware in a folder as the builder keeps it, with lists of what the firmware believes."""
    folder = tmp_path_factory.mktemp("keys")
    run(
        *("openssl", "req", "-new", "-x509", "-newkey", "rsa:2048", "-nodes", "-subj", "/CN=a test", "-days", "2"),
        *("-keyout", str(folder / "db.key"), "-out", str(folder / "db.pem")),
    )
    for name in FILES:
        (folder / name).write_text(name)
    return folder


@pytest.fixture
def keys(made_once: Path, tmp_path: Path) -> Keys:
    """A copy, which a test may take from."""
    folder = tmp_path / "keys"
    shutil.copytree(made_once, folder)
    key, certificate = folder / "db.key", folder / "db.pem"
    return Keys(key, certificate, key, certificate)


@pytest.fixture
def made(tmp_path: Path) -> Made:
    for name, content in (("kernel.efi", KERNEL), ("root.img", ROOT), ("factory.img", b"no identity yet")):
        (tmp_path / name).write_bytes(content)
    return Made(tmp_path / "kernel.efi", LINE, tmp_path / "root.img", tmp_path / "factory.img")


@pytest.fixture
def folder(target: Target, made: Made, keys: Keys, tmp_path: Path) -> Path:
    """What is flashed from, for development."""
    return jetson.write(target, TO, made, keys, release=False, epoch=EPOCH, scratch=tmp_path)


@pytest.fixture
def nvidia(tmp_path: Path) -> LinuxForTegra:
    return LinuxForTegra(tmp_path / "nvidia/Linux_for_Tegra")


@pytest.fixture
def flashed(folder: Path, nvidia: LinuxForTegra) -> Flashed:
    """Runs the folder's script, with these options beside NVIDIA's folder."""

    def with_options(*options: str | Path, bsp: Path | None = None) -> subprocess.CompletedProcess[str]:
        command = (folder / "flash", "--bsp", bsp or nvidia.folder, *options)
        return subprocess.run(command, capture_output=True, text=True, check=False)

    return with_options


def unpacked(image: Path, to: Path) -> Path:
    """The files of a start-up partition."""
    to.mkdir()
    run("debugfs", "-R", f"rdump /boot {to}", str(image))
    return to


def release(folder: Path) -> None:
    """Makes it a release's folder."""
    conf = folder / "flash.conf"
    conf.write_text(conf.read_text().replace("IMAGE_KIND=dev", "IMAGE_KIND=release"))
    (folder / "SHA256SUMS").unlink()
    (folder / "SHA256SUMS").write_text(jetson.sums(folder))


def test_the_folder_has_what_a_person_needs_and_nothing_else(folder: Path) -> None:
    assert {path.name for path in folder.iterdir()} == {
        *("boot.img", "root.img", "factory.img", "layout.xml", "flash.conf", "uefi_keys.conf"),
        *("flash", "guide.md", "SHA256SUMS"),
    }
    assert (folder / "guide.md").read_text().startswith("# ")


def test_a_start_up_partition_has_the_entry_its_signature_and_the_kernel_image(
    folder: Path, keys: Keys, tmp_path: Path
) -> None:
    files = unpacked(folder / "boot.img", tmp_path / "unpacked")
    assert (files / "boot/spoq.efi").read_bytes() == KERNEL
    conf = files / "boot/extlinux/extlinux.conf"
    assert LINE in conf.read_text()
    verify = ("openssl", "cms", "-verify", "-binary", "-inform", "der", "-in", f"{conf}.sig", "-content", conf)
    believed = ("-CAfile", keys.boot_certificate, "-purpose", "any", "-out", "/dev/null")
    assert subprocess.run((*verify, *believed), capture_output=True, check=False).returncode == 0
    conf.write_text(conf.read_text().replace("abcd", "efab"))
    assert subprocess.run((*verify, *believed), capture_output=True, check=False).returncode != 0


def test_the_start_up_partition_is_a_sound_file_system_that_an_old_driver_reads(folder: Path) -> None:
    run("e2fsck", "-f", "-n", str(folder / "boot.img"))
    features = run("dumpe2fs", "-h", str(folder / "boot.img")).split("Filesystem features:")[1].splitlines()[0].split()
    assert "extent" in features
    assert not {"has_journal", "orphan_file", "metadata_csum_seed", "casefold", "inline_data"} & set(features)


def test_a_kernel_image_that_does_not_fit_is_told(target: Target, made: Made, keys: Keys, tmp_path: Path) -> None:
    made.kernel.write_bytes(bytes(17 * 1024 * 1024))
    with pytest.raises(TooLarge, match="25 MiB and has 16"):
        jetson.write(target, TO, made, keys, release=False, epoch=EPOCH, scratch=tmp_path)


def test_a_board_is_flashed_with_the_same_system_in_both_slots(
    flashed: Flashed, folder: Path, nvidia: LinuxForTegra
) -> None:
    done = flashed("--no-secure-boot")
    assert (done.returncode, done.stderr) == (0, "")
    boot = (folder / "boot.img").read_bytes()
    assert nvidia.partition("APP").read_bytes() == nvidia.partition("APP_b").read_bytes() == boot
    assert nvidia.partition("root-a").read_bytes() == nvidia.partition("root-b").read_bytes() == ROOT
    assert nvidia.partition("factory").read_bytes() == b"no identity yet"
    assert nvidia.partition("data").read_bytes() == b""


def test_the_board_is_told_of_two_systems_and_three_tries(flashed: Flashed, nvidia: LinuxForTegra) -> None:
    flashed("--no-secure-boot")
    assert nvidia.about == {
        "board": "a-board",
        "root": "external",
        "disk": "nvme0n1p1",
        "fuses": "",
        "first": "BootOrderNvme.dtbo",
        "firmware": "-c bootloader/generic/cfg/flash_t234_qspi.xml",
        "ROOTFS_AB": "1",
        "ROOTFS_RETRY_COUNT_MAX": "3",
        "EXTOPTIONS": "-r",
    }


def test_the_firmware_gets_the_keys_and_nothing_of_them_stays(
    flashed: Flashed, keys: Keys, nvidia: LinuxForTegra
) -> None:
    before = set(nvidia.folder.rglob("*.key"))
    assert flashed("--keys", keys.boot_key.parent, "--pkc", keys.boot_key).returncode == 0
    assert nvidia.partition("keys").read_text() == "".join(FILES)
    assert nvidia.partition("esp").read_text().endswith("signed")
    assert nvidia.about["fuses"] == str(keys.boot_key)
    assert set(nvidia.folder.rglob("*.key")) == before


def test_images_that_were_left_from_another_time_are_not_flashed(
    flashed: Flashed, folder: Path, nvidia: LinuxForTegra
) -> None:
    for name in ("system.img.raw", "system.img_b.raw"):
        nvidia.write(f"bootloader/{name}", "an older system")
    flashed("--no-secure-boot")
    assert nvidia.partition("APP").read_bytes() == (folder / "boot.img").read_bytes()


def test_a_key_blob_takes_the_place_of_nvidias_and_gives_it_back(
    flashed: Flashed, nvidia: LinuxForTegra, tmp_path: Path
) -> None:
    (tmp_path / "ekb").write_text("our own keys")
    flashed("--no-secure-boot", "--ekb", tmp_path / "ekb")
    assert nvidia.partition("eks").read_text() == "our own keys"
    flashed("--no-secure-boot")
    assert nvidia.partition("eks").read_text() == "NVIDIA's public keys"


def test_a_release_is_refused_without_secure_boot(flashed: Flashed, folder: Path, nvidia: LinuxForTegra) -> None:
    release(folder)
    assert "Secure Boot only" in flashed("--no-secure-boot").stderr
    assert not nvidia.was_used


def test_a_release_is_refused_with_nvidias_public_keys_under_any_name(
    flashed: Flashed, folder: Path, keys: Keys, nvidia: LinuxForTegra, tmp_path: Path
) -> None:
    release(folder)
    of_ours = ("--keys", keys.boot_key.parent)
    assert "--ekb" in flashed(*of_ours).stderr
    shutil.copy(nvidia.bootloader / "eks_t234.img", tmp_path / "ekb")
    assert "whose keys are public" in flashed(*of_ours, "--ekb", tmp_path / "ekb").stderr
    assert not nvidia.was_used
    (tmp_path / "ekb").write_text("our own keys")
    assert flashed(*of_ours, "--ekb", tmp_path / "ekb").returncode == 0
    assert "whose keys are public" in flashed(*of_ours, "--ekb", nvidia.bootloader / "eks_t234.img.nvidia").stderr


@pytest.mark.parametrize("missing", [*FILES, "db.key", "db.pem"])
def test_a_key_that_is_not_there_is_named(flashed: Flashed, keys: Keys, nvidia: LinuxForTegra, missing: str) -> None:
    (keys.boot_key.parent / missing).unlink()
    assert f"There is no {missing}" in flashed("--keys", keys.boot_key.parent).stderr
    assert not nvidia.was_used


def test_a_folder_that_was_damaged_on_its_way_is_refused(flashed: Flashed, folder: Path, nvidia: LinuxForTegra) -> None:
    with (folder / "root.img").open("r+b") as file:
        file.write(b"?")
    assert "damaged" in flashed("--no-secure-boot").stderr
    assert not nvidia.was_used


def test_tools_of_another_release_are_refused(flashed: Flashed, nvidia: LinuxForTegra) -> None:
    nvidia.write("nv_tegra/bsp_version", "BSP_BRANCH=36\nBSP_MAJOR=4\nBSP_MINOR=3\n")
    assert "release 36.4; the image wants 39.2" in flashed("--no-secure-boot").stderr
    assert not nvidia.was_used


@pytest.mark.parametrize(
    ("gone", "said"),
    [
        (TOOL, "is not NVIDIA's Linux_for_Tegra"),
        ("nv_tegra/bsp_version", "release unknown"),
        ("rootfs/etc/nv_tegra_release", "is not set up"),
        ("bootloader/eks_t234.img", "nobody can tell whether another is theirs"),
    ],
)
def test_what_nvidias_folder_lacks_is_said_in_one_line(
    flashed: Flashed, nvidia: LinuxForTegra, gone: str, said: str
) -> None:
    (nvidia.folder / gone).unlink()
    done = flashed("--no-secure-boot")
    assert said in done.stderr
    assert len(done.stderr.splitlines()) == 1
    assert not nvidia.was_used


def test_a_failure_of_nvidias_tool_is_one_of_ours(flashed: Flashed, nvidia: LinuxForTegra) -> None:
    nvidia.board_disconnected()
    done = flashed("--no-secure-boot")
    assert done.returncode == 1
    assert "no board in recovery mode" in done.stderr
    assert done.stderr.splitlines()[-1].startswith("flash: NVIDIA's tool has failed")


@pytest.mark.parametrize("options", [(), ("--keys",), ("--no-secure-boot", "--fast"), ("--keys", ".", "--ekb")])
def test_it_does_nothing_where_it_is_not_clear_what_is_meant(
    flashed: Flashed, nvidia: LinuxForTegra, options: tuple[str, ...]
) -> None:
    done = flashed(*options)
    assert done.returncode == 2
    assert done.stderr.startswith("usage: sudo ./flash --bsp")
    assert not nvidia.was_used


def test_a_file_that_is_not_there_is_named(flashed: Flashed, tmp_path: Path) -> None:
    assert "nowhere is not there" in flashed("--no-secure-boot", bsp=tmp_path / "nowhere").stderr
