"""What register 11 of the TPM holds after systemd's stub measured an image, and our signature over it.

The stub extends the register by the name and the content of each section, in this order. The policy that opens the
data partition is TPM2_PolicyAuthorize over a signed TPM2_PolicyPCR of that value. `systemd-measure sign` of 252 does
the same and wants a TPM for it, which a computer that builds images need not have.

Source: systemd-stub(7), systemd-measure(1); TPM 2.0 Library, part 3, sections 23.7 and 23.16.
"""

import base64
import hashlib
import json
import struct
from collections.abc import Mapping
from pathlib import Path

from builder.programs import run

MEASURED = (".linux", ".osrel", ".cmdline", ".initrd", ".splash", ".dtb", ".pcrpkey")
REGISTER = 11
CC_POLICY_PCR, ALG_SHA256 = 0x0000017F, 0x000B


def register(sections: Mapping[str, bytes]) -> bytes:
    """The register's SHA-256 value once these sections are measured."""
    value = bytes(32)
    for name in MEASURED:
        if name in sections:
            for part in (name.encode() + b"\0", sections[name]):
                value = hashlib.sha256(value + hashlib.sha256(part).digest()).digest()
    return value


def policy(value: bytes) -> bytes:
    """The digest of the policy “register 11 holds `value`”."""
    selection = struct.pack(">IHB3s", 1, ALG_SHA256, 3, (1 << REGISTER).to_bytes(3, "little"))
    return hashlib.sha256(
        bytes(32) + struct.pack(">I", CC_POLICY_PCR) + selection + hashlib.sha256(value).digest()
    ).digest()


def signature(sections: Mapping[str, Path], key: Path, public: Path, scratch: Path) -> str:
    """The text of `.pcrsig` for an image of these files. Raises BuildError."""
    digest = policy(register({name: path.read_bytes() for name, path in sections.items()}))
    message, signed, der = scratch / "policy", scratch / "policy.signed", scratch / "public.der"
    message.write_bytes(digest)
    run("openssl", "dgst", "-sha256", "-sign", str(key), "-out", str(signed), str(message))
    # systemd knows a key by the hash of its PKCS #1 form.
    run("openssl", "rsa", "-pubin", "-in", str(public), "-RSAPublicKey_out", "-outform", "DER", "-out", str(der))
    entry = {
        "pcrs": [REGISTER],
        "pkfp": hashlib.sha256(der.read_bytes()).hexdigest(),
        "pol": digest.hex(),
        "sig": base64.b64encode(signed.read_bytes()).decode(),
    }
    return json.dumps({"sha256": [entry]})
