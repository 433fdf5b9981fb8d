"""A secret for one daemon, carried by others: HPKE (RFC 9180), so that nothing of it is on the bus."""

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey, X25519PublicKey
from cryptography.hazmat.primitives.hpke import AEAD, KDF, KEM, Suite

WIFI_PASSWORD, SETUP_CODE = b"spoq wifi 1", b"spoq set-up code 1"
"""Purposes: what was sealed for one is worth nothing for another."""
SUITE = Suite(KEM.X25519, KDF.HKDF_SHA256, AEAD.CHACHA20_POLY1305)


class NotSealed(Exception):
    """This was not sealed for this daemon, in this start of it, for this purpose."""


class Recipient:
    """One daemon's: `key` is for whoever seals. A new one at each start."""

    def __init__(self, purpose: bytes) -> None:
        self._private, self._purpose = X25519PrivateKey.generate(), purpose

    @property
    def key(self) -> bytes:
        return self._private.public_key().public_bytes_raw()

    def open(self, sealed: bytes) -> bytes:
        """Raises NotSealed."""
        try:
            return SUITE.decrypt(sealed, self._private, info=self._purpose)
        except (InvalidTag, ValueError) as error:
            raise NotSealed from error


def seal(secret: bytes, key: bytes, purpose: bytes) -> bytes:
    """For the recipient of this key (X25519, 32 bytes). Raises ValueError: it is none."""
    return SUITE.encrypt(secret, X25519PublicKey.from_public_bytes(key), info=purpose)
