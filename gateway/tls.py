"""The box's end of TLS: 1.3 only, a key that lives as long as the program, devices by their certificates."""

import os
import ssl

from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat, PublicFormat


class Key:
    """A new one."""

    def __init__(self) -> None:
        self._key = ec.generate_private_key(ec.SECP256R1())

    @property
    def public(self) -> bytes:
        """P-256, uncompressed."""
        return self._key.public_key().public_bytes(Encoding.X962, PublicFormat.UncompressedPoint)

    def context(self, certificate: bytes, authority: bytes) -> ssl.SSLContext:
        """Of a server with this certificate (X.509, DER), for whoever has one of the same authority, or none.

        No tickets: no connection continues another one's (RFC 8446, 4.6.1).
        """
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.minimum_version = ssl.TLSVersion.TLSv1_3
        context.num_tickets = 0
        context.verify_mode = ssl.CERT_OPTIONAL
        context.load_verify_locations(cadata=authority)
        # OpenSSL takes them from files only: one in memory, which nobody else can name.
        with os.fdopen(os.memfd_create("tls"), "wb") as file:
            file.write(self._key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()))
            file.write(x509.load_der_x509_certificate(certificate).public_bytes(Encoding.PEM))
            file.flush()
            context.load_cert_chain(f"/proc/self/fd/{file.fileno()}")
        return context
