"""What is offered: a release as its custom data in TUF's targets says it. Pure; docs/updates.md has the fields.

Whoever calls this has checked TUF's signatures: these are limits against mistakes, and against one stolen key.
"""

import json
import re
import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from types import MappingProxyType
from typing import Any

from ota.errors import NoRelease, NoVersion
from ota.version import Version

MOST_BYTES = 32 * 1024
MOST_SIZE = 16 * 1024**3
MOST_DELTAS, MOST_LANGUAGES, MOST_NOTE = 64, 16, 2000
WHOLE = 1000
"""Of `share`: every box."""
HASH = re.compile(r"[0-9a-f]{64}", re.ASCII)
SLOT_CLASS = "rootfs"
"""RAUC's name for what a release is written to: there is one class."""
COMPATIBLE = re.compile(r"[a-z0-9][a-z0-9-]{0,63}", re.ASCII)
FILE = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,127}", re.ASCII)
SPLITS = "\u2028\u2029"
LANGUAGE = re.compile(r"[a-z]{2}", re.ASCII)


class Channel(StrEnum):
    """Who gets a release: everybody, or who tries them first."""

    STABLE = "stable"
    BETA = "beta"


@dataclass(frozen=True)
class Packed:
    """The bundle, packed (`ota/packed.py`): a file beside it, of so many bytes."""

    name: str
    size: int


@dataclass(frozen=True)
class Release:
    """`name`, `length`: of its bundle's file; `manifest`: SHA-256 of RAUC's manifest in it; `size`: bytes of its root;
    `oldest`: may go to it in one step; `share`: of boxes, in thousandths; `packed`: the bundle alone; `deltas`: by the
    version they are from."""

    name: str
    length: int
    version: Version
    compatible: str
    channel: Channel
    manifest: str
    oldest: Version
    size: int
    share: int = WHOLE
    security: bool = False
    notes: Mapping[str, str] = field(default_factory=lambda: MappingProxyType({}))
    packed: Packed | None = None
    deltas: Mapping[Version, Packed] = field(default_factory=lambda: MappingProxyType({}))


def parse(name: str, length: int, custom: bytes) -> Release:
    """Of a target with this name and length, and this custom data (JSON). Raises NoRelease."""
    if len(custom) > MOST_BYTES:
        raise NoRelease("it says too much of itself")
    try:
        said = json.loads(custom)
    except (ValueError, RecursionError) as error:
        raise NoRelease("what it says of itself is no JSON") from error
    if not isinstance(said, dict):
        raise NoRelease("what it says of itself is no object")
    version = _version(said, "version")
    if said.get("class") != SLOT_CLASS:
        raise NoRelease("class is none that this box has")
    return Release(
        name=_matched(name, FILE, "name"),
        length=_number(length, "length", 1, MOST_SIZE),
        version=version,
        compatible=_matched(said.get("compatible"), COMPATIBLE, "compatible"),
        channel=_channel(said.get("channel")),
        manifest=_matched(said.get("manifest"), HASH, "manifest"),
        oldest=_version(said, "from"),
        size=_number(said.get("size"), "size", 1, MOST_SIZE),
        share=_number(said.get("share", WHOLE), "share", 0, WHOLE),
        security=_flag(said.get("security", False)),
        notes=MappingProxyType(_notes(_table(said, "notes", MOST_LANGUAGES))),
        packed=_packed(said["packed"], "packed") if "packed" in said else None,
        deltas=MappingProxyType(_deltas(_table(said, "deltas", MOST_DELTAS), version)),
    )


def _version(said: Mapping[str, Any], name: str) -> Version:
    text = said.get(name)
    if not isinstance(text, str):
        raise NoRelease(f"{name} is missing")
    try:
        return Version.parse(text)
    except NoVersion as error:
        raise NoRelease(f"{name} is no version") from error


def _channel(text: Any) -> Channel:
    try:
        return Channel(text)
    except ValueError as error:
        raise NoRelease("channel is none that this box knows") from error


def _matched(text: object, written: re.Pattern[str], name: str) -> str:
    if not isinstance(text, str) or not written.fullmatch(text):
        raise NoRelease(f"{name} is not as it should be")
    return text


def _number(value: object, name: str, least: int, most: int) -> int:
    if type(value) is not int or not least <= value <= most:
        raise NoRelease(f"{name} is no number from {least} to {most}")
    return value


def _flag(value: object) -> bool:
    if not isinstance(value, bool):
        raise NoRelease("security is neither true nor false")
    return value


def _table(said: Mapping[str, Any], name: str, most: int) -> Mapping[str, Any]:
    table = said.get(name, {})
    if not isinstance(table, dict) or len(table) > most:
        raise NoRelease(f"{name} is no object of at most {most}")
    return table


def _notes(table: Mapping[str, Any]) -> dict[str, str]:
    for language, text in table.items():
        _matched(language, LANGUAGE, "a language of notes")
        # It is read aloud and shown on terminals.
        if not isinstance(text, str) or len(text) > MOST_NOTE or not all(map(_harmless, text)):
            raise NoRelease("notes are no text that could be read")
    return dict(table)


def _harmless(character: str) -> bool:
    """It moves nobody's cursor, and turns no text around."""
    return character in "\n\u00ad\u200d" or (unicodedata.category(character)[0] not in "C" and character not in SPLITS)


def _packed(said: object, what: str) -> Packed:
    if not isinstance(said, dict):
        raise NoRelease(f"{what} is no object")
    name = _matched(said.get("name"), FILE, f"the name of {what}")
    return Packed(name, _number(said.get("size"), f"the size of {what}", 1, MOST_SIZE))


def _deltas(table: Mapping[str, Any], version: Version) -> dict[Version, Packed]:
    deltas = {}
    for before, said in table.items():
        earlier = _version({"a delta": before}, "a delta")
        if earlier >= version:
            raise NoRelease("a delta is from a version that is not earlier")
        deltas[earlier] = _packed(said, "a delta")
    return deltas
