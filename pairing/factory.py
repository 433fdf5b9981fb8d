"""The factory data of a box: who it is, and what its label opens. Made once, on a partition that a reset keeps.

    serial        SPQ-XXXX-XXXX
    salt, w0, L   the set-up code's verifier (`pairing/verifier.py`), for the identities of `identities`
    passphrase    of the set-up hotspot, independent of the code: a Wi-Fi handshake can be tried offline
    code          only in a box that made its data itself: nobody else could tell it (docs/decisions/0009)

`make` makes them, `parse` and `document` are their form, `ensure`, `read` and `write` keep them in a folder.
"""

import json
import logging
import os
import re
import stat
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from files import durable
from pairing import serial as serials
from pairing import setup_code
from pairing.alphabet import UNAMBIGUOUS, RandomBytes, draw
from pairing.errors import (
    FactoryDataDamaged,
    FactoryDataError,
    FactoryDataNewer,
    FactoryDataThere,
    NoFactoryData,
    PairingError,
)
from pairing.serial import Serial
from pairing.setup_code import SetupCode
from pairing.verifier import POINT_BYTES, SALT_BYTES, SCALAR_BYTES, Identities, Verifier, register, well_formed

log = logging.getLogger(__name__)

NAME = "factory.json"
VERSION = 1
MODE = 0o600
MOST_BYTES = 4096
PASSPHRASE_GROUPS, PASSPHRASE_GROUP = 4, 4
"""16 of 31 letters and digits: 79 bits."""
LETTER = f"[{UNAMBIGUOUS.lower()}]"
PASSPHRASE = re.compile(rf"{LETTER}{{4}}(?:-{LETTER}{{4}}){{{PASSPHRASE_GROUPS - 1}}}", re.ASCII)
NEEDED = frozenset({"version", "serial", "salt", "w0", "L", "passphrase"})
ALLOWED = NEEDED | {"code"}


@dataclass(frozen=True)
class FactoryData:
    """What a box has from its factory, or made itself. Its text (`repr`) is the serial only."""

    serial: Serial
    salt: bytes = field(repr=False)
    verifier: Verifier = field(repr=False)
    passphrase: str = field(repr=False)
    code: SetupCode | None = field(default=None, repr=False)


@dataclass(frozen=True)
class New:
    """Data that were just made, with the code that belongs on the label."""

    data: FactoryData
    code: SetupCode


def make(random: RandomBytes, *, keep_code: bool) -> New:
    """Data for a new box; `keep_code` where the box makes them itself. Takes a tenth of a second and 32 MiB.

    Raises:
        BadRandomness: the source gives the same bytes again and again.
    """
    serial, code, salt = serials.make(random), setup_code.make(random), random(SALT_BYTES)
    letters = draw(UNAMBIGUOUS.lower(), PASSPHRASE_GROUPS * PASSPHRASE_GROUP, random)
    passphrase = "-".join(
        letters[start : start + PASSPHRASE_GROUP] for start in range(0, len(letters), PASSPHRASE_GROUP)
    )
    verifier = register(code, salt, identities(serial))
    return New(FactoryData(serial, salt, verifier, passphrase, code if keep_code else None), code)


def identities(serial: Serial) -> Identities:
    """Whom the verifier is for: this box. The device that will prove the code is not known yet."""
    return Identities(prover=b"", verifier=str(serial).encode())


# --- their form -------------------------------------------------------------------------------------


def document(data: FactoryData) -> bytes:
    """The file's content."""
    fields: dict[str, Any] = {
        "version": VERSION,
        "serial": str(data.serial),
        "salt": data.salt.hex(),
        "w0": data.verifier.w0.hex(),
        "L": data.verifier.point.hex(),
        "passphrase": data.passphrase,
    }
    if data.code is not None:
        fields["code"] = data.code.digits
    return json.dumps(fields, indent=1).encode() + b"\n"


def parse(content: bytes) -> FactoryData:
    """The data in a file's content.

    Raises:
        FactoryDataNewer: of a version that this system does not know.
        FactoryDataDamaged: `document` never wrote this.
    """
    fields = _fields(content)
    version = fields.get("version")
    if type(version) is not int or version < 1:
        raise FactoryDataDamaged("The factory data don't say of which version they are.")
    if version > VERSION:
        raise FactoryDataNewer(f"The factory data are of version {version}; this system knows {VERSION}. Update it.")
    if not NEEDED <= fields.keys() <= ALLOWED:
        wrong = sorted(NEEDED - fields.keys()) or ["a field too many"]
        raise FactoryDataDamaged(f"The factory data are not whole: {wrong[0]}.")
    try:
        serial = serials.parse(_text(fields, "serial"))
        code = SetupCode(_text(fields, "code")) if "code" in fields else None
    except PairingError as error:
        raise FactoryDataDamaged(f"The factory data are damaged. {error}") from error
    verifier = Verifier(_bytes(fields, "w0", SCALAR_BYTES), _bytes(fields, "L", POINT_BYTES))
    if not well_formed(verifier):
        raise FactoryDataDamaged("The factory data are damaged: no set-up code has this verifier.")
    passphrase = _text(fields, "passphrase")
    if not PASSPHRASE.fullmatch(passphrase):
        raise FactoryDataDamaged("The factory data are damaged: this is no passphrase of ours.")
    return FactoryData(serial, _bytes(fields, "salt", SALT_BYTES), verifier, passphrase, code)


def _fields(content: bytes) -> dict[str, Any]:
    if len(content) > MOST_BYTES:
        raise FactoryDataDamaged(f"The factory data are damaged: more than {MOST_BYTES} bytes.")
    try:
        fields = json.loads(content.decode("ascii"), object_pairs_hook=_each_once)
    except (ValueError, RecursionError):
        # Without its cause, which may repeat what it found.
        raise FactoryDataDamaged("The factory data are damaged: they are not JSON.") from None
    if not isinstance(fields, dict):
        raise FactoryDataDamaged("The factory data are damaged: no fields.")
    return fields


def _each_once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    fields = dict(pairs)
    if len(fields) != len(pairs):
        raise ValueError("a name that is there twice")
    return fields


def _text(fields: dict[str, Any], name: str) -> str:
    if not isinstance(fields[name], str):
        raise FactoryDataDamaged(f"The factory data are damaged: {name} is no text.")
    return str(fields[name])


def _bytes(fields: dict[str, Any], name: str, count: int) -> bytes:
    text = _text(fields, name)
    if not re.fullmatch(rf"[0-9a-f]{{{2 * count}}}", text):
        raise FactoryDataDamaged(f"The factory data are damaged: {name} is not {count} bytes.")
    return bytes.fromhex(text)


# --- in a folder ------------------------------------------------------------------------------------


def ensure(folder: Path) -> FactoryData:
    """The data in `folder`; where there are none, the box makes its own now. Raises PairingError."""
    try:
        return read(folder)
    except NoFactoryData:
        made = make(os.urandom, keep_code=True).data
        write(folder, made)
        log.info("This box has made its own factory data: %s.", made.serial)
        return made


def read(folder: Path) -> FactoryData:
    """The data in `folder`, the mounted factory partition. Raises FactoryDataError; NoFactoryData: there are none."""
    try:
        if not stat.S_ISREG((folder / NAME).lstat().st_mode):
            raise FactoryDataDamaged(f"The factory data are damaged: {NAME} is no file.")
        with (folder / NAME).open("rb") as file:
            content = file.read(MOST_BYTES + 1)
    except FileNotFoundError:
        raise NoFactoryData("This box has no factory data yet.") from None
    except OSError as error:
        raise FactoryDataError(f"The factory data can't be read: {error.strerror}.") from error
    return parse(content)


def write(folder: Path, data: FactoryData) -> None:
    """The data are in `folder`, readable for their owner only, and on the disk: all of them or none.

    Raises:
        FactoryDataThere: there are some already, readable or not.
        FactoryDataError: the folder can't be written.
    """
    final = folder / NAME
    if os.path.lexists(final):
        raise FactoryDataThere("This box has factory data already; its label fits them and no others.")
    try:
        durable.write(final, document(data), MODE)
    except OSError as error:
        raise FactoryDataError(f"The factory data can't be written: {error.strerror}.") from error
