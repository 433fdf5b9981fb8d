"""Whoever keeps the clock and the zone may just be starting, or not be there at all."""

import asyncio
from dataclasses import replace
from typing import cast

import pytest

from bus import messages_pb2 as pb
from bus import subjects as s
from bus.client import Bus
from bus.envelope import Received
from pairing import box_side
from pairing import messages_pb2 as pb_pairing
from pairing.box_side import Newcomer
from pairing.settling import settle
from tests.fakes.local_bus import LocalBus

FAST_TIME = True
OWNER = Newcomer(b"key", "Anna's phone", b"", 1_790_000_000_000, "Asia/Tokyo", "ja-JP", False, b"")


class World:
    """Whoever keeps the clock and the region, from `start` on; `told` is what they heard."""

    def __init__(self) -> None:
        self.bus = LocalBus(lambda: 0)
        self.told: list[pb.SetClock | pb.SetRegion] = []

    async def start(self) -> None:
        await self.bus.serve(s.HARDWARE_CLOCK, self._on_clock)
        await self.bus.serve(s.REGION, self._on_region)

    async def settle(self, owner: Newcomer = OWNER) -> None:
        await settle(cast(Bus, self.bus), owner, again_s=10.0)

    def _on_clock(self, message: Received[pb.SetClock]) -> pb.Reply:
        self.told.append(message.body)
        return pb.Reply()

    def _on_region(self, message: Received[pb.SetRegion]) -> pb.Region:
        self.told.append(message.body)
        return pb.Region()


async def test_who_is_just_starting_is_asked_again() -> None:
    world = World()
    telling = asyncio.create_task(world.settle())
    await asyncio.sleep(15)
    assert not telling.done()
    await world.start()
    await telling
    region = [pb.SetRegion(imperial=False), pb.SetRegion(zone="Asia/Tokyo")]
    assert world.told == [pb.SetClock(unix_ms=OWNER.unix_ms), *region]


async def test_a_phone_that_knows_no_zone_leaves_it_as_it_is() -> None:
    world = World()
    await world.start()
    await world.settle(replace(OWNER, zone="", imperial=True))
    assert world.told[1:] == [pb.SetRegion(imperial=True)]


async def test_where_nobody_is_it_is_given_up_and_told(caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level("INFO"):
        await World().settle()
    said = [record.getMessage().partition(":")[0] for record in caplog.records]
    assert said == ["what the owner's phone said is not taken"] * 3


@pytest.mark.parametrize(
    ("locale", "units", "imperial"),
    [
        ("en-US", pb_pairing.UNITS_UNSPECIFIED, True),
        ("es-us", pb_pairing.UNITS_UNSPECIFIED, True),
        ("en-GB", pb_pairing.UNITS_UNSPECIFIED, False),
        ("lr", pb_pairing.METRIC, False),
        ("", pb_pairing.UNITS_UNSPECIFIED, False),
        ("en-US", pb_pairing.METRIC, False),
        ("de-DE", pb_pairing.IMPERIAL, True),
    ],
)
def test_how_its_people_measure_is_told_or_guessed_by_their_country(
    locale: str, units: pb_pairing.Units, imperial: bool
) -> None:
    assert box_side._imperial(pb_pairing.Introduction(locale=locale, units=units)) is imperial
