"""Cutting a stream of text into what can be spoken: a first clause early, then sentences. Pure."""

import re
from collections.abc import Iterator

FIRST_CLAUSE_WORDS = 4
FIRST_CLAUSE_CHARACTERS = 90
"""About 24 tokens: without any punctuation the first piece is cut there."""
LONGEST_PIECE = 400

_ABBREVIATION = re.compile(r"(?:\b(?:Mr|Mrs|Ms|Dr|St|Prof|vs|etc|approx|No|e\.g|i\.e|z\.B|bzw|ca)|\b[A-Za-z]|\d)\.$")
_SENTENCE_END = re.compile(r"[.!?…]+[\"')\]]*(?=\s)|\n+")
_CLAUSE_END = re.compile(r"[,;:–—](?=\s)")


class Sentences:
    """`add` text as it comes, get whole pieces out; `rest` at the end."""

    def __init__(self) -> None:
        self._text = ""
        self._first = True

    def add(self, text: str) -> Iterator[str]:
        self._text += text
        while (cut := self._cut()) is not None:
            piece, self._text = self._text[:cut].strip(), self._text[cut:]
            if piece:
                self._first = False
                yield piece

    def rest(self) -> str:
        piece, self._text = self._text.strip(), ""
        return piece

    def _cut(self) -> int | None:
        for match in _SENTENCE_END.finditer(self._text):
            if not _ABBREVIATION.search(self._text[: match.end()]):
                return match.end()
        if self._first:
            for match in _CLAUSE_END.finditer(self._text):
                if len(self._text[: match.end()].split()) >= FIRST_CLAUSE_WORDS:
                    return match.end()
        limit = FIRST_CLAUSE_CHARACTERS if self._first else LONGEST_PIECE
        if len(self._text) > limit:
            space = self._text.rfind(" ", 0, limit)
            return space if space > 0 else limit
        return None
