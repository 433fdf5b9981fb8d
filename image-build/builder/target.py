"""What is built: the targets, the suites and the package table, read from their files and checked. No other I/O."""

from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar

from builder.errors import BuildError, UnknownTarget, WrongContent
from daemons import settings

C = TypeVar("C")

FOLDER = Path(__file__).parent.parent
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
class Target:
    """One kind of box. `board` names the layer over the common one; `kernel` is a package, `console` the kernel's."""

    description: str
    suite: str
    architecture: str
    board: str
    kernel: str
    console: str
    partitions: Partitions

    @property
    def machine(self) -> str:
        return MACHINES[self.architecture]


@dataclass(frozen=True)
class Suite:
    """One distribution release. `pockets` are "folder release components…" below `archive`."""

    archive: str
    keyring: str
    pockets: tuple[str, ...]
    python: str


def names(folder: Path = FOLDER) -> tuple[str, ...]:
    """All targets."""
    return tuple(sorted(path.stem for path in (folder / "targets").glob("*.toml")))


def read(name: str, folder: Path = FOLDER) -> Target:
    """The target of this name. Raises UnknownTarget, WrongContent."""
    if name not in names(folder):
        raise UnknownTarget(f"There is no target “{name}”. Targets: {', '.join(names(folder))}.")
    target = _fill(Target, _tables(folder / "targets" / f"{name}.toml"), name)
    if target.architecture not in ARCHITECTURES:
        raise WrongContent(f"Target {name}: the architecture “{target.architecture}” is none of {ARCHITECTURES}.")
    return target


def suite(name: str, folder: Path = FOLDER) -> Suite:
    """The suite of this name. Raises WrongContent."""
    tables = _tables(folder / "suites.toml")
    if name not in tables:
        raise WrongContent(f"There is no suite “{name}” in suites.toml.")
    return _fill(Suite, tables[name], name)


def packages(target: Target, release: bool, folder: Path = FOLDER) -> tuple[str, ...]:
    """The names that are asked for, sorted. Raises WrongContent: a row without this suite."""
    table = _tables(folder / "packages.toml")
    layers = ["common", target.board, *([] if release else ["dev"])]
    asked: set[str] = set()
    for layer in layers:
        for purpose, columns in table.get(layer, {}).items():
            if target.suite not in columns:
                raise WrongContent(f"packages.toml, [{layer}], “{purpose}”: the column {target.suite} is missing.")
            asked.update(columns[target.suite])
    return tuple(sorted(asked))


def _tables(path: Path) -> dict[str, Any]:
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
