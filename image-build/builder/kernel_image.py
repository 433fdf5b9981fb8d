"""Releases for tests: a built kernel image with another initrd, command line or root."""

import re
import shutil
import tempfile
from pathlib import Path

from builder import initrd, uki
from builder import keys as signing
from builder import order as orders
from builder.programs import run
from builder.verity import Sealed

SECTIONS = {"linux": ".linux", "initrd": ".initrd", "command_line": ".cmdline", "os_release": ".osrel"}
ROOT = re.compile(r"spoq\.root_hash=\S+ spoq\.hash_offset=\S+")


def altered(
    target: str,
    init: str | None = None,
    line: str = "",
    opens: bool = True,
    sealed: Sealed | None = None,
    os_release: str = "",
) -> bytes:
    """The kernel image of `target` with this first program, `line` behind its command line, and for the root `sealed`,
    which says this of itself; signed as it was.

    Without `opens` it brings no policy by which the TPM would open the data for it.
    """
    with tempfile.TemporaryDirectory() as folder:
        scratch = Path(folder)
        built, stub, new = orders.OUT / f"spoq-{target}.efi", scratch / "stub", scratch / "new.efi"
        parts = {name: scratch / name for name in SECTIONS}
        for name, section in SECTIONS.items():
            run(
                uki.binutil("objcopy", built),
                "--dump-section",
                f"{section}={parts[name]}",
                str(built),
                str(scratch / "copy"),
            )
        removed = (*SECTIONS.values(), ".pcrsig", ".pcrpkey")
        unsigned = scratch / "unsigned"
        unsigned.write_bytes(unsigned_of(target))
        run(
            uki.binutil("objcopy", built),
            *(f"--remove-section={section}" for section in removed),
            str(unsigned),
            str(stub),
        )
        text = parts["command_line"].read_bytes().rstrip(b"\0").decode()
        if sealed is not None:
            text = ROOT.sub(f"spoq.root_hash={sealed.root_hash} spoq.hash_offset={sealed.hash_offset}", text)
        parts["command_line"].write_text(f"{text} {line}".strip())
        if os_release:
            parts["os_release"].write_text(os_release)
        if init is not None:
            _with_init(parts["initrd"], init, scratch)
        keys = signing.for_development(orders.DEVELOPMENT_KEYS)
        files = uki.Parts(parts["linux"], parts["initrd"], parts["command_line"], parts["os_release"])
        uki.build(files, stub, keys, 0, scratch, new, opens=opens)
        return new.read_bytes()


def unsigned_of(target: str) -> bytes:
    """The kernel image of `target` without its signature."""
    with tempfile.TemporaryDirectory() as folder:
        copy = Path(folder, "copy.efi")
        shutil.copy(orders.OUT / f"spoq-{target}.efi", copy)
        run("sbattach", "--remove", str(copy))
        return copy.read_bytes()


def _with_init(packed: Path, init: str, scratch: Path) -> None:
    """A second archive behind the first: the kernel unpacks both, and what comes later counts."""
    tree = scratch / "tree"
    tree.mkdir()
    (tree / "init").write_text(init)
    (tree / "init").chmod(0o755)
    padded = packed.read_bytes()
    packed.write_bytes(padded + b"\0" * (-len(padded) % 4) + b"".join(initrd.newc(tree)))
