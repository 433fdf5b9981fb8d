"""Somebody dies in the middle of a turn: something is said in time, and the next turn works."""

import asyncio

import pytest

from bus import messages_pb2 as pb
from bus import subjects as s
from conductor.patience import Config as TurnConfig
from conductor.thinking import Thought
from tests.fakes.fast_time import monotonic_ns, settled
from tests.fakes.room import Room

LONGEST_TO_AN_ANSWER_S = 8.0


async def test_an_answer_that_never_sounds_is_replaced_by_a_clip_and_then_by_the_ring(box: Room) -> None:
    await box.request("good night")
    spoken_until = monotonic_ns()
    await asyncio.sleep(TurnConfig().voice_s + 0.1)
    [clip] = box.bus.bodies(s.PLAYBACK_CLIP)
    assert (clip.clip, clip.utterance) == ("something_went_wrong", box.state.utterance)
    assert (monotonic_ns() - spoken_until) / 1e9 < LONGEST_TO_AN_ANSWER_S
    await asyncio.sleep(TurnConfig().voice_s + 0.1)
    assert (box.state.phase, box.state.reason) == (pb.CANCELLED, "voice_failed")
    await box.request("good night")
    assert box.state.phase == pb.ANSWERING


async def test_a_microphone_that_dies_is_apologised_for_in_time(box: Room) -> None:
    await box.wake()
    await box.voice(320)
    last_speech = monotonic_ns()
    await asyncio.sleep(TurnConfig().deaf_s + 0.1)
    assert box.spoken == ["Sorry, I can't hear the microphone any more."]
    assert (monotonic_ns() - last_speech) / 1e9 < LONGEST_TO_AN_ANSWER_S
    await asyncio.sleep(TurnConfig().voice_s + 0.1)
    assert [clip.clip for clip in box.bus.bodies(s.PLAYBACK_CLIP)] == ["something_went_wrong"]
    await asyncio.sleep(TurnConfig().voice_s + 0.1)
    assert (box.state.phase, box.state.reason) == (pb.CANCELLED, "deaf")


async def test_a_recogniser_that_dies_is_apologised_for(box: Room) -> None:
    await box.wake()
    await box.voice(640)
    await box.words("who wrote hamlet")
    await box.silence(960)
    assert box.state.phase == pb.COMMITTED
    await asyncio.sleep(TurnConfig().final_s + 0.1)
    assert box.spoken == ["Sorry, something went wrong while I listened. Please say it again."]


async def test_what_a_recogniser_that_was_away_has_not_heard_is_no_silence(box: Room) -> None:
    await box.wake()
    box.position += (TurnConfig().unheard_ms + 1) * 16
    await box.silence(320)
    assert box.spoken == ["Sorry, something went wrong while I listened. Please say it again."]


async def test_a_thought_that_does_not_end_is_apologised_for_in_time(
    box: Room, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def stuck(_words: str, _language: str = "") -> Thought:
        await asyncio.Event().wait()
        raise AssertionError

    with monkeypatch.context() as patched:
        patched.setattr(box.thinking, "think", stuck)
        await box.request("set a timer for five minutes")
        last_speech = monotonic_ns()
        await asyncio.sleep(TurnConfig().thought_s)
        assert box.spoken == ["Sorry, something went wrong while I listened. Please say it again."]
        assert (monotonic_ns() - last_speech) / 1e9 < LONGEST_TO_AN_ANSWER_S
        await box.answer_sounds()
    assert [turn.end_reason for turn in await box.turns()] == ["engine_failed"]
    await box.request("set a timer for five minutes")
    assert box.timers == [300]


async def test_a_recogniser_that_says_it_failed_is_apologised_for_at_once(box: Room) -> None:
    await box.wake()
    await box.voice(320)
    await box.final("", "engine_failed")
    assert box.spoken == ["Sorry, something went wrong while I listened. Please say it again."]


async def test_a_voice_that_says_it_failed_is_replaced_by_a_clip_at_once(box: Room) -> None:
    await box.request("good night")
    await box.plays(pb.FAILED, reason="espeak-ng died")
    assert [clip.clip for clip in box.bus.bodies(s.PLAYBACK_CLIP)] == ["something_went_wrong"]


async def test_losing_the_bus_ends_the_turn_and_the_next_one_works(box: Room) -> None:
    await box.request("set a timer for five minutes")
    box.bus.away = True
    box.service.on_bus_lost()
    await settled()
    box.bus.away = False
    assert [turn.end_reason for turn in await box.turns()] == ["bus_lost"]
    await box.request("good night")
    assert box.state.phase == pb.ANSWERING
