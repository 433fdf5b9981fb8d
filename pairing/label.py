"""What the label of a box says, and what its two QR codes carry.

    SPOQ:1.7K2MX9RC.48217730                               serial and set-up code, for whoever pairs
    WIFI:T:WPA;S:Spoq-Setup-X9RC;P:k7pm-x3dh-w4qn-8tcb;;   joins the set-up hotspot, as every phone's camera knows

The first is in the characters that a QR code packs densest, so that it is small and coarse; the number in front is its
version. Pure; `pairing/label_terminal.py` and `pairing/label_print.py` draw it.
"""

import re
from dataclasses import dataclass, field

from pairing.errors import NotACode, NotALabel, NotASerial
from pairing.factory import FactoryData
from pairing.serial import Serial
from pairing.setup_code import SetupCode

VERSION = 1
MOST_CHARACTERS = 64
SCANNED = re.compile(r"SPOQ:(?P<version>[1-9][0-9]?)\.(?P<rest>.*)", re.ASCII | re.IGNORECASE)
FIRST = re.compile(r"(?P<serial>[2-9A-Z]{8})\.(?P<code>[0-9]{8})", re.ASCII | re.IGNORECASE)


@dataclass(frozen=True)
class Label:
    """All that is printed."""

    serial: Serial
    code: SetupCode = field(repr=False)
    passphrase: str = field(repr=False)


@dataclass(frozen=True)
class Scan:
    """What the pairing code on a label says."""

    serial: Serial
    code: SetupCode = field(repr=False)


def of(data: FactoryData, code: SetupCode) -> Label:
    """The label of a box with this code."""
    return Label(data.serial, code, data.passphrase)


def pairing_payload(label: Label) -> str:
    """What the code that pairs carries."""
    return code_payload(label.serial, label.code)


def code_payload(serial: Serial, code: SetupCode) -> str:
    """The same for any code of a box's."""
    return f"SPOQ:{VERSION}.{serial.characters}.{code.digits}"


def hotspot_payload(label: Label) -> str:
    """What the code that joins the hotspot carries."""
    return f"WIFI:T:WPA;S:{escaped(label.serial.hotspot_name)};P:{escaped(label.passphrase)};;"


def escaped(text: str) -> str:
    """A value between the separators of a Wi-Fi code."""
    return re.sub(r'([\\;,":])', r"\\\1", text)


def parse(text: str) -> Scan:
    """What somebody scanned. Raises NotALabel."""
    scanned = SCANNED.fullmatch(text.strip()) if len(text) <= MOST_CHARACTERS else None
    if scanned is None:
        raise NotALabel("This is not the code on a Spoq's label.")
    if int(scanned["version"]) != VERSION:
        raise NotALabel("This label is of a newer kind than this program knows. Update it.")
    first = FIRST.fullmatch(scanned["rest"])
    if first is None:
        raise NotALabel("This code is not whole. Scan it again.")
    try:
        return Scan(Serial(first["serial"].upper()), SetupCode(first["code"]))
    except (NotASerial, NotACode) as error:
        raise NotALabel("This code is not one that a Spoq's label carries.") from error
