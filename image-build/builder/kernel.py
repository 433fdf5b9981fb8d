"""The kernel's modules that a box needs: those of a list, what they need, and the whole of its cryptography.

`image-build/boards/<board>/modules` names them; the rest of the package is 300 MB that no box reads.
"""

from pathlib import Path

from builder.errors import BuildError, WrongContent
from builder.programs import output, run

WHOLE_FOLDERS = ("kernel/crypto", "kernel/arch/x86/crypto", "kernel/arch/arm64/crypto", "kernel/lib/crypto")
"""Never trimmed: what is missing there fails late and elsewhere (without drbg, Bluetooth's key exchange)."""

ALL = "*"
UNPACK = {".zst": ("zstd", "-dcq"), ".xz": ("xz", "-dc"), ".gz": ("gzip", "-dc")}
"""How a distribution may pack each module."""


def version(root: Path) -> str:
    """The release of the one kernel in `root`. Raises WrongContent."""
    found = sorted(path.name for path in (root / "usr/lib/modules").iterdir())
    if len(found) != 1:
        raise WrongContent(f"The root has {len(found)} kernels instead of one: {', '.join(found)}.")
    return found[0]


def listed(text: str, machine: str) -> tuple[str, ...]:
    """The names of a module list; `#` begins a comment, and `x86_64:` before names leaves them to that machine."""
    names: list[str] = []
    for line in text.splitlines():
        only, colon, rest = line.split("#", 1)[0].rpartition(":")
        if not colon or only.strip() == machine:
            names += rest.split()
    return tuple(names)


def trim(root: Path, names: tuple[str, ...]) -> int:
    """Leave these modules and what they need in `root`; how many they are. Raises WrongContent: no such module.

    With `*` among the names all of them stay, and each of the others must be there.
    """
    release = version(root)
    folder = root / "usr/lib/modules" / release
    index(root, release)
    kept = {path for name in names if name != ALL for path in needed(root, release, name)}
    if ALL in names:
        kept.update(folder.rglob("*.ko*"))
    for whole in WHOLE_FOLDERS:
        kept.update((folder / whole).rglob("*.ko*"))
    for path in folder.rglob("*.ko*"):
        if path not in kept:
            path.unlink()
    for path in sorted(folder.rglob("*"), reverse=True):
        if path.is_dir() and not any(path.iterdir()):
            path.rmdir()
    index(root, release)
    return len(kept)


def index(root: Path, release: str) -> None:
    """Tell modprobe what is there and what needs what."""
    run("depmod", "--basedir", str(root / "usr"), release)


def plain(path: Path) -> bytes:
    """A module as the kernel takes it. Raises BuildError."""
    command = UNPACK.get(path.suffix)
    return path.read_bytes() if command is None else output(*command, str(path))


def needed(root: Path, release: str, name: str) -> tuple[Path, ...]:
    """The files to load for module `name`, in their order; none where it is built in. Raises WrongContent."""
    where = ("--dirname", str(root / "usr"), "--set-version", release)
    try:
        told = run("modprobe", *where, "--show-depends", "--ignore-install", name)
    except BuildError as error:
        raise WrongContent(f"The kernel {release} has no module “{name}”.") from error
    return tuple(Path(line.split()[1]) for line in told.splitlines() if line.startswith("insmod "))
