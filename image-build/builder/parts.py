"""What an image is made of and by whom: every package, wheel, model and list of words, with its licence.

Read from the finished root, not from the wishes: the distribution's own database, what pip wrote down, the files that
are there. The lock says which hash each package came with.
"""

import hashlib
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from email import message_from_string
from enum import Enum
from pathlib import Path
from typing import Any

from packageurl import PackageURL
from packaging.utils import InvalidWheelFilename, canonicalize_name, parse_wheel_filename

from builder import target as targets
from builder.errors import WrongContent
from builder.licences import UNKNOWN, Licences
from builder.lock import Package
from builder.target import FOLDER

FIELD = re.compile(r"^(?P<name>[\w-]+): (?P<value>.*)$", re.MULTILINE)
MODEL = re.compile(r".*\.(?:onnx|ort|tflite|npz|gguf|safetensors|pth?|bin|dict|trie)")
"""Files that a model or a list of words is in."""
OURS = "spoq"


class Kind(Enum):
    """What a part is."""

    PACKAGE = "package of the distribution"
    WHEEL = "Python package"
    PAGE = "npm package in a page"
    MODEL = "model"
    WORDS = "words"
    OURS = "our own"


@dataclass(frozen=True)
class Part:
    """One of them: `licence` is an SPDX expression, `places` are where in the image, `files` are (path, SHA-256)."""

    kind: Kind
    name: str
    version: str
    licence: str
    author: str = ""
    purl: str = ""
    sha256: str = ""
    places: tuple[str, ...] = ()
    files: tuple[tuple[str, str], ...] = ()

    @property
    def is_unknown(self) -> bool:
        """Nobody has told its licence."""
        return UNKNOWN in self.licence


@dataclass(frozen=True)
class Pack:
    """A line of `models.toml`: files (patterns below the Python packages) that `package` brings."""

    name: str
    package: str
    kind: Kind
    files: tuple[str, ...]
    licence: str
    author: str

    def part(self, version: str, files: Sequence[tuple[str, str]] = ()) -> Part:
        """It as a part of an image."""
        return Part(self.kind, self.name, version, self.licence, self.author, files=tuple(files))


def licences(folder: Path = FOLDER) -> Licences:
    """The table of licences. Raises BuildError."""
    try:
        return Licences(**targets.tables(folder / "licences.toml"))
    except TypeError as error:
        raise WrongContent(f"licences.toml: {error}") from error


def packs(folder: Path = FOLDER) -> tuple[Pack, ...]:
    """The table of models. Raises BuildError."""
    return tuple(_pack(name, table) for name, table in targets.tables(folder / "models.toml").items())


def packages(
    stanzas: Iterable[Mapping[str, str]],
    locked: Sequence[Package],
    copyrights: Mapping[str, str],
    table: Licences,
    system: Mapping[str, str],
    places: Mapping[str, tuple[str, ...]],
) -> tuple[Part, ...]:
    """The distribution's packages, by the fields of each and their copyright files. `system` is its os-release.

    Raises:
        WrongContent: one is there that the lock does not name, or one that it names is not.
    """
    hashes = {each.name: each.sha256 for each in locked}
    found = {each["Package"]: each for each in stanzas}
    if odd := sorted(set(found) ^ set(hashes)):
        raise WrongContent(f"The root has other packages than its lock names: {', '.join(odd)}.")
    parts = []
    for name, fields in sorted(found.items()):
        source = fields.get("Source", name).split()[0]
        licence = table.of_copyright(copyrights.get(name, ""), source, name)
        qualifiers = {"arch": fields["Architecture"], "distro": system["VERSION_CODENAME"]}
        purl = PackageURL("deb", system["ID"], name, fields["Version"], qualifiers).to_string()
        author, where = fields.get("Maintainer", ""), places.get(name, ("root",))
        parts.append(Part(Kind.PACKAGE, name, fields["Version"], licence, author, purl, hashes[name], where))
    return tuple(parts)


def stanzas(text: str) -> tuple[dict[str, str], ...]:
    """The fields of each package in a text of dpkg: its database, or what it prints of one package."""
    each = ({match["name"]: match["value"] for match in FIELD.finditer(part)} for part in text.split("\n\n"))
    return tuple(fields for fields in each if fields)


def copyrights(root: Path, names: Iterable[str]) -> dict[str, str]:
    """The copyright files of these packages, where there are any."""
    files = {name: root / "usr/share/doc" / name / "copyright" for name in names}
    return {name: path.read_text(errors="replace") for name, path in files.items() if path.exists()}


def owners(database: Path, paths: Iterable[str]) -> tuple[str, ...]:
    """The packages that brought these files, given as `usr/bin/busybox`, by dpkg's database."""
    wanted = {f"/{path}" for path in paths}
    lists = sorted((database / "info").glob("*.list"))
    return tuple(path.stem.split(":")[0] for path in lists if not wanted.isdisjoint(_merged(path.read_text())))


def wheels(
    site: Path, cache: Path, pinned: Mapping[str, Sequence[str]], table: Licences, version: str
) -> tuple[Part, ...]:
    """What pip installed in `site`; `pinned` has the hashes that the lock allows. Our own is of `version`."""
    parts = []
    for path in sorted(site.glob("*.dist-info/METADATA")):
        metadata = message_from_string(path.read_text())
        name = canonicalize_name(metadata["Name"])
        licence = table.of_wheel(name, metadata)
        if name == OURS:
            purl = PackageURL("generic", None, OURS, version).to_string()
            parts.append(Part(Kind.OURS, OURS, version, licence, "the Spoq project", purl, places=("root", "initrd")))
            continue
        author = metadata["Author"] or metadata["Author-email"] or ""
        purl = PackageURL("pypi", None, name, metadata["Version"]).to_string()
        sha256 = _hash_of_wheel(cache, name, metadata["Version"], pinned.get(name, ()))
        parts.append(Part(Kind.WHEEL, name, metadata["Version"], licence, author, purl, sha256, ("root",)))
    return tuple(parts)


def models(site: Path, packs: Sequence[Pack], versions: Mapping[str, str]) -> tuple[Part, ...]:
    """The models and words below `site`. Raises WrongContent: a file that looks like one and is in no pack."""
    parts, covered = [], set()
    for pack in packs:
        files = sorted({path for pattern in pack.files for path in site.glob(pattern) if path.is_file()})
        covered.update(files)
        if files:
            hashed = [(str(path.relative_to(site)), _sha256(path)) for path in files]
            parts.append(pack.part(versions.get(pack.package, ""), hashed))
    for path in sorted(site.rglob("*")):
        if MODEL.fullmatch(path.name) and path.is_file() and path not in covered:
            raise WrongContent(
                f"{path.relative_to(site)} is a model without a licence: models.toml has no line for it."
            )
    return tuple(parts)


def _pack(name: str, table: Mapping[str, Any]) -> Pack:
    kinds = {"model": Kind.MODEL, "words": Kind.WORDS}
    try:
        kind, files = kinds[table["kind"]], tuple(map(str, table["files"]))
        return Pack(name, table["package"], kind, files, table["licence"], table["author"])
    except (KeyError, TypeError) as error:
        raise WrongContent(f"models.toml, “{name}”: {error} is missing or makes no sense.") from error


def _merged(listed: str) -> set[str]:
    """Paths as they are since /lib and the like are links into /usr."""
    return {re.sub(r"^/(?=(?:lib|lib64|bin|sbin)/)", "/usr/", line) for line in listed.splitlines()}


def _hash_of_wheel(cache: Path, name: str, version: str, allowed: Sequence[str]) -> str:
    """Of the wheel that was installed; of its source, where the wheel was made here."""
    for path in sorted(cache.glob("*.whl")):
        try:
            found, of, *_ = parse_wheel_filename(path.name)
        except InvalidWheelFilename:
            continue
        if (found, str(of)) == (name, version) and (sha256 := _sha256(path)) in allowed:
            return sha256
    source = cache / f"{name}-{version}.tar.gz"
    if source.exists() and (sha256 := _sha256(source)) in allowed:
        return sha256
    return allowed[0] if len(allowed) == 1 else ""


def _sha256(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
