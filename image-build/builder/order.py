"""What is asked for, and from what: target, commit, development or release, and where things are."""

import hashlib
import subprocess
import tomllib
from dataclasses import dataclass, field
from importlib import metadata
from pathlib import Path

from builder.release import CHANGED, UNKNOWN_COMMIT
from builder.target import PROJECT, Target

OUT = PROJECT / "build/images"
CACHE = PROJECT / "build/cache"
DEVELOPMENT_KEYS = PROJECT / "build/keys"
KEPT = ("debs", "wheels", "base-*", "compiled-*")
"""What stays in the cache."""
OTHERS = ("image-build", "rootfs", "web", "pyproject.toml", "requirements.lock", "README.md")
"""What goes into an image beside our packages."""


@dataclass(frozen=True)
class Source:
    """What is built: `epoch` is the commit's time, and every file's in the image. `content` names what goes into it."""

    commit: str
    epoch: int
    version: str
    content: str = ""


@dataclass(frozen=True)
class Wish:
    """An image for developers, signed by this machine's own keys; or a release, by those in the folder `keys`."""

    release: bool = False
    keys: Path | None = None
    out: Path = OUT
    cache: Path = CACHE


@dataclass(frozen=True)
class Order:
    """One image: what is wished for `target`, called `name`."""

    name: str
    target: Target
    wish: Wish = field(default_factory=Wish)

    @property
    def variant(self) -> str:
        """As os-release and the list of parts call it."""
        return "release" if self.wish.release else "dev"

    @property
    def keys(self) -> Path:
        """The folder of those that sign it."""
        return self.wish.keys or DEVELOPMENT_KEYS

    @property
    def image(self) -> Path:
        """The disk, or the folder that a board is flashed from; what is said about it lies beside it."""
        suffix = "" if self.target.flash else ".img"
        return self.wish.out / f"spoq-{self.name}{'-release' if self.wish.release else ''}{suffix}"

    @property
    def arguments(self) -> tuple[str, ...]:
        """As `python -m builder build` takes it."""
        release = ("--release",) if self.wish.release else ()
        keys = ("--keys", str(self.wish.keys)) if self.wish.keys else ()
        return (self.name, *release, *keys, "--out", str(self.wish.out), "--cache", str(self.wish.cache))

    @property
    def root(self) -> Path:
        """The root and its verity tree, as they are in a slot."""
        return self.image.with_suffix(".root")

    @property
    def kernel_image(self) -> Path:
        """The signed kernel image of that root."""
        return self.image.with_suffix(".efi")

    @property
    def about(self) -> Path:
        """What it is: there last, so that it vouches for the rest."""
        return self.image.with_suffix(".json")

    @property
    def parts(self) -> Path:
        """The list of parts."""
        return self.image.with_suffix(".cdx.json")

    def left(self) -> tuple[Path, ...]:
        """What a build of it leaves, whether all of it is there or not."""
        kept = (path for pattern in KEPT for path in self.wish.cache.glob(pattern))
        return (self.image, self.root, self.kernel_image, self.about, self.parts, DEVELOPMENT_KEYS, *kept)


def source(release: bool) -> Source:
    """What is in the checkout."""
    commit = _git("rev-parse", "--short=12", "HEAD") or UNKNOWN_COMMIT
    if _git("status", "--porcelain"):
        commit += CHANGED
    number = metadata.version("spoq")
    version = number if release else f"{number}-dev.{commit}"
    return Source(commit, int(_git("log", "-1", "--format=%ct") or 0), version, content())


def content() -> str:
    """A digest of every file of the checkout that an image is made from."""
    packages = tomllib.loads((PROJECT / "pyproject.toml").read_text())["tool"]["hatch"]["build"]["targets"]["wheel"]
    listed = _git("ls-files", "-z", "--cached", "--others", "--exclude-standard", "--", *packages["packages"], *OTHERS)
    digest = hashlib.sha256()
    for name in sorted(filter(None, listed.split("\0"))):
        path = PROJECT / name
        if path.is_symlink() or path.is_file():
            kept = str(path.readlink()).encode() if path.is_symlink() else path.read_bytes()
            kind = "link" if path.is_symlink() else "program" if path.stat().st_mode & 0o100 else "file"
            digest.update(f"{name}\0{kind}\0{len(kept)}\0".encode() + kept)
    return digest.hexdigest()


def _git(*arguments: str) -> str:
    # Root builds in a checkout that is somebody else's, and writes nothing there.
    command = ("git", "--no-optional-locks", "-c", "safe.directory=*", "-C", str(PROJECT), *arguments)
    return subprocess.run(command, capture_output=True, text=True, check=False).stdout.strip()
