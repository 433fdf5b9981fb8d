"""Files that are whole after a power cut: what was there before or what was written, never a part of it."""

import os
from contextlib import suppress
from pathlib import Path

DRAFT = ".new"
"""Behind the name of a file that is not whole yet."""


def write(path: Path, content: bytes, mode: int = 0o644) -> None:
    """`path` has `content` and is on the disk; others may do with it what `mode` allows at most. Raises OSError."""
    draft = path.with_name(f"{path.name}{DRAFT}")
    try:
        # What an earlier attempt left might be readable for others.
        draft.unlink(missing_ok=True)
        with os.fdopen(os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, mode), "wb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
            draft.replace(path)
            # On FAT the new name is that of an empty file until this.
            os.fsync(file.fileno())
        sync(path.parent)
    except OSError:
        with suppress(OSError):
            draft.unlink(missing_ok=True)
        raise


def sync(folder: Path) -> None:
    """What was made, renamed and removed in `folder` is on the disk. Raises OSError."""
    handle = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
