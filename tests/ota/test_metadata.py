"""What is the newest release is believed of the right keys only, and nobody can make a box forget what it knew."""

import asyncio
import shutil
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
import pytest_asyncio
from tuf.api.metadata import Metadata, Targets

from ota import source
from ota.errors import NotBelieved, NoTime, SourceFailed
from ota.metadata import Repository
from ota.source import Folder, Server
from ota.version import Version
from tests.fakes.release_server import Fault, ReleaseServer
from tests.ota.publisher import SAID, Maker, keys, roles

NOW = datetime.now(UTC)


class World:
    """A maker, a mirror with faults, and a box."""

    def __init__(self, folder: Path, mirror: ReleaseServer, server: Server) -> None:
        self.folder, self.mirror = folder, mirror
        self.maker = Maker(mirror.folder).begins()
        self.memory = folder / "memory"
        self.memory.mkdir()
        self.box = Repository(self.memory, server, self.maker.root)

    async def versions(self) -> list[str]:
        return [str(each.version) for each in await self.box.releases(NOW)]


@pytest_asyncio.fixture
async def world(tmp_path: Path) -> AsyncIterator[World]:
    (tmp_path / "public").mkdir()
    async with ReleaseServer(tmp_path / "public").running() as mirror, source.session() as session:
        yield World(tmp_path, mirror, Server(session, mirror.address))


async def test_releases_are_offered_by_their_version(world: World) -> None:
    for version in ("1.10.0", "1.2.0"):
        world.maker.offers(version)
    assert await world.versions() == ["1.2.0", "1.10.0"]


async def test_a_folder_is_as_good_as_a_server(world: World) -> None:
    world.maker.offers("1.2.0")
    box = Repository(world.memory, Folder(world.maker.folder), world.maker.root)
    assert [each.version for each in await box.releases(NOW)] == [Version(1, 2, 0)]


async def test_who_does_not_know_the_time_asks_nobody(world: World) -> None:
    with pytest.raises(NoTime):
        await world.box.releases(None)
    with pytest.raises(NoTime):
        await world.box.file("anything", None)
    assert not world.mirror.asked and not any(world.memory.iterdir())


async def test_who_asks_twice_at_once_or_gives_up_disturbs_nobody(world: World) -> None:
    name = world.maker.offers("1.1.0")
    for _ in range(5):
        given_up = asyncio.create_task(world.versions())
        await asyncio.sleep(0)
        files = asyncio.gather(*(world.box.file(name, NOW) for _ in range(4)))
        given_up.cancel()
        assert all(await files) and await world.versions() == ["1.1.0"]


async def test_a_stranger_offers_nothing(world: World) -> None:
    world.maker.offers("1.1.0")
    assert await world.versions() == ["1.1.0"]
    shutil.rmtree(world.maker.folder)
    Maker(world.maker.folder).begins().offers("9.0.0")
    with pytest.raises(NotBelieved):
        await world.versions()


async def test_what_has_expired_is_not_believed_and_hinders_nothing_later(world: World) -> None:
    world.maker.now = lambda: NOW - timedelta(days=30)
    world.maker.offers("1.1.0")
    with pytest.raises(NotBelieved, match="expired"):
        await world.versions()
    world.maker.now = lambda: datetime.now(UTC)
    world.maker.publisher.renew()
    assert await world.versions() == ["1.1.0"]


async def test_a_mirror_that_goes_back_is_told_apart(world: World) -> None:
    world.maker.offers("1.1.0")
    shutil.copytree(world.maker.folder, world.folder / "before")
    world.maker.offers("1.2.0")
    assert await world.versions() == ["1.1.0", "1.2.0"]
    shutil.rmtree(world.maker.folder)
    (world.folder / "before").rename(world.maker.folder)
    with pytest.raises(NotBelieved):
        await world.versions()


async def test_a_power_cut_does_not_let_a_mirror_go_back(world: World) -> None:
    """Files of the memory that are empty are as good as none; the others still count."""
    world.maker.offers("1.1.0")
    await world.versions()
    for path in world.memory.rglob("*.json"):
        path.write_bytes(b"")
        assert await world.versions() == ["1.1.0"], path


async def test_a_mirror_mixes_two_states(world: World) -> None:
    world.maker.offers("1.1.0")
    old = (world.maker.folder / "metadata/2.targets.json").read_bytes()
    world.maker.offers("1.2.0")
    (world.maker.folder / "metadata/3.targets.json").write_bytes(old)
    with pytest.raises(NotBelieved):
        await world.versions()


async def test_one_key_of_two_is_not_enough(world: World) -> None:
    """A thief has one key of those who sign releases, and the keys of the machine that publishes."""
    thief = world.maker.signers["targets"][0]
    path = world.maker.folder / "metadata/1.targets.json"
    targets = Metadata[Targets].from_file(str(path))
    file = world.folder / "evil"
    file.write_bytes(b"evil")
    world.maker.publisher.add("evil.raucb", file, {**SAID, "version": "9.0.0"})
    targets = Metadata[Targets].from_file(f"{world.maker.folder}.draft/targets.json")
    targets.signatures = {thief.public_key.keyid: targets.signatures[thief.public_key.keyid]}
    targets.to_file(str(world.maker.folder / "metadata/2.targets.json"))
    shutil.rmtree(f"{world.maker.folder}.draft")
    world.maker.publisher.renew()
    with pytest.raises(NotBelieved):
        await world.versions()


async def test_keys_are_changed_and_the_old_ones_count_no_more(world: World) -> None:
    world.maker.offers("1.1.0")
    await world.versions()
    stolen, fresh = world.maker.signers, keys()
    world.maker.signers = {role: stolen[role] + fresh[role] for role in stolen}
    world.maker.publisher.change_keys(roles(fresh))
    world.maker.publisher.publish()
    assert await world.versions() == ["1.1.0"]
    world.maker.signers = fresh
    world.maker.offers("1.2.0")
    assert await world.versions() == ["1.1.0", "1.2.0"]
    # Whoever has not looked for years goes the way of all roots.
    (world.folder / "other").mkdir()
    late = Repository(world.folder / "other", Folder(world.maker.folder), world.maker.root)
    assert [str(each.version) for each in await late.releases(NOW)] == ["1.1.0", "1.2.0"]


@pytest.mark.parametrize("fault", [Fault.NEVER_ENDS, Fault.ENDS_EARLY, Fault.POINTS_ELSEWHERE, Fault.PACKS_IT])
@pytest.mark.parametrize("file", ["2.root.json", "timestamp.json", "3.snapshot.json", "3.targets.json"])
async def test_a_server_that_does_not_give_what_it_should(world: World, fault: Fault, file: str) -> None:
    world.maker.offers("1.1.0")
    world.maker.publisher.change_keys(roles(world.maker.signers))
    world.mirror.faults[file] = fault
    await _fails_and_goes_on_later(world)


async def test_a_server_that_says_nothing(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    world.maker.offers("1.1.0")
    monkeypatch.setattr(source, "ANSWER_S", 0.2)
    world.mirror.faults["timestamp.json"] = Fault.IS_SILENT
    await _fails_and_goes_on_later(world)


async def _fails_and_goes_on_later(world: World) -> None:
    world.maker.publisher.publish()
    with pytest.raises((SourceFailed, NotBelieved)):
        await world.versions()
    assert "elsewhere" not in world.mirror.asked
    world.mirror.faults.clear()
    assert await world.versions() == ["1.1.0"]


async def test_what_a_later_release_says_hinders_nobody(world: World) -> None:
    world.maker.offers("1.1.0")
    world.maker.offers("1.3.0", channel="nightly")
    world.maker.publisher.say("spoq-1.1.0.raucb", share=10)
    world.maker.publisher.publish()
    (release,) = await world.box.releases(NOW)
    assert (str(release.version), release.share) == ("1.1.0", 10)


async def test_a_file_is_found_by_its_hash(world: World) -> None:
    name = world.maker.offers("1.1.0", b"content")
    file = await world.box.file(name, NOW)
    assert file is not None and file.length == 7
    assert (world.maker.folder / file.path).read_bytes() == b"content"
    assert await world.box.file("another", NOW) is None
