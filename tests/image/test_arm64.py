"""The image for arm64 comes up. Its machine has no TPM that Debian's kernel knows, so it keeps nothing."""

import asyncio
import subprocess
import tempfile
from pathlib import Path

import pytest

from builder import image
from builder import target as targets
from builder.box import booted
from builder.machine import Machine
from builder.target import PROJECT

pytestmark = [pytest.mark.asyncio(loop_scope="session"), pytest.mark.matrix, pytest.mark.timeout(5400)]

TARGET = "qemu-arm64"
SECURE_BOOT = "/sys/firmware/efi/efivars/SecureBoot-8be4df61-93ca-11d2-aa0d-00e098032b8c"
QUESTION, ANSWER = "spoq ask what is seven times eight", "Seven times eight is fifty-six.\n"


async def test_it_starts_is_well_and_answers() -> None:
    subprocess.run((PROJECT / "tools/setup-image", TARGET), check=True)
    target = targets.read(TARGET)
    with tempfile.TemporaryDirectory(prefix="spoq-arm64-") as folder:
        made = Machine(target, Path(folder))
        made.make(await asyncio.to_thread(image.build, TARGET))
        async with booted(made) as box:
            await box.until_well()
            assert await box.guest.run("uname -m; cat /run/spoq/slot") == "aarch64\nSPOQ_SLOT=a\n"
            assert (await box.guest.run(f"od -An -tu1 {SECURE_BOOT}")).split()[-1] == "1"
            assert (await box.guest.run("findmnt -n -o FSTYPE /data")).strip() == "tmpfs"
            assert await box.guest.run("systemctl --failed --no-legend --plain") == ""
            assert "no TPM" in await box.guest.run("systemctl show -P StatusText spoq-pairingd")
            assert await box.guest.run(QUESTION) == ANSWER
