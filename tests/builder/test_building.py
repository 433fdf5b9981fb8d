"""What stops a build before it begins is said in one line, and nothing has been written."""

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path
from types import SimpleNamespace

import pytest

from builder import __main__, boot, lock, tools
from builder import target as targets
from builder.lock import Package
from builder.programs import run
from builder.target import PROJECT, Archive
from tests.fakes.tiny_image import TARGET, Built, World

PACKAGE = Package("jetson/som/pool/main/n/nvidia-l4t-core_39.2.0-2026_arm64.deb", "ab" * 32, 1)


@pytest.fixture
def place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Where the lock and the images are; every tool is there, and no network."""
    monkeypatch.setattr(lock, "path", lambda *_: tmp_path / "a.lock")
    monkeypatch.setattr(lock, "workshop_path", lambda *_: tmp_path / "a.lock")
    monkeypatch.setattr(tools, "to_build", lambda _: {})
    monkeypatch.setenv("no_proxy", "127.0.0.1")
    return tmp_path


def build(monkeypatch: pytest.MonkeyPatch, name: str, place: Path) -> int:
    where = ("--out", str(place / "images"), "--cache", str(place / "cache"))
    monkeypatch.setattr(sys, "argv", ["builder", "build", name, *where])
    return __main__.main()


def test_a_jetson_without_a_lock_is_not_begun(
    place: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    assert build(monkeypatch, "jetson-orin-nx", place) == 1
    assert capsys.readouterr().err == (
        "builder: There is no lock for noble/arm64 yet (a.lock): on a machine that reaches ports.ubuntu.com and "
        "repo.download.nvidia.com, run make lock-image TARGET=jetson-orin-nx.\n"
    )
    assert not list(place.iterdir())


def test_a_jetson_whose_archive_is_out_of_reach_is_not_begun(
    place: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    (place / "a.lock").write_text(lock.written([PACKAGE]))
    nowhere = (Archive("http://127.0.0.1:9", ("jetson/som r39.2 main",)),)
    monkeypatch.setattr(targets, "archives", lambda *_: nowhere)
    assert build(monkeypatch, "jetson-orin-nano", place) == 1
    assert capsys.readouterr().err == (
        "builder: The archive does not answer: http://127.0.0.1:9/jetson/som/dists/r39.2/InRelease. Its packages are "
        "fetched by the machine that builds.\n"
    )
    assert [path.name for path in place.iterdir()] == ["a.lock"]


def test_a_jetson_is_not_started_on_this_machine(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(sys, "argv", ["builder", "boot", "jetson-orin-nano"])
    assert __main__.main() == 1
    assert "docs/jetson.md" in capsys.readouterr().err


def test_a_box_that_is_off_is_asked_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(boot, "FOLDER", tmp_path)
    monkeypatch.setattr(boot, "ANSWERS_S", 0.1)
    monkeypatch.setattr(sys, "argv", ["builder", "ask", "qemu-x86-64", "spoq", "status"])
    assert __main__.main() == 1
    assert "The box does not answer" in capsys.readouterr().err


def test_keys_without_a_release_are_not_silently_left_out(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(sys, "argv", ["builder", "build", "qemu-x86-64", "--keys", str(tmp_path)])
    assert __main__.main() == 1
    assert "RELEASE=1" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("given", "locked"), [((), "qemu-x86-64 qemu-arm64"), (("TARGET=jetson-orin-nx",), "jetson-orin-nx")]
)
def test_locks_are_made_for_the_target_that_was_named(given: tuple[str, ...], locked: str) -> None:
    command = ("make", "--dry-run", "lock-image", *given)
    outside = {name: value for name, value in os.environ.items() if name not in ("MAKEFLAGS", "TARGET")}
    printed = subprocess.run(command, cwd=PROJECT, env=outside, capture_output=True, text=True, check=True).stdout
    assert f"for target in {locked}; do" in printed


def test_an_image_that_other_keys_have_signed_is_another_one(world: World) -> None:
    about, kernel_image = (world.out / f"spoq-{TARGET}.{ending}" for ending in ("json", "efi"))
    world.build()
    before, signed = json.loads(about.read_text()), kernel_image.read_bytes()
    world.build()
    assert kernel_image.read_bytes() == signed
    shutil.rmtree(world.folder / "build/keys")
    world.development_keys()
    world.build()
    after = json.loads(about.read_text())
    assert kernel_image.read_bytes() != signed
    assert (after["content"], after["keys"] == before["keys"]) == (before["content"], False)


def test_a_target_that_nobody_knows_is_told_once_by_make(tmp_path: Path) -> None:
    told = subprocess.run(
        (PROJECT / "tools/setup-image", "toaster"), cwd=PROJECT, capture_output=True, text=True, check=False
    )
    assert (told.returncode, told.stderr.count("\n"), "toaster" in told.stderr) == (1, 1, True)


@pytest.mark.parametrize(("machine", "package"), [("x86_64", "aarch64"), ("aarch64", "x86-64")])
def test_for_another_processor_its_own_tools_are_wanted(
    machine: str, package: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(os, "uname", lambda: SimpleNamespace(machine=machine))
    other = next(each for each in map(targets.read, ("qemu-x86-64", "qemu-arm64")) if each.machine != machine)
    assert f"binutils-{package}-linux-gnu" in tools.to_build(other).values()


@pytest.fixture
def flashed(world: World) -> World:
    """The small project, whose box is flashed by NVIDIA's tools."""
    target = world.tables / "targets" / f"{TARGET}.toml"
    target.write_text(
        f'{target.read_text()}\n[flash]\nrelease = "39.2"\nboard = "a-board"\nstorage = "nvme0n1"\nboot_mib = 16\n'
    )
    for path in ("image-build/boards/jetson/flash", "docs/jetson.md"):
        (world.folder / path).parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(PROJECT / path, world.folder / path)
    world.commit()
    return world


def test_what_is_flashed_is_built_as_every_image_is(flashed: World) -> None:
    assert flashed.build() == Built(0, "", (f"spoq-{TARGET}", f"spoq-{TARGET}.cdx.json", f"spoq-{TARGET}.json"))
    folder = flashed.out / f"spoq-{TARGET}"
    subprocess.run(("sha256sum", "--check", "--quiet", "SHA256SUMS"), cwd=folder, check=True)
    assert "IMAGE_KIND=dev\n" in (folder / "flash.conf").read_text()
    about = json.loads((flashed.out / f"spoq-{TARGET}.json").read_text())
    conf = run("debugfs", "-R", "cat /boot/extlinux/extlinux.conf", str(folder / "boot.img"))
    assert f"spoq.root_hash={about['root_hash']} " in conf


def test_a_folder_takes_the_place_of_the_one_before(flashed: World) -> None:
    flashed.build()
    (flashed.out / f"spoq-{TARGET}/left").touch()
    flashed.change("rootfs/usr/lib/systemd/system/spoq-toy.service", "A toy", "Another toy")
    flashed.build()
    assert not (flashed.out / f"spoq-{TARGET}/left").exists()
