"""What the TPM will measure is known before anything starts."""

import base64
import json
import subprocess
from pathlib import Path

import pytest

from builder import measure

SECTIONS = {".linux": b"a kernel", ".osrel": b"ID=spoq\n", ".cmdline": b"ro quiet", ".initrd": b"an initrd"}


SYSTEMD_SAYS = (
    ((".linux", ".osrel", ".cmdline", ".initrd"), "aa94e03c959c5364b523cf0e2be496bbe0156b993f3722674196325df16fe8f0"),
    ((".linux", ".initrd"), "6532c044b3520f30cf47ba23a146f3570e69dd7538a1ec0517e5d4c0e64a13b7"),
    ((".linux",), "2ee5092bac29d0c9290a2f8989021fb16b224bc2bc428fb6054447b66744aef2"),
)
"""What `systemd-measure calculate --bank=sha256 --phase=` of 252 prints for files of these sections."""


@pytest.mark.parametrize(("names", "value"), SYSTEMD_SAYS)
def test_the_register_is_what_systemd_says(names: tuple[str, ...], value: str) -> None:
    assert measure.register({name: SECTIONS[name] for name in names}).hex() == value


def test_a_changed_command_line_is_another_register() -> None:
    assert measure.register(SECTIONS) != measure.register({**SECTIONS, ".cmdline": b"ro quiet init=/bin/sh"})


def test_the_signature_is_over_the_policy(tmp_path: Path) -> None:
    key, public = tmp_path / "key", tmp_path / "public"
    subprocess.run(("openssl", "genrsa", "-out", key, "2048"), check=True, capture_output=True)
    subprocess.run(("openssl", "rsa", "-in", key, "-pubout", "-out", public), check=True, capture_output=True)
    for name, content in SECTIONS.items():
        (tmp_path / name).write_bytes(content)
    text = measure.signature({name: tmp_path / name for name in SECTIONS}, key, public, tmp_path)
    (entry,) = json.loads(text)["sha256"]
    assert entry["pcrs"] == [11]
    assert entry["pol"] == measure.policy(measure.register(SECTIONS)).hex()
    signed, message = tmp_path / "read.signed", tmp_path / "read"
    signed.write_bytes(base64.b64decode(entry["sig"]))
    message.write_bytes(bytes.fromhex(entry["pol"]))
    verify = ("openssl", "dgst", "-sha256", "-verify", public, "-signature", signed, message)
    assert subprocess.run(verify, capture_output=True, check=False).returncode == 0
