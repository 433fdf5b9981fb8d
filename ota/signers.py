"""The keys of a repository of releases, as files: `root-1.pem`, `targets-2.pem`, `snapshot-1.pem`, `timestamp-1.pem`.

Whoever has no more than some of them signs with those. Ed25519, PKCS #8, in the clear: the folder belongs on a medium
that is locked away. Any other signer of securesystemslib, as of a PKCS #11 token, does as well for `Publisher`.
"""

import os
from collections.abc import Mapping
from pathlib import Path

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat, load_pem_private_key
from securesystemslib.signer import CryptoSigner

from ota.errors import NotPublished
from ota.publishing import Role

KEYS: Mapping[str, int] = {"root": 3, "targets": 3, "snapshot": 1, "timestamp": 1}
"""So many are made for each role; half of them and one more have to sign, so that one may be lost, or stolen."""
MODE = 0o600


def make(folder: Path) -> None:
    """All of them, new. Raises NotPublished: some are there; OSError."""
    if any(folder.glob("*.pem")):
        raise NotPublished(f"There are keys in {folder} already.")
    for role, count in KEYS.items():
        for number in range(1, count + 1):
            save(Ed25519PrivateKey.generate(), folder / f"{role}-{number}.pem")


def save(key: Ed25519PrivateKey, to: Path) -> None:
    """Readable for nobody else. Raises OSError."""
    content = key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    with os.fdopen(os.open(to, os.O_WRONLY | os.O_CREAT | os.O_EXCL, MODE), "wb") as file:
        file.write(content)
        os.fsync(file.fileno())


def load(folder: Path) -> dict[str, list[CryptoSigner]]:
    """Those in `folder` by role; none for a role that has none there. Raises NotPublished, OSError."""
    found: dict[str, list[CryptoSigner]] = {role: [] for role in KEYS}
    for path in sorted(folder.glob("*.pem")):
        role = path.stem.rpartition("-")[0]
        if role not in found:
            raise NotPublished(f"{path} is a key of no role: it should be called root-1.pem, or as the others.")
        try:
            key = load_pem_private_key(path.read_bytes(), None)
        except (ValueError, TypeError) as error:
            raise NotPublished(f"{path} is no key that can be read.") from error
        if not isinstance(key, Ed25519PrivateKey):
            raise NotPublished(f"{path} is no Ed25519 key.")
        found[role].append(CryptoSigner(key))
    return found


def roles(signers: Mapping[str, list[CryptoSigner]]) -> dict[str, Role]:
    """What they are for, where all of a role's keys are here."""
    return {
        role: Role([each.public_key for each in ours], len(ours) // 2 + 1) for role, ours in signers.items() if ours
    }
