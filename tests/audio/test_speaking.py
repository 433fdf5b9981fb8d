"""What the bus asks of the speaker, and what the speaker tells the bus."""

from collections.abc import AsyncIterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pytest

from audio.clips import Clips, prepared
from audio.player import Config as PlayerConfig
from audio.player import Player
from audio.speaking import Speaking
from bus import messages_pb2 as pb
from bus import subjects as s
from bus.envelope import Context
from tests.fakes.local_bus import LocalBus
from tests.fakes.speaker import Clock, Speaker

ENGINE_RATE = 22_050
TURN = Context(trace_id="t", session_id="session", generation=1)
OUTSIDE = Context(trace_id="t", session_id="other")


@dataclass
class Box:
    """The speaker's side of a box: a bus, a loudspeaker, and a voice engine played by the test."""

    clock: Clock
    bus: LocalBus
    player: Player
    speaker: Speaker
    speaking: Speaking

    async def turn(self, phase: pb.TurnPhase, utterance: str = "", context: Context = TURN) -> None:
        await self.bus.publish(s.TURN_STATE, pb.TurnState(phase=phase, utterance=utterance), context)

    async def speech(
        self, utterance: str, seconds: float = 0.2, last: bool = True, failure: str = "", context: Context = TURN
    ) -> None:
        pcm = np.full(int(seconds * ENGINE_RATE), 5000, "<i2").tobytes()
        chunk = pb.SpeechChunk(
            utterance=utterance, pcm=pcm, sample_rate=ENGINE_RATE, last=last, last_sentence=last, failure=failure
        )
        await self.bus.publish(s.TTS_STREAM.of(context.session_id), chunk, context)

    async def play(self, blocks: int = 1) -> bool:
        """Time passes; whether anything was heard in it."""
        heard = False
        for _ in range(blocks):
            heard = bool(np.any(self.speaker.play())) or heard
            await self.speaking.follow()
        return heard

    def told(self) -> list[tuple[str, str]]:
        """Phases and utterances of `playback.state`, PLAYING left out."""
        return [
            (pb.PlaybackPhase.Name(state.phase), state.utterance)
            for state in self.bus.bodies(s.PLAYBACK_STATE)
            if state.phase != pb.PLAYING
        ]


@pytest.fixture
async def clips(tmp_path: Path) -> Clips:
    return await prepared(tmp_path)


@pytest.fixture
async def box(clips: Clips) -> AsyncIterator[Box]:
    clock = Clock()
    bus, player = LocalBus(clock), Player(PlayerConfig(100, 100), clock)
    speaking = Speaking(bus, player, clips, clock=clock)
    async with speaking.subscribed():
        yield Box(clock, bus, player, Speaker(player, clock), speaking)


async def test_a_speculative_answer_sounds_when_the_turn_names_it(box: Box) -> None:
    await box.turn(pb.OPENED)
    await box.speech("answer")
    assert not await box.play(5)
    await box.turn(pb.ANSWERING, "answer")
    assert await box.play(1)
    assert await box.play(30)
    assert box.told() == [("STARTED", "answer"), ("FINISHED", "answer")]


async def test_started_names_the_time_of_the_first_sound_and_the_span_of_the_hop(box: Box) -> None:
    await box.turn(pb.OPENED)
    await box.speech("answer")
    await box.turn(pb.ANSWERING, "answer")
    named_ns = box.clock.now_ns
    box.clock.now_ns += 4_000_000
    await box.play()
    (state,) = box.bus.bodies(s.PLAYBACK_STATE)
    (span,) = box.bus.bodies(s.OBS_SPAN)
    assert state.first_sound_monotonic_ns - (named_ns + 4_000_000) < 1_000_000
    assert (span.hop, span.start_monotonic_ns, span.end_monotonic_ns) == (
        "playback",
        named_ns,
        state.first_sound_monotonic_ns,
    )


async def test_progress_is_told_ten_times_a_second_with_what_is_buffered(box: Box) -> None:
    await box.turn(pb.OPENED)
    await box.speech("answer", seconds=1.0)
    await box.turn(pb.ANSWERING, "answer")
    await box.play(60)
    playing = [state for state in box.bus.bodies(s.PLAYBACK_STATE) if state.phase == pb.PLAYING]
    assert 4 <= len(playing) <= 6
    assert [state.played_ms + state.buffered_ms for state in playing] == pytest.approx([1000] * len(playing), abs=3)


async def test_finished_waits_until_the_last_sample_has_left(box: Box) -> None:
    slow = Speaker(box.player, box.clock, delay_ns=50_000_000)
    await box.turn(pb.OPENED)
    await box.speech("answer", seconds=0.02)
    await box.turn(pb.ANSWERING, "answer")
    slow.play(4)
    await box.speaking.follow()
    assert box.told() == [("STARTED", "answer")]
    slow.play(4)
    await box.speaking.follow()
    assert box.told() == [("STARTED", "answer"), ("FINISHED", "answer")]


async def test_an_underrun_is_waited_for(box: Box) -> None:
    await box.turn(pb.OPENED)
    await box.turn(pb.ANSWERING, "answer")
    await box.speech("answer", seconds=0.1, last=False)
    await box.play(100)
    assert box.told() == [("STARTED", "answer")]
    await box.speech("answer", seconds=0.1)
    assert await box.play(20)
    assert box.told()[-1] == ("FINISHED", "answer")


async def test_a_voice_that_stops_half_way_has_failed(box: Box) -> None:
    await box.turn(pb.OPENED)
    await box.turn(pb.ANSWERING, "answer")
    await box.speech("answer", last=False)
    await box.play(1100)
    assert box.told() == [("STARTED", "answer"), ("FAILED", "answer")]
    assert not box.player.sounding


async def test_a_voice_that_never_speaks_has_failed(box: Box) -> None:
    await box.turn(pb.OPENED)
    await box.turn(pb.ANSWERING, "answer")
    await box.play(450)
    assert box.told() == [("FAILED", "answer")]


async def test_a_speaker_that_takes_no_sound_is_told(box: Box) -> None:
    await box.turn(pb.OPENED)
    await box.speech("answer")
    await box.turn(pb.ANSWERING, "answer")
    box.clock.now_ns += 5_000_000_000
    await box.speaking.follow()
    assert box.told() == [("FAILED", "answer")]


async def test_an_engine_that_fails_while_nobody_waits_is_told_once_its_answer_is_named(box: Box) -> None:
    await box.turn(pb.OPENED)
    await box.speech("answer", failure="The voice broke.")
    assert box.told() == []
    await box.turn(pb.ANSWERING, "answer")
    assert box.told() == [("FAILED", "answer")]
    assert box.bus.bodies(s.PLAYBACK_STATE)[-1].reason == "The voice broke."


async def test_the_stop_word_ends_an_answer_in_the_next_block(box: Box) -> None:
    await box.turn(pb.OPENED)
    await box.speech("answer", seconds=2)
    await box.turn(pb.ANSWERING, "answer")
    await box.play(20)
    box.player.silence("stop_word")
    await box.play()
    assert not await box.play()
    assert box.bus.bodies(s.PLAYBACK_STATE)[-1].reason == "stop_word"
    assert box.told()[-1] == ("SILENCED", "answer")


async def test_an_answer_is_withdrawn_when_the_speaker_goes_on(box: Box) -> None:
    await box.turn(pb.OPENED)
    await box.speech("answer", seconds=2)
    await box.turn(pb.ANSWERING, "answer")
    await box.play(5)
    await box.turn(pb.LISTENING)
    await box.play(2)
    assert box.told()[-1] == ("SILENCED", "answer")
    await box.speech("amended")
    await box.turn(pb.ANSWERING, "amended")
    assert await box.play()


async def test_a_newer_turn_supersedes_what_sounds(box: Box) -> None:
    await box.turn(pb.OPENED)
    await box.speech("answer", seconds=2)
    await box.turn(pb.ANSWERING, "answer")
    await box.play(5)
    await box.turn(pb.OPENED, context=TURN.of_generation(2))
    await box.play(2)
    assert box.bus.bodies(s.PLAYBACK_STATE)[-1].reason == "superseded"
    await box.speech("answer2", context=TURN)
    await box.turn(pb.ANSWERING, "answer2", context=TURN)
    assert not await box.play(5)


async def test_an_announcement_needs_no_turn(box: Box) -> None:
    await box.speech("announcement", context=OUTSIDE)
    assert await box.play(40)
    assert box.told() == [("STARTED", "announcement"), ("FINISHED", "announcement")]


async def test_an_alarm_rings_until_it_is_silenced(box: Box) -> None:
    await box.bus.publish(s.PLAYBACK_CLIP, pb.PlayClip(clip="alarm", utterance="tea", repeat=True), OUTSIDE)
    await box.play(1000)
    assert box.player.sounding
    silence = pb.PlaybackControl(volume_percent=-1, action="silence", utterance="tea")
    assert (await box.bus.request(s.PLAYBACK_CONTROL, silence)).refusal == ""
    await box.play(2)
    assert not box.player.sounding
    assert box.told() == [("STARTED", "tea"), ("SILENCED", "tea")]


async def test_a_clip_that_the_box_does_not_keep_has_failed(box: Box) -> None:
    await box.bus.publish(s.PLAYBACK_CLIP, pb.PlayClip(clip="trumpet", utterance="x"), OUTSIDE)
    assert box.told() == [("FAILED", "x")]


async def test_a_clip_that_apologises_is_an_answer_too(box: Box) -> None:
    await box.turn(pb.OPENED)
    await box.bus.publish(s.PLAYBACK_CLIP, pb.PlayClip(clip="something_went_wrong", utterance="sorry"), TURN)
    await box.turn(pb.ANSWERING, "sorry")
    await box.play(600)
    assert box.told() == [("STARTED", "sorry"), ("FINISHED", "sorry")]


async def test_the_volume_is_asked_for_and_set(box: Box) -> None:
    ask = pb.PlaybackControl(volume_percent=-1)
    assert (await box.bus.request(s.PLAYBACK_CONTROL, ask)).volume_percent == 100
    assert (await box.bus.request(s.PLAYBACK_CONTROL, pb.PlaybackControl(volume_percent=30))).volume_percent == 30
    refused = await box.bus.request(s.PLAYBACK_CONTROL, pb.PlaybackControl(volume_percent=101))
    assert (refused.volume_percent, refused.refusal) == (30, "The volume goes from 0 to 100.")
    assert (await box.bus.request(s.PLAYBACK_CONTROL, pb.PlaybackControl(action="louder"))).refusal


async def test_something_went_wrong_is_said_without_a_bus(box: Box) -> None:
    await box.turn(pb.OPENED)
    await box.speech("answer", seconds=2, last=False)
    await box.turn(pb.ANSWERING, "answer")
    await box.play(5)
    box.bus.away = True
    box.speaking.say_something_went_wrong()
    assert await box.play(50)
    assert "answer" not in box.player.audible
    await box.play(600)
    assert not box.player.sounding


async def test_names_out_of_bounds_are_dropped(box: Box) -> None:
    await box.speech("", context=OUTSIDE)
    await box.speech("x" * 65, context=OUTSIDE)
    assert not await box.play(5)
