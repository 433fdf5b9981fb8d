"""What requests say and answers show, as JSON. Pure: bytes or messages in, fields out, or an error."""

import base64
import binascii
import json
from collections.abc import Mapping
from typing import Any

from bus import messages_pb2 as pb
from gateway.errors import BadRequest
from identity.records import OWNER, Device, Service

MOST_BYTES = 8 * 1024
MOST_CHARACTERS = 1000
MOST_NUMBER = 10_000
MOST_SSID = 32
Document = Mapping[str, Any]


# --- requests ---------------------------------------------------------------------------------------


def fields(content: bytes, known: frozenset[str]) -> Document:
    """The fields of a body: none for an empty one. Raises BadRequest."""
    try:
        found = json.loads(content) if content else {}
    except (ValueError, RecursionError) as error:
        raise BadRequest("This is no JSON.") from error
    if not isinstance(found, dict):
        raise BadRequest("This is no JSON object.")
    if unknown := sorted(found.keys() - known):
        raise BadRequest(f"There is no field {unknown[0][:MOST_CHARACTERS]!r} here.")
    return found


def text(document: Document, name: str, *, needed: bool = True) -> str:
    """Raises BadRequest."""
    found = document.get(name, None if needed else "")
    if not isinstance(found, str) or (needed and not found.strip()) or len(found) > MOST_CHARACTERS:
        raise BadRequest(f"The field {name} has to be a text of 1 to {MOST_CHARACTERS} characters.")
    try:
        found.encode()
    except UnicodeEncodeError as error:
        raise BadRequest(f"The field {name} is no text.") from error
    return found


def flag(document: Document, name: str) -> bool:
    """Raises BadRequest."""
    found = document.get(name, False)
    if not isinstance(found, bool):
        raise BadRequest(f"The field {name} is true or false.")
    return found


def number(value: Any, name: str) -> int:
    """A whole number from 0, also as text. Raises BadRequest."""
    if isinstance(value, str) and value.isascii() and value.isdecimal() and len(value) < len(str(MOST_NUMBER)) + 1:
        value = int(value)
    if type(value) is not int or not 0 <= value <= MOST_NUMBER:
        raise BadRequest(f"The field {name} is a number from 0 to {MOST_NUMBER}.")
    return value


def binary(document: Document, name: str) -> bytes:
    """Of base64. Raises BadRequest."""
    try:
        return base64.b64decode(text(document, name), validate=True)
    except (binascii.Error, ValueError) as error:
        raise BadRequest(f"The field {name} is no base64.") from error


def ssid(document: Document) -> bytes:
    """A network's name, in hexadecimal: it may be any bytes. Raises BadRequest."""
    try:
        found = bytes.fromhex(text(document, "ssid"))
    except ValueError as error:
        raise BadRequest("The field ssid is no hexadecimal.") from error
    if not 0 < len(found) <= MOST_SSID:
        raise BadRequest(f"A network's name has 1 to {MOST_SSID} bytes.")
    return found


def wanted_region(document: Document) -> pb.SetRegion:
    """What is not there stays as it is. Raises BadRequest."""
    zone = text(document, "zone", needed=False)
    return pb.SetRegion(zone=zone or None, imperial=flag(document, "imperial") if "imperial" in document else None)


def encoded(content: bytes) -> str:
    return base64.b64encode(content).decode()


# --- answers ----------------------------------------------------------------------------------------


def household(found: pb.Household, asking: Device) -> Document:
    """All of it for the owner's devices, their own profile for others."""
    seen = [each for each in found.profiles if asking.profile in (OWNER, each.number)]
    return {
        "profiles": [
            {
                "number": profile.number,
                "name": profile.name,
                "services": {each: each not in profile.withheld for each in Service},
                "devices": [device(each, asking) for each in found.devices if each.profile == profile.number],
            }
            for profile in seen
        ]
    }


def device(found: pb.KnownDevice, asking: Device) -> Document:
    return {"id": found.id, "name": found.name, "address": found.address, "asking": found.id == asking.id}


def status(version: str, serial: str, healths: list[pb.Health], pairing: pb.PairingState, asking: Device) -> Document:
    return {
        "serial": serial,
        "version": version,
        "daemons": [{"unit": each.unit, "state": each.state, "status": each.status} for each in healths],
        "pairing": pairing.state or "closed",
        "device": {
            "id": asking.id,
            "name": asking.name,
            "profile": asking.profile,
            "owner": asking.profile == OWNER,
            "address": str(asking.address),
        },
    }


def wifi(found: pb.Wifi) -> Document:
    """`name` is for people, `ssid` for joining."""
    return {
        "networks": [
            {
                "name": each.ssid.decode(errors="replace"),
                "ssid": each.ssid.hex(),
                "strength": each.strength,
                "security": each.security,
                "joined": each.joined,
            }
            for each in found.networks
        ]
    }


def region(found: pb.Region) -> Document:
    return {"zone": found.zone, "imperial": found.imperial}


def update(found: pb.UpdateState) -> Document:
    """How far an update is."""
    return {
        "state": found.state,
        "version": found.version,
        "offered": found.offered,
        "security": found.security,
        "notes": dict(found.notes),
        "per_cent": found.per_cent,
        "why": found.why,
        "fault": found.fault,
        "checked_unix_ms": found.checked_unix_ms,
    }


def update_history(found: pb.UpdateReports) -> Document:
    """What became of updates, the last one first."""
    return {
        "reports": [
            {
                "unix_ms": each.unix_ms,
                "outcome": each.outcome,
                "from": each.before,
                "to": each.after,
                "way": each.way,
                "bytes": each.bytes,
                "seconds": round(each.seconds, 1),
                "why": each.why,
            }
            for each in found.reports
        ]
    }


def log(found: pb.Deeds) -> Document:
    return {
        "log": [
            {"deed": each.deed, "by": each.by, "whom": each.whom, "words": each.words, "unix_ms": each.unix_ms}
            for each in found.deeds
        ]
    }


def turn(state: pb.TurnState, generation: int) -> Document:
    """Of a turn's state: not what was said in the room, which is others' business."""
    return {"generation": generation, "phase": pb.TurnPhase.Name(state.phase).lower(), "opened_by": state.opened_by}
