"""Python packages without a wheel for a suite's Python: compiled of their locked source, by that suite's own compiler.

It runs in a workshop: a root of the suite with the packages of [workshop], from a lock of their own, and nothing of
this machine. For another processor than this one's it takes minutes, once: the result is kept by source and workshop.
"""

import hashlib
import shutil
import tempfile
from collections.abc import Callable, Iterable
from pathlib import Path

from builder import root
from builder.errors import BuildError
from builder.programs import run

RECIPE = 1
"""Counts up when the way below changes, so that nothing older is taken."""
WORK = "compiling"
SETTINGS = ("-DSKBUILD=ON", "-DCMAKE_BUILD_TYPE=Release", "-DCYTHON=/usr/bin/cython3")
COMMANDS = (
    ("cmake", "-S", f"/{WORK}/source", "-B", f"/{WORK}/made", *SETTINGS),
    ("cmake", "--build", f"/{WORK}/made", "--parallel"),
    ("cmake", "--install", f"/{WORK}/made", "--prefix", f"/{WORK}/out"),
)
Inside = Callable[..., str]


def made(sources: Iterable[Path], tar: Path, cache: Path, told: Callable[[float], None]) -> tuple[Path, ...]:
    """A folder for each source, as site-packages has it; `tar` is the workshop. Raises BuildError."""
    places = []
    for source in sources:
        content = f"{RECIPE} {tar.name} {hashlib.sha256(source.read_bytes()).hexdigest()}"
        place = cache / f"compiled-{hashlib.sha256(content.encode()).hexdigest()[:16]}"
        if not place.exists():
            with tempfile.TemporaryDirectory(dir=cache) as scratch:
                workshop, draft = Path(scratch, "workshop"), Path(scratch, "draft")
                root.unpack(tar, workshop)
                build(source, workshop, draft)
                draft.replace(place)
        told(1.0)
        places.append(place)
    return tuple(places)


def build(source: Path, workshop: Path, to: Path, inside: Inside = root.inside) -> None:
    """`source`, an archive of a package that scikit-build builds, in the root `workshop`. Raises BuildError."""
    work = workshop / WORK
    (work / "source").mkdir(parents=True)
    unpack = ("tar", "--extract", "--gzip", "--strip-components=1", "--no-same-owner")
    run(*unpack, "--file", str(source), "--directory", str(work / "source"))
    for command in COMMANDS:
        inside(workshop, *command)
    name, _, version = source.name.removesuffix(".tar.gz").rpartition("-")
    if not any((work / "out" / name).glob("*.so")):
        raise BuildError(f"{source.name} was compiled, and there is no module in it.")
    shutil.copytree(work / "out" / name, to / name)
    shutil.copytree(work / "source/cython" / name, to / name, dirs_exist_ok=True)
    about = to / f"{name}-{version}.dist-info"
    about.mkdir()
    shutil.copy(work / "source/PKG-INFO", about / "METADATA")
