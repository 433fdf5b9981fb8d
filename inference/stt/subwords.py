"""The pieces of words in which a neural recogniser thinks: a byte-pair vocabulary of the SentencePiece kind.

In the file (Moonshine's `tokenizer.bin`) each piece is a length, seven bits a byte and the last byte below 128, and so
many bytes of UTF-8. Its number is its rank: of two neighbours the pair of the lowest rank is joined first. A word
begins with U+2581; the numbers up to 258 are control signs and single bytes.
"""

import functools
import itertools
from collections.abc import Sequence
from pathlib import Path

WORD_BEGIN = "▁"
BEGIN = 1
END = 2
FIRST_BYTE = 3
FIRST_PIECE = FIRST_BYTE + 256

Ids = tuple[int, ...]


class Subwords:
    """`pieces`: by number."""

    def __init__(self, pieces: Sequence[bytes]) -> None:
        self._pieces = tuple(pieces)
        self._ranks = {piece: rank for rank, piece in enumerate(pieces) if rank >= FIRST_PIECE}
        self.pieces = functools.lru_cache(maxsize=None)(self._split)

    @staticmethod
    def read(path: Path) -> "Subwords":
        """Raises ValueError: the file is cut off."""
        data, at, pieces = path.read_bytes(), 0, []
        while at < len(data):
            length, shift = 0, 0
            while data[at] >= 128:
                length |= (data[at] - 128) << shift
                at, shift = at + 1, shift + 7
                if at >= len(data):
                    raise ValueError("cut off within a length")
            length |= data[at] << shift
            at += 1
            if at + length > len(data):
                raise ValueError("cut off within a piece")
            pieces.append(data[at : at + length])
            at += length
        return Subwords(pieces)

    def word(self, text: str) -> Ids:
        """The numbers of one word; letters that have no piece are told as their bytes."""
        return self.pieces(WORD_BEGIN + text)

    def _split(self, text: str) -> Ids:
        parts = [letter.encode() for letter in text]
        while True:
            pairs = [(self._ranks.get(a + b), at) for at, (a, b) in enumerate(itertools.pairwise(parts))]
            known = [(rank, at) for rank, at in pairs if rank is not None]
            if not known:
                break
            _, at = min(known)
            parts[at : at + 2] = [parts[at] + parts[at + 1]]
        return tuple(number for part in parts for number in self._numbers(part))

    def sign(self, text: str) -> int:
        """The number of a punctuation mark."""
        return self._ranks[text.encode()]

    def text(self, ids: Sequence[int]) -> str:
        """What a sequence of numbers spells."""
        spelled = b"".join(self._pieces[number] for number in ids if number >= FIRST_BYTE)
        return spelled.decode(errors="replace").replace(WORD_BEGIN, " ").strip()

    def _numbers(self, part: bytes) -> Ids:
        rank = self._ranks.get(part)
        return (rank,) if rank is not None else tuple(FIRST_BYTE + byte for byte in part)
