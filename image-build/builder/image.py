"""From a target to a disk image, step by step; nothing lies under the final name before all of it is there.

build/images/spoq-qemu-x86-64.img        the disk
build/images/spoq-qemu-x86-64.root       its root and .efi its kernel image, for a USB stick (docs/rescue.md)
build/images/spoq-qemu-x86-64.cdx.json   the list of its parts, with their licences
build/images/spoq-qemu-x86-64.json       what it is: version, commit, root hash, sizes, seconds by step
build/images/spoq-jetson-orin-nano/      instead of disk, root and kernel image: what a board is flashed from
"""

import asyncio
import errno
import json
import os
import shutil
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from builder import (
    archive,
    base,
    compiled,
    disk,
    environment,
    foreign,
    inventory,
    jetson,
    lock,
    overlay,
    pages,
    parts,
    private,
    release,
    rights,
    root,
    sbom,
    startup,
    tools,
    uki,
    units,
    updates,
    verity,
)
from builder import keys as signing
from builder import order as orders
from builder import target as targets
from builder.errors import BuildError, NotForRelease, TooLarge
from builder.job import Job
from builder.lock import Package
from builder.order import Order, Source, Wish
from builder.progress import Steps
from builder.surroundings import alike
from builder.target import PROJECT, Flash
from identity.keys import BUILT

LEAST_FREE = disk.MIB
"""With less than this left, a disk is full."""


def build(name: str, steps: Steps | None = None, wish: Wish | None = None) -> Path:
    """The image of target `name`; where one of this very content is there, that. Raises BuildError."""
    order = Order(name, targets.read(name), wish or Wish())
    packages = lock.read(name, order.target, order.wish.release)
    workshop = lock.read_workshop(name, order.target)
    tools.check(tools.to_build(order.target))
    source = orders.source(order.wish.release)
    if order.wish.release:
        _refuse(_against(order, source, packages))
    if _is_built(order, source):
        return order.image
    asyncio.run(archive.check((*packages, *workshop), targets.archives(order.target), order.wish.cache / "debs"))
    if rights.lacking():
        return rights.build(order.arguments)
    made = (order.wish.out, order.wish.cache, orders.DEVELOPMENT_KEYS)
    with rights.given_back(order.left, *made), _disk_errors(order.wish.out, order.wish.cache):
        order.wish.out.mkdir(parents=True, exist_ok=True)
        (order.wish.cache / "debs").mkdir(parents=True, exist_ok=True)
        with (
            tempfile.TemporaryDirectory(prefix="building-", dir=order.wish.out) as folder,
            alike(source.epoch, Path(folder)),
        ):
            suite = targets.suite(order.target.suite)
            return _build(Job(order, source, suite, packages, steps or Steps(), Path(folder), workshop))


def _build(job: Job) -> Path:
    with _disk_errors(job.order.wish.out, job.order.wish.cache):
        sealed = _root(job)
        made = _to_flash(job, job.order.target.flash, sealed) if job.order.target.flash else _disk(job, sealed)
        about = job.scratch / "about.json"
        about.write_text(json.dumps(_about(job, sealed), indent=1) + "\n")
        job.order.about.unlink(missing_ok=True)
        for part, place in made.items():
            if place.is_dir():
                place.replace(job.scratch / "before")
            part.replace(place)
        (job.scratch / "parts.json").replace(job.order.parts)
        about.replace(job.order.about)
    return job.order.image


def _against(order: Order, source: Source, packages: Sequence[Package]) -> tuple[str, ...]:
    """All that can be said against a release before it is built."""
    reasons = release.of_source(source.commit)
    if order.wish.keys is None:
        reasons += ("A release is signed with keys of its own: name their folder (--keys, or KEYS= of make).",)
    else:
        against_keys = release.of_keys(signing.certificates(order.wish.keys))
        if not against_keys:
            signing.for_release(order.wish.keys)
        reasons += against_keys
    developers = set(targets.packages(order.target, release=False)) - set(targets.packages(order.target, release=True))
    reasons += release.of_packages((each.name for each in packages), developers)
    pinned = environment.pinned((PROJECT / "requirements.lock").read_text())
    return reasons + release.of_parts(pack.part("") for pack in parts.packs() if pack.package in pinned)


def _refuse(reasons: Sequence[str]) -> None:
    if reasons:
        raise NotForRelease("\n".join(("This can't be a release.", *reasons)))


def _is_built(order: Order, source: Source) -> bool:
    """Whether the image of this content, signed with these keys, is there; a release, of this very commit."""
    if not order.image.exists() or not order.parts.exists():
        return False
    try:
        about = json.loads(order.about.read_text())
        same = about["content"] == source.content and (not order.wish.release or about["commit"] == source.commit)
        same = same and about["keys"] == signing.fingerprint(order.keys)
    except (OSError, ValueError, KeyError, TypeError):
        return False
    return bool(same)


def _root(job: Job) -> verity.Sealed:
    target, cache, steps, tree = job.order.target, job.order.wish.cache, job.steps, job.tree
    packages, overlays = job.packages, overlay.folders(target.board)
    if target.machine != os.uname().machine:
        foreign.prepare(target.architecture)
    for each in overlays:
        overlay.check(each)
    wanted = tuple(sorted({*packages, *job.workshop}))
    with steps.step("Fetching packages", sum(each.size for each in wanted)) as advance:
        asyncio.run(archive.fetch(wanted, targets.archives(target), cache / "debs", advance))
    with steps.step("Installing packages", len(packages)) as advance:
        tar = base.build(target, packages, cache, advance)
    with steps.step("Unpacking the root"):
        root.unpack(tar, tree)
        root.unpack_kernel((archive.cached(cache / "debs", each) for each in job.kernel), tree, job.scratch)
        root.trim_modules(tree, target.machine, target.board)
        root.trim_firmware(tree, target.machine, target.board)
    with steps.step("Fetching Python packages"):
        wheels = environment.fetch(target, job.suite, PROJECT / "requirements.lock", cache / "wheels", job.scratch)
    made_of_source = _compiled(job, wheels)
    with steps.step("Installing Python packages"):
        environment.install(target, job.suite, wheels, PROJECT, job.scratch, tree)
        for each in made_of_source:
            shutil.copytree(each, job.site, dirs_exist_ok=True)
    with steps.step("Laying our files over it"):
        overlay.lay(overlays, tree)
        pages.lay(tree)
        if not target.flash:
            updates.lay(tree, job.order.name, target.partitions.root_mib * disk.MIB, _keys(job).boot_key.parent)
        root.settle(tree, _names(job), root.masked(target.machine, target.board))
        units.check(tree, units.ours(overlays))
        units.check_folders(tree, overlays, job.scratch / "trial")
        root.compile_python(tree)
    with steps.step("Listing its parts"):
        _list_parts(job, wheels)
        private.check(tree)
    with steps.step("Sealing the root"):
        sealed = verity.seal(tree, job.source.epoch, job.scratch / "root.img")
    if sealed.size > target.partitions.root_mib * disk.MIB:
        raise TooLarge(f"The root has {sealed.size // disk.MIB + 1} MiB; its partition {target.partitions.root_mib}.")
    return sealed


def _compiled(job: Job, wheels: Path) -> tuple[Path, ...]:
    """What no wheel fits, as folders."""
    target, cache = job.order.target, job.order.wish.cache
    sources = environment.sources(target, job.suite, PROJECT / "requirements.lock", wheels)
    if not sources:
        return ()
    with job.steps.step("Making the workshop", len(job.workshop)) as advance:
        tar = base.build(target, job.workshop, cache, advance)
    with job.steps.step("Compiling Python packages", len(sources)) as advance:
        return compiled.made(sources, tar, cache, advance)


def _names(job: Job) -> dict[str, str]:
    """For systemd, updates and `spoq status`, in os-release."""
    version = job.source.version
    ours = {"IMAGE_ID": "spoq", "IMAGE_VERSION": version, "VARIANT_ID": job.order.variant}
    return {"PRETTY_NAME": f"Spoq {version}", **ours, "BUILD_ID": job.source.commit, BUILT: str(job.source.epoch)}


def _list_parts(job: Job, wheels: Path) -> None:
    """The list is in the root and in `scratch`. Raises NotForRelease: a release would have something it must not."""
    order, source, target = job.order, job.source, job.order.target
    found = inventory.taken(job, wheels)
    reasons = release.of_parts(found)
    if order.wish.release:
        _refuse(reasons)
    for part in found:
        if part.is_unknown:
            job.steps.warn(f"nobody has told the licence of {part.name}: a line in licences.toml would.")
    about = (order.name, source.version, order.variant, source.commit, target.suite, target.architecture, reasons)
    text = sbom.written(sbom.Image(*about), found, source.epoch)
    for path in (job.tree / sbom.PLACE, job.scratch / "parts.json"):
        path.write_text(text)


def _disk(job: Job, sealed: verity.Sealed) -> dict[Path, Path]:
    """The disk, its root and the kernel image that is in it, and the places that they get."""
    target, scratch, order = job.order.target, job.scratch, job.order
    with job.steps.step("Kernel images and signatures"):
        files = startup.files(job, sealed, _keys(job))
    with job.steps.step("Writing the disk"):
        sizes = target.partitions
        esp, factory, image = scratch / "esp.img", scratch / "factory.img", scratch / "disk.img"
        disk.esp(files, sizes.esp_mib, job.source.epoch, esp)
        disk.ext4("factory", sizes.factory_mib, factory)
        disk.write(disk.layout(sizes, esp, sealed.path, factory), image)
    kernel_image = files[startup.KERNEL_IMAGES[0]]
    return {image: order.image, sealed.path: order.root, kernel_image: order.kernel_image}


def _to_flash(job: Job, to: Flash, sealed: verity.Sealed) -> dict[Path, Path]:
    """The folder that a board is flashed from, and the place that it gets."""
    target, factory = job.order.target, job.scratch / "factory.img"
    with job.steps.step("Kernel image and signatures"):
        keys = _keys(job)
        kernel_image = startup.slot_image(job, sealed, keys)
    with job.steps.step("Writing what is flashed"):
        disk.ext4("factory", target.partitions.factory_mib, factory)
        line = startup.command_line(kernel_image).read_text()
        made = jetson.Made(kernel_image, line, sealed.path, factory)
        folder = jetson.write(target, to, made, keys, job.order.wish.release, job.source.epoch, job.scratch)
    return {folder: job.order.image}


def _keys(job: Job) -> uki.Keys:
    keys = job.order.wish.keys
    return signing.for_release(keys) if keys else signing.for_development(orders.DEVELOPMENT_KEYS)


def _about(job: Job, sealed: verity.Sealed) -> dict[str, object]:
    target, source = job.order.target, job.source
    return {
        "target": job.order.name,
        "version": source.version,
        "variant": job.order.variant,
        "commit": source.commit,
        "epoch": source.epoch,
        "content": source.content,
        "keys": signing.fingerprint(job.order.keys),
        "suite": target.suite,
        "architecture": target.architecture,
        "root_hash": sealed.root_hash,
        "hash_offset": sealed.hash_offset,
        "root_mb": round(sealed.size / 1e6, 1),
        "build_min": round(sum(job.steps.seconds.values()) / 60, 2),
        "seconds": job.steps.seconds,
    }


@contextmanager
def _disk_errors(*folders: Path) -> Iterator[None]:
    """A full disk of this machine is one sentence, whoever finds it: we, or a program that we called."""
    try:
        yield
    except TooLarge:
        raise
    except (OSError, BuildError) as error:
        no_space = (
            error.errno == errno.ENOSPC if isinstance(error, OSError) else os.strerror(errno.ENOSPC) in str(error)
        )
        full = next((path for path in folders if path.exists() and _free(path) < LEAST_FREE), None)
        if not no_space and full is None:
            raise
        where = full or min((path for path in folders if path.exists()), key=_free)
        raise TooLarge(f"The disk of this machine is full: {where} has {_free(where) // disk.MIB} MiB left.") from error


def _free(folder: Path) -> int:
    return shutil.disk_usage(folder).free
