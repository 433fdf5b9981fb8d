"""Our files over the distribution's: `rootfs/`, then that of the board, each checked before it is laid.

Owners and modes come from here and not from the checkout, whose modes depend on who cloned it: everything is root's,
what git knows as a program is 0755, all else 0644.
"""

import os
import shutil
from collections.abc import Iterator
from pathlib import Path, PurePosixPath

from builder.errors import WrongContent
from builder.target import FOLDER, PROJECT
from daemons import settings
from storage import places
from storage.errors import StorageError

WRITABLE = "usr/lib/spoq/writable"
AT_RUN_TIME = ("run", "proc", "sys", "dev", "var", "tmp", "data", "factory", "efi")
"""What is there, or not, is known only when the box runs."""
MOST_LINKS = 40


def folders(board: str) -> tuple[Path, ...]:
    """The overlays of an image in their order."""
    both = (PROJECT / "rootfs", FOLDER / "boards" / board / "rootfs")
    return tuple(folder for folder in both if folder.is_dir())


def lay(overlays: tuple[Path, ...], root: Path) -> None:
    """These over `root`. Raises WrongContent: something in them, or what they make of the root, makes no sense."""
    for overlay in overlays:
        check(overlay)
        for source in _all(overlay):
            _lay(source, root / source.relative_to(overlay), source.relative_to(overlay.parent))
    for overlay in overlays:
        for link in (path for path in _all(overlay) if path.is_symlink()):
            if not leads_somewhere(root, str(link.relative_to(overlay))):
                name = link.relative_to(overlay.parent)
                raise WrongContent(f"{name} links to {link.readlink()}, which is not in the image.")


def check(overlay: Path) -> None:
    """Raises WrongContent: TOML that is none, a link out of the tree, a device, a pipe."""
    for path in _all(overlay):
        name = path.relative_to(overlay.parent)
        if path.is_symlink():
            _check_link(path, path.relative_to(overlay), str(name))
        elif not path.is_dir() and not path.is_file():
            raise WrongContent(f"{name} is neither a file nor a folder nor a link.")
        elif path.suffix == ".toml":
            try:
                settings.parse(path.read_bytes(), str(name))
            except settings.SettingsError as error:
                raise WrongContent(str(error)) from error


def writable(root: Path) -> tuple[places.Place, ...]:
    """The writable places. Raises WrongContent: no list, a line that is none, a place in a folder that is not there."""
    try:
        listed = places.parse((root / WRITABLE).read_text())
    except (StorageError, OSError, UnicodeDecodeError) as error:
        raise WrongContent(f"{WRITABLE}: {error}") from error
    for place in listed:
        path = root / place.on_data
        if not path.parent.is_dir():
            raise WrongContent(f"{WRITABLE}: {place.path} would be in a folder that is not in the image.")
        if path.is_symlink() or (path.exists() and not path.is_dir()):
            raise WrongContent(f"{WRITABLE}: {place.path} is no folder in the image.")
    return listed


def leads_somewhere(root: Path, name: str) -> bool:
    """Whether this path, with every link seen from `root`, ends at something, or where only a running box knows."""
    parts, done = list(PurePosixPath(name).parts), PurePosixPath()
    for _ in range(MOST_LINKS * (1 + len(parts))):
        if not parts:
            return True
        part = parts.pop(0)
        if part in ("/", ".."):
            done = PurePosixPath() if part == "/" else done.parent
            continue
        done = done / part
        if done.parts[0] in AT_RUN_TIME:
            return True
        here = root / done
        if here.is_symlink():
            parts = [*here.readlink().parts, *parts]
            done = done.parent
        elif not here.exists():
            return False
    return False


def _check_link(path: Path, inside: Path, name: str) -> None:
    target = path.readlink()
    if not target.is_absolute() and os.path.normpath(inside.parent / target).startswith(".."):
        raise WrongContent(f"{name} links to {target}, which is outside the image.")


def _all(overlay: Path) -> Iterator[Path]:
    """Everything in it, folders before what is in them; links are not followed."""
    for folder, folders, files in os.walk(overlay):
        for name in sorted((*folders, *files)):
            yield Path(folder, name)


def _lay(source: Path, to: Path, name: Path) -> None:
    if source.is_symlink():
        to.unlink(missing_ok=True)
        to.symlink_to(source.readlink())
        return
    if to.is_symlink():
        raise WrongContent(f"{name} is a link in the distribution: lay it where that leads.")
    if source.is_dir() != to.is_dir() and to.exists():
        raise WrongContent(f"{name} is a folder here and a file in the distribution, or the other way round.")
    if source.is_dir():
        to.mkdir(exist_ok=True)
        return
    shutil.copyfile(source, to)
    to.chmod(0o755 if os.access(source, os.X_OK) else 0o644)
