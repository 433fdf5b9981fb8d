"""Where the household lives is told once, kept, and believed by the answers and the alarms."""

from pathlib import Path
from typing import cast
from zoneinfo import ZoneInfo

import pytest

from bus import messages_pb2 as pb
from bus import subjects as s
from bus.client import Bus
from conductor.region import SETTLED, UNKNOWN, Region, Regional
from files import durable
from tests.fakes.local_bus import LocalBus

TOKYO = Region(ZoneInfo("Asia/Tokyo"), imperial=True)


class World:
    """A household; `moved` is what it heard."""

    def __init__(self, file: Path, settled: str = "") -> None:
        self.bus = LocalBus(lambda: 0)
        self.moved: list[Region] = []
        self.regional = Regional(file, settled, self.moved.append)

    async def ask(self, asked: pb.SetRegion) -> pb.Region:
        await self.regional.serve(cast(Bus, self.bus))
        return await self.bus.request(s.REGION, asked)


@pytest.fixture
def file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("TZ", "Europe/Berlin")
    return tmp_path / "region.json"


async def test_what_is_said_holds_at_once_and_after_a_restart(file: Path) -> None:
    world = World(file)
    assert world.regional.region == Region(ZoneInfo("Europe/Berlin"))
    told = await world.ask(pb.SetRegion(zone="Asia/Tokyo", imperial=True))
    assert told == pb.Region(zone="Asia/Tokyo", imperial=True)
    assert world.moved == [TOKYO]
    assert World(file).regional.region == TOKYO


async def test_what_is_not_said_stays_as_it_is(file: Path) -> None:
    world = World(file)
    await world.ask(pb.SetRegion(zone="Asia/Tokyo", imperial=True))
    assert await world.ask(pb.SetRegion()) == pb.Region(zone="Asia/Tokyo", imperial=True)
    assert await world.ask(pb.SetRegion(imperial=False)) == pb.Region(zone="Asia/Tokyo")
    assert len(world.moved) == 2


@pytest.mark.parametrize("zone", ["", "Mars/Olympus", "../etc/passwd", "/etc/passwd", "Europe", "\0", "x" * 5000])
async def test_a_zone_that_is_none_is_refused(file: Path, zone: str) -> None:
    world = World(file)
    told = await world.ask(pb.SetRegion(zone=zone, imperial=True))
    assert told == pb.Region(refusal=UNKNOWN, zone="Europe/Berlin")
    assert not world.moved and not file.exists()


async def test_the_boxs_own_settings_come_first(file: Path) -> None:
    world = World(file, settled="America/New_York")
    told = await world.ask(pb.SetRegion(zone="Asia/Tokyo"))
    assert told == pb.Region(refusal=SETTLED, zone="America/New_York")
    await world.ask(pb.SetRegion(imperial=True))
    assert World(file, settled="Asia/Tokyo").regional.region == TOKYO


@pytest.mark.parametrize(
    "content", [b"", b"{", b"[]", b'{"zone": 5, "imperial": 1}', b'{"zone": "Mars"}', b"\xff", b"9" * 5000]
)
def test_a_damaged_file_is_as_none(file: Path, content: bytes) -> None:
    file.write_bytes(content)
    assert World(file).regional.region == Region(ZoneInfo("Europe/Berlin"))


async def test_what_can_not_be_written_down_does_not_hold(file: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(*_: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(durable, "write", full)
    world = World(file)
    told = await world.ask(pb.SetRegion(zone="Asia/Tokyo"))
    assert told == pb.Region(refusal="The box can't write that down: No space left on device.", zone="Europe/Berlin")
    assert not world.moved
