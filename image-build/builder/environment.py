"""The locked Python environment under /usr/lib/spoq, for the target's processor and Python, made on any machine.

A virtual environment is a folder of packages, a link to Python and a `pyvenv.cfg`: pip fetches the target's wheels by
the lock's hashes and unpacks them there. What has no wheel comes from the distribution (`FROM_THE_DISTRIBUTION`), built
there for the very Python that runs it.
"""

import re
import shutil
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

from builder.errors import BuildError
from builder.target import Suite, Target

PLACE = "usr/lib/spoq/environment"
FROM_THE_DISTRIBUTION = {"systemd-python": "systemd"}
"""The lock's name, and the folder in the distribution's own packages."""
PURE_SOURCES = ("nkeys",)
"""Published as source only, and pure Python: their wheel, made on this machine, fits every processor."""
GLIBC = {"bookworm": range(17, 37), "noble": range(17, 40)}


def split(lock: str, names: Sequence[str]) -> tuple[str, str]:
    """The text of a lock without these packages, and that of these packages, each with its hashes."""
    blocks = re.split(r"^(?=[a-z0-9])", lock, flags=re.MULTILINE)
    named = [block for block in blocks if any(block.startswith(f"{name}==") for name in names)]
    return "".join(block for block in blocks if block not in named), "".join(named)


def fetch(target: Target, suite: Suite, lock: Path, wheels: Path, scratch: Path) -> Path:
    """A folder with every wheel of the lock for this target. Raises BuildError."""
    wanted, sources = scratch / "requirements.txt", scratch / "sources.txt"
    rest, _ = split(lock.read_text(), tuple(FROM_THE_DISTRIBUTION))
    wheels_text, sources_text = split(rest, PURE_SOURCES)
    wanted.write_text(wheels_text)
    sources.write_text(sources_text)
    folder = wheels / f"{target.suite}-{target.architecture}"
    folder.mkdir(parents=True, exist_ok=True)
    _pip(
        *("download", "--require-hashes", "--no-deps", "--only-binary=:all:", "--dest", str(folder)),
        *_platform(target, suite),
        *("--requirement", str(wanted)),
    )
    _pip(
        *("wheel", "--require-hashes", "--no-deps", "--no-build-isolation", "--wheel-dir", str(folder)),
        *("--requirement", str(sources)),
    )
    return folder


def install(target: Target, suite: Suite, wheels: Path, project: Path, scratch: Path, root: Path) -> None:
    """The environment is in `root`: the wheels, and our own from `project`. Raises BuildError."""
    place = root / PLACE
    packages = place / "lib" / f"python{suite.python}" / "site-packages"
    packages.mkdir(parents=True)
    ours = scratch / "ours"
    _pip("wheel", "--no-deps", "--no-build-isolation", "--wheel-dir", str(ours), str(project))
    how = ("--no-deps", "--no-index", "--no-compile", "--only-binary=:all:", "--target", str(packages))
    into = ("install", *how, *_platform(target, suite))
    _pip(*into, "--find-links", str(wheels), "--requirement", str(scratch / "requirements.txt"))
    made_here = [next(wheels.glob(f"{name}-*.whl")) for name in PURE_SOURCES]
    _pip(*into, *(str(wheel) for wheel in (*made_here, *ours.glob("*.whl"))))
    shutil.rmtree(packages / "bin", ignore_errors=True)
    for folder in FROM_THE_DISTRIBUTION.values():
        (packages / folder).symlink_to(f"/usr/lib/python3/dist-packages/{folder}")
    (place / "bin").mkdir()
    (place / "bin/python3").symlink_to("/usr/bin/python3")
    (place / "pyvenv.cfg").write_text("home = /usr/bin\ninclude-system-site-packages = false\n")


def _platform(target: Target, suite: Suite) -> list[str]:
    """Every platform tag that the target's C library serves, newest first."""
    tags = [f"manylinux_2_{minor}_{target.machine}" for minor in reversed(GLIBC[target.suite])]
    tags += [f"manylinux2014_{target.machine}", f"linux_{target.machine}"]
    version = suite.python.replace(".", "")
    return [
        *(argument for tag in tags for argument in ("--platform", tag)),
        *("--python-version", suite.python, "--implementation", "cp"),
        *("--abi", f"cp{version}", "--abi", "abi3", "--abi", "none"),
    ]


def _pip(*arguments: str) -> None:
    command = (sys.executable, "-m", "pip", "--disable-pip-version-check", "--quiet", *arguments)
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode:
        errors = [line for line in done.stderr.splitlines() if line.startswith("ERROR")] or done.stderr.splitlines()
        raise BuildError(f"The Python packages can't be had: {(errors or ['no reason given'])[-1][:300]}")
