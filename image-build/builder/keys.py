"""Keys for images that are not releases, made once on this machine and never committed.

Three for the firmware (platform, exchange, database) and one for the TPM's policy. An image signed with them is `dev`.
"""

import uuid
from pathlib import Path

from builder.disk import NAMESPACE, run
from builder.uki import Keys

FIRMWARE = ("PK", "KEK", "db")
SIGNED_BY = {"PK": "PK", "KEK": "PK", "db": "KEK"}
YEARS = 20


def for_development(folder: Path) -> Keys:
    """The keys in `folder`, made where there are none. Raises BuildError."""
    if not (folder / "complete").exists():
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        for name in FIRMWARE:
            _certificate(folder, name)
        for name in FIRMWARE:
            _enrolment(folder, name)
        run("openssl", "genrsa", "-out", str(folder / "pcr.key"), "2048")
        run("openssl", "rsa", "-in", str(folder / "pcr.key"), "-pubout", "-out", str(folder / "pcr.pem"))
        (folder / "complete").touch()
    return Keys(folder / "db.key", folder / "db.pem", folder / "pcr.key", folder / "pcr.pem")


def _certificate(folder: Path, name: str) -> None:
    run(
        *("openssl", "req", "-new", "-x509", "-newkey", "rsa:2048", "-nodes", "-subj", f"/CN=Spoq development {name}"),
        *("-days", str(YEARS * 365), "-keyout", str(folder / f"{name}.key"), "-out", str(folder / f"{name}.pem")),
    )


def _enrolment(folder: Path, name: str) -> None:
    """The signed variable that firmware takes this certificate from."""
    owner, by = str(uuid.uuid5(NAMESPACE, "owner of the development keys")), SIGNED_BY[name]
    run("cert-to-efi-sig-list", "-g", owner, str(folder / f"{name}.pem"), str(folder / f"{name}.esl"))
    run(
        *("sign-efi-sig-list", "-g", owner, "-k", str(folder / f"{by}.key"), "-c", str(folder / f"{by}.pem")),
        *(name, str(folder / f"{name}.esl"), str(folder / f"{name}.auth")),
    )
