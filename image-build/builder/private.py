"""What no image carries, because each box has its own: a machine id, a random seed, host keys, bus keys, passwords."""

import re
from collections.abc import Iterator
from pathlib import Path

from builder.errors import WrongContent

NAMED = (
    *("etc/ssh/ssh_host_*_key", "etc/NetworkManager/system-connections/*", "**/*.nk", "**/random-seed"),
    *("var/*", "factory/*", "data/*", "efi/*", "root/.ssh"),
)
"""Patterns of files that only a running box makes."""
SEARCHED = ("etc", "usr/lib/spoq")
SECRET = re.compile(rb"-----BEGIN [A-Z ]*PRIVATE KEY-----\s(?:[\w-]+: .*\s)*[\w+/=]{40}|\bSU[A-Z2-7]{56}\b")
"""A key in PEM with its content, which programs that only know the form don't have; a seed of the bus."""
LARGEST = 64 * 1024
"""No key is larger."""
LOCKED = ("*", "!")


def check(root: Path) -> None:
    """Raises WrongContent: something of the kind is in `root`."""
    if found := sorted(_found(root)):
        raise WrongContent(f"The image would carry what each box has to make for itself: {', '.join(found)}.")


def _found(root: Path) -> Iterator[str]:
    if (root / "etc/machine-id").exists() and (root / "etc/machine-id").read_text().strip():
        yield "etc/machine-id"
    for pattern in NAMED:
        yield from (str(path.relative_to(root)) for path in root.glob(pattern) if not _is_empty_folder(path))
    for folder in SEARCHED:
        for path in (root / folder).rglob("*"):
            if _is_small(path) and SECRET.search(path.read_bytes()):
                yield str(path.relative_to(root))
    if (root / "etc/shadow").exists():
        entries = (line.split(":") for line in (root / "etc/shadow").read_text().splitlines())
        yield from (f"a password of {name}" for name, word, *_ in entries if not word.startswith(LOCKED))


def _is_empty_folder(path: Path) -> bool:
    return path.is_dir() and not path.is_symlink() and not any(each.is_file() for each in path.rglob("*"))


def _is_small(path: Path) -> bool:
    return path.is_file() and not path.is_symlink() and path.stat().st_size <= LARGEST
