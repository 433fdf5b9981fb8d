"""The same commit and lock give the same image bit for bit, wherever and whenever it is built."""

import hashlib
import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from builder import disk
from builder import target as targets
from builder.order import CACHE
from builder.surroundings import alike
from builder.target import PROJECT
from tests.fakes.tiny_image import MIB, World

TARGET = "qemu-x86-64"
CHUNK = 64 * MIB


@dataclass(frozen=True)
class Place:
    """A checkout of this commit, and how the machine is there: `later` is by how much its clock is wrong."""

    folder: Path
    umask: int
    zone: str
    language: str
    later: str

    def check_out(self) -> None:
        self.folder.mkdir(parents=True)
        command = ("git", "-c", "safe.directory=*", "clone", "--quiet", PROJECT, self.folder / "checkout")
        subprocess.run(command, check=True, umask=self.umask)
        # They come from another builder, which has a lock of its own.
        shutil.copytree(PROJECT / "build/web", self.folder / "checkout/build/web")

    def build(self, cache: Path) -> Path:
        """Where the image is."""
        checkout, out = self.folder / "checkout", self.folder / "images"
        program = (sys.executable, "-m", "builder", "build", TARGET, "--out", out, "--cache", cache)
        path = os.pathsep.join([str(checkout), str(checkout / "image-build"), os.environ.get("PYTHONPATH", "")])
        machine = {"PYTHONPATH": path, "TZ": self.zone, "LC_ALL": self.language, "LANG": self.language}
        machine["PATH"] = os.pathsep.join([str(self._programs()), os.environ["PATH"]])
        subprocess.run(
            ("faketime", "-f", self.later, *program),
            cwd=checkout,
            env={**os.environ, **machine},
            umask=self.umask,
            check=True,
        )
        return out

    def _programs(self) -> Path:
        """With a sudo that leaves the clock wrong, where somebody builds who is not root."""
        folder = self.folder / "bin"
        folder.mkdir()
        wrong = f'faketime -f "{self.later}" "$@"'
        (folder / "sudo").write_text(f'#!/bin/sh\nprompt="$1"\nshift\nexec /usr/bin/sudo "$prompt" {wrong}\n')
        (folder / "sudo").chmod(0o755)
        return folder


@pytest.fixture
def folder() -> Iterator[Path]:
    """On the disk that the cache is on."""
    (PROJECT / "build").mkdir(exist_ok=True)
    with tempfile.TemporaryDirectory(prefix="reproducible-", dir=PROJECT / "build") as name:
        yield Path(name)


def sha256(path: Path, start: int = 0, length: int | None = None) -> str:
    """Of a part of a file."""
    digest, left = hashlib.sha256(), path.stat().st_size - start if length is None else length
    with path.open("rb") as file:
        file.seek(start)
        while left and (chunk := file.read(min(left, CHUNK))):
            digest.update(chunk)
            left -= len(chunk)
    return digest.hexdigest()


@pytest.mark.matrix
@pytest.mark.timeout(1800)
def test_two_builds_of_a_commit_are_the_same_bit_for_bit(programs: None, folder: Path) -> None:
    """Even where the distribution's part is made anew, and what is made of sources; the keys are the same."""
    one = Place(folder / "one", 0o022, "UTC", "C", "+0d")
    other = Place(folder / "a/place/elsewhere", 0o077, "Pacific/Auckland", "de_DE.UTF-8", "+3d")
    for place in (one, other):
        place.check_out()
    first = one.build(CACHE)
    shutil.copytree(one.folder / "checkout/build/keys", other.folder / "checkout/build/keys")
    for kept in ("debs", "wheels"):
        made_here = shutil.ignore_patterns("nkeys-*", "*.part")
        shutil.copytree(CACHE / kept, folder / "cache" / kept, copy_function=os.link, ignore=made_here)
    second = other.build(folder / "cache")
    sizes = targets.read(TARGET).partitions
    root = (disk.start(sizes, "root-a"), sizes.root_mib * MIB)
    image, listed = f"spoq-{TARGET}.img", f"spoq-{TARGET}.cdx.json"
    assert sha256(first / image, *root) == sha256(second / image, *root), "the roots differ"
    assert sha256(first / listed) == sha256(second / listed), "the lists of parts differ"
    assert sha256(first / image) == sha256(second / image), "the roots are the same, and the start-up partitions differ"


def test_the_files_of_an_overlay_are_the_same_from_any_checkout(world: World) -> None:
    """Git knows only whether a file is a program; the rest of its mode is who cloned it."""
    program = world.overlay / "usr/bin/tool"
    program.parent.mkdir()
    program.write_text("#!/bin/sh\n")
    program.chmod(0o711)
    (world.overlay / "usr/lib/spoq/spoq.toml").chmod(0o660)
    (world.overlay / "usr/lib/spoq").chmod(0o2770)
    assert world.build().code == 0
    root = world.root("spoq-box.img")
    modes = {name: (root / name).stat().st_mode & 0o7777 for name in ("usr/bin/tool", "usr/lib/spoq/spoq.toml")}
    assert modes == {"usr/bin/tool": 0o755, "usr/lib/spoq/spoq.toml": 0o644}
    assert (root / "usr/lib/spoq").stat().st_mode & 0o7777 == 0o755


def test_every_file_is_of_the_commit_s_time(world: World) -> None:
    os.utime(world.overlay / "usr/lib/spoq/spoq.toml", (1, 1))
    assert world.build().code == 0
    shown = subprocess.run(
        ("git", "-C", world.folder, "log", "-1", "--format=%ct"), capture_output=True, text=True, check=True
    )
    root = world.root("spoq-box.img")
    assert {path.lstat().st_mtime for path in root.rglob("*") if path.is_file()} == {float(shown.stdout)}


def test_programs_that_a_build_starts_see_the_same_machine_everywhere(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TZ", "Pacific/Auckland")
    monkeypatch.setenv("LC_ALL", "tr_TR.UTF-8")
    asked = ("sh", "-c", 'umask; date -d "@$SOURCE_DATE_EPOCH" +%H:%M; echo "$LC_ALL $TMPDIR"')
    with alike(1767225600, tmp_path):
        said = subprocess.run(asked, capture_output=True, text=True, check=True).stdout
    assert said.split() == ["0022", "00:00", "C.UTF-8", str(tmp_path)]
    assert os.environ["TZ"] == "Pacific/Auckland"
