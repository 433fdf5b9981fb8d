"""A file that was named by its hash is here whole or not at all, whatever the line and the server do."""

import asyncio
import hashlib
import shutil
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager
from pathlib import Path

import aiohttp
import pytest

from ota import source
from ota.download import LEFT_FOR_OTHERS, Config, File, fetch
from ota.errors import Damaged, NoRoom, NotThere, SourceFailed
from ota.source import PIECE, Folder, Server, Source, Stream
from tests.fakes.fast_time import FastLoop
from tests.fakes.release_server import Fault, ReleaseServer

CONTENT = bytes(range(256)) * 1000
BUNDLE = File("targets/bundle", len(CONTENT), hashlib.sha256(CONTENT).hexdigest())


@pytest.fixture
def mirror(tmp_path: Path) -> ReleaseServer:
    (tmp_path / "public/targets").mkdir(parents=True)
    (tmp_path / "public/targets/bundle").write_bytes(CONTENT)
    return ReleaseServer(tmp_path / "public")


@pytest.fixture
def to(tmp_path: Path) -> Path:
    return tmp_path / "bundle"


@asynccontextmanager
async def served(mirror: ReleaseServer) -> AsyncIterator[Server]:
    async with mirror.running(), source.session() as session:
        yield Server(session, mirror.address)


async def test_it_comes_whole_and_once(mirror: ReleaseServer, to: Path) -> None:
    told: list[int] = []
    async with served(mirror) as server:
        assert await fetch(server, BUNDLE, to, Config(), lambda here, _: told.append(here)) == len(CONTENT)
        assert await fetch(server, BUNDLE, to, Config()) == 0
    assert to.read_bytes() == CONTENT and told == sorted(told) and told[-1] == len(CONTENT)
    assert [path.name for path in to.parent.iterdir() if path.is_file()] == ["bundle"]


async def test_nothing_is_fetched_into_the_last_room(
    mirror: ReleaseServer, to: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What is here already needs none."""
    to.with_name("bundle.part").write_bytes(CONTENT[:1000])
    needed = len(CONTENT) - 1000 + LEFT_FOR_OTHERS
    usage = shutil.disk_usage(to.parent)
    async with served(mirror) as server:
        monkeypatch.setattr("shutil.disk_usage", lambda _: usage._replace(free=needed - 1))
        with pytest.raises(NoRoom):
            await fetch(server, BUNDLE, to, Config())
        assert not mirror.asked
        monkeypatch.setattr("shutil.disk_usage", lambda _: usage._replace(free=needed))
        assert await fetch(server, BUNDLE, to, Config()) == len(CONTENT) - 1000


@pytest.mark.parametrize("here", [0, 1, 255, PIECE - 1, PIECE, PIECE + 1, len(CONTENT) - 1, len(CONTENT)])
async def test_it_goes_on_where_it_stopped(mirror: ReleaseServer, to: Path, here: int) -> None:
    to.with_name("bundle.part").write_bytes(CONTENT[:here])
    async with served(mirror) as server:
        assert await fetch(server, BUNDLE, to, Config()) == len(CONTENT) - here
    assert to.read_bytes() == CONTENT


async def test_a_bad_line_costs_no_byte_twice(mirror: ReleaseServer, to: Path) -> None:
    mirror.faults["bundle"] = Fault.ENDS_EARLY
    async with served(mirror) as server:
        for _ in range(5):
            with pytest.raises(SourceFailed):
                await fetch(server, BUNDLE, to, Config())
        mirror.faults.clear()
        assert await fetch(server, BUNDLE, to, Config()) == len(CONTENT) // 32
    assert to.read_bytes() == CONTENT


async def test_a_server_without_parts_begins_anew(mirror: ReleaseServer, to: Path) -> None:
    to.with_name("bundle.part").write_bytes(CONTENT[:1000])
    mirror.faults["bundle"] = Fault.KNOWS_NO_PARTS
    async with served(mirror) as server:
        assert await fetch(server, BUNDLE, to, Config()) == len(CONTENT)
    assert to.read_bytes() == CONTENT


@pytest.mark.parametrize("fault", [Fault.SENDS_ANOTHER_PART, Fault.PACKS_IT, Fault.POINTS_ELSEWHERE])
async def test_what_is_not_what_was_asked_for_is_not_kept(mirror: ReleaseServer, to: Path, fault: Fault) -> None:
    part = to.with_name("bundle.part")
    part.write_bytes(CONTENT[:1000])
    mirror.faults["bundle"] = fault
    async with served(mirror) as server:
        with pytest.raises(SourceFailed):
            await fetch(server, BUNDLE, to, Config())
    assert part.read_bytes() == CONTENT[:1000] and "elsewhere" not in mirror.asked


async def test_a_wrong_byte_is_thrown_away_with_the_rest(mirror: ReleaseServer, to: Path) -> None:
    mirror.faults["bundle"] = Fault.FLIPS_A_BYTE
    async with served(mirror) as server:
        with pytest.raises(Damaged):
            await fetch(server, BUNDLE, to, Config())
        assert not to.exists() and not to.with_name("bundle.part").exists()
        mirror.faults.clear()
        await fetch(server, BUNDLE, to, Config())
    assert to.read_bytes() == CONTENT


async def test_an_endless_file_ends_where_it_was_to_end(mirror: ReleaseServer, to: Path) -> None:
    mirror.faults["bundle"] = Fault.NEVER_ENDS
    async with served(mirror) as server:
        await fetch(server, BUNDLE, to, Config())
    assert to.read_bytes() == CONTENT


async def test_what_lies_there_is_read_before_it_is_believed(mirror: ReleaseServer, to: Path) -> None:
    """A disk that altered a byte, or a file of before that is longer."""
    to.write_bytes(CONTENT[:-1] + b"?")
    to.with_name("bundle.part").write_bytes(CONTENT + b"more")
    async with served(mirror) as server:
        await fetch(server, BUNDLE, to, Config())
    assert to.read_bytes() == CONTENT


async def test_a_page_in_its_place_costs_nothing(mirror: ReleaseServer, to: Path) -> None:
    """Of a network that wants to be paid first: 200, and another length."""
    part = to.with_name("bundle.part")
    part.write_bytes(CONTENT[:1000])
    (mirror.folder / "targets/bundle").write_bytes(b"<html>Pay here.")
    mirror.faults["bundle"] = Fault.KNOWS_NO_PARTS
    async with served(mirror) as server:
        with pytest.raises(SourceFailed):
            await fetch(server, BUNDLE, to, Config())
    assert part.read_bytes() == CONTENT[:1000]


async def test_a_router_says_nothing(to: Path) -> None:
    async def hangs(*_: object, **__: object) -> None:
        raise aiohttp.ConnectionTimeoutError

    async with source.session() as session:
        session._connector.connect = hangs  # type: ignore[method-assign,union-attr]
        with pytest.raises(SourceFailed):
            await fetch(Server(session, "http://192.0.2.1/"), BUNDLE, to, Config())


async def test_nobody_answers(to: Path) -> None:
    async with source.session() as session:
        with pytest.raises(SourceFailed):
            await fetch(Server(session, "http://127.0.0.1:9/"), BUNDLE, to, Config())


async def test_a_path_that_would_speak_http_itself(mirror: ReleaseServer, to: Path) -> None:
    async with served(mirror) as server:
        with pytest.raises(SourceFailed):
            await server.read("targets/bundle HTTP/1.1\r\nHost: elsewhere\r\n\r\n", 10)
    assert not mirror.asked


async def test_a_stick(mirror: ReleaseServer, to: Path, tmp_path: Path) -> None:
    folder = Folder(mirror.folder)
    to.with_name("bundle.part").write_bytes(CONTENT[:1000])
    assert await fetch(folder, BUNDLE, to, Config()) == len(CONTENT) - 1000
    (tmp_path / "secret").write_bytes(b"secret")
    (mirror.folder / "link").symlink_to(tmp_path / "secret")
    for path in ("link", "../secret", "targets", "nothing"):
        with pytest.raises(NotThere):
            await folder.read(path, 100)
    with pytest.raises(SourceFailed):
        await folder.read("targets/bundle", 100)


# --- its pace, in a time that costs nothing ---------------------------------------------------------


class Line:
    """A piece each so many seconds."""

    def __init__(self, piece: int, every_s: float) -> None:
        self._piece, self._every_s = piece, every_s

    @asynccontextmanager
    async def opened(self, path: str, offset: int) -> AsyncIterator[Stream]:
        yield Stream(offset, self._pieces(offset))

    async def _pieces(self, offset: int) -> AsyncIterator[bytes]:
        for at in range(offset, len(CONTENT), self._piece):
            await asyncio.sleep(self._every_s)
            yield CONTENT[at : at + self._piece]

    async def read(self, path: str, most: int) -> bytes:
        raise NotImplementedError


@pytest.fixture
def run() -> Iterator[Callable[[Source, Path, Config], float]]:
    """Fetches in a loop of fast time; how long it took there."""
    with asyncio.Runner(loop_factory=FastLoop) as runner:

        async def timed(line: Source, to: Path, config: Config) -> float:
            began = asyncio.get_running_loop().time()
            await fetch(line, BUNDLE, to, config)
            return asyncio.get_running_loop().time() - began

        yield lambda line, to, config: runner.run(timed(line, to, config))


def test_a_slow_line_is_patiently_used(run: Callable[[Source, Path, Config], float], to: Path) -> None:
    assert run(Line(2000, 1.0), to, Config()) == pytest.approx(128)


@pytest.mark.parametrize("line", [Line(1000, 1.0), Line(1, 59.0), Line(PIECE, 61.0)], ids=["slow", "drips", "silent"])
def test_who_sends_too_slowly_is_left(line: Line, run: Callable[[Source, Path, Config], float], to: Path) -> None:
    with pytest.raises(SourceFailed):
        run(line, to, Config())


def test_it_leaves_room_for_others(run: Callable[[Source, Path, Config], float], to: Path) -> None:
    assert run(Line(1000, 0.0), to, Config(most_rate=10_000)) == pytest.approx(25.5, abs=0.2)
