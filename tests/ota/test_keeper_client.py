"""Otad asks root one line on a socket, and whatever comes back is an answer or KeeperFailed."""

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from pathlib import Path

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from files.reserved import Reserved
from ota import keeper_client
from ota.errors import KeeperFailed
from ota.floor import Floor
from ota.keeper import Keeper
from ota.keeper_client import MOST_BYTES, KeeperClient, Told, parse
from ota.slots import Slot, Slots
from ota.version import Version
from tests.fakes.firmware import SystemdBootBoard

SAID = {
    "error": "",
    "running": "a",
    "primary": "b",
    "tries": {"a": 2, "b": 3},
    "version": "1.2.0",
    "floor": "1.1.0",
    "in_vain": ["1.3.0"],
}
TOLD = Told(Slot.A, Slot.B, True, Version(1, 2, 0), Version(1, 1, 0), frozenset({Version(1, 3, 0)}))
WRONG = {
    "error": None,
    "running": "c",
    "primary": 1,
    "tries": {"a": 3},
    "version": "1.2",
    "floor": None,
    "in_vain": "1.3.0",
}


class Root:
    """It has one answer to each line, and waits until who asked hangs up; None: it is silent. `heard`: lines."""

    def __init__(self, answer: bytes | None) -> None:
        self._answer, self.heard = answer, list[bytes]()
        self._serving: set[asyncio.Task[object] | None] = set()

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._serving.add(asyncio.current_task())
        self.heard.append(await reader.readline())
        writer.write(self._answer or b"")
        # Who has nothing to say hangs up.
        if self._answer != b"":
            with suppress(ConnectionError):
                await reader.read()
        writer.close()

    @asynccontextmanager
    async def listening(self, socket: Path) -> AsyncIterator[KeeperClient]:
        async with await asyncio.start_unix_server(self._serve, socket):
            yield KeeperClient(socket)
            # Who asked has hung up.
            await asyncio.gather(*filter(None, self._serving))


async def test_a_line_there_and_a_line_back(tmp_path: Path) -> None:
    root = Root(json.dumps(SAID).encode() + b"\n")
    async with root.listening(tmp_path / "socket") as client:
        assert await client.ask("note", "1.3.0") == TOLD
        assert await client.ask("status") == TOLD
    assert root.heard == [b"note 1.3.0\n", b"status\n"]


@pytest.mark.parametrize("answer", [b"", b"\n", b"{}\n", b"[" * MOST_BYTES + b"\n", b"x" * (MOST_BYTES + 1)])
async def test_what_makes_no_sense_is_no_answer(answer: bytes, tmp_path: Path) -> None:
    async with Root(answer).listening(tmp_path / "socket") as client:
        with pytest.raises(KeeperFailed):
            await client.ask("status")


async def test_nobody_listens(tmp_path: Path) -> None:
    with pytest.raises(KeeperFailed):
        await KeeperClient(tmp_path / "socket").ask("status")


async def test_who_is_silent_is_left(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(keeper_client, "ANSWER_S", 0.2)
    async with Root(None).listening(tmp_path / "socket") as client:
        with pytest.raises(KeeperFailed, match="Nobody answers about the slots"):
            await client.ask("status")


def test_what_root_says_is_understood(tmp_path: Path) -> None:
    board = SystemdBootBoard(tmp_path / "esp")
    board.power_on()
    keeper = Keeper(Slots(board.control()), Floor([Reserved(tmp_path / "floor")]), Version(1, 2, 0), lambda: None)
    assert parse(keeper.answer(b"status")) == Told(Slot.A, Slot.A, True, Version(1, 2, 0))
    assert parse(keeper.answer(b"retire")) == Told(Slot.A, Slot.A, False, Version(1, 2, 0))
    with pytest.raises(KeeperFailed, match="does not start either"):
        parse(keeper.answer(b"leave"))


@pytest.mark.parametrize("field", WRONG)
def test_each_field_has_to_make_sense(field: str) -> None:
    without = {name: value for name, value in SAID.items() if name != field}
    for said in (without, SAID | {field: WRONG[field]}):
        if said != SAID | {"error": None}:
            with pytest.raises(KeeperFailed):
                parse(json.dumps(said).encode())


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda below: st.lists(below) | st.dictionaries(st.text(), below),
)


@given(line=st.binary() | JSON.map(lambda value: json.dumps(value).encode()))
def test_whatever_comes_is_an_answer_or_none(line: bytes) -> None:
    _is_an_answer_or_none(line)


@given(changed=st.dictionaries(st.sampled_from(list(SAID)), JSON, min_size=1))
def test_whatever_a_field_says_it_is_an_answer_or_none(changed: dict[str, object]) -> None:
    _is_an_answer_or_none(json.dumps(SAID | changed).encode())


@example(tries={"b": float("inf")})
@given(tries=st.dictionaries(st.sampled_from("ab"), JSON))
def test_whatever_the_tries_are_it_is_an_answer_or_none(tries: dict[str, object]) -> None:
    _is_an_answer_or_none(json.dumps(SAID | {"tries": tries}).encode())


def _is_an_answer_or_none(line: bytes) -> None:
    try:
        told = parse(line)
    except KeeperFailed:
        return
    assert isinstance(told.version, Version) and isinstance(told.other_starts, bool)
