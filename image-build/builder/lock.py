"""The exact packages of an image: one line each, sorted, with hash, size and place in the archive.

    9f6c…  234567  debian/pool/main/a/adduser/adduser_3.134_all.deb

`resolve` lets apt choose them, in a folder of its own, for any architecture; nothing of this machine's packages is read
or changed. A build takes these files and no others.
"""

import re
import subprocess
import tempfile
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import unquote

from builder import target as targets
from builder.errors import Unreachable, WrongContent
from builder.target import FOLDER, Suite, Target

LINE = re.compile(r"(?P<sha256>[0-9a-f]{64})  (?P<size>\d{1,10})  (?P<path>[\w.+~/-]{1,300}\.deb)", re.ASCII)
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
        return self.name.startswith("linux-image-")

    @property
    def name(self) -> str:
        return self.file.split("_", 1)[0]


def path(target: Target, release: bool, folder: Path = FOLDER) -> Path:
    """Where the lock of such an image is."""
    kind = "release" if release else "dev"
    return folder / "locks" / f"{target.suite}-{target.architecture}-{target.board}-{kind}.lock"


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


def resolve(target: Target, release: bool) -> tuple[Package, ...]:
    """What apt would install today. Raises Unreachable."""
    suite = targets.suite(target.suite)
    with tempfile.TemporaryDirectory() as scratch:
        options = _apt(Path(scratch), suite, target.architecture)
        _run("apt-get", *options, "update")
        printed = _run(
            *("apt-get", *options, "--print-uris", "--no-install-recommends", "--yes", "install"),
            *("?essential", *targets.packages(target, release)),
        )
        # Only to be unpacked: installing it would bring a generator of initrds along, which is not ours.
        kernel = _newest(_run("apt-cache", *options, "depends", "--important", target.kernel))
        printed += _run("apt-get", *options, "--print-uris", "download", kernel)
    packages = [_printed(match, suite) for match in PRINTED.finditer(printed)]
    return parse(written(packages), "what apt chose")


def _newest(depends: str) -> str:
    """The kernel of this version, which the kernel of any version depends on."""
    match = re.search(r"^  Depends: (linux-image-\S+)$", depends, re.MULTILINE)
    if match is None:
        raise Unreachable("The archive has no kernel for this target.")
    return match[1]


def _apt(scratch: Path, suite: Suite, architecture: str) -> list[str]:
    for folder in ("etc/preferences.d", "etc/apt.conf.d", "state/lists/partial", "cache/archives/partial"):
        (scratch / folder).mkdir(parents=True)
    sources = [f"deb [signed-by={suite.keyring}] {suite.archive}/{pocket}" for pocket in suite.pockets]
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


def _printed(match: re.Match[str], suite: Suite) -> Package:
    url = unquote(match["url"])
    return Package(url.removeprefix(f"{suite.archive}/"), match["sha256"], int(match["size"]))


def _run(*command: str) -> str:
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode:
        last = (done.stderr.strip().splitlines() or ["no reason given"])[-1]
        raise Unreachable(f"The package archive can't be used: {last}")
    return done.stdout
