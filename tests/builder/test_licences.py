"""Licences, from what people write to SPDX."""

from email.message import Message

import pytest
from hypothesis import given
from hypothesis import strategies as st

from builder import licences, parts
from builder.licences import Licences

TABLE = parts.licences()


def told(*fields: tuple[str, str]) -> Message:
    """A wheel's METADATA."""
    message = Message()
    for name, value in fields:
        message[name] = value
    return message


@pytest.mark.parametrize(
    ("words", "expression"),
    [
        ("MIT", "MIT"),
        ("Expat", "MIT"),
        ("GPL-2+", "GPL-2.0-or-later"),
        ("GPL-2", "GPL-2.0-only"),
        ("GPL-3.0+", "GPL-3.0-or-later"),
        ("LGPL-2.1+", "LGPL-2.1-or-later"),
        ("LGPL", "LGPL-2.0-or-later"),
        ("AGPL-3+", "AGPL-3.0-or-later"),
        ("GFDL-NIV-1.3+", "GFDL-1.3-no-invariants-or-later"),
        ("BSD-3-clause", "BSD-3-Clause"),
        ("BSD-3-clause or GPL-2+", "BSD-3-Clause OR GPL-2.0-or-later"),
        ("GPL-2+ or AFL-2.1, and Expat", "(GPL-2.0-or-later OR AFL-2.1) AND MIT"),
        ("GPL-2 with Linux-syscall-note exception", "GPL-2.0-only WITH Linux-syscall-note"),
        ("GPL-2+ with distribution exception", "LicenseRef-toy-GPL-2-with-distribution-exception"),
        ("public-domain", "LicenseRef-public-domain"),
        ("my own words", "LicenseRef-toy-my-own-words"),
        ("", "LicenseRef-toy-unnamed"),
        ("Apache-2.0 OR BSD-2-Clause", "Apache-2.0 OR BSD-2-Clause"),
    ],
)
def test_words_become_an_expression(words: str, expression: str) -> None:
    assert TABLE.expression(words, "toy") == expression


@given(st.text(max_size=60))
def test_any_words_become_an_expression(words: str) -> None:
    assert licences.is_spdx(TABLE.expression(words, "toy"))


def test_a_copyright_file_tells_the_licences_of_all_files() -> None:
    text = """Format: https://www.debian.org/doc/packaging-manuals/copyright-format/1.0/
License: not-of-files

Files: *
Copyright: A
License: GPL-2+
 The text.

Files: doc/* lib/*
License: Expat and
 ISC

Files: debian/*
License: GPL-2+

License: GPL-2+
 The text.
"""
    assert TABLE.of_copyright(text, "toy", "toy") == "GPL-2.0-or-later AND LicenseRef-toy-Expat-and"
    assert TABLE.of_copyright(text, "busybox", "busybox-static") == "GPL-2.0-only"


def test_prose_that_no_line_of_ours_explains_is_unknown() -> None:
    assert TABLE.of_copyright("It is free.", "toy", "libtoy1") == "LicenseRef-unknown-libtoy1"
    assert TABLE.of_copyright("", "toy", "libtoy1") == "LicenseRef-unknown-libtoy1"


@pytest.mark.parametrize(
    ("metadata", "expression"),
    [
        (told(("License-Expression", "MIT"), ("License", "BSD")), "MIT"),
        (told(("License", "Apache 2.0")), "Apache-2.0"),
        (told(("License", "x" * 500), ("Classifier", "License :: OSI Approved :: MIT License")), "MIT"),
        (told(("Classifier", "Topic :: Toys")), "LicenseRef-unknown-toy"),
    ],
)
def test_a_wheel_tells_its_licence_in_one_of_three_ways(metadata: Message, expression: str) -> None:
    assert TABLE.of_wheel("toy", metadata) == expression


def test_what_a_wheel_carries_counts_too() -> None:
    table = Licences({}, {}, {}, {"toy": "ISC AND (MIT OR Zlib)"})
    assert table.of_wheel("toy", told(("License-Expression", "MIT"))) == "ISC AND MIT AND (MIT OR Zlib)"


@pytest.mark.parametrize(
    ("expression", "allowed"),
    [
        ("MIT", True),
        ("CC-BY-NC-SA-4.0", False),
        ("CC-BY-NC-4.0", False),
        ("CC-BY-SA-4.0", True),
        ("PolyForm-Noncommercial-1.0.0", False),
        ("LicenseRef-toy-non-commercial", False),
        ("MIT AND CC-BY-NC-4.0", False),
        ("MIT OR CC-BY-NC-4.0", True),
        ("(MIT OR CC-BY-NC-4.0) AND CC-BY-NC-ND-4.0", False),
        ("NCSA", True),
    ],
)
def test_what_may_be_sold(expression: str, allowed: bool) -> None:
    assert licences.allows_commerce(expression) == allowed


def test_our_tables_say_spdx() -> None:
    said = [*TABLE.words.values(), *TABLE.sources.values(), *TABLE.carried.values()]
    said += [f"GPL-2.0-only WITH {exception}" for exception in TABLE.exceptions.values()]
    said += [pack.licence for pack in parts.packs()]
    assert [each for each in said if not licences.is_spdx(each)] == []
