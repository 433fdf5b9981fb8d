"""What is built: the targets, the suites and the package table, read from their files and checked. No other I/O."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, TypeVar
from urllib.parse import urlsplit

from builder.errors import BuildError, UnknownTarget, WrongContent
from daemons import settings

C = TypeVar("C")

FOLDER = Path(__file__).parent.parent
PROJECT = FOLDER.parent
ARCHITECTURES = ("amd64", "arm64")
MACHINES = {"amd64": "x86_64", "arm64": "aarch64"}
"""What Python, wheels and QEMU call the distribution's architectures."""


@dataclass(frozen=True)
class Partitions:
    """Sizes in MiB; there are two roots of `root_mib`, and each holds its verity tree."""

    esp_mib: int
    root_mib: int
    factory_mib: int
    data_mib: int


@dataclass(frozen=True)
class Flash:
    """A box that its maker's tools of this `release` write, over USB: their names of the board and of the disk.

    A start-up partition of `boot_mib` for each slot is beside the root, because this firmware chooses between those.
    """

    release: str
    board: str
    storage: str
    boot_mib: int


@dataclass(frozen=True)
class Target:
    """One kind of box. `board` names the layer over the common one; `kernel` is a package, `console` the kernel's.

    `arguments` are further ones of the kernel. Without `flash` the result is a disk image, with it a folder.
    """

    description: str
    suite: str
    architecture: str
    board: str
    kernel: str
    console: str
    partitions: Partitions
    arguments: str = ""
    flash: Flash | None = None

    @property
    def machine(self) -> str:
        return MACHINES[self.architecture]


@dataclass(frozen=True)
class Suite:
    """One distribution release. `pockets` are "folder release components…" below `archive`.

    `keyring` is a file of this machine, from `keyring_package`.
    """

    archive: str
    keyring: str
    pockets: tuple[str, ...]
    python: str
    keyring_package: str = ""


@dataclass(frozen=True)
class Archive:
    """Where packages are: `pockets` as a suite's. Signed by a key in `keyring`, or by that of `fingerprint` at `key`.

    `releases`: the first part of a name, and a pattern for the version of such packages. `never`: names, and why not.
    """

    archive: str
    pockets: tuple[str, ...]
    keyring: str = ""
    key: str = ""
    fingerprint: str = ""
    releases: Mapping[str, str] = field(default_factory=dict)
    never: Mapping[str, str] = field(default_factory=dict)

    @property
    def host(self) -> str:
        """For a person."""
        return urlsplit(self.archive).netloc or self.archive

    def has(self, path: str) -> bool:
        """Whether a lock's path is in this archive."""
        return any(path.startswith(f"{pocket.split()[0]}/") for pocket in self.pockets)


def names(folder: Path = FOLDER) -> tuple[str, ...]:
    """All targets."""
    return tuple(sorted(path.stem for path in (folder / "targets").glob("*.toml")))


def read(name: str, folder: Path = FOLDER) -> Target:
    """The target of this name. Raises UnknownTarget, WrongContent."""
    if name not in names(folder):
        raise UnknownTarget(f"There is no target “{name}”. Targets: {', '.join(names(folder))}.")
    target = _fill(Target, tables(folder / "targets" / f"{name}.toml"), name)
    if target.architecture not in ARCHITECTURES:
        raise WrongContent(f"Target {name}: the architecture “{target.architecture}” is none of {ARCHITECTURES}.")
    return target


def suite(name: str, folder: Path = FOLDER) -> Suite:
    """The suite of this name. Raises WrongContent."""
    suites = tables(folder / "suites.toml")
    if name not in suites:
        raise WrongContent(f"There is no suite “{name}” in suites.toml.")
    return _fill(Suite, suites[name], name)


def packages(target: Target, release: bool, folder: Path = FOLDER) -> tuple[str, ...]:
    """The names that are asked for, sorted. Raises WrongContent: a row without this suite."""
    return _asked(target, ["common", target.board, *([] if release else ["dev"])], folder)


def workshop(target: Target, folder: Path = FOLDER) -> tuple[str, ...]:
    """The packages that compile what has no wheel for this suite's Python. Raises WrongContent."""
    return _asked(target, ["workshop"], folder)


def archives(target: Target, folder: Path = FOLDER) -> tuple[Archive, ...]:
    """The suite's, and those of the board. Raises BuildError."""
    of_suite = suite(target.suite, folder)
    board = folder / "boards" / target.board / "archives.toml"
    found = tables(board) if board.exists() else {}
    return (
        Archive(of_suite.archive, of_suite.pockets, of_suite.keyring),
        *(_fill(Archive, table, name) for name, table in found.items()),
    )


def _asked(target: Target, layers: Sequence[str], folder: Path) -> tuple[str, ...]:
    table = tables(folder / "packages.toml")
    asked: set[str] = set()
    for layer in layers:
        for purpose, columns in table.get(layer, {}).items():
            if target.suite not in columns:
                raise WrongContent(f"packages.toml, [{layer}], “{purpose}”: the column {target.suite} is missing.")
            asked.update(columns[target.suite])
    return tuple(sorted(asked))


def tables(path: Path) -> dict[str, Any]:
    """What a TOML file says. Raises BuildError: there is none, or it is no TOML."""
    try:
        return settings.parse(path.read_bytes(), path.name)
    except (OSError, settings.SettingsError) as error:
        raise BuildError(str(error)) from error


def _fill(kind: type[C], table: dict[str, Any], name: str) -> C:
    try:
        return settings.fill(kind, table, name)
    except settings.SettingsError as error:
        raise WrongContent(str(error)) from error
    except TypeError as error:
        raise WrongContent(f"{name}: something is missing ({error}).") from error
