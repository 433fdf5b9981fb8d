"""A release's bundle packed for the way: alone, and as what makes each of a few earlier bundles into it."""

import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from builder.programs import run
from ota import packing
from ota.publishing import Publisher
from ota.version import Version

ALONE, FROM = "packed", "from-{}"


def add(publisher: Publisher, name: str, bundle: Path, said: dict[str, Any], most: int) -> dict[str, Any]:
    """Files beside `name`, whose release says so much of itself, are offered: deltas from `most` earlier ones at most.
    What the release has to say of them. Raises BuildError, NotPublished, OSError."""
    with tempfile.TemporaryDirectory(prefix="packing-", dir=bundle.parent) as folder:
        made = Path(folder, "made")

        def offered(ending: str, *earlier: Path) -> dict[str, Any]:
            packing.pack(bundle, made, *earlier)
            publisher.add(f"{name}.{ending}", made)
            return {"name": f"{name}.{ending}", "size": made.stat().st_size}

        whole = offered(ALONE)
        deltas = {}
        for version, path in _earlier(publisher, said)[:most]:
            with _content(path, Path(folder, "content")) as (root, kernel):
                delta = offered(FROM.format(version), root, kernel)
            if delta["size"] < whole["size"]:
                deltas[str(version)] = delta
            else:
                # As from one release of the distribution to the next.
                publisher.withdraw(delta["name"])
    return {"packed": whole, "deltas": deltas}


def _earlier(publisher: Publisher, said: dict[str, Any]) -> list[tuple[Version, Path]]:
    """The bundles before it for the same boxes, the newest first."""
    version, found = Version.parse(said["version"]), []
    for name, target in publisher.offered().items():
        custom = target.custom or {}
        if custom.get("compatible") == said["compatible"] and Version.parse(custom["version"]) < version:
            found.append((Version.parse(custom["version"]), publisher.file(name)))
    return sorted(found, reverse=True)


@contextmanager
def _content(bundle: Path, to: Path) -> Iterator[tuple[Path, Path]]:
    """Root and kernel image in `bundle`, for as long."""
    run("unsquashfs", "-no-progress", "-force", "-dest", str(to), str(bundle), "root.img", "kernel.efi")
    try:
        yield to / "root.img", to / "kernel.efi"
    finally:
        for path in to.iterdir():
            path.unlink()
