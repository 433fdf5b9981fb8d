"""A release is offered, with its bundle packed for the way: alone, and as what makes a few earlier ones into it."""

import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from builder.programs import run
from ota import packing
from ota.publishing import Publisher
from ota.release import Channel
from ota.version import Version

ALONE, FROM = "packed", "from-{}"


def add(publisher: Publisher, name: str, bundle: Path, said: Mapping[str, Any], most: int) -> None:
    """The release is offered by this name, as one that says so much of itself; with deltas from `most` earlier ones of
    each channel whose boxes take it. Nothing is offered where that fails. Raises BuildError, NotPublished, OSError."""
    with tempfile.TemporaryDirectory(prefix="packing-", dir=bundle.parent) as folder:
        whole, deltas = Path(folder, ALONE), dict[str, Path]()
        packing.pack(bundle, whole)
        for version, path in _earlier(publisher, said, most):
            delta = Path(folder, FROM.format(version))
            with _content(path, Path(folder, "content")) as (root, kernel):
                packing.pack(bundle, delta, root, kernel)
            # From one release of the distribution to the next one may be no smaller.
            if delta.stat().st_size < whole.stat().st_size:
                deltas[str(version)] = delta
        for path in (whole, *deltas.values()):
            publisher.add(f"{name}.{path.name}", path)
        offered = {"packed": _offered(name, whole), "deltas": {each: _offered(name, deltas[each]) for each in deltas}}
        publisher.add(name, bundle, {**said, **offered})


def _offered(name: str, path: Path) -> dict[str, Any]:
    return {"name": f"{name}.{path.name}", "size": path.stat().st_size}


def _earlier(publisher: Publisher, said: Mapping[str, Any], most: int) -> Iterator[tuple[Version, Path]]:
    """The bundles before it from which the same boxes may go to it, the newest first."""
    found: dict[Version, tuple[str, str]] = {}
    for name, target in publisher.offered().items():
        custom = target.custom or {}
        if custom.get("compatible") == said["compatible"]:
            found[Version.parse(custom["version"])] = custom["channel"], name
    here, oldest = Version.parse(said["version"]), Version.parse(said["from"])
    left = {Channel.STABLE.value: most, Channel.BETA.value: most}
    for version in sorted(found, reverse=True):
        channel, name = found[version]
        if oldest <= version < here and left[channel]:
            left[channel] -= 1
            yield version, publisher.file(name)


@contextmanager
def _content(bundle: Path, to: Path) -> Iterator[tuple[Path, Path]]:
    """Root and kernel image in `bundle`, for as long."""
    run("unsquashfs", "-no-progress", "-force", "-dest", str(to), str(bundle), "root.img", "kernel.efi")
    try:
        yield to / "root.img", to / "kernel.efi"
    finally:
        for path in to.iterdir():
            path.unlink()
