"""The exact packages of an image: one line each, sorted, with hash, size and place in the archive.

    9f6c…  234567  debian/pool/main/a/adduser/adduser_3.134_all.deb

`resolve` lets apt choose them from all archives of a target, in a folder of its own, for any architecture; nothing of
this machine's packages is read or changed. A build takes these files and no others.
"""

import re
import subprocess
import tempfile
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import unquote

from builder import keyring
from builder import target as targets
from builder.errors import BuildError, NoLock, Unreachable, WrongContent
from builder.target import FOLDER, Archive, Target
from files import durable

LINE = re.compile(r"(?P<sha256>[0-9a-f]{64})  (?P<size>\d{1,10})  (?P<path>[\w.+~/-]{1,300}\.deb)", re.ASCII)
KERNEL = re.compile(r"linux-(?:image|modules)-\d\S*", re.ASCII)
DEPENDS = re.compile(r"^  Depends: (\S+)$", re.MULTILINE)
PRINTED = re.compile(r"'(?P<url>[^']+)' \S+ (?P<size>\d+) SHA256:(?P<sha256>[0-9a-f]{64})", re.ASCII)
HEADER = "# Written by `make lock-image`. The packages of this image, exactly.\n"


@dataclass(frozen=True, order=True)
class Package:
    """One .deb: where it is below the archive, and what must be in it."""

    path: str
    sha256: str
    size: int

    @property
    def file(self) -> str:
        return self.path.rsplit("/", 1)[1]

    @property
    def is_kernel(self) -> bool:
        """Unpacked and not installed."""
        return KERNEL.fullmatch(self.name) is not None

    @property
    def name(self) -> str:
        return self.file.split("_", 1)[0]

    @property
    def version(self) -> str:
        """Without its epoch, which no file name has."""
        return self.file.split("_")[1]


def path(target: Target, release: bool, folder: Path = FOLDER) -> Path:
    """Where the lock of such an image is."""
    kind = "release" if release else "dev"
    return folder / "locks" / f"{target.suite}-{target.architecture}-{target.board}-{kind}.lock"


def workshop_path(target: Target, folder: Path = FOLDER) -> Path:
    """Where the lock of such a root is."""
    return folder / "locks" / f"{target.suite}-{target.architecture}-workshop.lock"


def parse(text: str, source: str) -> tuple[Package, ...]:
    """The packages of a lock. Raises WrongContent: a line that is none, a package twice, or nothing at all."""
    found: dict[str, Package] = {}
    for number, line in enumerate(text.splitlines(), 1):
        if not line or line.startswith("#"):
            continue
        match = LINE.fullmatch(line)
        if match is None or ".." in match["path"]:
            raise WrongContent(f"{source}, line {number}: this is no package.")
        package = Package(match["path"], match["sha256"], int(match["size"]))
        if package.name in found:
            raise WrongContent(f"{source}, line {number}: {package.name} is there twice.")
        found[package.name] = package
    if not found:
        raise WrongContent(f"{source} names no package.")
    return tuple(sorted(found.values()))


def written(packages: Iterable[Package]) -> str:
    """The text of a lock."""
    return HEADER + "".join(f"{each.sha256}  {each.size}  {each.path}\n" for each in sorted(packages))


def write(place: Path, text: str) -> None:
    """The lock in `place` is `text`, or what it was. Raises BuildError."""
    try:
        durable.write(place, text.encode())
    except OSError as error:
        raise BuildError(f"{place} can't be written: {error.strerror}.") from error


def read(name: str, target: Target, release: bool, folder: Path = FOLDER) -> tuple[Package, ...]:
    """The packages of target `name`. Raises NoLock; WrongContent: they are not what the target allows."""
    return _read(name, target, path(target, release, folder), folder)


def read_workshop(name: str, target: Target, folder: Path = FOLDER) -> tuple[Package, ...]:
    """Those of the root in which target `name` compiles what has no wheel; none, where all have. Raises as `read`."""
    if not targets.workshop(target, folder):
        return ()
    return _read(name, target, workshop_path(target, folder), folder)


def _read(name: str, target: Target, place: Path, folder: Path) -> tuple[Package, ...]:
    archives = targets.archives(target, folder)
    if not place.exists():
        hosts = " and ".join(each.host for each in archives)
        raise NoLock(
            f"There is no lock for {target.suite}/{target.architecture} yet ({place.name}): on a machine that reaches "
            f"{hosts}, run make lock-image TARGET={name}."
        )
    packages = parse(place.read_text(), place.name)
    check(packages, archives)
    return packages


def check(packages: Iterable[Package], archives: Sequence[Archive]) -> None:
    """Raises WrongContent: a package of no archive, of another release, or one that must never be in the image."""
    for package in packages:
        source = next((each for each in archives if each.has(package.path)), None)
        if source is None:
            raise WrongContent(f"{package.path} is in no archive of this target.")
        if package.name in source.never:
            raise WrongContent(f"{package.name} must not come along: {source.never[package.name]}.")
        for beginning, release in source.releases.items():
            if package.name.startswith(beginning) and not re.fullmatch(release, package.version):
                raise WrongContent(f"{package.name} is {package.version}, and this board wants {release}.")


def resolve(target: Target, release: bool, keyrings: Path, folder: Path = FOLDER) -> tuple[Package, ...]:
    """What apt would install today; keys that an archive has itself are fetched into `keyrings`, a folder.

    Raises:
        Unreachable: an archive does not answer, or lacks a package.
        WrongContent: what apt chose is not what the target allows.
    """
    return choose(target, targets.packages(target, release, folder), target.kernel, keyrings, folder)


def choose(
    target: Target, asked: Sequence[str], kernel: str | None, keyrings: Path, folder: Path = FOLDER
) -> tuple[Package, ...]:
    """The same for any packages of the target's archives, and a kernel beside them, or none."""
    archives = targets.archives(target, folder)
    with tempfile.TemporaryDirectory() as scratch:
        options = _apt(Path(scratch), archives, target.architecture, keyrings)
        _run("apt-get", *options, "-oAPT::Update::Error-Mode=any", "update")
        printed = _run(
            *("apt-get", *options, "--print-uris", "--no-install-recommends", "--yes", "install"),
            *("?essential", *asked),
        )
        if kernel is not None:
            # Only to be unpacked: installing it would bring a generator of initrds along, which is not ours.
            printed += _run("apt-get", *options, "--print-uris", "download", *_kernel(options, kernel))
    packages = parse(written(_printed(match, archives) for match in PRINTED.finditer(printed)), "what apt chose")
    check(packages, archives)
    return packages


def _kernel(options: Sequence[str], name: str) -> tuple[str, ...]:
    """The kernel of this version, which the kernel of any version depends on, and its modules where they are apart."""
    found: list[str] = []
    waiting = [name]
    while waiting:
        for needed in DEPENDS.findall(_run("apt-cache", *options, "depends", "--important", waiting.pop())):
            if KERNEL.fullmatch(needed) and needed not in found:
                found.append(needed)
                waiting.append(needed)
    if not found:
        raise Unreachable(f"The archive has no kernel {name} for this target.")
    return tuple(found)


def _apt(scratch: Path, archives: Sequence[Archive], architecture: str, keyrings: Path) -> list[str]:
    for folder in ("etc/preferences.d", "etc/apt.conf.d", "state/lists/partial", "cache/archives/partial"):
        (scratch / folder).mkdir(parents=True)
    sources = [
        f"deb [signed-by={keyring.signed_by(each, keyrings)}] {each.archive}/{pocket}"
        for each in archives
        for pocket in each.pockets
    ]
    (scratch / "etc/sources.list").write_text("\n".join(sources) + "\n")
    (scratch / "status").touch()
    settings = {
        "Dir::Etc": scratch / "etc",
        "Dir::Etc::SourceParts": "/dev/null",
        "Dir::State": scratch / "state",
        "Dir::State::status": scratch / "status",
        "Dir::Cache": scratch / "cache",
        "APT::Architecture": architecture,
        "APT::Architectures": architecture,
        "Acquire::Languages": "none",
        "APT::Sandbox::User": "root",
        "Acquire::ForceHash": "SHA256",
    }
    return [f"-o{name}={value}" for name, value in settings.items()]


def _printed(match: re.Match[str], archives: Sequence[Archive]) -> Package:
    url = unquote(match["url"])
    base = next((each.archive for each in archives if url.startswith(f"{each.archive}/")), "")
    return Package(url.removeprefix(f"{base}/"), match["sha256"], int(match["size"]))


def _run(*command: str) -> str:
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode:
        lines = done.stderr.strip().splitlines() or ["no reason given"]
        first = next((line for line in lines if line.startswith("E: ")), lines[-1])
        raise Unreachable(f"The package archive can't be used: {first.removeprefix('E: ').strip()}")
    return done.stdout
