"""A board's layer over the distribution's root: what NVIDIA's packages bring, and what of it stays and runs."""

import shutil
import subprocess
from pathlib import Path

import pytest

from builder import base, overlay, root, units
from builder.target import FOLDER, PROJECT

BOARD = FOLDER / "boards/jetson"
CONFIRMERS = ("nv_update_verifier", "nv-l4t-bootloader-config", "l4t-rootfs-validation-config")
OPENERS = ("isc-dhcp-server", "isc-dhcp-server6", "nv-l4t-usb-device-mode", "nvgetty")
WANTED = ("nvpmodel", "nvfancontrol")
OTHERS = ("nvargus-daemon", "nv-tee-supplicant", "nvphs")
UNIT = "[Service]\nExecStart=/bin/true\n[Install]\nWantedBy=multi-user.target\n"


@pytest.fixture
def tree(tmp_path: Path) -> Path:
    """A root in which NVIDIA's packages have put and enabled their units, in /etc, as they do."""
    units = tmp_path / "root/etc/systemd/system"
    (units / "multi-user.target.wants").mkdir(parents=True)
    for name in (*CONFIRMERS, *OPENERS, *WANTED, *OTHERS):
        (units / f"{name}.service").write_text(UNIT)
        (units / f"multi-user.target.wants/{name}.service").symlink_to(f"/etc/systemd/system/{name}.service")
    (tmp_path / "root/usr/lib/systemd/system").mkdir(parents=True)
    return tmp_path / "root"


def enabled(tree: Path, name: str) -> str:
    """What systemd says of this unit."""
    command = ("systemctl", f"--root={tree}", "is-enabled", f"{name}.service")
    return subprocess.run(command, capture_output=True, text=True, check=False).stdout.strip()


@pytest.fixture
def laid_over(tree: Path) -> Path:
    """The same with our files over it, as the builder does it."""
    ours = tree / "usr/lib/systemd/system-preset/00-spoq.preset"
    ours.parent.mkdir()
    shutil.copy(PROJECT / "rootfs" / ours.relative_to(tree), ours)
    overlay.lay((BOARD / "rootfs",), tree)
    units.choose(tree, root.masked("aarch64", "jetson"))
    return tree


@pytest.mark.parametrize("name", [*CONFIRMERS, *OPENERS])
def test_what_would_confirm_a_slot_unasked_or_open_the_box_can_not_run(laid_over: Path, name: str) -> None:
    assert enabled(laid_over, name) == "masked"


def test_only_what_a_box_needs_of_the_rest_is_on(laid_over: Path) -> None:
    assert {enabled(laid_over, name) for name in WANTED} == {"enabled"}
    assert {enabled(laid_over, name) for name in OTHERS} == {"disabled"}
    links = {path.stem for path in (laid_over / "etc/systemd/system/multi-user.target.wants").iterdir()}
    assert set(WANTED) <= links
    assert not set(OTHERS) & links


def test_what_is_masked_on_one_board_runs_on_another() -> None:
    assert set(root.masked("x86_64", "qemu")) < set(root.masked("aarch64", "jetson"))


def test_nvidias_packages_see_before_they_are_set_up_that_no_firmware_is_to_be_written(tmp_path: Path) -> None:
    """Their scripts look for this file; mmdebstrap copies the folder into the root before it installs them."""
    mark = "opt/nvidia/l4t-packages/.nv-l4t-disable-boot-fw-update-in-preinstall"
    assert (BOARD / "before" / mark).exists()
    assert base.before("jetson") == (f"--extract-hook=copy-in {BOARD / 'before/opt'} /",)
    assert base.before("qemu") == ()


def test_of_the_firmware_of_all_devices_only_the_boards_stays(tmp_path: Path) -> None:
    ours, others, nvidias = "rtw88/rtw8822c_fw.bin.zst", "amdgpu/navi10.bin.zst", "nvidia/tegra234/gpu.bin"
    firmware = tmp_path / "usr/lib/firmware"
    for name in (ours, others, nvidias):
        (firmware / name).parent.mkdir(parents=True, exist_ok=True)
        (firmware / name).touch()
    (tmp_path / "var/lib/dpkg/info").mkdir(parents=True)
    listed = ["/.", "/lib/firmware", "/lib/firmware/rtw88", f"/lib/firmware/{ours}", f"/lib/firmware/{others}"]
    (tmp_path / "var/lib/dpkg/info/linux-firmware.list").write_text("\n".join(listed) + "\n")
    (tmp_path / "lib").symlink_to("usr/lib")
    root.trim_firmware(tmp_path, "aarch64", "jetson")
    found = {str(path.relative_to(firmware)) for path in firmware.rglob("*") if path.is_file()}
    assert found == {ours, nvidias}
