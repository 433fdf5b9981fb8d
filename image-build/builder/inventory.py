"""The parts of a finished root, taken down: where each is told from, and where in the image it is."""

from pathlib import Path

from builder import archive, environment, initrd, pages, parts, programs, root, uki
from builder.job import Job
from builder.parts import Part
from builder.target import PROJECT

BOOT_FILES = "usr/lib/systemd/boot/efi"
"""The boot loader and the stub of the target's own distribution."""
LOADERS = {"amd64": ("systemd-bootx64.efi", "BOOTX64.EFI"), "arm64": ("systemd-bootaa64.efi", "BOOTAA64.EFI")}


def taken(job: Job, wheels: Path) -> tuple[Part, ...]:
    """All of them; `wheels` is the folder that pip installed from. Raises BuildError."""
    table, database = parts.licences(), job.tree / root.DATABASE
    debs = [archive.cached(job.order.wish.cache / "debs", each) for each in job.kernel]
    printed = "\n\n".join(programs.run("dpkg-deb", "--field", str(deb)).strip() for deb in debs)
    stanzas = (*parts.stanzas((database / "status").read_text()), *parts.stanzas(printed))
    texts = parts.copyrights(job.tree, (each["Package"] for each in stanzas))
    distribution = parts.packages(stanzas, job.packages, texts, table, _system(job.tree), _places(job, database))
    pinned = environment.pinned((PROJECT / "requirements.lock").read_text())
    python = parts.wheels(job.site, wheels, pinned, table, job.source.version)
    versions = {each.name: each.version for each in python}
    return (*distribution, *python, *pages.parts(), *parts.models(job.site, parts.packs(), versions))


def _system(tree: Path) -> dict[str, str]:
    lines = (tree / "usr/lib/os-release").read_text().splitlines()
    return {name: value.strip('"') for name, _, value in (line.partition("=") for line in lines)}


def _places(job: Job, database: Path) -> dict[str, tuple[str, ...]]:
    """Where packages are that are not in the root alone."""
    target = job.order.target
    boot = [f"{BOOT_FILES}/{name}" for name in (LOADERS[target.architecture][0], uki.STUBS[target.architecture])]
    initrd_files = initrd.files(job.tree, target.machine)
    places: dict[str, tuple[str, ...]] = dict.fromkeys(parts.owners(database, initrd_files), ("root", "initrd"))
    places |= dict.fromkeys(parts.owners(database, boot), ("root", "kernel image", "start-up partition"))
    return {**places, **{each.name: ("root", "initrd", "kernel image") for each in job.kernel}}
