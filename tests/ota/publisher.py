"""A maker of releases for the tests: keys, a repository, and something in it."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from securesystemslib.signer import CryptoSigner

from ota.publishing import Publisher, Role

ROLES = ("root", "targets", "snapshot", "timestamp")
SAID: Mapping[str, Any] = {
    "version": "1.1.0",
    "class": "rootfs",
    "compatible": "spoq-qemu-x86-64",
    "channel": "stable",
    "manifest": "ab" * 32,
    "from": "1.0.0",
    "size": 1000,
}


def keys() -> dict[str, list[CryptoSigner]]:
    """Two for each role that people sign for, and one for each of the others."""
    return {role: [CryptoSigner.generate_ed25519() for _ in range(2 if role in ROLES[:2] else 1)] for role in ROLES}


def roles(signers: Mapping[str, Sequence[CryptoSigner]]) -> dict[str, Role]:
    """All of a role's signatures are wanted."""
    return {role: Role([each.public_key for each in ours], len(ours)) for role, ours in signers.items()}


@dataclass
class Maker:
    """Has all keys at hand; `folder` is what a server serves."""

    folder: Path
    now: Callable[[], datetime] = lambda: datetime.now(UTC)
    signers: dict[str, list[CryptoSigner]] = field(default_factory=keys)

    @property
    def publisher(self) -> Publisher:
        return Publisher(self.folder, [each for ours in self.signers.values() for each in ours], self.now)

    @property
    def root(self) -> bytes:
        """The first one: what a box comes with."""
        return (self.folder / "metadata/1.root.json").read_bytes()

    def begins(self) -> "Maker":
        """An empty repository is published."""
        self.publisher.begin(roles(self.signers), "Spoq test")
        self.publisher.publish()
        return self

    def offers(self, version: str, content: bytes = b"bundle", **said: Any) -> str:
        """A release is published; the name of its bundle."""
        name = f"spoq-{version}.raucb"
        file = self.folder.parent / name
        file.write_bytes(content)
        self.publisher.add(name, file, {**SAID, "version": version, **said})
        self.publisher.publish()
        return name
