"""An alarm is heard or asked for again, on time that passes at once."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import cast

import pytest

from bus import messages_pb2 as pb
from bus import subjects as s
from bus.client import Bus
from bus.envelope import Received
from conductor.ringing import CLIP, PREFIX, SILENT_S, BusRinger
from conductor.timers import Moment, Timer
from tests.fakes.fast_time import monotonic_ns
from tests.fakes.local_bus import LocalBus
from tests.fakes.speaker_daemon import SpeakerDaemon

EGG = Timer("egg", 60, Moment(0.0, 0.0, "boot", True))
PASTA = Timer("pasta", 600, Moment(0.0, 0.0, "boot", True))


class Kitchen:
    """A speaker's daemon that plays what it is asked for while `plays`, and a ringer that wants things played."""

    def __init__(self) -> None:
        self.bus = LocalBus(monotonic_ns)
        self.speaker = SpeakerDaemon()
        self.stopped: list[str] = []
        self.ringer = BusRinger(cast(Bus, self.bus), self._on_stopped, monotonic_ns)

    async def _on_stopped(self, entry_id: str) -> None:
        self.stopped.append(entry_id)

    async def plays(self, seconds: float, entry_id: str = "egg") -> None:
        for _ in range(round(seconds * 10)):
            await asyncio.sleep(0.1)
            await self.tells(pb.PLAYING, PREFIX + entry_id)

    async def tells(self, phase: pb.PlaybackPhase, utterance: str, reason: str = "") -> None:
        await self.ringer.on_playback(pb.PlaybackState(phase=phase, utterance=utterance, reason=reason))

    @property
    def asked_for(self) -> list[str]:
        return [clip.utterance for clip in self.bus.bodies(s.PLAYBACK_CLIP)]

    @property
    def ring(self) -> list[str]:
        return [wish.state for wish in self.bus.bodies(s.HARDWARE_RING_SET)]


@asynccontextmanager
async def _kitchen() -> AsyncIterator[Kitchen]:
    here = Kitchen()
    await here.speaker.serve(here.bus)
    running = asyncio.create_task(here.ringer.run())
    try:
        yield here
        assert not running.done()
    finally:
        running.cancel()
        await asyncio.gather(running, return_exceptions=True)


@pytest.fixture
async def kitchen() -> AsyncIterator[Kitchen]:
    async with _kitchen() as here:
        yield here


async def test_what_is_due_is_a_clip_that_repeats_and_a_ring_that_shows_it(kitchen: Kitchen) -> None:
    await kitchen.ringer.ring(EGG)
    [clip] = kitchen.bus.bodies(s.PLAYBACK_CLIP)
    assert (clip.clip, clip.utterance, clip.repeat) == (CLIP, PREFIX + "egg", True)
    assert kitchen.ring == ["alarm"]


async def test_what_sounds_is_not_asked_for_again(kitchen: Kitchen) -> None:
    await kitchen.ringer.ring(EGG)
    await kitchen.tells(pb.STARTED, PREFIX + "egg")
    await kitchen.plays(60)
    assert len(kitchen.asked_for) == 1


async def test_what_nobody_hears_of_is_asked_for_again_until_it_sounds(kitchen: Kitchen) -> None:
    await kitchen.ringer.ring(EGG)
    await asyncio.sleep(5 * SILENT_S)
    asked = len(kitchen.asked_for)
    assert asked >= 3
    await kitchen.plays(5 * SILENT_S)
    assert len(kitchen.asked_for) == asked


async def test_a_speaker_that_dies_while_it_rings_is_asked_again(kitchen: Kitchen) -> None:
    await kitchen.ringer.ring(EGG)
    await kitchen.plays(10)
    assert len(kitchen.asked_for) == 1
    await asyncio.sleep(2 * SILENT_S)
    assert len(kitchen.asked_for) >= 2


async def test_a_lost_bus_is_rung_through_when_it_is_back(kitchen: Kitchen) -> None:
    kitchen.bus.away = True
    await kitchen.ringer.ring(EGG)
    await asyncio.sleep(10)
    kitchen.bus.away = False
    await asyncio.sleep(2 * SILENT_S)
    assert kitchen.asked_for != []


async def test_one_that_sounds_does_not_hide_one_that_does_not(kitchen: Kitchen) -> None:
    await kitchen.ringer.ring(EGG)
    await kitchen.ringer.ring(PASTA)
    await kitchen.plays(3 * SILENT_S, "egg")
    assert kitchen.asked_for.count(PREFIX + "egg") == 1
    assert kitchen.asked_for.count(PREFIX + "pasta") >= 2


async def test_the_stop_word_dismisses_what_it_silenced(kitchen: Kitchen) -> None:
    await kitchen.ringer.ring(EGG)
    await kitchen.ringer.ring(PASTA)
    await kitchen.tells(pb.SILENCED, PREFIX + "egg", "stop_word")
    assert kitchen.stopped == ["egg"]


@pytest.mark.parametrize("reason", ["superseded", "cancelled"])
async def test_what_was_silenced_by_something_else_is_asked_for_again(kitchen: Kitchen, reason: str) -> None:
    await kitchen.ringer.ring(EGG)
    await kitchen.tells(pb.SILENCED, PREFIX + "egg", reason)
    await asyncio.sleep(2 * SILENT_S)
    assert kitchen.stopped == []
    assert len(kitchen.asked_for) >= 2


async def test_hush_silences_and_the_ring_goes_out_with_the_last(kitchen: Kitchen) -> None:
    await kitchen.ringer.ring(EGG)
    await kitchen.ringer.ring(PASTA)
    await kitchen.ringer.hush("egg")
    assert kitchen.ring[-1] == "alarm"
    await kitchen.ringer.hush("pasta")
    assert kitchen.ring[-1] == ""
    assert kitchen.speaker.asked == [f"silence {PREFIX}egg", f"silence {PREFIX}pasta"]
    asked = len(kitchen.asked_for)
    await asyncio.sleep(5 * SILENT_S)
    assert len(kitchen.asked_for) == asked


async def test_hushing_what_does_not_ring_asks_nobody(kitchen: Kitchen) -> None:
    await kitchen.ringer.hush("egg")
    assert kitchen.speaker.asked == []


async def test_hush_on_a_lost_bus_is_no_error_and_the_alarm_is_not_begun_again(kitchen: Kitchen) -> None:
    await kitchen.ringer.ring(EGG)
    kitchen.bus.away = True
    await kitchen.ringer.hush("egg")
    kitchen.bus.away = False
    asked = len(kitchen.asked_for)
    await asyncio.sleep(5 * SILENT_S)
    assert len(kitchen.asked_for) == asked


async def test_what_a_speaker_still_plays_though_it_was_hushed_is_silenced(kitchen: Kitchen) -> None:
    await kitchen.ringer.ring(EGG)
    kitchen.bus.away = True
    await kitchen.ringer.hush("egg")
    kitchen.bus.away = False
    await kitchen.tells(pb.PLAYING, PREFIX + "egg")
    assert kitchen.speaker.asked == [f"silence {PREFIX}egg"]
    assert kitchen.ring[-1] == ""


async def test_what_is_hushed_while_another_is_asked_for_stays_silent(kitchen: Kitchen) -> None:
    await kitchen.ringer.ring(EGG)
    await kitchen.ringer.ring(PASTA)

    async def hush(_message: Received[pb.PlayClip]) -> None:
        await kitchen.ringer.hush("pasta")

    await kitchen.bus.subscribe(s.PLAYBACK_CLIP, hush)
    await asyncio.sleep(5 * SILENT_S)
    assert kitchen.asked_for.count(PREFIX + "pasta") == 1


async def test_playback_of_answers_is_none_of_its_business(kitchen: Kitchen) -> None:
    await kitchen.tells(pb.SILENCED, "an answer", "stop_word")
    assert kitchen.stopped == []
