"""Another release than the one that was built, for tests of updates: its root with something changed, sealed and signed
anew."""

import json
import shutil
from collections.abc import Callable
from pathlib import Path

from builder import bundle, kernel_image, updates, verity
from builder import order as orders
from builder import root as system
from builder.programs import run


def make(
    target: str,
    version: str,
    scratch: Path,
    change: Callable[[Path], None] = lambda _: None,
    init: str | None = None,
) -> Path:
    """The bundle of `version` in `scratch`, with what `change` does to the tree of its root and, if it is said, this
    first program; signed with the keys for development. Root's alone. Raises BuildError."""
    image = orders.OUT / f"spoq-{target}.img"
    about = json.loads(image.with_suffix(".json").read_text())
    tree, root, kernel, made = scratch / "tree", scratch / "root.img", scratch / "kernel.efi", scratch / "new.raucb"
    run("fsck.erofs", f"--extract={tree}", str(image.with_suffix(".root")))
    system.name(tree, {"PRETTY_NAME": f"Spoq {version}", "IMAGE_VERSION": version})
    os_release = (tree / "usr/lib/os-release").read_text()
    change(tree)
    sealed = verity.seal(tree, about["epoch"], root)
    shutil.rmtree(tree)
    kernel.write_bytes(kernel_image.altered(target, init, sealed=sealed, os_release=os_release))
    keys = bundle.found(orders.DEVELOPMENT_KEYS)
    bundle.make(root, kernel, updates.compatible(target), version, keys, about["epoch"], made)
    return made
