"""A unified kernel image: systemd's stub with the kernel, the initrd and the command line as sections, signed.

The signature of Secure Boot covers all of them. For the TPM, the value that register 11 has after the stub measured
them is calculated and signed too (`.pcrsig`), so that the data partition opens under every image that we signed, and
under no other. Debian 12 has no ukify; objcopy does the same.

Source: systemd-stub(7) of 252; Microsoft's PE format; the UAPI group's Unified Kernel Image specification.
"""

import os
import re
import struct
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from builder import measure
from builder.programs import run

STUBS = {"amd64": "linuxx64.efi.stub", "arm64": "linuxaa64.efi.stub"}
ALIGNMENT = re.compile(r"SectionAlignment\s+([0-9a-f]+)")
PE_HEADER, HEADERS = 0x3C, 4096
MACHINES = {0x8664: "x86_64", 0xAA64: "aarch64"}
SECTION = re.compile(r"^\s+\d+ (\S+)\s+([0-9a-f]+)  ([0-9a-f]+) ", re.MULTILINE)


@dataclass(frozen=True)
class Keys:
    """Files: `boot` signs for the firmware, `pcr` for the TPM."""

    boot_key: Path
    boot_certificate: Path
    pcr_key: Path
    pcr_public: Path


@dataclass(frozen=True)
class Parts:
    """Files of one image."""

    kernel: Path
    initrd: Path
    command_line: Path
    os_release: Path


def build(parts: Parts, stub: Path, keys: Keys, epoch: int, scratch: Path, to: Path, opens: bool = True) -> None:
    """The signed image is in `to`; with the policy by which the TPM `opens` the data for it. Raises BuildError."""
    sections = {
        ".osrel": parts.os_release,
        ".cmdline": parts.command_line,
        ".pcrpkey": keys.pcr_public,
        ".linux": parts.kernel,
        ".initrd": parts.initrd,
    }
    if opens:
        signature = scratch / "pcr.json"
        signature.write_text(measure.signature(sections, keys.pcr_key, keys.pcr_public, scratch))
        sections = {".pcrsig": signature, **sections}
    unsigned = scratch / "unsigned.efi"
    run_at(epoch, binutil("objcopy", stub), *_added(stub, sections), str(stub), str(unsigned))
    sign(unsigned, keys, epoch, to)


def sign(program: Path, keys: Keys, epoch: int, to: Path) -> None:
    """`program` with a signature that the firmware checks; it says that it was made at `epoch`."""
    by = ("--key", str(keys.boot_key), "--cert", str(keys.boot_certificate))
    run_at(epoch, "sbsign", *by, "--output", str(to), str(program))


def run_at(epoch: int, *command: str) -> None:
    """Runs what writes the time down and can't be told which."""
    run("faketime", "-f", datetime.fromtimestamp(epoch, UTC).strftime("%Y-%m-%d %H:%M:%S"), *command)


def binutil(name: str, program: Path) -> str:
    """That of binutils which knows an EFI program of this processor: the plain one knows this machine's only."""
    with program.open("rb") as file:
        content = file.read(HEADERS)
    try:
        (header,) = struct.unpack_from("<I", content, PE_HEADER)
        (machine,) = struct.unpack_from("<H", content, header + 4)
    except struct.error:
        return name
    processor = MACHINES.get(machine, os.uname().machine)
    return name if processor == os.uname().machine else f"{processor}-linux-gnu-{name}"


def _added(stub: Path, sections: dict[str, Path]) -> list[str]:
    """objcopy's arguments: each section behind the one before, aligned as the stub asks."""
    match = ALIGNMENT.search(run(binutil("objdump", stub), "-p", str(stub)))
    alignment = int(match[1], 16) if match else 4096
    listed = run(binutil("objdump", stub), "-h", str(stub))
    end = max(int(size, 16) + int(address, 16) for _, size, address in SECTION.findall(listed))
    arguments = []
    for name, path in sections.items():
        end = -(-end // alignment) * alignment
        arguments += ["--add-section", f"{name}={path}", "--change-section-vma", f"{name}={end:#x}"]
        end += path.stat().st_size
    return arguments
