"""A release as RAUC takes it: the root and the kernel image of one build, signed, every byte checked as it is read.

    root.img      what a slot's partition gets: EROFS, and its verity tree behind it
    kernel.efi    the signed kernel image with the root's hash: what the start-up partition gets

Source: RAUC's reference of 1.8; format `verity`. A manifest that is hashed names all of it.
"""

import hashlib
import os
import shutil
import tempfile
from dataclasses import dataclass
from pathlib import Path

from builder.errors import WrongContent
from builder.programs import output, run

MANIFEST = """[update]
compatible={compatible}
version={version}

[bundle]
format=verity

[image.rootfs]
filename=root.img
"""
TRAILER = 8
"""Bytes at the end: how long the signature before them is."""
MOST_SIGNATURE = 1024 * 1024
YEARS = 20
UNPACKED = "-noI -noD -noF -noX"
"""So that what two releases share are the same bytes in both: it is packed for the way (`ota/packing.py`)."""


@dataclass(frozen=True)
class Keys:
    """Files of PEM: who signs bundles, and whom boxes believe."""

    key: Path
    certificate: Path
    keyring: Path


def make(
    root: Path,
    kernel_image: Path,
    compatible: str,
    version: str,
    keys: Keys,
    epoch: int,
    to: Path,
) -> None:
    """The bundle is in `to`. Raises BuildError."""
    with tempfile.TemporaryDirectory(prefix="bundle-", dir=to.parent) as folder:
        content, made = Path(folder, "content"), Path(folder, "made.raucb")
        content.mkdir()
        (content / "manifest.raucm").write_text(MANIFEST.format(compatible=compatible, version=version))
        shutil.copyfile(kernel_image, content / "kernel.efi")
        try:
            (content / "root.img").hardlink_to(root)
        except OSError:
            shutil.copyfile(root, content / "root.img")
        signed = ("--cert", str(keys.certificate), "--key", str(keys.key), "--keyring", str(keys.keyring))
        clock = {**os.environ, "SOURCE_DATE_EPOCH": str(epoch)}
        run("rauc", *signed, f"--mksquashfs-args={UNPACKED}", "bundle", str(content), str(made), environment=clock)
        made.replace(to)


def manifest_hash(bundle: Path) -> str:
    """SHA-256 of the manifest that its signature speaks of, as newer versions of RAUC tell it. Raises BuildError."""
    with bundle.open("rb") as file:
        size = file.seek(0, 2)
        file.seek(max(0, size - TRAILER))
        length = int.from_bytes(file.read(TRAILER))
        if not 0 < length <= min(MOST_SIGNATURE, size - TRAILER):
            raise WrongContent(f"{bundle} is no bundle.")
        file.seek(size - TRAILER - length)
        signature = file.read(length)
    with tempfile.NamedTemporaryFile() as part:
        part.write(signature)
        part.flush()
        # Whose it is was checked when the bundle was made, and is by each box.
        manifest = output("openssl", "cms", "-verify", "-inform", "DER", "-noverify", "-binary", "-in", part.name)
    return hashlib.sha256(manifest).hexdigest()


def make_keys(name: str, folder: Path) -> Keys:
    """New keys in `folder`: an authority that boxes believe, and one who signs. Raises BuildError."""
    at = {file: folder / f"bundle-{file}" for file in ("ca.key", "ca.pem", "request.pem", "1.key", "1.pem")}
    new = ("openssl", "req", "-new", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes")
    lasts = ("-days", str(YEARS * 365))
    run(
        *new, "-x509", *lasts, "-subj", f"/CN={name} authority", "-keyout", str(at["ca.key"]), "-out", str(at["ca.pem"])
    )
    run(*new, "-subj", f"/CN={name} 1", "-keyout", str(at["1.key"]), "-out", str(at["request.pem"]))
    by = ("-CA", str(at["ca.pem"]), "-CAkey", str(at["ca.key"]), "-CAcreateserial")
    run("openssl", "x509", "-req", *lasts, *by, "-in", str(at["request.pem"]), "-out", str(at["1.pem"]))
    for gone in (at["request.pem"], folder / "bundle-ca.srl"):
        gone.unlink(missing_ok=True)
    return found(folder)


def found(folder: Path) -> Keys:
    """Those in `folder`. Raises WrongContent: there are none."""
    for name in ("bundle-1.key", "bundle-1.pem", "bundle-ca.pem"):
        if not (folder / name).is_file():
            raise WrongContent(f"No keys for bundles are in {folder}: there is no {name}.")
    return Keys(folder / "bundle-1.key", folder / "bundle-1.pem", folder / "bundle-ca.pem")
