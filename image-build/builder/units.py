"""Our units, users and folders as systemd reads them: what it would only complain about on the box stops the build."""

import re
import shutil
import subprocess
from collections.abc import Iterable
from pathlib import Path

from builder.errors import WrongContent
from builder.programs import run

FOLDER = "usr/lib/systemd/system"
SUFFIXES = frozenset({".service", ".socket", ".mount", ".target", ".timer", ".path", ".slice"})
COMPLAINT = re.compile(r"\.conf:\d+: ")
"""Of a line of users or folders; systemd goes on without it."""


def ours(overlays: tuple[Path, ...]) -> tuple[str, ...]:
    """The units that these overlays bring or change by a drop-in."""
    found = {path.name.removesuffix(".d") for overlay in overlays for path in (overlay / FOLDER).glob("*")}
    return tuple(sorted(name for name in found if Path(name).suffix in SUFFIXES and not _is_prefix(name)))


def check(root: Path, names: tuple[str, ...]) -> None:
    """Raises WrongContent: systemd says something about one of these units in `root`."""
    said, failed = _said(root, "systemd-analyze", "verify", f"--root={root}", "--man=no", *names)
    if said or failed:
        raise WrongContent(_first("a unit", said))


def choose(root: Path, off: Iterable[str]) -> None:
    """On is what the presets say; the units `off` can't run, whoever asks for them."""
    run("systemctl", f"--root={root}", "preset-all")
    mask(root, off)


def mask(root: Path, names: Iterable[str]) -> None:
    """These can't be started, wherever a package has put them."""
    folder = root / "etc/systemd/system"
    folder.mkdir(parents=True, exist_ok=True)
    for name in names:
        place = folder / name
        place.unlink(missing_ok=True)
        place.symlink_to("/dev/null")


def make_users(root: Path) -> None:
    """The users of `root`, by its sysusers.d. Raises WrongContent: a line of it makes no sense."""
    _without_complaint("a user", root, "systemd-sysusers", f"--root={root}")


def check_folders(root: Path, overlays: tuple[Path, ...], trial: Path) -> None:
    """Makes what the overlays' tmpfiles.d ask for in `trial`. Raises WrongContent: a line makes no sense."""
    (trial / "etc").mkdir(parents=True)
    for name in ("passwd", "group"):
        shutil.copy(root / "etc" / name, trial / "etc")
    files = sorted(str(path) for overlay in overlays for path in (overlay / "usr/lib/tmpfiles.d").glob("*.conf"))
    if files:
        _without_complaint("a folder", trial, "systemd-tmpfiles", f"--root={trial}", "--create", *files)


def _without_complaint(what: str, root: Path, *command: str) -> None:
    said, failed = _said(root, *command)
    complaints = [line for line in said if COMPLAINT.search(line)]
    if complaints or failed:
        raise WrongContent(_first(what, complaints or said))


def _said(root: Path, *command: str) -> tuple[list[str], bool]:
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    return [line.replace(f"{root}/", "/") for line in done.stderr.splitlines() if line.strip()], done.returncode != 0


def _first(what: str, said: list[str]) -> str:
    more = f" (and {len(said) - 1} more)" if len(said) > 1 else ""
    return f"systemd does not understand {what}: {(said or ['no reason given'])[0]}{more}"


def _is_prefix(name: str) -> bool:
    """`spoq-.service` is no unit: its drop-ins are for all whose names begin so."""
    return Path(name).stem.endswith("-")
