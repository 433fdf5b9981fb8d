"""The distribution's part of the root: mmdebstrap over exactly the locked packages, kept as an archive by its content.

The tar is the same bit for bit for the same packages: mmdebstrap honours SOURCE_DATE_EPOCH, and what a package's
scripts leave behind by chance (logs, caches, ids) is removed later, in `builder/root.py`.
"""

import hashlib
import os
import subprocess
import tempfile
from collections.abc import Callable, Sequence
from pathlib import Path

from builder import archive
from builder.errors import BuildError
from builder.lock import Package, written
from builder.target import FOLDER, Target

EPOCH = 1767225600
"""Every time in the tar: what it is made of does not change with the commit."""
RECIPE = 2
"""Counts up when the way below changes, so that no older tar is taken."""
LAST_LINES = 5


def path(target: Target, packages: Sequence[Package], cache: Path) -> Path:
    """Where the tar of these packages is kept."""
    content = f"{RECIPE} {target.suite} {target.architecture}\n{written(packages)}"
    return cache / f"base-{hashlib.sha256(content.encode()).hexdigest()[:16]}.tar"


def build(target: Target, packages: Sequence[Package], cache: Path, told: Callable[[float], None]) -> Path:
    """The tar; `told` hears of each package that is set up. Raises BuildError."""
    tar = path(target, packages, cache)
    if tar.exists():
        return tar
    draft = tar.with_name(f"{tar.name}.part")
    with tempfile.TemporaryDirectory(dir=cache) as scratch:
        repository = Path(scratch, "repository")
        archive.repository(packages, target.suite, cache / "debs", repository)
        # Read by apt's own user, too.
        Path(scratch).chmod(0o755)
        command = (
            *(
                "mmdebstrap",
                "--verbose",
                "--format=tar",
                "--variant=essential",
                f"--architectures={target.architecture}",
            ),
            f"--include={','.join(each.name for each in packages if not each.is_kernel)}",
            *("--aptopt=Apt::Install-Recommends false", "--aptopt=Acquire::Languages none"),
            *("--dpkgopt=path-exclude=/usr/share/doc/*", "--dpkgopt=path-include=/usr/share/doc/*/copyright"),
            *("--dpkgopt=path-exclude=/usr/share/man/*", "--dpkgopt=path-exclude=/usr/share/info/*"),
            *("--dpkgopt=path-exclude=/usr/share/locale/*", "--dpkgopt=path-exclude=/usr/share/lintian/*"),
            "--hook-dir=/usr/share/mmdebstrap/hooks/merged-usr",
            *before(target.board),
            *(target.suite, str(draft), f"deb [trusted=yes] copy:{repository} ./"),
        )
        _run(command, told)
    draft.replace(tar)
    return tar


def before(board: str, folder: Path = FOLDER) -> tuple[str, ...]:
    """What must be in the root before a board's packages are: their scripts look for it."""
    source = folder / "boards" / board / "before"
    return tuple(f"--extract-hook=copy-in {path} /" for path in sorted(source.iterdir())) if source.is_dir() else ()


def _run(command: Sequence[str], told: Callable[[float], None]) -> None:
    environment = {**os.environ, "SOURCE_DATE_EPOCH": str(EPOCH), "LC_ALL": "C.UTF-8"}
    lines: list[str] = []
    with subprocess.Popen(
        command, env=environment, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, errors="replace"
    ) as process:
        assert process.stdout is not None
        for line in process.stdout:
            lines = [*lines[-LAST_LINES:], line.strip()]
            if line.startswith("Setting up "):
                told(1.0)
    if process.returncode:
        raise BuildError(f"mmdebstrap failed: {' / '.join(line for line in lines if line)}")
