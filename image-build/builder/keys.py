"""The keys that an image is signed with: three for the firmware (platform, exchange, database), one for the TPM.

For development they are made once on this machine, and never committed. Each has a certificate that says so, the TPM's
key too, which needs none to sign: so they are known wherever somebody copies them. A release wants a folder of others.
"""

import hashlib
import re
import shutil
import ssl
import uuid
from pathlib import Path

from builder import bundle
from builder.disk import NAMESPACE
from builder.errors import WrongContent
from builder.programs import run
from builder.release import Certificate
from builder.uki import Keys
from files import durable
from ota import signers
from ota.publishing import Publisher

FIRMWARE = ("PK", "KEK", "db")
SIGNED_BY = {"PK": "PK", "KEK": "PK", "db": "KEK"}
CERTIFICATES = {"PK": "PK.pem", "KEK": "KEK.pem", "db": "db.pem", "pcr": "pcr.crt"}
OF_BUNDLES = {"bundle": "bundle-1.pem", "authority of bundles": "bundle-ca.pem"}
"""Where a folder has those, too: builder/bundle.py."""
FIRST_ROOT = "root.json"
"""Whose releases an image takes; there once a repository was begun with these keys."""
OF_RELEASES = "tuf"
"""The folder of the keys that sign which release is the newest."""
RELEASES = "releases"
"""The empty repository that development keys come with: boxes that are built with them take what is added to a copy."""
DEVELOPMENT = "Spoq development"
SIGNING = ("db", "pcr")
"""What a build signs with; the other two have signed the variables that the firmware takes, and can be elsewhere."""
NAMES = re.compile(r"^(?P<what>subject|issuer)=(?P<name>.*)$", re.MULTILINE)
YEARS = 20


def for_development(folder: Path) -> Keys:
    """The keys in `folder`, made where there are none. Raises BuildError."""
    if not (folder / "complete").exists():
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        make(folder, DEVELOPMENT)
        (folder / "complete").touch()
    if not (folder / OF_BUNDLES["bundle"]).exists():
        bundle.make_keys(DEVELOPMENT, folder)
    if not (folder / FIRST_ROOT).exists():
        _begin_releases(folder)
    return _keys(folder)


def _begin_releases(folder: Path) -> None:
    for left in (OF_RELEASES, RELEASES, f"{RELEASES}.draft"):
        shutil.rmtree(folder / left, ignore_errors=True)
    (folder / OF_RELEASES).mkdir(mode=0o700)
    signers.make(folder / OF_RELEASES)
    ours = signers.load(folder / OF_RELEASES)
    publisher = Publisher(folder / RELEASES, [each for role in ours.values() for each in role])
    publisher.begin(signers.roles(ours), DEVELOPMENT)
    publisher.publish()
    durable.write(folder / FIRST_ROOT, (folder / RELEASES / "metadata/1.root.json").read_bytes())


def make(folder: Path, whose: str) -> None:
    """New ones in `folder`, which say whose they are. Raises BuildError."""
    for name in (*FIRMWARE, "pcr"):
        _certificate(folder, name, whose)
    for name in FIRMWARE:
        _enrolment(folder, name)
    (folder / "pcr.pem").write_text(_public_of_key(folder / "pcr.key"))


def for_release(folder: Path) -> Keys:
    """The keys in `folder`, which belong together. Raises WrongContent: one is missing, or is not its certificate's."""
    wanted = [
        *CERTIFICATES.values(),
        OF_BUNDLES["authority of bundles"],
        FIRST_ROOT,
        *(f"{name}.auth" for name in FIRMWARE),
        *(f"{name}.key" for name in SIGNING),
    ]
    if missing := [name for name in (*wanted, "pcr.pem") if not (folder / name).is_file()]:
        raise WrongContent(f"No keys for a release are in {folder}: there is no {', '.join(missing)}.")
    for name in SIGNING:
        if _public_of_key(folder / f"{name}.key") != _public(folder / CERTIFICATES[name]):
            raise WrongContent(f"{name}.key in {folder} is not the key of {CERTIFICATES[name]}.")
    if (folder / "pcr.pem").read_text() != _public(folder / CERTIFICATES["pcr"]):
        raise WrongContent(f"pcr.pem in {folder} is not the key of {CERTIFICATES['pcr']}.")
    for name in FIRMWARE:
        if _der(folder / f"{name}.pem") not in (folder / f"{name}.auth").read_bytes():
            raise WrongContent(f"{name}.auth in {folder} enrols another certificate than {name}.pem.")
    return _keys(folder)


def certificates(folder: Path) -> tuple[Certificate, ...]:
    """Whom the keys in `folder` belong to, as far as they say. Raises BuildError."""
    found = []
    for name, file in (CERTIFICATES | OF_BUNDLES).items():
        if not (folder / file).exists():
            continue
        printed = run("openssl", "x509", "-in", str(folder / file), "-noout", "-subject", "-issuer")
        names = {match["what"]: match["name"].strip() for match in NAMES.finditer(printed)}
        found.append(Certificate(name, names.get("subject", ""), names.get("issuer", "")))
    return tuple(found)


def fingerprint(folder: Path) -> str:
    """Of all certificates in `folder`; images that different keys have signed are different images. Raises OSError."""
    names = (*(CERTIFICATES | OF_BUNDLES).values(), FIRST_ROOT)
    present = [folder / name for name in names if (folder / name).exists()]
    return hashlib.sha256(b"".join(path.read_bytes() for path in present)).hexdigest()


def _keys(folder: Path) -> Keys:
    return Keys(folder / "db.key", folder / "db.pem", folder / "pcr.key", folder / "pcr.pem")


def _certificate(folder: Path, name: str, whose: str) -> None:
    run(
        *("openssl", "req", "-new", "-x509", "-newkey", "rsa:2048", "-nodes", "-subj", f"/CN={whose} {name}"),
        *("-days", str(YEARS * 365), "-keyout", str(folder / f"{name}.key"), "-out", str(folder / CERTIFICATES[name])),
    )


def _enrolment(folder: Path, name: str) -> None:
    """The signed variable that firmware takes this certificate from."""
    owner, by = str(uuid.uuid5(NAMESPACE, "owner of the development keys")), SIGNED_BY[name]
    run("cert-to-efi-sig-list", "-g", owner, str(folder / f"{name}.pem"), str(folder / f"{name}.esl"))
    run(
        *("sign-efi-sig-list", "-g", owner, "-k", str(folder / f"{by}.key"), "-c", str(folder / f"{by}.pem")),
        *(name, str(folder / f"{name}.esl"), str(folder / f"{name}.auth")),
    )


def _der(certificate: Path) -> bytes:
    try:
        return ssl.PEM_cert_to_DER_cert(certificate.read_text().strip())
    except ValueError as error:
        raise WrongContent(f"{certificate} is no certificate.") from error


def _public_of_key(key: Path) -> str:
    return run("openssl", "pkey", "-in", str(key), "-pubout")


def _public(certificate: Path) -> str:
    return run("openssl", "x509", "-in", str(certificate), "-noout", "-pubkey")
