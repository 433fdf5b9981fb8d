"""Where a box in QEMU gets its releases: this machine's image under other versions, or whatever a mirror has."""

import json
import shutil
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from datetime import datetime
from pathlib import Path
from typing import Any

from builder import another, bundle, deltas, order, updates
from builder import keys as boot_keys
from builder.box import Box
from ota import signers
from ota.publishing import Publisher
from tests.fakes.release_server import ReleaseServer
from tests.image.slots import TARGET

HOST = "10.0.2.2"
"""This computer, for a box in QEMU."""
OWNERS = """[updates]
server = "http://{host}:{port}/"
automatic = false
again_s = {again_s}
damaged_s = 5.0
look_s = 1.0
gate = {{ every_s = 1.0, wanted = 3, most_bad = 5 }}
"""
"""The owner's settings: the gate in less time, nothing by itself."""


class Shop:
    """Where this machine's boxes get their releases."""

    def __init__(self, folder: Path) -> None:
        self.public = folder / "public"
        shutil.copytree(order.DEVELOPMENT_KEYS / boot_keys.RELEASES, self.public)
        self._scratch = folder / "scratch"

    def offers(self, version: str, change: Callable[[Path], None] = lambda _: None, init: str | None = None) -> None:
        """This machine's image as that version, with something changed in it."""
        self._scratch.mkdir()
        self._add(version, another.make(TARGET, version, self._scratch, change, init), most_deltas=1)

    def has_had_what_runs(self) -> None:
        """This machine's image was a release, too: deltas can be made of it."""
        self._scratch.mkdir()
        image, made = order.OUT / f"spoq-{TARGET}.img", self._scratch / "made.raucb"
        root, kernel, keys = image.with_suffix(".root"), image.with_suffix(".efi"), bundle.found(order.DEVELOPMENT_KEYS)
        about = json.loads(image.with_suffix(".json").read_text())
        version = about["version"].partition("-")[0]
        bundle.make(root, kernel, updates.compatible(TARGET), version, keys, about["epoch"], made)
        self._add(version, made, most_deltas=0)

    def offers_file(self, version: str, made: Path, **said: Any) -> None:
        """What is no bundle of ours, or says another thing of itself; signed as all others."""
        publisher = self.publisher()
        publisher.add(made.name, made, _said(version, made, manifest="ab" * 32) | said)
        publisher.publish()

    def publisher(self, now: Callable[[], datetime] | None = None, folder: Path | None = None) -> Publisher:
        """With all keys for development, of what is in `folder`."""
        ours = signers.load(order.DEVELOPMENT_KEYS / boot_keys.OF_RELEASES)
        return Publisher(folder or self.public, [each for role in ours.values() for each in role], now)

    def _add(self, version: str, made: Path, most_deltas: int) -> None:
        said = _said(version, made, manifest=bundle.manifest_hash(made))
        publisher = self.publisher()
        deltas.add(publisher, f"spoq-{TARGET}-{version}.raucb", made, said, most_deltas)
        publisher.publish()
        shutil.rmtree(self._scratch)

    @asynccontextmanager
    async def open_for(self, box: Box, again_s: float = 5.0) -> AsyncIterator[ReleaseServer]:
        """The box is told of it; what fails is tried again so much later."""
        async with ReleaseServer(self.public).running() as server:
            port = int(server.address.split(":")[2].strip("/"))
            await box.guest.put(OWNERS.format(host=HOST, port=port, again_s=again_s).encode(), "/etc/spoq/spoq.toml")
            await box.guest.run("systemctl restart spoq-otad")
            yield server


def _said(version: str, made: Path, manifest: str) -> dict[str, Any]:
    return {
        "version": version,
        "class": "rootfs",
        "compatible": updates.compatible(TARGET),
        "channel": "stable",
        "manifest": manifest,
        "from": "0.0.0",
        "size": made.stat().st_size,
        "notes": {"en": "It hears you better."},
    }


async def says(box: Box, action: str, timeout_s: float = 120.0) -> Any:
    """What `spoq update` prints, as JSON."""
    return json.loads(await box.guest.run(f"spoq update {action} --json", timeout_s))
