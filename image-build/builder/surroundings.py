"""What a build sees of the machine that it runs on: the same everywhere, so that the image is."""

import os
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from builder import tools

UMASK = 0o022


@contextmanager
def alike(epoch: int, scratch: Path) -> Iterator[None]:
    """Inside, every program gets this umask, zone, language, time for what it writes, and place for what it drops."""
    before, umask, temporary = dict(os.environ), os.umask(UMASK), tempfile.tempdir
    try:
        os.environ.update(_variables(epoch, scratch))
        tempfile.tempdir = None
        yield
    finally:
        os.umask(umask)
        os.environ.clear()
        os.environ.update(before)
        tempfile.tempdir = temporary


def _variables(epoch: int, scratch: Path) -> dict[str, str]:
    return {
        "LC_ALL": "C.UTF-8",
        "LANGUAGE": "",
        "TZ": "UTC",
        "TMPDIR": str(scratch),
        "PATH": tools.path(),
        "PYTHONHASHSEED": "0",
        "SOURCE_DATE_EPOCH": str(epoch),
        "E2FSPROGS_FAKE_TIME": str(epoch),
    }
