"""From a target to a disk image, step by step; nothing lies under the final name before all of it is there.

build/images/spoq-qemu-x86-64.img     the disk
build/images/spoq-qemu-x86-64.json    what it is: version, commit, root hash, sizes, seconds by step
"""

import asyncio
import errno
import json
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from importlib import metadata
from pathlib import Path

from builder import archive, base, disk, environment, initrd, lock, root, tools, uki, verity
from builder import keys as signing
from builder import target as targets
from builder.errors import BuildError, TooLarge
from builder.progress import Steps
from builder.root import PROJECT
from builder.target import Target
from ota.systemd_boot import first_entries

OUT = PROJECT / "build/images"
CHANGED = ".changed"
CACHE = PROJECT / "build/cache"
COMMAND_LINE = "ro quiet loglevel=4 panic=5 systemd.show_status=auto"
BOOT_FILES = "usr/lib/systemd/boot/efi"
"""The boot loader and the stub of the target's own distribution."""
LOADER = "timeout 0\nconsole-mode keep\neditor no\nauto-entries no\nauto-firmware no\nsecure-boot-enroll force\n"
LOADERS = {"amd64": ("systemd-bootx64.efi", "BOOTX64.EFI"), "arm64": ("systemd-bootaa64.efi", "BOOTAA64.EFI")}


@dataclass(frozen=True)
class Source:
    """What is built: `epoch` is the commit's time, and every file's in the image."""

    commit: str
    epoch: int
    version: str


def build(name: str, steps: Steps | None = None) -> Path:
    """The disk image of target `name`, for development: its keys are this machine's own. Raises BuildError."""
    steps = steps or Steps()
    target = targets.read(name)
    tools.check(tools.to_build(target))
    source = _source()
    if _is_built(name, source):
        return OUT / f"spoq-{name}.img"
    OUT.mkdir(parents=True, exist_ok=True)
    (CACHE / "debs").mkdir(parents=True, exist_ok=True)
    with _disk_errors(), tempfile.TemporaryDirectory(prefix="building-", dir=OUT) as folder:
        scratch = Path(folder)
        sealed = _root(target, source, steps, scratch)
        image = _disk(target, source, sealed, steps, scratch)
        about = _about(name, target, source, sealed, steps)
        done = image.replace(OUT / f"spoq-{name}.img")
        (OUT / f"spoq-{name}.json").write_text(json.dumps(about, indent=1) + "\n")
        return done


def _is_built(name: str, source: Source) -> bool:
    """Whether the image of this very commit is there; with changes that nobody committed it never is."""
    about = OUT / f"spoq-{name}.json"
    if source.commit.endswith(CHANGED) or not about.exists() or not (OUT / f"spoq-{name}.img").exists():
        return False
    return bool(json.loads(about.read_text())["commit"] == source.commit)


def _root(target: Target, source: Source, steps: Steps, scratch: Path) -> verity.Sealed:
    suite = targets.suite(target.suite)
    path = lock.path(target, release=False)
    if not path.exists():
        raise BuildError(f"There is no lock for this image: {path.name}. `make lock-image` writes it.")
    packages = lock.parse(path.read_text(), path.name)
    with steps.step("Fetching packages", sum(each.size for each in packages)) as advance:
        asyncio.run(archive.fetch(packages, suite.archive, CACHE / "debs", advance))
    with steps.step("Installing packages", len(packages)) as advance:
        tar = base.build(target, packages, CACHE, advance)
    tree = scratch / "root"
    with steps.step("Unpacking the root"):
        root.unpack(tar, tree)
        root.unpack_kernel(archive.cached(CACHE / "debs", next(p for p in packages if p.is_kernel)), tree, scratch)
        root.trim_modules(tree, target.board)
    with steps.step("Fetching Python packages"):
        wheels = environment.fetch(target, suite, PROJECT / "requirements.lock", CACHE / "wheels", scratch)
    with steps.step("Installing Python packages"):
        environment.install(target, suite, wheels, PROJECT, scratch, tree)
    with steps.step("Laying our files over it"):
        root.overlay(tree, target.board)
        root.settle(tree, source.version)
        root.compile_python(tree)
    with steps.step("Sealing the root"):
        sealed = verity.seal(tree, source.epoch, scratch / "root.img")
    if sealed.size > target.partitions.root_mib * disk.MIB:
        raise TooLarge(f"The root has {sealed.size // disk.MIB + 1} MiB; its partition {target.partitions.root_mib}.")
    return sealed


def _disk(target: Target, source: Source, sealed: verity.Sealed, steps: Steps, scratch: Path) -> Path:
    with steps.step("Kernel image and signatures"):
        keys = signing.for_development(PROJECT / "build/keys")
        kernel_image = _kernel_image(target, sealed, keys, scratch)
        files = {"EFI/spoq/a.efi": kernel_image, "EFI/spoq/b.efi": kernel_image, **_loader(target, keys, scratch)}
    with steps.step("Writing the disk"):
        sizes = target.partitions
        esp, factory, image = scratch / "esp.img", scratch / "factory.img", scratch / "disk.img"
        disk.esp(files, sizes.esp_mib, source.epoch, esp)
        disk.ext4("factory", sizes.factory_mib, factory)
        disk.write(disk.layout(sizes, esp, sealed.path, factory), image)
    return image


def _kernel_image(target: Target, sealed: verity.Sealed, keys: uki.Keys, scratch: Path) -> Path:
    tree, packed, line = scratch / "root", scratch / "initrd.img", scratch / "command-line"
    initrd.build(tree, target.machine, target.board, scratch, packed)
    verified = f"spoq.root_hash={sealed.root_hash} spoq.hash_offset={sealed.hash_offset}"
    line.write_text(f"console={target.console} {verified} {COMMAND_LINE}")
    parts = uki.Parts(scratch / "vmlinuz", packed, line, tree / "usr/lib/os-release")
    uki.build(parts, tree / BOOT_FILES / uki.STUBS[target.architecture], keys, scratch, scratch / "kernel.efi")
    return scratch / "kernel.efi"


def _loader(target: Target, keys: uki.Keys, scratch: Path) -> dict[str, Path]:
    """The boot loader's files by their path on the start-up partition."""
    program, name = LOADERS[target.architecture]
    loader, settings = scratch / name, scratch / "loader.conf"
    uki.sign(scratch / "root" / BOOT_FILES / program, keys, loader)
    settings.write_text(LOADER)
    files = {f"EFI/BOOT/{name}": loader, "loader/loader.conf": settings}
    for entry in first_entries():
        path = scratch / entry.name
        path.write_text(entry.text)
        files[f"loader/entries/{entry.name}"] = path
    # Firmware that has no keys of its own yet takes these at the first start.
    for name in signing.FIRMWARE:
        files[f"loader/keys/auto/{name}.auth"] = keys.boot_key.parent / f"{name}.auth"
    return files


def _source() -> Source:
    def git(*arguments: str) -> str:
        done = subprocess.run(("git", "-C", str(PROJECT), *arguments), capture_output=True, text=True, check=False)
        return done.stdout.strip()

    commit = git("rev-parse", "--short=12", "HEAD") or "unknown"
    if git("status", "--porcelain"):
        commit += CHANGED
    version = f"{metadata.version('spoq')}-dev.{commit}"
    return Source(commit, int(git("log", "-1", "--format=%ct") or 0), version)


def _about(name: str, target: Target, source: Source, sealed: verity.Sealed, steps: Steps) -> dict[str, object]:
    return {
        "target": name,
        "version": source.version,
        "commit": source.commit,
        "suite": target.suite,
        "architecture": target.architecture,
        "root_hash": sealed.root_hash,
        "hash_offset": sealed.hash_offset,
        "root_mb": round(sealed.size / 1e6, 1),
        "build_min": round(sum(steps.seconds.values()) / 60, 2),
        "seconds": steps.seconds,
    }


@contextmanager
def _disk_errors() -> Iterator[None]:
    """A full disk of this machine is one sentence, too."""
    try:
        yield
    except OSError as error:
        if error.errno != errno.ENOSPC:
            raise
        raise TooLarge(
            f"The disk of this machine is full ({shutil.disk_usage(OUT).free // disk.MIB} MiB left)."
        ) from error
