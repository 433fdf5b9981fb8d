"""Only with Secure Boot, and keys that are there to stay, is a sealed key sealed to anything."""

import subprocess
from pathlib import Path

import pytest

from storage import firmware


@pytest.mark.parametrize(
    ("secure_boot", "setup_mode", "vouches"),
    [
        (b"\1", b"\0", True),
        (b"\0", b"\0", False),
        (b"\1", b"\1", False),
        (b"\0", b"\1", False),
        (None, b"\0", False),
        (b"\1", None, False),
        (b"", b"\0", False),
        (b"\1\1", b"\0", False),
    ],
)
def test_it_vouches_only_where_both_say_so(
    tmp_path: Path, secure_boot: bytes | None, setup_mode: bytes | None, vouches: bool
) -> None:
    for name, content in (("SecureBoot", secure_boot), ("SetupMode", setup_mode)):
        if content is not None:
            (tmp_path / f"{name}-{firmware.GLOBAL}").write_bytes(b"\6\0\0\0" + content)
    assert firmware.vouches(tmp_path) == vouches


def test_a_tpm_is_waited_for_where_the_firmware_tells_of_one(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    asked: list[tuple[str, ...]] = []

    def never_found(command: tuple[str, ...], check: bool) -> "subprocess.CompletedProcess[bytes]":
        asked.append(command)
        return subprocess.CompletedProcess(command, 1)

    table = tmp_path / "TPM2"
    firmware.wait_for_tpm(table, never_found)
    assert (asked, caplog.text) == ([], "")
    table.touch()
    firmware.wait_for_tpm(table, never_found)
    assert asked == [("udevadm", "wait", f"--timeout={firmware.TPM_S}", "/dev/tpmrm0")]
    assert "tells of a TPM" in caplog.text
