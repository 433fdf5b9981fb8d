"""Package archives as apt and the builder read them: small real packages, indexes, a signature, a web server.

folder/<pocket>/dists/<release>/InRelease
folder/<pocket>/pool/<component>/*.deb
"""

import functools
import hashlib
import subprocess
import tempfile
import threading
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path


@dataclass(frozen=True)
class Made:
    """One package: what apt knows of it, and its files by their path in the root."""

    name: str
    version: str = "1"
    depends: str = ""
    essential: bool = False
    files: Mapping[str, bytes] = field(default_factory=dict)


class Signer:
    """A key of an archive; `armoured` is its public part, for `signed-by`."""

    def __init__(self, folder: Path) -> None:
        self._home = folder / "gnupg"
        self._home.mkdir(mode=0o700, parents=True)
        self._gpg("--passphrase", "", "--quick-generate-key", "A made-up archive", "ed25519", "sign", "never")
        self.armoured = self._gpg("--armor", "--export")
        listed = self._gpg("--with-colons", "--list-keys").decode()
        self.fingerprint = next(line.split(":")[9] for line in listed.splitlines() if line.startswith("fpr:"))

    def signed(self, text: bytes) -> bytes:
        return self._gpg("--clearsign", content=text)

    def close(self) -> None:
        """Its helper ends."""
        subprocess.run(("gpgconf", "--homedir", self._home, "--kill", "gpg-agent"), check=True, capture_output=True)

    def _gpg(self, *arguments: str, content: bytes = b"") -> bytes:
        command = ("gpg", "--homedir", str(self._home), "--batch", "--quiet", *arguments)
        return subprocess.run(command, input=content, check=True, capture_output=True).stdout


def publish(folder: Path, pocket: str, architecture: str, packages: Sequence[Made], signer: Signer) -> None:
    """A pocket (“folder release component”) of these packages, below `folder`."""
    below, release, component = pocket.split()
    pool = folder / below / "pool" / component
    pool.mkdir(parents=True, exist_ok=True)
    stanzas = [_stanza(built(each, architecture, pool), folder / below) for each in packages]
    index = f"{component}/binary-{architecture}/Packages"
    place = folder / below / "dists" / release
    (place / index).parent.mkdir(parents=True, exist_ok=True)
    content = "\n".join(stanzas).encode()
    (place / index).write_bytes(content)
    described = (
        f"Origin: tests\nSuite: {release}\nCodename: {release}\nDate: Thu, 01 Jan 2026 00:00:00 UTC\n"
        f"Architectures: {architecture}\nComponents: {component}\n"
        f"SHA256:\n {hashlib.sha256(content).hexdigest()} {len(content)} {index}\n"
    )
    (place / "InRelease").write_bytes(signer.signed(described.encode()))


def built(package: Made, architecture: str, pool: Path) -> Path:
    """Its .deb, in the folder `pool`."""
    lines = [
        *(f"Package: {package.name}", f"Version: {package.version}", f"Architecture: {architecture}"),
        *("Maintainer: nobody <nobody@example.org>", "Description: made up for a test"),
        *([f"Depends: {package.depends}"] if package.depends else []),
        *(["Essential: yes"] if package.essential else []),
    ]
    deb = pool / f"{package.name}_{package.version}_{architecture}.deb"
    with tempfile.TemporaryDirectory() as folder:
        files = {"DEBIAN/control": "\n".join([*lines, ""]).encode(), **package.files}
        for path, content in files.items():
            place = Path(folder, path)
            place.parent.mkdir(parents=True, exist_ok=True)
            place.write_bytes(content)
        Path(folder).chmod(0o755)
        subprocess.run(("dpkg-deb", "--root-owner-group", "--build", folder, deb), check=True, capture_output=True)
    return deb


def _stanza(deb: Path, below: Path) -> str:
    fields = subprocess.run(("dpkg-deb", "--field", deb), check=True, capture_output=True, text=True).stdout
    content = deb.read_bytes()
    return (
        f"{fields.strip()}\nFilename: {deb.relative_to(below)}\nSize: {len(content)}\n"
        f"SHA256: {hashlib.sha256(content).hexdigest()}\n"
    )


class _Quiet(SimpleHTTPRequestHandler):
    def log_message(self, *_arguments: object) -> None:
        """Nothing."""


@contextmanager
def serving(folder: Path) -> Iterator[str]:
    """A web server of `folder`; its address."""
    with ThreadingHTTPServer(("127.0.0.1", 0), functools.partial(_Quiet, directory=str(folder))) as server:
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
        thread.start()
        try:
            yield f"http://127.0.0.1:{server.server_address[1]}"
        finally:
            server.shutdown()
            thread.join()
