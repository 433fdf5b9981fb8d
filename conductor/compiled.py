"""A language's grammar as the box needs it: made once, by a program of its own, and then read from a file.

    kept("en", folder, made_of("en"))

Making it takes over a second and more than a hundred megabytes, which a program that lives on never gives back whole;
what is made takes one megabyte. The file is as good as new, or it is made anew: its first line holds for what follows
it and for everything that the grammar is made from, so that neither a damaged file nor an older version's is used.
"""

import gc
import hashlib
import json
import logging
import lzma
import subprocess
import sys
from base64 import b64decode, b64encode
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from importlib import metadata
from pathlib import Path

from conductor import fsg, sentences
from conductor.lookup import Lookup

log = logging.getLogger(__name__)

WAKE_WORD_ENDS = ("jarvis", "mycroft", "alexa", "rhasspy")
"""Frames begin about where the wake word ends: some of it may still sound."""
BUILT = Path(__file__).parent / "built"
"""Grammars that came with the program: `python -m conductor.compiled build`, by the set-up, or for an image."""
XZ_PRESET = 1
"""Whoever unpacks it needs a megabyte, not nine."""


@dataclass(frozen=True)
class Compiled:
    """`fsg`: what speech is recognised with, in Sphinx's format (`conductor.fsg`), as xz; `version` names it."""

    lookup: Lookup
    fsg: bytes
    version: str

    def packed(self) -> bytes:
        """For `unpacked`, on the same kind of machine."""
        return json.dumps([self.version, b64encode(self.fsg).decode(), self.lookup.packed()]).encode()

    @staticmethod
    def unpacked(packed: bytes) -> "Compiled":
        version, text, lookup = json.loads(packed)
        return Compiled(Lookup.unpacked(lookup), b64decode(text), version)


def made(language: str) -> Compiled:
    """Made here and now."""
    lookup = Lookup.of(sentences.automaton(language))
    text = fsg.written(sentences.listened_for(language), "requests", remains=WAKE_WORD_ENDS).encode()
    return Compiled(lookup, lzma.compress(text, preset=XZ_PRESET), hashlib.sha256(text).hexdigest()[:16])


def made_elsewhere(language: str) -> bytes:
    """Packed; made by another process, which takes with it what that needs. Raises CalledProcessError."""
    command = (sys.executable, "-m", "conductor.compiled", language)
    return subprocess.run(command, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, check=True).stdout


def made_of(language: str, conductor: Path = Path(__file__).parent) -> bytes:
    """Changes with everything that the grammar is made from. `conductor`: the folder of this package."""
    digest = hashlib.sha256(metadata.version("hassil").encode())
    for path in sorted((*conductor.glob("*.py"), *conductor.glob(f"templates/{language}*.yaml"))):
        digest.update(path.read_bytes())
    return digest.digest()


def kept(
    language: str, folder: Path, of: bytes, make: Callable[[str], bytes] = made_elsewhere, built: Path = BUILT
) -> Compiled:
    """From the file in `built` or `folder` that is whole and made `of` the same; else from a new one in `folder`. Takes
    time then."""
    for place in (built, folder):
        if packed := _read(place, language, of):
            return Compiled.unpacked(packed)
    packed = make(language)
    try:
        _write(folder, language, of, packed)
    except OSError as error:
        log.warning("the grammar can't be kept, and will be made at the next start too: %s", error.strerror)
    return Compiled.unpacked(packed)


def build(languages: Iterable[str], built: Path = BUILT) -> None:
    """Make the grammars that come with the program."""
    built.mkdir(exist_ok=True)
    for language in languages:
        _write(built, language, made_of(language), made_elsewhere(language))


def _write(folder: Path, language: str, of: bytes, packed: bytes) -> None:
    (folder / f"{language}.grammar").write_bytes(_seal(of, packed) + b"\n" + packed)


def _read(folder: Path, language: str, of: bytes) -> bytes:
    """Nothing where there is none that is whole and made `of` that."""
    try:
        first_line, _, packed = (folder / f"{language}.grammar").read_bytes().partition(b"\n")
    except OSError:
        return b""
    return packed if first_line == _seal(of, packed) else b""


def _seal(of: bytes, packed: bytes) -> bytes:
    return hashlib.sha256(of + packed).hexdigest().encode()


if __name__ == "__main__":
    if sys.argv[1:] == ["build"]:
        build(sentences.languages())
    else:
        gc.disable()  # A sixth of the time, and the process is over soon.
        sys.stdout.buffer.write(made(sys.argv[1]).packed())
