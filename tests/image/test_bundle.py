"""RAUC in a box: it writes the slot that does not run, from a bundle of ours, and takes no other."""

import random
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest

from builder import bundle, order, updates
from builder.box import PYTHON, Box
from tests.fakes.release_server import ReleaseServer
from tests.image.slots import ON_ESP, TARGET, activate_b

pytestmark = [pytest.mark.asyncio(loop_scope="session"), pytest.mark.timeout(1800)]

HOST = "10.0.2.2"
"""This computer, for a box in QEMU."""
LONG_S = 900.0
FETCH = """
import sys, urllib.request, shutil
with urllib.request.urlopen(sys.argv[1]) as answer, open(sys.argv[2], "wb") as file:
    shutil.copyfileobj(answer, file)
"""
PLACE = "/var/lib/new.raucb"
PROOF = "/var/lib/spoq/proof"
INSTALL = f"rauc install {PLACE} 2>&1"


def made(folder: Path, root: bytes, keys: bundle.Keys, compatible: str = updates.compatible(TARGET)) -> Path:
    """A small bundle, with a root that is none."""
    (folder / "root").write_bytes(root)
    (folder / "kernel").write_bytes(b"MZ")
    bundle.make(folder / "root", folder / "kernel", compatible, "9.0.0", keys, 1_790_000_000, folder / "made.raucb")
    return folder / "made.raucb"


async def fetched(box: Box, path: Path) -> None:
    """The box has this file as the bundle that is new."""
    async with ReleaseServer(path.parent).running() as server:
        port = server.address.split(":")[2].strip("/")
        await box.guest.put(FETCH.encode(), "/run/fetch.py")
        await box.guest.run(f"{PYTHON} /run/fetch.py http://{HOST}:{port}/{path.name} {PLACE}", LONG_S)


@pytest.mark.matrix
async def test_the_other_slot_is_written_and_starts_and_finds_the_data(box: Box, built: Path, tmp_path: Path) -> None:
    keys = bundle.found(order.DEVELOPMENT_KEYS)
    new = tmp_path / "new.raucb"
    root, kernel = built.with_suffix(".root"), built.with_suffix(".efi")
    bundle.make(root, kernel, updates.compatible(TARGET), "9.0.0", keys, 1_790_000_000, new)
    await box.guest.run(f"echo kept > {PROOF}; dd if=/dev/zero of=/dev/spoq/root-b bs=1M count=8; sync")
    await box.guest.run(ON_ESP.format("echo MZ > /run/esp/EFI/spoq/b.efi"))
    await fetched(box, new)
    await box.guest.run(INSTALL, LONG_S)
    await activate_b(box)
    await box.cut_power()
    await box.switch_on()
    assert await box.guest.run(f"cat /run/spoq/slot {PROOF}") == "SPOQ_SLOT=b\nkept\n"


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
        await fetched(box, make())
        code, told = await box.guest.outcome(INSTALL, LONG_S)
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
