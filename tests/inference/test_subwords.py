"""Words in pieces, with a vocabulary of a few and with the real one."""

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from inference.stt.moonshine import model_folder
from inference.stt.subwords import FIRST_BYTE, FIRST_PIECE, Subwords

SIGNS = (b"<unk>", b"<s>", b"</s>", *(bytes([byte]) for byte in range(256)))
SPACE = "▁".encode()


def vocabulary(*pieces: bytes) -> Subwords:
    return Subwords((*SIGNS, *pieces))


def packed(length: int) -> bytes:
    return bytes([length]) if length < 128 else bytes([length % 128 + 128, length // 128])


@pytest.fixture(scope="module")
def real() -> Subwords:
    return Subwords.read(model_folder() / "tokenizer.bin")


def test_the_pair_of_the_lowest_rank_is_joined_first() -> None:
    few = vocabulary(b"bc", b"ab", SPACE, b"a", b"c")
    assert few.word("abc") == tuple(FIRST_PIECE + rank for rank in (2, 3, 0))


def test_letters_without_a_piece_are_told_as_bytes() -> None:
    few = vocabulary(SPACE)
    assert few.word("é") == (FIRST_PIECE, *(FIRST_BYTE + byte for byte in "é".encode()))
    assert few.text(few.word("é")) == "é"


@given(st.lists(st.binary(min_size=1, max_size=300), max_size=5), st.integers(0, 20))
def test_a_file_is_read_or_refused(tmp_path_factory: pytest.TempPathFactory, pieces: list[bytes], cut: int) -> None:
    path = Path(tmp_path_factory.mktemp("subwords")) / "tokenizer.bin"
    whole = b"".join(packed(len(piece)) + piece for piece in pieces)
    path.write_bytes(whole[: len(whole) - cut])
    try:
        Subwords.read(path)
    except ValueError:
        assert cut


@pytest.mark.parametrize("text", ["timer", "o'clock", "Jarvis", "chillies", "naïve"])
def test_a_word_is_spelled_as_it_was(real: Subwords, text: str) -> None:
    assert real.text(real.word(text)) == text


def test_a_usual_word_is_one_piece(real: Subwords) -> None:
    assert len(real.word("the")) == 1
    assert real.text([*real.word("What"), real.sign("?")]) == "What?"
