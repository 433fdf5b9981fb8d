"""What the TPM will measure is known before anything starts."""

import json
import shutil
import subprocess
from pathlib import Path

import pytest

from builder import measure

SYSTEMD_MEASURE = Path("/usr/lib/systemd/systemd-measure")
SECTIONS = {".linux": b"a kernel", ".osrel": b"ID=spoq\n", ".cmdline": b"ro quiet", ".initrd": b"an initrd"}


@pytest.mark.skipif(not SYSTEMD_MEASURE.exists(), reason="this distribution has no systemd-measure")
@pytest.mark.parametrize("names", [tuple(SECTIONS), (".linux", ".initrd"), (".linux",)])
def test_the_register_is_what_systemd_says(tmp_path: Path, names: tuple[str, ...]) -> None:
    sections = {name: SECTIONS[name] for name in names}
    for name, content in sections.items():
        (tmp_path / name).write_bytes(content)
    files = [f"--{name[1:]}={tmp_path / name}" for name in names]
    command = (str(SYSTEMD_MEASURE), "calculate", "--bank=sha256", "--phase=", *files)
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    assert f"11:sha256={measure.register(sections).hex()}" in done.stdout


def test_a_changed_command_line_is_another_register() -> None:
    assert measure.register(SECTIONS) != measure.register({**SECTIONS, ".cmdline": b"ro quiet init=/bin/sh"})


@pytest.mark.skipif(shutil.which("openssl") is None, reason="openssl is not installed")
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
    verify = (
        "openssl",
        "dgst",
        "-sha256",
        "-verify",
        public,
        "-signature",
        tmp_path / "policy.signed",
        tmp_path / "policy",
    )
    assert subprocess.run(verify, capture_output=True, check=False).returncode == 0
