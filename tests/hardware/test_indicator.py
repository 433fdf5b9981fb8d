"""The ring follows the turn, mute, faults and everybody's wishes, and says what it shows."""

import asyncio
from collections.abc import AsyncIterator
from typing import cast

import pytest
import pytest_asyncio

from bus import messages_pb2 as pb
from bus import subjects as s
from bus.client import Bus
from bus.envelope import Context
from hardware import ring
from hardware.config import Config
from hardware.indicator import MAX_SOURCES, Indicator
from hardware.ring import Picture
from tests.fakes.local_bus import LocalBus


class Ring:
    """LEDs that keep their pictures."""

    def __init__(self) -> None:
        self.pictures: list[Picture] = []
        self.changed = asyncio.Event()

    def show(self, picture: Picture) -> None:
        self.pictures.append(picture)
        self.changed.set()

    async def until(self, state: str) -> None:
        """Returns when the still picture of `state` is shown."""
        while ring.picture(state, 0.0) != (self.pictures or [()])[-1]:
            self.changed.clear()
            await self.changed.wait()


class Room:
    """An indicator that runs, its LEDs, and the bus it is on."""

    def __init__(self, config: Config) -> None:
        self.bus, self.leds = LocalBus(lambda: 0), Ring()
        self.indicator = Indicator(cast(Bus, self.bus), self.leds, config)

    async def turn(self, phase: pb.TurnPhase, generation: int = 1, reason: str = "") -> None:
        await self.bus.publish(s.TURN_STATE, pb.TurnState(phase=phase, reason=reason), Context(generation=generation))

    async def wish(self, source: str, state: str) -> None:
        await self.bus.publish(s.HARDWARE_RING_SET, pb.RingWish(source=source, state=state))

    @property
    def told(self) -> list[str]:
        return [body.state for body in self.bus.bodies(s.HARDWARE_RING)]

    @property
    def state(self) -> str:
        """What was told last; the LEDs show the same."""
        assert self.leds.pictures
        return self.told[-1]


@pytest_asyncio.fixture
async def room() -> AsyncIterator[Room]:
    room = Room(Config(error_shown_s=0.01))
    running = asyncio.create_task(room.indicator.run())
    await room.leds.until("idle")
    yield room
    running.cancel()
    await asyncio.gather(running, return_exceptions=True)


async def test_a_whole_turn(room: Room) -> None:
    for phase in (pb.OPENED, pb.LISTENING, pb.COMMITTED, pb.ANSWERING, pb.DUCKED, pb.ANSWERING, pb.CLOSED):
        await room.turn(phase)
    assert room.told == ["idle", "listening", "thinking", "speaking", "listening", "speaking", "idle"]
    await room.leds.until("idle")


async def test_what_is_told_carries_the_turn_and_its_pattern(room: Room) -> None:
    await room.bus.publish(s.TURN_STATE, pb.TurnState(phase=pb.OPENED), Context(trace_id="t", generation=4))
    name, body, context = room.bus.sent[-1]
    assert (name, body.state, body.pattern) == ("hardware.ring", "listening", ring.LOOKS["listening"].pattern)
    assert (context.trace_id, context.generation) == ("t", 4)
    assert body.shown_monotonic_ns > 0


async def test_an_older_generation_changes_nothing(room: Room) -> None:
    await room.turn(pb.ANSWERING, generation=5)
    await room.turn(pb.OPENED, generation=4)
    assert room.state == "speaking"


async def test_muted_is_seen_between_turns(room: Room) -> None:
    await room.bus.publish(s.AUDIO_MUTE_STATE, pb.MuteState(muted=True))
    assert room.state == "muted"
    await room.turn(pb.ANSWERING)
    assert room.state == "speaking"
    await room.turn(pb.CLOSED)
    assert room.state == "muted"
    await room.bus.publish(s.AUDIO_MUTE_STATE, pb.MuteState(muted=False))
    assert room.state == "idle"


@pytest.mark.parametrize("reason", ["deaf", "engine_failed", "voice_failed", "bus_lost", "playback_lost"])
async def test_a_turn_that_failed_is_seen_for_a_while(room: Room, reason: str) -> None:
    await room.turn(pb.CANCELLED, reason=reason)
    assert room.state == "error"
    await room.leds.until("idle")
    assert room.told[-1] == "idle"


async def test_a_turn_that_ended_as_it_should_is_no_fault(room: Room) -> None:
    await room.turn(pb.OPENED)
    await room.turn(pb.CANCELLED, reason="stopped")
    assert "error" not in room.told


async def test_a_new_turn_ends_the_fault(room: Room) -> None:
    await room.turn(pb.CANCELLED, reason="deaf")
    await room.turn(pb.OPENED, generation=2)
    assert room.state == "listening"


async def test_an_alarm_comes_first_and_goes_when_withdrawn(room: Room) -> None:
    await room.wish("alarmclock", "alarm")
    await room.turn(pb.ANSWERING)
    assert room.state == "alarm"
    await room.wish("alarmclock", "")
    assert room.state == "speaking"


@pytest.mark.parametrize(
    ("source", "state"),
    [("", "alarm"), ("x" * 65, "alarm"), ("clock", "no such state"), ("turn", "alarm"), ("mute", "")],
)
async def test_a_wish_that_is_none_changes_nothing(room: Room, source: str, state: str) -> None:
    await room.bus.publish(s.AUDIO_MUTE_STATE, pb.MuteState(muted=True))
    await room.wish(source, state)
    assert room.state == "muted"


async def test_wishes_are_bounded(room: Room) -> None:
    for number in range(MAX_SOURCES):
        await room.wish(f"source {number}", "updating")
    await room.wish("one too many", "recovery")
    assert room.state == "updating"
    await room.wish("source 0", "")
    await room.wish("one too many", "recovery")
    assert room.state == "recovery"


async def test_the_bus_is_lost_and_returns(room: Room) -> None:
    await room.turn(pb.ANSWERING)
    room.bus.away = True
    room.indicator.on_bus_lost()
    await room.leds.until("no_bus")
    assert room.told[-1] == "speaking"
    room.bus.away = False
    room.indicator.on_bus_back()
    await room.leds.until("idle")
    assert room.told[-1] == "idle"


async def test_a_ring_that_moves_is_redrawn(room: Room) -> None:
    await room.turn(pb.COMMITTED)
    before = len(room.leds.pictures)
    while len(set(room.leds.pictures[before - 1 :])) < 3:
        room.leds.changed.clear()
        await room.leds.changed.wait()
