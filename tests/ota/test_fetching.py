"""A bundle comes in the smallest way that there is, and its report says which one, and why no smaller."""

import asyncio
import random
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from types import SimpleNamespace

import pytest

from ota import fetching, packing
from ota.download import LEFT_FOR_OTHERS
from ota.errors import KeeperFailed, NoRoom
from ota.fetching import DIED, Fetched, Fetching
from ota.metadata import Repository
from ota.packed import Earlier
from ota.source import Folder
from ota.version import Version
from tests.ota.publisher import Maker

BLOCK = packing.BLOCK
RUNNING, NEW = Version(1, 0, 0), "1.1.0"
ROOT = random.Random(1).randbytes(100 * BLOCK)
BUNDLE = ROOT[: 50 * BLOCK] + b"new" + ROOT[50 * BLOCK :] + bytes(50 * BLOCK)
WHOLE, DELTA = f"spoq-{NEW}.raucb.packed", f"spoq-{NEW}.raucb.from-{RUNNING}"


class Box:
    """One with this root, whose maker offers a new release; `deaf`: nobody lends what runs."""

    def __init__(self, folder: Path) -> None:
        self.folder, self.root = folder / "box", folder / "root"
        self.folder.mkdir()
        (folder / "public").mkdir()
        self.root.write_bytes(ROOT)
        self.maker = Maker(folder / "public").begins()
        self.deaf = False
        self.fetching = self._made()

    def offers(self, *kinds: str, says_bytes: int | None = None) -> None:
        """The release, with these files beside it."""
        bundle, made = self.folder.parent / "new", self.folder.parent / "made"
        bundle.write_bytes(BUNDLE)
        said: dict[str, dict[str, object]] = {}
        for name in kinds:
            packing.pack(bundle, made, self.root if name == DELTA else None)
            self.maker.publisher.add(name, made)
            said[name] = {"name": name, "size": says_bytes or made.stat().st_size}
        deltas = {str(RUNNING): said[DELTA]} if DELTA in said else {}
        packed = {"packed": said[WHOLE]} if WHOLE in said else {}
        self.maker.offers(NEW, BUNDLE, deltas=deltas, **packed)

    def spoil(self, name: str, way: str) -> None:
        """A mirror has another file, or none."""
        [file] = (self.maker.folder / "targets").glob(f"*.{name}")
        if way == "gone":
            file.unlink()
        else:
            file.write_bytes(bytes(file.stat().st_size))

    def size(self, name: str) -> int:
        [file] = (self.maker.folder / "targets").glob(f"*.{name}")
        return file.stat().st_size

    async def fetches(self, leaves: str = "") -> Fetched:
        now = datetime.now(UTC)
        [release] = await self._repository.releases(now)
        file = await self._repository.file(release.name, now)
        assert file is not None
        fetched = await self.fetching.fetch(release, file, RUNNING, now, self._on_told)
        assert self.fetching.bundle.read_bytes() == BUNDLE
        names = {path.name for path in self.folder.iterdir() if path.is_file()}
        assert names - {leaves} == {fetching.BUNDLE}
        return fetched

    def starts_anew(self) -> None:
        """The daemon."""
        self.fetching = self._made()

    def _made(self) -> Fetching:
        source = Folder(self.maker.folder)
        self._repository = Repository(self.folder / "tuf", source, self.maker.root)
        (self.folder / "tuf").mkdir(exist_ok=True)
        return Fetching(self._repository, source, self._lend, self.folder)

    @contextmanager
    def _lend(self) -> Iterator[Earlier]:
        if self.deaf:
            raise KeeperFailed("Nobody lends what runs.")
        with self.root.open("rb") as root:
            yield Earlier(root.fileno())

    def _on_told(self, here: int, of: int) -> None:
        assert 0 < here <= of


async def ends(*_: object) -> int:
    """Whoever asked is cut off."""
    raise asyncio.CancelledError


@pytest.fixture
def box(tmp_path: Path) -> Box:
    return Box(tmp_path)


async def test_a_delta_where_there_is_one(box: Box) -> None:
    box.offers(DELTA, WHOLE)
    fetched = await box.fetches()
    assert fetched == Fetched("delta", box.size(DELTA)) and fetched.length < 1000


async def test_the_whole_packed_where_no_delta_is_from_what_runs(box: Box) -> None:
    box.offers(WHOLE)
    assert await box.fetches() == Fetched("whole: no delta is from 1.0.0", box.size(WHOLE))


async def test_the_bundle_as_it_is(box: Box) -> None:
    box.offers()
    assert await box.fetches() == Fetched("whole: no delta is from 1.0.0", len(BUNDLE))


async def test_a_delta_that_does_not_fit_is_told_and_not_tried_again(box: Box) -> None:
    box.offers(DELTA, WHOLE)
    box.root.write_bytes(ROOT[:BLOCK] + bytes(BLOCK) + ROOT[2 * BLOCK :])
    fetched = await box.fetches()
    assert fetched.way == "whole: It is not for the system that runs, or damaged."
    assert fetched.length == box.size(DELTA) + box.size(WHOLE)
    box.fetching.forget()
    assert (await box.fetches()).length == box.size(WHOLE)


async def test_nobody_lends_what_a_delta_is_from(box: Box) -> None:
    box.offers(DELTA, WHOLE)
    box.deaf = True
    assert (await box.fetches()).way == "whole: Nobody lends what runs."


@pytest.mark.parametrize("name", [DELTA, WHOLE])
@pytest.mark.parametrize("way", ["altered", "gone"])
async def test_where_a_mirror_spoiled_one_way_the_next_is_taken(box: Box, name: str, way: str) -> None:
    box.offers(name)
    box.spoil(name, way)
    fetched = await box.fetches()
    why = {"altered": "What was fetched is not what was signed.", "gone": "does not have"}[way]
    assert why in fetched.way and fetched.length == len(BUNDLE)


async def test_a_block_of_what_runs_that_can_not_be_read(box: Box, monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(*_: object) -> int:
        raise OSError(5, "Input/output error")

    box.offers(DELTA, WHOLE)
    monkeypatch.setattr("os.preadv", broken)
    assert (await box.fetches()).way == "whole: What it would be made of can't be read: Input/output error."


async def test_with_room_for_the_bundle_alone(box: Box, monkeypatch: pytest.MonkeyPatch) -> None:
    def free(_: object) -> SimpleNamespace:
        return SimpleNamespace(free=len(BUNDLE) + LEFT_FOR_OTHERS)

    box.offers(DELTA, WHOLE)
    monkeypatch.setattr("shutil.disk_usage", free)
    assert (await box.fetches()) == Fetched(f"whole: {NoRoom()}", len(BUNDLE))


async def test_what_was_unpacked_before_the_daemon_ended_is_not_fetched_again(box: Box) -> None:
    box.offers(DELTA)
    await box.fetches()
    box.starts_anew()
    assert (await box.fetches()).length == 0


async def test_a_delta_whose_unpacking_killed_the_daemon_is_not_tried_again(
    box: Box, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As when it is out of memory: nobody cleans up."""
    box.offers(DELTA, WHOLE)
    with monkeypatch.context() as killed:
        killed.setattr("ota.fetching._in_a_thread", ends)
        killed.setattr("pathlib.Path.unlink", lambda *_, **__: None)
        with pytest.raises(asyncio.CancelledError):
            await box.fetches()
    [begun] = box.folder.glob("delta-*.packed")
    begun.with_suffix(".unpacking").write_bytes(b"some of it")
    for _ in range(2):
        box.starts_anew()
        with monkeypatch.context() as killed:
            killed.setattr("ota.fetching._in_a_thread", ends)
            with pytest.raises(asyncio.CancelledError):
                await box.fetches()
    box.starts_anew()
    fetched = await box.fetches(leaves=begun.with_suffix(".unpacking").name)
    assert fetched.way == f"whole: {DIED}" and fetched.length == box.size(WHOLE)


async def test_another_delta_is_not_gone_on_with(box: Box) -> None:
    box.offers(DELTA, WHOLE)
    (box.folder / "delta-0123456789abcdef.packed.part").write_bytes(b"of another version")
    assert (await box.fetches()).way == "delta"


async def test_what_is_not_as_large_as_it_was_said_is_not_fetched(box: Box) -> None:
    box.offers(DELTA, says_bytes=1)
    assert (await box.fetches()).way == f"whole: {DELTA} is not as large as it should be."


async def test_a_bundle_that_came_otherwise_than_signed_is_none(box: Box, monkeypatch: pytest.MonkeyPatch) -> None:
    """A maker's mistake: the packed one is of another bundle."""
    with monkeypatch.context() as wrong:
        wrong.setattr("tests.ota.test_fetching.BUNDLE", BUNDLE[:-1] + b"x")
        box.offers(WHOLE)
    box.maker.publisher.withdraw(f"spoq-{NEW}.raucb")
    said = {"name": WHOLE, "size": box.size(WHOLE)}
    box.maker.offers(NEW, BUNDLE, packed=said)
    fetched = await box.fetches()
    assert fetched.way == "whole: What it makes is not the bundle that was signed."
    assert fetched.length == box.size(WHOLE) + len(BUNDLE)


async def test_the_daemon_dies_at_each_step(box: Box, monkeypatch: pytest.MonkeyPatch) -> None:
    box.offers(DELTA, WHOLE)
    for point in ("fetch", "unpack"):
        dies = asyncio.Event()

        async def stops(*_: object, dies: asyncio.Event = dies) -> None:
            dies.set()
            await asyncio.Event().wait()

        with monkeypatch.context() as change:
            if point == "fetch":
                change.setattr("ota.download._continue", stops)
            else:
                change.setattr("ota.fetching._in_a_thread", stops)
            dying = asyncio.create_task(box.fetches())
            await dies.wait()
            dying.cancel()
            await asyncio.gather(dying, return_exceptions=True)
        box.starts_anew()
        assert not box.fetching.bundle.exists()
    assert (await box.fetches()).way == "delta"


async def test_nothing_stays(box: Box) -> None:
    box.offers(DELTA)
    await box.fetches()
    for name in ("delta-01.packed.part", "whole-01.packed", "delta-01.unpacking", "bundle.raucb.part"):
        (box.folder / name).write_bytes(b"some of it")
    box.fetching.forget()
    assert [path.name for path in box.folder.iterdir() if path.is_file()] == []
