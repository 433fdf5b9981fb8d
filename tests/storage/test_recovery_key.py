"""A recovery key is read as people write it; what is none is refused in a sentence that does not tell it."""

import re
from contextlib import suppress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from storage.errors import NoRecoveryKey
from storage.recovery_key import BETWEEN, LETTERS, MOST_CHARACTERS, RecoveryKey, parse
from tests.fakes.luks_partition import RECOVERY_KEY

FORM = re.compile(rf"[{LETTERS}]{{8}}(-[{LETTERS}]{{8}}){{7}}")
forgiven = st.text(st.sampled_from([*BETWEEN, *" \t\n\r\u00a0"]), max_size=3)


@given(st.lists(st.tuples(st.sampled_from(LETTERS + LETTERS.upper()), forgiven), min_size=64, max_size=64))
def test_case_spaces_and_dashes_are_forgiven_anywhere(typed: list[tuple[str, str]]) -> None:
    letters = "".join(letter for letter, _ in typed).lower()
    key = parse("".join(letter + after for letter, after in typed)).text
    assert FORM.fullmatch(key)
    assert key.replace("-", "") == letters


def test_one_that_is_copied_as_it_was_shown_stays_as_it_is() -> None:
    assert parse(f"{RECOVERY_KEY}\n") == RecoveryKey(RECOVERY_KEY)


@given(st.text(st.characters() | st.sampled_from(LETTERS), max_size=2 * MOST_CHARACTERS))
def test_anything_is_a_key_or_refused(typed: str) -> None:
    with suppress(NoRecoveryKey):
        assert FORM.fullmatch(parse(typed).text)


@pytest.mark.parametrize(
    ("typed", "words"),
    [
        ("", "nothing in it"),
        (" -\n", "nothing in it"),
        (RECOVERY_KEY[:-1], "63 letters and should have 64"),
        (RECOVERY_KEY + "c", "65 letters and should have 64"),
        (RECOVERY_KEY.replace("-ihg", "-iag", 1), "character 2 of group 2"),
        (RECOVERY_KEY + "\0", "character 1 of group 9"),
        ("c" * (MOST_CHARACTERS + 1), f"longer than {MOST_CHARACTERS}"),
    ],
)
def test_what_is_none_is_told_why(typed: str, words: str) -> None:
    with pytest.raises(NoRecoveryKey, match=words):
        parse(typed)


def test_no_message_shows_it() -> None:
    assert RECOVERY_KEY[:8] not in repr(parse(RECOVERY_KEY))
    with pytest.raises(NoRecoveryKey) as refused:
        parse(f"{RECOVERY_KEY} and more")
    assert RECOVERY_KEY[:8] not in str(refused.value)
