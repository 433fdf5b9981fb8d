"""Whatever is wrong, a build ends with one clear line and exit code 1; nothing half-written bears the final name."""

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from builder import __main__ as program
from builder import environment, image, overlay, units
from builder import target as targets
from builder.errors import MissingTools, Unreachable, WrongContent
from builder.programs import run
from builder.target import PROJECT
from tests.fakes.tiny_image import Built, World

IMAGE = ("spoq-box.cdx.json", "spoq-box.efi", "spoq-box.img", "spoq-box.json", "spoq-box.root")
UNIT = "rootfs/usr/lib/systemd/system/spoq-toy.service"


def refused(built: Built) -> str:
    """The one line of a build that left nothing."""
    assert (built.code, built.left) == (1, ())
    (line,) = built.words.splitlines()
    assert line.startswith("builder: ")
    assert "Traceback" not in line
    return line


def test_without_a_fault_there_is_an_image(world: World) -> None:
    assert world.build() == Built(0, "", IMAGE)


def test_the_image_of_this_very_content_is_not_built_again(world: World) -> None:
    world.build()
    first = (world.out / "spoq-box.img").stat().st_mtime_ns
    (world.folder / "notes").write_text("that nothing is made from")
    world.commit()
    assert world.build().code == 0
    assert (world.out / "spoq-box.img").stat().st_mtime_ns == first
    (world.overlay / "usr/lib/spoq/more").write_text("not committed, and new in the image")
    assert world.build().code == 0
    assert (world.out / "spoq-box.img").stat().st_mtime_ns != first


# --- this machine ---------------------------------------------------------------------------------------


def command(*arguments: str, path: str | None = None) -> subprocess.CompletedProcess[str]:
    """`python -m builder`."""
    python_path = os.pathsep.join([str(PROJECT), str(PROJECT / "image-build"), os.environ.get("PYTHONPATH", "")])
    environment = {**os.environ, "PYTHONPATH": python_path, "PATH": os.environ["PATH"] if path is None else path}
    program = (sys.executable, "-m", "builder", *arguments)
    return subprocess.run(program, env=environment, capture_output=True, text=True, check=False)


def test_an_unknown_target_is_told_with_those_there_are() -> None:
    done = command("build", "toaster")
    assert done.returncode == 1
    assert done.stderr == f"builder: There is no target “toaster”. Targets: {', '.join(targets.names())}.\n"


def test_missing_programs_are_told_in_one_line_with_how_to_install_them() -> None:
    done = command("build", "qemu-x86-64", path="/nonexistent")
    assert done.returncode == 1
    (line,) = done.stderr.splitlines()
    assert re.search(r"Missing on this machine: .* apt-get install --no-install-recommends .*erofs-utils.*", line)


def test_a_program_that_goes_while_it_is_needed_is_told() -> None:
    with pytest.raises(MissingTools, match="no-such-program"):
        run("no-such-program")


def test_an_interrupted_build_says_so(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    def interrupted(*_: object, **__: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(image, "build", interrupted)
    monkeypatch.setattr(sys, "argv", ["builder", "build", "qemu-x86-64"])
    assert program.main() == 130
    assert capsys.readouterr().err == "builder: interrupted; there is no image of it.\n"


@pytest.mark.parametrize("mib", [1, 3, 7])
def test_a_full_disk_is_told_wherever_it_is_found(world: World, mib: int) -> None:
    """While the root is unpacked, sealed, and written to the disk."""
    world.grow(2)
    assert "is full" in refused(world.build(before=f'mount -t tmpfs -o size={mib}m tmpfs "$OUT"'))


def test_the_disk_was_large_enough_but_for_that(world: World) -> None:
    world.grow(2)
    assert world.build(before='mount -t tmpfs -o size=64m tmpfs "$OUT"') == Built(0, "", IMAGE)


def test_a_folder_that_nobody_may_write_is_told(world: World) -> None:
    assert "Read-only file system" in refused(world.build(before='mount -t tmpfs -o ro tmpfs "$OUT"'))


# --- the archives ---------------------------------------------------------------------------------------


def test_an_archive_out_of_reach_is_told(world: World) -> None:
    for package in (world.folder / "cache/debs").iterdir():
        package.unlink()
    assert "The archive does not answer: http://127.0.0.1:9/debian/" in refused(world.build())
    assert not list((world.folder / "cache/debs").iterdir())


def test_an_index_of_python_packages_out_of_reach_is_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in [name for name in os.environ if name.startswith("PIP_")]:
        monkeypatch.delenv(name)
    nowhere = {"CONFIG_FILE": os.devnull, "INDEX_URL": "http://127.0.0.1:9/simple", "RETRIES": "1", "NO_CACHE_DIR": "1"}
    for name, value in nowhere.items():
        monkeypatch.setenv(f"PIP_{name}", value)
    target = targets.read("qemu-x86-64")
    suite, lock = targets.suite(target.suite), PROJECT / "requirements.lock"
    with pytest.raises(Unreachable, match="index of Python packages does not answer"):
        environment.fetch(target, suite, lock, tmp_path / "wheels", tmp_path)


# --- our own files --------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("line", "said"),
    [
        ("Type=nofify", ": /usr/lib/systemd/system/spoq-toy.service:5: Failed to parse service type"),
        ("Tpye=notify", "Unknown key 'Tpye' in section [Service]"),
        ("[Srevice]", "Unknown section 'Srevice'"),
        ("ExecStartPre=/usr/bin/tyo", "/usr/bin/tyo is not executable"),
        ("User spoq-toy", "Missing '='"),
    ],
)
def test_a_unit_that_systemd_would_complain_about_is_told(world: World, line: str, said: str) -> None:
    world.change(UNIT, "ExecStart=/usr/bin/toy\n", f"ExecStart=/usr/bin/toy\n{line}\n")
    assert said in refused(world.build())


def test_a_drop_in_for_a_unit_that_is_not_there_is_told(world: World) -> None:
    (world.overlay / "usr/lib/systemd/system/spoq-tyo.service.d").mkdir()
    (world.overlay / "usr/lib/systemd/system/spoq-tyo.service.d/10-x.conf").write_text("[Service]\nNice=1\n")
    world.commit()
    assert "spoq-tyo.service" in refused(world.build())


@pytest.mark.parametrize(
    ("path", "text", "said"),
    [
        ("usr/lib/spoq/spoq.toml", "[audio", "rootfs/usr/lib/spoq/spoq.toml is not valid TOML"),
        ("usr/lib/spoq/writable", "/var 755\n", "Line 1"),
        ("usr/lib/spoq/writable", "/var 0755\n/etc/sopq/x 0755\n", "/etc/sopq/x would be in a folder that is not"),
        ("usr/lib/spoq/writable", "/etc/passwd 0755\n", "/etc/passwd is no folder"),
        ("usr/lib/spoq/writable", "/var 0755\n/var/lib 0755\n", "/var/lib is inside another"),
        (
            "usr/lib/sysusers.d/spoq.conf",
            "u spoq-toy nine",
            "/usr/lib/sysusers.d/spoq.conf:1: Failed to parse UID",
        ),
        ("usr/lib/tmpfiles.d/spoq.conf", "d relative 0755", "Path 'relative' not absolute"),
        ("usr/lib/tmpfiles.d/spoq.conf", "d /var/x 0755 spoq-tyo", "Failed to resolve user 'spoq-tyo'"),
        ("etc", "a file", "rootfs/etc is a folder here and a file in the distribution"),
        ("factory/serial", "0001", "what each box has to make for itself: factory/serial"),
        ("etc/spoq/bus.nk", "a key", "what each box has to make for itself: etc/spoq/bus.nk"),
        (
            "etc/spoq/tls",
            "-----BEGIN {} KEY-----\n".format("PRIVATE") + "M" * 64,
            "what each box has to make for itself: etc/spoq/tls",
        ),
    ],
)
def test_a_file_that_makes_no_sense_is_told(world: World, path: str, text: str, said: str) -> None:
    (world.overlay / path).parent.mkdir(parents=True, exist_ok=True)
    (world.overlay / path).write_text(text)
    world.commit()
    assert said in refused(world.build())


@pytest.mark.parametrize(
    ("target", "said"),
    [
        ("../../../../etc/passwd", "outside the image"),
        ("/srv/checkout/rootfs/etc/passwd", "not in the image"),
        ("nowhere", "not in the image"),
        ("link", "not in the image"),
    ],
)
def test_a_link_that_leads_nowhere_in_the_image_is_told(world: World, target: str, said: str) -> None:
    (world.overlay / "etc/spoq").mkdir(parents=True)
    (world.overlay / "etc/spoq/link").symlink_to(target)
    world.commit()
    assert f"rootfs/etc/spoq/link links to {target}" in (line := refused(world.build()))
    assert said in line


def test_a_pipe_is_told(world: World) -> None:
    os.mkfifo(world.overlay / "usr/lib/pipe")
    assert "rootfs/usr/lib/pipe is neither a file nor a folder nor a link" in refused(world.build())


def test_a_model_that_nobody_said_the_licence_of_is_told(world: World) -> None:
    (world.folder / "software/usr/lib/spoq/environment/lib/python3.11/site-packages/new.onnx").touch()
    world.commit()
    assert "new.onnx is a model without a licence" in refused(world.build())


# --- what does not fit ----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("line", "said"),
    [
        ("root_mib = 16", "The root has"),
        ("esp_mib = 40", "The start-up partition would need"),
        ("factory_mib = 8", "mkfs.ext4 failed"),
    ],
)
def test_a_partition_that_is_too_small_is_told(world: World, line: str, said: str) -> None:
    world.grow(2)
    world.change("image-build/targets/box.toml", line, f"{line.split(' ')[0]} = {0 if 'factory' in line else 1}")
    assert said in refused(world.build())


def test_the_image_before_stays_as_it_was(world: World) -> None:
    world.build()
    before = {path.name: path.read_bytes() for path in world.out.iterdir()}
    world.change("image-build/targets/box.toml", "root_mib = 16", "root_mib = 0")
    assert world.build().code == 1
    assert {path.name: path.read_bytes() for path in world.out.iterdir()} == before


# --- what the real overlays are ---------------------------------------------------------------------------


def test_our_overlays_pass() -> None:
    folders = overlay.folders("qemu")
    assert "box-data.service" in units.ours(folders)
    for folder in folders:
        overlay.check(folder)


def test_a_link_is_followed_as_the_box_would(tmp_path: Path) -> None:
    (tmp_path / "usr/lib").mkdir(parents=True)
    (tmp_path / "lib").symlink_to("usr/lib")
    (tmp_path / "usr/lib/file").touch()
    (tmp_path / "usr/here").symlink_to("/lib/file")
    (tmp_path / "usr/later").symlink_to("../run/socket")
    (tmp_path / "usr/never").symlink_to("/lib/other")
    assert [overlay.leads_somewhere(tmp_path, f"usr/{name}") for name in ("here", "later", "never")] == [
        True,
        True,
        False,
    ]


def test_a_list_that_is_not_there_is_told(tmp_path: Path) -> None:
    with pytest.raises(WrongContent, match="usr/lib/spoq/writable"):
        overlay.writable(tmp_path)
