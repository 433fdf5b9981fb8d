"""Licences as SPDX expressions, from what distributions and wheels say in words of their own. Pure.

A name that SPDX does not have becomes `LicenseRef-<package>-<name>`: its text is in the image, beside the package. What
nobody has told is `LicenseRef-unknown-<name>`, and a build says so.

Source: https://spdx.github.io/spdx-spec/v2.3/SPDX-license-expressions/; Debian's machine-readable copyright files,
https://www.debian.org/doc/packaging-manuals/copyright-format/1.0/.
"""

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from email.message import Message
from functools import cache

from license_expression import AND, OR, ExpressionError, Licensing, get_spdx_licensing

GNU = re.compile(
    r"(?P<kind>A?GPL|LGPL|GFDL)(?P<niv>-NIV)?(?:-v?(?P<major>\d)(?:\.(?P<minor>\d))?)?(?:\.0)?(?P<plus>\+)?"
)
WITH = re.compile(r"(?P<base>.+?) with (?P<exception>.+?)(?: exceptions?)?", re.IGNORECASE)
STANZA = re.compile(r"\n\s*\n")
FILES = re.compile(r"^Files:", re.MULTILINE)
LICENCE = re.compile(r"^License:[ \t]*(?P<words>.*(?:\n[ \t]+(?:and|or) .*)*)", re.MULTILINE)
UNNAMED = "unnamed"
UNKNOWN = "LicenseRef-unknown-"
NON_COMMERCIAL = re.compile(r"-NC(?:-|$)|non-?commercial", re.IGNORECASE)
LONGEST = 80
"""Some wheels have the whole text where its name belongs."""


@dataclass(frozen=True)
class Licences:
    """`image-build/licences.toml`."""

    words: Mapping[str, str]
    exceptions: Mapping[str, str]
    sources: Mapping[str, str]
    carried: Mapping[str, str]

    def of_copyright(self, text: str, source: str, package: str) -> str:
        """The expression for a package of the distribution, by its copyright file and the name of its source."""
        if source in self.sources:
            return self.sources[source]
        if not text.startswith("Format:"):
            return unknown(package)
        stanzas = [each for each in STANZA.split(text) if FILES.search(each)]
        matches = [match for each in stanzas if (match := LICENCE.search(each))]
        return joined(self.expression(" ".join(match["words"].split()), source) for match in matches) or unknown(
            package
        )

    def of_wheel(self, name: str, metadata: Message) -> str:
        """The expression for a wheel, by its METADATA, and of what it carries beside its own code."""
        classifiers = [
            text.rpartition(" :: ")[2] for text in metadata.get_all("Classifier", ()) if "License ::" in text
        ]
        own = [metadata[key] for key in ("License-Expression", "License") if metadata[key]]
        told = next((text for text in (*own, *classifiers) if 0 < len(text) < LONGEST), None)
        if told is None:
            return unknown(name)
        return joined([self.expression(told, name), *([self.carried[name]] if name in self.carried else [])])

    def expression(self, words: str, source: str) -> str:
        """The expression for licences joined by “and”, “or” and, before these, a comma, which binds less."""
        if words in self.words:
            return self.words[words]
        if is_spdx(words):
            return str(_spdx().parse(words))
        parts = [each for each in re.split(r",\s*(?=and |or )|,\s+", words) if each]
        text = ""
        for number, part in enumerate(parts):
            operator, _, rest = part.partition(" ")
            if number and operator in ("and", "or"):
                text += f" {operator.upper()} ({self._names(rest, source)})"
            else:
                text += f"{' AND ' if number else ''}({self._names(part, source)})"
        return str(Licensing().parse(text or f"LicenseRef-{_slug(source)}-{UNNAMED}"))

    def _names(self, words: str, source: str) -> str:
        split = re.split(r"\s+(and/or|and|or)\s+", words)
        names = [self._name(name, source) if number % 2 == 0 else name for number, name in enumerate(split)]
        return " ".join({"and": "AND", "or": "OR", "and/or": "AND"}.get(name, name) for name in names)

    def _name(self, name: str, source: str) -> str:
        """One licence, maybe with an exception."""
        name = name.strip()
        found = self._lookup(name)
        if found is None and (match := WITH.fullmatch(name)):
            base, exception = self._lookup(match["base"]), _found(match["exception"], self.exceptions)
            found = f"{base} WITH {exception}" if base and exception else None
        return found or f"LicenseRef-{_slug(source)}-{_slug(name) or UNNAMED}"

    def _lookup(self, name: str) -> str | None:
        if match := GNU.fullmatch(name):
            return _gnu(match)
        return _found(name, self.words) or (_ids().get(name.lower()))


def joined(expressions: Iterable[str]) -> str:
    """All of them together, each once; empty for none."""
    parts = sorted({str(part) for text in expressions for part in _parts(Licensing().parse(text))})
    if len(parts) == 1:
        return parts[0]
    return " AND ".join(f"({each})" if " OR " in each else each for each in parts)


def allows_commerce(expression: str) -> bool:
    """Whether what is under it may be sold: of a choice one is enough."""
    return _allows(Licensing().parse(expression))


def is_spdx(expression: str) -> bool:
    """Whether it is an expression of names that SPDX has, or of references to texts of others."""
    try:
        keys: list[str] = Licensing().license_keys(expression)
    except ExpressionError:
        return False
    return bool(keys) and all(key in _ids().values() or key.startswith("LicenseRef-") for key in keys)


def unknown(name: str) -> str:
    """The reference for what nobody has told."""
    return f"{UNKNOWN}{_slug(name)}"


def _parts(tree: object) -> Iterator[object]:
    if isinstance(tree, AND):
        for each in tree.args:
            yield from _parts(each)
    else:
        yield tree


def _allows(tree: object) -> bool:
    if isinstance(tree, OR):
        return any(_allows(each) for each in tree.args)
    if isinstance(tree, AND):
        return all(_allows(each) for each in tree.args)
    return not NON_COMMERCIAL.search(str(tree))


def _gnu(match: re.Match[str]) -> str:
    kind, major, minor = match["kind"], match["major"], match["minor"]
    if major is None:
        return {"GPL": "GPL-1.0-or-later", "LGPL": "LGPL-2.0-or-later", "GFDL": "GFDL-1.1-or-later"}.get(
            kind, f"{kind}-3.0-or-later"
        )
    invariants = "-no-invariants" if match["niv"] else ""
    return f"{kind}-{major}.{minor or 0}{invariants}-{'or-later' if match['plus'] else 'only'}"


def _found(name: str, table: Mapping[str, str]) -> str | None:
    return next((value for key, value in table.items() if key.lower() == name.lower()), None)


def _slug(name: str) -> str:
    return re.sub(r"[^A-Za-z0-9.]+", "-", name).strip("-")


@cache
def _spdx() -> Licensing:
    return get_spdx_licensing()


@cache
def _ids() -> dict[str, str]:
    """SPDX's names by themselves in lower case."""
    keys = [key for key in _spdx().known_symbols if not key.startswith("LicenseRef-")]
    return {key.lower(): key for key in keys}
