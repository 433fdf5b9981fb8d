"""Who may open the data, by its header; one that makes no sense is an error and no empty list."""

import json
from contextlib import suppress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from storage.errors import StorageError
from storage.tokens import ASIDE, MOST_BYTES, TPM, Token, only_of, parse, renamed

HEADER = {
    "keyslots": {"1": {}, "2": {}},
    "tokens": {
        "0": {"type": TPM, "keyslots": ["1"], "tpm2-pcrs": [7]},
        "10": {"type": TPM, "keyslots": []},
        "2": {"type": "systemd-recovery", "keyslots": ["2"]},
    },
}


def test_tokens_are_read_with_their_slots() -> None:
    found = {token.number: token for token in parse(json.dumps(HEADER))}
    assert found == {
        0: Token(0, TPM, frozenset({1})),
        2: Token(2, "systemd-recovery", frozenset({2})),
        10: Token(10, TPM, frozenset()),
    }


def test_a_slot_that_two_tokens_name_is_of_neither_alone() -> None:
    tokens = (Token(0, TPM, frozenset({1, 2})), Token(1, "systemd-recovery", frozenset({2})))
    assert (only_of(0, tokens), only_of(1, tokens)) == (frozenset({1}), frozenset())


def test_a_token_is_renamed_and_keeps_the_rest() -> None:
    kept = {"keyslots": ["1"], "tpm2-blob": "AAAA"}
    assert json.loads(renamed(json.dumps({"type": TPM, **kept}), ASIDE)) == {"type": ASIDE, **kept}
    with pytest.raises(StorageError, match="token"):
        renamed("[]", ASIDE)


anything = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5),
    lambda below: st.lists(below, max_size=3) | st.dictionaries(st.sampled_from(["tokens", "type", "0", "x"]), below),
    max_leaves=10,
)


@given(anything.map(json.dumps) | st.text(max_size=50))
def test_a_header_is_understood_or_refused(text: str) -> None:
    with suppress(StorageError):
        assert all(isinstance(token, Token) for token in parse(text))


INFINITE = '{"tokens": {"0": {"type": "x", "keyslots": [Infinity]}}}'


@pytest.mark.parametrize(
    "text", ["", "{}", '{"tokens": []}', '{"tokens": {"x": {}}}', INFINITE, " " * (MOST_BYTES + 1)]
)
def test_what_is_no_header_is_refused(text: str) -> None:
    with pytest.raises(StorageError, match="header"):
        parse(text)
