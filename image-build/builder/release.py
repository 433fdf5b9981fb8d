"""What a release must not have: changes, things for developers, keys of tests, things that can't be sold.

Pure. Each function gives the reasons against a release, one sentence each; none, where it may be one.
"""

import re
from collections.abc import Iterable
from dataclasses import dataclass

from builder.licences import allows_commerce
from builder.parts import Part

TEST = re.compile(r"development|\btest|snake[ -]?oil|do not (?:trust|ship)|example|\bdemo\b|mkosi", re.IGNORECASE)
"""In the name of a key that is public or for tests; the builder's own development keys are called so, too."""
CHANGED = ".changed"
UNKNOWN_COMMIT = "unknown"


@dataclass(frozen=True)
class Certificate:
    """Who a key says it belongs to, and who signed that. `name` is what we use it for."""

    name: str
    subject: str
    issuer: str


def of_source(commit: str) -> tuple[str, ...]:
    """Against what is built."""
    if commit.endswith(CHANGED):
        return ("There are changes that nobody committed.",)
    if commit == UNKNOWN_COMMIT:
        return ("Nobody can say which commit it is made of.",)
    return ()


def of_keys(certificates: Iterable[Certificate]) -> tuple[str, ...]:
    """Against what it is signed with."""
    return tuple(
        f"The key {each.name} is for development or tests: it belongs to “{each.subject}”."
        for each in certificates
        if TEST.search(each.subject) or TEST.search(each.issuer)
    )


def of_packages(locked: Iterable[str], for_developers: Iterable[str]) -> tuple[str, ...]:
    """Against the distribution's packages, by name."""
    return tuple(f"The package {name} is for developers." for name in sorted(set(locked) & set(for_developers)))


def of_parts(parts: Iterable[Part]) -> tuple[str, ...]:
    """Against what it is made of."""
    return tuple(
        f"{each.name} ({each.kind.value}) is licensed under {each.licence}, not for commercial use."
        for each in parts
        if not allows_commerce(each.licence)
    )
