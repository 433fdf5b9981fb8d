"""The requests that are spoken in the benchmark: a committed file, and its strict reader.

Their class is judged by English, not by our grammar: `complete` has no sensible continuation, `open` is whole but may
go on. `complete_at` names the word counts after which a beginning of the sentence would be a whole request already.
`fresh` ones are worded by somebody who had not seen the grammar.
"""

import re
import tomllib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields
from pathlib import Path

from bench.errors import BenchError

FILE = Path(__file__).with_name("requests.toml")
COMPLETE, OPEN = "complete", "open"
Slot = str | int | float | bool


@dataclass(frozen=True)
class Request:
    """`answer` is a regular expression that every right answer matches; `needs` is said (typed) before."""

    say: str
    kind: str
    intent: str
    slots: Mapping[str, Slot]
    answer: str
    complete_at: tuple[int, ...] = ()
    fresh: bool = False
    needs: str = ""

    @property
    def words(self) -> tuple[str, ...]:
        return tuple(self.say.split())

    def is_answered_by(self, answer: str) -> bool:
        return re.search(self.answer, answer, re.IGNORECASE) is not None


def read(path: Path = FILE) -> Sequence[Request]:
    """The requests in a file.

    Raises:
        BenchError: it is not such a file.
    """
    try:
        tables = tomllib.loads(path.read_text())["request"]
        return [_request(table) for table in tables]
    except (OSError, KeyError, TypeError, ValueError, re.error) as error:
        raise BenchError(f"{path.name} holds no requests: {error}") from error


def _request(table: Mapping[str, object]) -> Request:
    known = {field.name for field in fields(Request)} - {"kind"} | {"class"}
    if unknown := set(table) - known:
        raise ValueError(f"unknown: {', '.join(sorted(unknown))}")
    kind, complete_at, slots = table["class"], table.get("complete_at", []), table["slots"]
    if kind not in (COMPLETE, OPEN) or not isinstance(complete_at, list) or not isinstance(slots, dict):
        raise ValueError(f"not a request: {table['say']}")
    answer = str(table["answer"])
    re.compile(answer)
    return Request(
        say=str(table["say"]),
        kind=str(kind),
        intent=str(table["intent"]),
        slots=slots,
        answer=answer,
        complete_at=tuple(int(count) for count in complete_at),
        fresh=bool(table.get("fresh", False)),
        needs=str(table.get("needs", "")),
    )
