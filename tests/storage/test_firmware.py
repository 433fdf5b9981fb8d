"""Only with Secure Boot, and keys that are there to stay, is a sealed key sealed to anything."""

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
