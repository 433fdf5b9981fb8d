"""RAUC in a box takes no bundle that is not ours; what it does with ours is in test_update.py."""

import random
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest

from builder import bundle, order, updates
from builder.box import Box
from tests.image.slots import TARGET

pytestmark = [pytest.mark.asyncio(loop_scope="session"), pytest.mark.timeout(1800)]

PLACE = "/var/lib/new.raucb"
INSTALL = f"rauc install {PLACE} 2>&1"


def made(folder: Path, root: bytes, keys: bundle.Keys, compatible: str = updates.compatible(TARGET)) -> Path:
    """A small bundle, with a root that is none."""
    (folder / "root").write_bytes(root)
    (folder / "kernel").write_bytes(b"MZ")
    bundle.make(folder / "root", folder / "kernel", compatible, "9.0.0", keys, 1_790_000_000, folder / "made.raucb")
    return folder / "made.raucb"


async def test_what_is_not_ours_is_refused(box: Box, tmp_path: Path) -> None:
    ours, root = bundle.found(order.DEVELOPMENT_KEYS), random.Random(7).randbytes(1_000_000)
    before = await box.guest.run("head -c 1048576 /dev/spoq/root-b | sha256sum")
    (tmp_path / "strangers").mkdir()
    strangers = bundle.make_keys("Spoq development", tmp_path / "strangers")
    cases: list[tuple[Callable[[], Path], str]] = [
        (lambda: made(tmp_path, root, strangers), "signature"),
        (lambda: made(tmp_path, root, ours, "spoq-toaster"), "ompatible"),
        (lambda: plain(tmp_path, root, ours), "plain"),
        (lambda: cut(made(tmp_path, root, ours)), "verity"),
    ]
    for make, why in cases:
        await box.guest.put(make().read_bytes(), PLACE)
        # One that others could write RAUC refuses for that.
        await box.guest.run(f"chmod 600 {PLACE}")
        code, told = await box.guest.outcome(INSTALL, 300.0)
        assert code and why in told, told
    assert await box.guest.run("head -c 1048576 /dev/spoq/root-b | sha256sum") == before
    # Nobody but root has a word with it.
    ask = "busctl get-property de.pengutronix.rauc / de.pengutronix.rauc.Installer Operation"
    assert await box.guest.run(ask) == 's "idle"\n'
    code, told = await box.guest.outcome(f"runuser -u spoq-gatewayd -- {ask} 2>&1")
    assert code and "Access denied" in told


def plain(folder: Path, root: bytes, keys: bundle.Keys) -> Path:
    """As RAUC made them before it checked each byte as it is read."""
    content, to = folder / "content", folder / "made.raucb"
    content.mkdir()
    (content / "root.img").write_bytes(root)
    manifest = bundle.MANIFEST.format(compatible=updates.compatible(TARGET), version="9.0.0")
    (content / "manifest.raucm").write_text(manifest.replace("[bundle]\nformat=verity\n\n", ""))
    to.unlink(missing_ok=True)
    subprocess.run(("rauc", "--cert", keys.certificate, "--key", keys.key, "bundle", content, to), check=True)
    return to


def cut(path: Path) -> Path:
    """Something is missing in the middle of it."""
    content = path.read_bytes()
    path.write_bytes(content[:4096] + content[8192:])
    return path
