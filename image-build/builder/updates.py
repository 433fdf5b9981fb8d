"""Whom an image believes when it is updated, and what RAUC is told of its slots.

usr/lib/spoq/updates/authority.pem     who signs bundles
usr/lib/spoq/updates/root.json         who says what is the newest release; where the keys have a repository
usr/lib/spoq/updates/rauc.conf         RAUC's own
usr/lib/spoq/updates/about.toml        otad's: for whom a release has to be, and how large its root may be

RAUC writes the slot that does not run and chooses none: `ota/slots.py` does, before (the other slot starts no more)
and after (it is tried next).
"""

import shutil
from pathlib import Path

from builder.keys import FIRST_ROOT, OF_BUNDLES

PLACE = "usr/lib/spoq/updates"
CONFIGURATION, AUTHORITY, ABOUT = "rauc.conf", "authority.pem", "about.toml"
TEXT = """# Written by the image's builder.
[system]
compatible={compatible}
bootloader=noop
activate-installed=false
bundle-formats=verity
mountprefix=/run/rauc
statusfile=/run/rauc/status

[keyring]
path=/{place}/{authority}

[handlers]
post-install=/usr/lib/spoq/take-kernel-image

[slot.rootfs.0]
device=/dev/spoq/root-a
type=raw
bootname=a

[slot.rootfs.1]
device=/dev/spoq/root-b
type=raw
bootname=b
"""


def compatible(target: str) -> str:
    """The word by which a bundle and a box of this target know each other."""
    return f"spoq-{target}"


def lay(root: Path, target: str, room: int, keys: Path) -> None:
    """Into the tree of `root`; a slot has `room` for so many bytes. Raises OSError."""
    folder = root / PLACE
    folder.mkdir()
    text = TEXT.format(compatible=compatible(target), place=PLACE, authority=AUTHORITY)
    (folder / CONFIGURATION).write_text(text)
    (folder / ABOUT).write_text(f'compatible = "{compatible(target)}"\nroom = {room}\n')
    shutil.copyfile(keys / OF_BUNDLES["authority of bundles"], folder / AUTHORITY)
    if (keys / FIRST_ROOT).exists():
        shutil.copyfile(keys / FIRST_ROOT, folder / FIRST_ROOT)
    for path in folder.iterdir():
        path.chmod(0o644)
