"""The conductor on the bus: whole turns, as the other daemons see them."""

import asyncio
import lzma
from collections.abc import AsyncIterator, Sequence
from pathlib import Path

import pytest

from bus import messages_pb2 as pb
from bus import subjects as s
from bus.envelope import Context
from conductor.config import Config
from conductor.errors import StorageFull
from conductor.patience import Config as TurnConfig
from conductor.records import Difference
from conductor.requests import MAX_ASK_CHARACTERS
from conductor.storage import Storage
from tests.fakes.fast_time import monotonic_ns, settled
from tests.fakes.room import OPENED_AT, STREAM, Room, room

GRACE_MS = TurnConfig().grace_ms
HOPS = {"wake", "endpoint", "stt", "intent", "llm", "tts", "playback", "bus"}
LONGEST_TO_AN_ANSWER_S = 8.0
ASKED_BY_KEYBOARD = Context(trace_id="typed")


@pytest.fixture
async def box(tmp_path: Path) -> AsyncIterator[Room]:
    async with room(tmp_path) as here:
        yield here


@pytest.fixture
async def box_with_model(tmp_path: Path) -> AsyncIterator[Room]:
    async with room(tmp_path, Config(open_questions=True)) as here:
        yield here


# --- one turn ------------------------------------------------------------------------------------------


async def test_the_wake_word_opens_a_turn_from_where_it_ended(box: Room) -> None:
    await box.wake()
    assert (box.state.phase, box.state.stream, box.state.position) == (pb.OPENED, STREAM, OPENED_AT)
    assert box.state.opened_by == "wake"
    assert box.state.frames_wanted
    assert box.context.generation > 0
    assert box.context.trace_id == "woken"


async def test_a_near_miss_opens_nothing(box: Room) -> None:
    await box.wake(accepted=False)
    assert box.states == []


async def test_a_complete_request_is_answered_with_what_was_prepared_while_it_was_spoken(box: Room) -> None:
    await box.wake()
    await box.voice(640)
    await box.words("cancel all timers")
    [speak] = box.bus.bodies(s.TTS_REQUEST)
    assert speak.speculative
    assert speak.last
    assert box.phases == [pb.OPENED]
    await box.voice(160)
    await box.silence(96)
    committed, answering = box.states[1:]
    assert (committed.phase, committed.reason, committed.frames_wanted) == (pb.COMMITTED, "complete", False)
    assert (answering.phase, answering.utterance, answering.frames_wanted) == (pb.ANSWERING, speak.utterance, False)
    assert (answering.heard, answering.intent, answering.answer) == ("cancel all timers", "TimerCancel", speak.text)
    assert len(box.spoken) == 1


async def test_nothing_happens_before_the_commit(box: Room) -> None:
    await box.wake()
    await box.voice(640)
    await box.words("set a timer for five minutes")
    assert box.timers == []
    await box.voice(96)
    await box.silence(160)
    assert box.timers == [300]


async def test_what_was_prepared_for_other_words_is_thrown_away(box: Room) -> None:
    await box.wake()
    await box.voice(640)
    await box.words("set a timer for five minutes")
    await box.voice(96)
    await box.words("set a timer for five minutes and thirty seconds")
    first, second = box.bus.bodies(s.TTS_REQUEST)
    assert box.cancelled == [first.utterance]
    await box.voice(96)
    await box.silence(160)
    assert box.state.utterance == second.utterance
    assert box.timers == [330]


async def test_when_the_answer_has_been_played_the_turn_closes_and_is_listed_with_its_milliseconds(box: Room) -> None:
    await box.request("cancel all timers")
    await box.answer_sounds()
    assert box.state.phase == pb.CLOSED
    [turn] = await box.turns()
    assert (turn.heard, turn.intent, turn.end_reason) == ("cancel all timers", "TimerCancel", "complete")
    assert turn.answer == box.spoken[0]
    assert set(turn.ms) == HOPS
    assert turn.ms["endpoint"] > 0
    assert all(value >= 0 for value in turn.ms.values())
    assert 0 < turn.marks["answered_after_ms"] < 1000


async def test_the_hops_of_other_daemons_are_listed_even_when_they_come_after_the_end(box: Room) -> None:
    await box.request("cancel all timers")
    context = box.context
    await box.answer_sounds()
    for hop, length_ms in (("tts", 12), ("playback", 21), ("wake", 4)):
        span = pb.Span(hop=hop, start_monotonic_ns=1, end_monotonic_ns=1 + length_ms * 1_000_000, bus_ns=500_000)
        await box.bus.publish(s.OBS_SPAN, span, context)
    [turn] = await box.turns()
    assert (turn.ms["tts"], turn.ms["playback"], turn.ms["wake"]) == (12, 21, 4)
    assert turn.ms["bus"] >= 1.5


async def test_turns_are_listed_newest_first_and_wiped_on_request(box: Room) -> None:
    for words in ("good night", "cancel all timers"):
        await box.request(words)
        await box.answer_sounds()
    assert [turn.heard for turn in await box.turns()] == ["cancel all timers", "good night"]
    assert len((await box.bus.request(s.TURNS_LIST, pb.TurnsRequest(limit=1))).turns) == 1
    await box.bus.request(s.TURNS_WIPE, pb.TurnsRequest())
    assert await box.turns() == []


# --- the speaker goes on --------------------------------------------------------------------------------


async def test_a_speaker_who_goes_on_is_heard_as_one_request_and_the_first_is_undone(box: Room) -> None:
    await box.request("set a timer for five minutes")
    first = box.state.utterance
    assert box.timers == [300]
    assert box.state.frames_wanted
    await box.plays(pb.STARTED)
    await box.voice(160)
    assert box.state.phase == pb.DUCKED
    await box.words("set a timer for five minutes and")
    assert (box.state.phase, box.state.frames_wanted) == (pb.LISTENING, True)
    assert box.cancelled == [first]
    assert box.timers == []
    generation = box.context.generation
    await box.voice(480)
    await box.words("set a timer for five minutes and thirty seconds")
    await box.silence(160)
    assert (box.state.phase, box.context.generation) == (pb.ANSWERING, generation)
    assert box.state.utterance not in ("", first)
    assert box.timers == [330]
    await box.silence(GRACE_MS + 64)
    await box.answer_sounds()
    [turn] = await box.turns()
    assert turn.heard == "set a timer for five minutes and thirty seconds"
    assert turn.marks["false_starts"] == 1


async def test_a_cough_ducks_the_answer_and_it_goes_on(box: Room) -> None:
    await box.request("set a timer for five minutes")
    await box.plays(pb.STARTED)
    await box.voice(128)
    await box.silence(GRACE_MS)
    assert box.phases[-2:] == [pb.DUCKED, pb.ANSWERING]
    assert box.timers == [300]


async def test_after_the_grace_nobody_listens_any_more(box: Room) -> None:
    await box.request("set a timer for five minutes")
    await box.plays(pb.STARTED)
    await box.silence(GRACE_MS + 64)
    assert (box.state.phase, box.state.frames_wanted) == (pb.ANSWERING, False)


async def test_a_speaker_who_goes_on_after_a_short_answer_gets_the_whole_request(box: Room) -> None:
    await box.request("what time is it")
    assert box.spoken == ["It's noon."]
    await box.answer_sounds()
    assert (box.state.phase, box.state.frames_wanted) == (pb.ANSWERING, True)
    await box.silence(320)
    await box.voice(320)
    await box.words("what time is it in tokyo")
    await box.voice(160)
    await box.silence(160)
    assert "Tokyo" in box.spoken[-1]
    await box.silence(GRACE_MS + 64)
    await box.answer_sounds()
    assert [turn.heard for turn in await box.turns()] == ["what time is it in tokyo"]


async def test_a_short_answer_that_nobody_adds_to_closes_after_the_grace(box: Room) -> None:
    await box.request("what time is it")
    await box.answer_sounds()
    await box.silence(GRACE_MS + 64)
    assert box.state.phase == pb.CLOSED
    assert [turn.answer for turn in await box.turns()] == ["It's noon."]
    assert (await box.ask("say that again")).text == "It's noon."


async def test_the_wake_word_within_the_grace_opens_the_next_turn(tmp_path: Path) -> None:
    async with room(tmp_path, Config(follow_up="always")) as box:
        await box.request("what time is it")
        await box.answer_sounds()
        await box.wake()
        assert box.phases[-2:] == [pb.CLOSED, pb.OPENED]
        assert box.state.opened_by == "wake"
        assert [turn.end_reason for turn in await box.turns()] == ["open"]


async def test_taking_back_what_can_no_longer_be_undone_ends_nothing(box: Room) -> None:
    await box.request("turn the volume up")
    assert box.speaker.volume_percent == 60
    await box.plays(pb.STARTED)
    await box.voice(160)
    box.speaker.fault = "refuses"
    await box.words("turn the volume up to")
    await box.voice(320)
    await box.words("turn the volume up to eighty")
    await box.silence(160)
    box.speaker.fault = ""
    await box.request("cancel all timers")
    assert box.state.phase == pb.ANSWERING


# --- what else may come of a turn -------------------------------------------------------------------------


async def test_an_answer_that_needs_no_words_closes_by_itself(box: Room) -> None:
    await box.request("stop")
    await box.silence(GRACE_MS + 64)
    assert box.state.phase == pb.CLOSED
    assert box.speaker.asked == ["silence"]
    assert box.spoken == []
    assert [turn.intent for turn in await box.turns()] == ["Stop"]


async def test_muting_is_said_by_a_clip(box: Room) -> None:
    await box.request("mute the microphone")
    assert box.speaker.muted
    assert [clip.clip for clip in box.bus.bodies(s.PLAYBACK_CLIP)] == ["microphone_off"]


async def test_what_could_not_be_done_is_said_instead_of_the_answer(box: Room) -> None:
    await box.wake()
    await box.voice(640)
    await box.words("set the volume to forty percent")
    box.speaker.fault = "refuses"
    await box.voice(96)
    await box.silence(160)
    assert box.spoken == ["Volume forty percent.", "Sorry, that didn't work."]
    assert box.cancelled == [box.bus.bodies(s.TTS_REQUEST)[0].utterance]
    assert box.state.utterance == box.bus.bodies(s.TTS_REQUEST)[1].utterance
    await box.answer_sounds()
    assert [turn.answer for turn in await box.turns()] == ["Sorry, that didn't work."]


async def test_a_question_of_ours_opens_the_microphone_again_once_it_has_been_played(box: Room) -> None:
    await box.wake()
    await box.voice(640)
    await box.words("set a timer")
    await box.silence(2000)
    await box.final("set a timer")
    assert box.spoken[-1] == "For how long?"
    await box.plays(pb.STARTED)
    assert box.state.phase == pb.ANSWERING
    await box.plays(pb.FINISHED)
    assert box.phases[-2:] == [pb.CLOSED, pb.OPENED]
    assert (box.state.opened_by, box.state.frames_wanted) == ("follow_up", True)
    await box.voice(480)
    await box.words("ten minutes")
    await box.silence(160)
    assert box.timers == [600]


async def test_a_reply_within_the_grace_is_understood_as_one(box: Room) -> None:
    await box.ask("set a timer for five minutes")
    await box.ask("set a pasta timer for eight minutes")
    await box.request("cancel the timer")
    assert box.state.frames_wanted
    await box.answer_sounds()
    assert box.state.opened_by == "follow_up"
    await box.voice(480)
    await box.words("the pasta one")
    await box.silence(1000)
    await box.final("the pasta one")
    assert box.timers == [300]


async def test_a_reply_that_begins_before_the_question_ends_is_heard_from_its_beginning(box: Room) -> None:
    await box.ask("set a timer for five minutes")
    await box.ask("set a pasta timer for eight minutes")
    await box.request("cancel the timer")
    await box.plays(pb.STARTED)
    began = box.position
    await box.voice(160)
    await box.plays(pb.FINISHED)
    assert (box.state.opened_by, box.state.stream) == ("follow_up", STREAM)
    assert 0 < box.state.position <= began


async def test_a_question_that_nobody_answers_is_forgotten(box: Room) -> None:
    await box.ask("set a timer for five minutes")
    await box.ask("set a pasta timer for eight minutes")
    await box.request("cancel the timer")
    await box.silence(GRACE_MS + 64)
    await box.answer_sounds()
    assert box.state.opened_by == "follow_up"
    await box.silence(6000)
    assert box.state.phase == pb.CLOSED
    assert (await box.ask("five minutes")).intent == "TimerSet"
    assert len(box.timers) == 3


async def test_with_follow_up_always_every_answer_is_followed_by_listening(tmp_path: Path) -> None:
    async with room(tmp_path, Config(follow_up="always")) as box:
        await box.request("good night")
        await box.answer_sounds()
        assert (box.state.phase, box.state.opened_by) == (pb.OPENED, "follow_up")


async def test_silence_after_the_wake_word_closes_without_a_word(box: Room) -> None:
    await box.wake()
    await box.silence(6000)
    assert (box.state.phase, box.state.reason) == (pb.CLOSED, "no_speech")
    assert box.spoken == []


async def test_words_that_nobody_understands_get_an_apology(box: Room) -> None:
    await box.wake()
    await box.voice(640)
    await box.silence(2100)
    assert (box.state.phase, box.state.reason, box.state.frames_wanted) == (pb.COMMITTED, "no_words", False)
    await box.final("", "no_words")
    assert box.spoken == ["Sorry, I didn't catch any words."]
    await box.answer_sounds()
    assert [turn.end_reason for turn in await box.turns()] == ["no_words"]


async def test_the_wake_word_during_an_answer_cuts_it_short(box: Room) -> None:
    await box.request("set a timer for five minutes")
    await box.plays(pb.STARTED)
    utterance, generation = box.state.utterance, box.context.generation
    await box.wake()
    assert box.phases[-2:] == [pb.CANCELLED, pb.OPENED]
    assert box.states[-2].reason == "barge_in"
    assert utterance in box.cancelled
    assert box.context.generation == generation + 1
    assert box.timers == [300]


async def test_the_stop_word_ends_the_turn(box: Room) -> None:
    await box.request("good night")
    await box.plays(pb.STARTED)
    await box.plays(pb.SILENCED, reason="stop_word")
    assert (box.state.phase, box.state.reason) == (pb.CANCELLED, "stopped")


async def test_the_button_opens_a_turn_and_stops_an_answer(box: Room) -> None:
    press = pb.Button(button="action", action="press")
    await box.bus.publish(s.HARDWARE_BUTTON, press)
    await settled()
    assert (box.state.phase, box.state.opened_by, box.state.position) == (pb.OPENED, "button", 0)
    await box.request("good night")
    await box.plays(pb.STARTED)
    await box.bus.publish(s.HARDWARE_BUTTON, press)
    await settled()
    assert (box.state.phase, box.state.reason) == (pb.CANCELLED, "stopped")


async def test_a_turn_opened_from_now_on_takes_the_first_stream_it_hears(box: Room) -> None:
    assert (await box.bus.request(s.TURN_OPEN, pb.OpenTurn(opened_by="cli"))).refusal == ""
    await settled()
    assert (box.state.opened_by, box.state.stream, box.state.position) == ("cli", "", 0)
    await box.voice(640)
    await box.words("good night")
    await box.silence(96)
    assert (box.state.phase, box.state.stream) == (pb.ANSWERING, STREAM)


async def test_a_request_to_stop_ends_the_turn_and_dismisses_what_rings(box: Room) -> None:
    await rings(box)
    await box.request("good night")
    await box.bus.request(s.TURN_STOP, pb.StopTurn())
    await settled()
    assert (box.state.phase, box.state.reason) == (pb.CANCELLED, "stopped")
    assert box.timers == []
    assert box.speaker.asked == ["silence", "silence ring-1"]


async def test_a_request_to_stop_silences_an_announcement(box: Room) -> None:
    await box.bus.request(s.ANNOUNCE, pb.Announce(text="Dinner is ready."))
    await box.bus.request(s.TURN_STOP, pb.StopTurn())
    await settled()
    assert box.speaker.asked == ["silence"]
    assert box.states == []


async def test_messages_of_an_older_generation_change_nothing(box: Room) -> None:
    await box.wake()
    older = box.context
    await box.wake()
    said = len(box.bus.sent)
    await box.words("cancel all timers", older)
    await box.sounds(640, 0.95, older)
    await box.sounds(640, 0.01, older)
    final = pb.Final(text="good night", source="dictation")
    await box.bus.publish(s.STT_FINAL, final, older)
    await settled()
    conductors = [name for name, _, context in box.bus.sent[said:] if context != older]
    assert conductors == []
    assert box.spoken == []


async def test_sound_of_another_stream_is_not_measured_against_this_one(box: Room) -> None:
    await box.wake()
    activity = pb.Activity(stream="another", position=10**9, speech_probability=0.0, words_position=10**9)
    await box.bus.publish(s.STT_ACTIVITY, activity, box.context)
    await settled()
    assert box.phases == [pb.OPENED]


# --- what rings ---------------------------------------------------------------------------------------------


async def rings(box: Room) -> None:
    """A timer has come due, and sounds."""
    await box.ask("set a timer for one minute")
    await asyncio.sleep(61)
    assert box.clips == ["ring-1"]
    await box.bus.publish(s.PLAYBACK_STATE, pb.PlaybackState(phase=pb.STARTED, utterance="ring-1"))
    await settled()


async def test_the_stop_word_ends_what_rings_without_a_turn(box: Room) -> None:
    await rings(box)
    silenced = pb.PlaybackState(phase=pb.SILENCED, utterance="ring-1", reason="stop_word")
    await box.bus.publish(s.PLAYBACK_STATE, silenced)
    await asyncio.sleep(30)
    assert box.timers == []
    assert box.clips == ["ring-1"]
    assert box.states == []


async def test_the_button_ends_what_rings_and_opens_no_turn(box: Room) -> None:
    await rings(box)
    await box.bus.publish(s.HARDWARE_BUTTON, pb.Button(button="action", action="press"))
    await settled()
    assert box.timers == []
    assert "silence ring-1" in box.speaker.asked
    assert box.states == []


async def test_what_rings_is_snoozed_by_voice_and_rings_again(box: Room) -> None:
    await rings(box)
    await box.request("snooze")
    assert box.spoken == ["Again in nine minutes."]
    assert box.speaker.asked == ["silence ring-1"]
    await box.silence(GRACE_MS + 64)
    await box.answer_sounds()
    await asyncio.sleep(539)
    assert box.clips == ["ring-1", "ring-1"]


async def test_what_was_missed_is_told_with_the_next_answer_only(box: Room) -> None:
    await box.ask("set a timer for one minute")
    await asyncio.sleep(3600)
    await box.request("good night")
    assert "nobody came" in box.spoken[-1]
    await box.answer_sounds()
    await box.request("good night")
    assert box.spoken[-1] == "Good night."


async def test_on_a_full_disk_the_timer_runs_and_the_answer_says_so(box: Room, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(_storage: Storage, _changes: Sequence[Difference]) -> None:
        raise StorageFull

    monkeypatch.setattr(Storage, "save", full)
    await box.request("set a timer for five minutes")
    assert box.state.answer == "It's running, but my storage is full: if I lose power, it's gone."
    assert box.spoken[-1] == box.state.answer
    assert box.timers == [300]


# --- what dies in the middle of a turn --------------------------------------------------------------------


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


# --- open questions -----------------------------------------------------------------------------------------


async def question(box: Room) -> None:
    """ "Who wrote Hamlet", as far as the dictation's text."""
    await box.wake()
    await box.voice(640)
    await box.words("who wrote hamlet")
    await box.silence(960)
    await box.final("who wrote hamlet")


async def test_without_a_model_an_open_question_is_told_what_to_install(box: Room) -> None:
    await question(box)
    assert box.spoken == [box.thinking.apology("no_model")]
    assert "Ollama" in box.spoken[0]
    assert box.bus.bodies(s.LLM_REQUEST) == []


async def test_a_models_sentences_reach_the_voice_one_by_one(box_with_model: Room) -> None:
    box = box_with_model
    await question(box)
    assert box.bus.bodies(s.LLM_REQUEST)[0].messages[-1].content.startswith("who wrote hamlet")
    await asyncio.sleep(0.3)
    await box.completes("William Shakespeare did.")
    assert (box.state.phase, box.spoken) == (pb.ANSWERING, ["William Shakespeare did."])
    await box.plays(pb.STARTED)
    await box.completes("That was about 1600.")
    await box.completes("", last=True)
    speaks = box.bus.bodies(s.TTS_REQUEST)
    assert {speak.utterance for speak in speaks} == {box.state.utterance}
    assert [(speak.sentence, speak.last) for speak in speaks] == [(0, False), (1, False), (2, True)]
    await box.plays(pb.FINISHED)
    [turn] = await box.turns()
    assert (turn.intent, turn.heard) == ("Question", "who wrote hamlet")
    assert turn.answer == "William Shakespeare did. That was about 1600."
    assert turn.ms["llm"] == pytest.approx(300, abs=50)
    assert turn.ms["endpoint"] > 0


async def test_an_answer_that_breaks_off_is_heard_and_then_apologised_for(box_with_model: Room) -> None:
    box = box_with_model
    await question(box)
    await box.completes("William Shakespeare did.")
    await box.plays(pb.STARTED)
    await box.completes("", last=True, failure="failed")
    first, sorry = box.bus.bodies(s.TTS_REQUEST)
    assert (sorry.utterance, sorry.sentence, sorry.last) == (first.utterance, 1, True)
    assert sorry.text == "Sorry, my language model failed."
    await box.plays(pb.FINISHED)
    [turn] = await box.turns()
    assert turn.answer == "William Shakespeare did. Sorry, my language model failed."
    assert turn.end_reason == "failed"


async def test_a_model_that_stalls_in_the_middle_is_told_of_and_not_waited_for(box_with_model: Room) -> None:
    box = box_with_model
    await question(box)
    await box.completes("William Shakespeare did.")
    await box.plays(pb.STARTED)
    for _ in range(int(TurnConfig().sentence_s) + 1):
        await asyncio.sleep(1)
        await box.plays(pb.PLAYING)
    assert box.spoken == ["William Shakespeare did.", "Sorry, my language model failed."]
    assert len(box.bus.bodies(s.LLM_CANCEL)) == 1
    await box.completes("That was about 1600.")
    assert len(box.spoken) == 2
    await box.plays(pb.FINISHED)
    assert [turn.end_reason for turn in await box.turns()] == ["failed"]
    await box.request("good night")
    assert box.spoken[-1] == "Good night."


async def test_a_slow_model_is_answered_with_after_a_word_about_it(box_with_model: Room) -> None:
    box = box_with_model
    await question(box)
    asked = monotonic_ns()
    await asyncio.sleep(TurnConfig().moment_s + 0.1)
    assert (box.state.phase, box.spoken) == (pb.ANSWERING, ["One moment."])
    assert (monotonic_ns() - asked) / 1e9 < 3
    await box.answer_sounds()
    assert box.state.phase == pb.COMMITTED
    await asyncio.sleep(10)
    await box.completes("William Shakespeare did.", last=True)
    assert box.state.phase == pb.ANSWERING
    await box.answer_sounds()
    [turn] = await box.turns()
    assert turn.answer == "William Shakespeare did."
    assert turn.ms["llm"] > 10_000


async def test_the_answer_of_a_model_does_not_cut_off_the_word_about_it(box_with_model: Room) -> None:
    box = box_with_model
    await question(box)
    await asyncio.sleep(TurnConfig().moment_s + 0.1)
    moment = box.state.utterance
    await box.plays(pb.STARTED)
    await box.completes("William Shakespeare did.", last=True)
    assert box.state.utterance == moment
    await box.plays(pb.FINISHED)
    assert box.state.utterance == box.bus.bodies(s.TTS_REQUEST)[-1].utterance != moment


async def test_a_model_that_never_answers_is_apologised_for(box_with_model: Room) -> None:
    box = box_with_model
    await question(box)
    await asyncio.sleep(TurnConfig().moment_s + 0.1)
    await box.answer_sounds()
    await asyncio.sleep(TurnConfig().model_s)
    assert box.spoken == ["One moment.", "Sorry, my language model failed."]
    assert len(box.bus.bodies(s.LLM_CANCEL)) == 1
    await box.completes("William Shakespeare did.", last=True)
    assert len(box.spoken) == 2


async def test_a_model_that_answers_nothing_has_failed(box_with_model: Room) -> None:
    await question(box_with_model)
    await box_with_model.completes("", last=True)
    assert box_with_model.spoken == ["Sorry, my language model failed."]


@pytest.mark.parametrize("failure", ["unreachable", "failed", "no_model"])
async def test_a_model_that_fails_is_an_apology(box_with_model: Room, failure: str) -> None:
    box = box_with_model
    await question(box)
    await box.completes("", last=True, failure=failure)
    assert box.spoken == [box.thinking.apology(failure)]
    await box.answer_sounds()
    [turn] = await box.turns()
    assert turn.end_reason == failure
    assert turn.ms["llm"] >= 0


async def test_a_barge_in_cancels_the_completion(box_with_model: Room) -> None:
    box = box_with_model
    await question(box)
    await box.completes("William Shakespeare did.")
    completion = box.bus.bodies(s.LLM_REQUEST)[0].completion
    context = box.context
    await box.plays(pb.STARTED)
    await box.wake()
    assert [each.completion for each in box.bus.bodies(s.LLM_CANCEL)] == [completion]
    spoken = list(box.spoken)
    await box.completes("That was about 1600.", context=context)
    assert box.spoken == spoken


async def test_a_model_is_told_of_what_was_said_before(box_with_model: Room) -> None:
    box = box_with_model
    await question(box)
    await box.completes("William Shakespeare did.", last=True)
    await box.answer_sounds()
    await question(box)
    told = [message.content for message in box.bus.bodies(s.LLM_REQUEST)[1].messages]
    assert told[1:3] == ["who wrote hamlet", "William Shakespeare did."]


async def test_what_a_model_failed_at_is_not_told_to_it_as_its_answer(box_with_model: Room) -> None:
    box = box_with_model
    await question(box)
    await box.completes("", last=True, failure="failed")
    await box.answer_sounds()
    await question(box)
    assert len(box.bus.bodies(s.LLM_REQUEST)[1].messages) == 2


# --- typed, and asked for by programs ---------------------------------------------------------------------


async def test_a_typed_request_is_done_and_answered(box: Room) -> None:
    answer = await box.ask("set a timer for five minutes")
    assert (answer.text, answer.intent, answer.refusal) == ("Timer set for five minutes.", "TimerSet", "")
    assert box.timers == [300]
    assert box.spoken == []


async def test_a_typed_request_in_german_is_answered_in_german(box: Room) -> None:
    answer = await box.ask("stelle einen Timer auf fünf Minuten", "de-DE")
    assert answer.intent == "TimerSet"
    assert "fünf Minuten" in answer.text
    assert box.timers == [300]


async def test_a_typed_request_whose_answer_is_a_sound_is_answered_by_it(box: Room) -> None:
    await box.ask("mute the microphone")
    assert box.speaker.muted
    assert [clip.clip for clip in box.bus.bodies(s.PLAYBACK_CLIP)] == ["microphone_off"]


async def test_a_typed_answer_is_spoken_where_that_is_asked_for(box: Room) -> None:
    answer = await box.ask("good night", aloud=True)
    assert box.spoken == [answer.text]


@pytest.mark.parametrize(
    ("text", "language", "refusal"),
    [
        ("", "", "There is nothing to answer: the text is empty."),
        (" \n ", "", "There is nothing to answer: the text is empty."),
        ("x" * (MAX_ASK_CHARACTERS + 1), "", f"That is too long: at most {MAX_ASK_CHARACTERS} characters."),
        ("bonjour", "fr", "I don't speak 'fr' yet: choose one of"),
    ],
)
async def test_what_cannot_be_answered_is_refused_with_a_sentence(
    box: Room, text: str, language: str, refusal: str
) -> None:
    answer = await box.ask(text, language)
    assert answer.refusal.startswith(refusal)
    assert answer.text == ""


async def test_a_typed_stop_does_not_take_the_place_of_the_last_answer(box: Room) -> None:
    said = await box.ask("set a timer for five minutes")
    await box.ask("stop")
    assert (await box.ask("say that again")).text == said.text


async def test_a_typed_open_question_without_a_model_is_told_what_to_install(box: Room) -> None:
    answer = await box.ask("who wrote hamlet")
    assert (answer.text, answer.intent) == (box.thinking.apology("no_model"), "Question")


async def test_a_typed_open_question_is_answered_by_the_model(box_with_model: Room) -> None:
    box = box_with_model
    asking = asyncio.create_task(box.ask("who wrote hamlet"))
    await settled()
    await box.completes("Shakespeare.", context=ASKED_BY_KEYBOARD)
    await box.completes("In 1600.", last=True, context=ASKED_BY_KEYBOARD)
    assert (await asking).text == "Shakespeare. In 1600."
    assert box.spoken == []


async def test_a_model_that_stands_still_is_not_waited_for_for_ever(box_with_model: Room) -> None:
    answer = await box_with_model.ask("who wrote hamlet")
    assert answer.refusal == "The language model did not answer in time."
    assert [each.completion for each in box_with_model.bus.bodies(s.LLM_CANCEL)] != []


async def test_an_announcement_is_spoken_outside_any_turn(box: Room) -> None:
    reply = await box.bus.request(s.ANNOUNCE, pb.Announce(text="Dinner is ready."))
    assert reply.refusal == ""
    assert box.spoken == ["Dinner is ready."]
    assert box.states == []


@pytest.mark.parametrize("text", ["", "  ", "x" * (MAX_ASK_CHARACTERS + 1)])
async def test_an_announcement_of_nothing_or_too_much_is_refused(box: Room, text: str) -> None:
    reply = await box.bus.request(s.ANNOUNCE, pb.Announce(text=text))
    assert "between 1 and" in reply.refusal
    assert box.spoken == []


async def test_an_announcement_in_a_language_that_the_box_does_not_speak_is_refused(box: Room) -> None:
    reply = await box.bus.request(s.ANNOUNCE, pb.Announce(text="Le dîner est prêt.", language="fr"))
    assert reply.refusal.startswith("I don't speak 'fr' yet: choose one of")
    assert box.spoken == []


async def test_nobody_is_interrupted_by_an_announcement(box: Room) -> None:
    await box.wake()
    reply = await box.bus.request(s.ANNOUNCE, pb.Announce(text="Dinner is ready."))
    assert "Try again in a moment" in reply.refusal
    assert box.spoken == []


async def test_running_timers_are_listed(box: Room) -> None:
    await box.ask("set a pasta timer for eight minutes")
    listed = await box.bus.request(s.TIMERS_LIST, pb.TimersRequest())
    assert [(each.kind, each.name, each.state) for each in listed.timers] == [("timer", "pasta", "running")]


async def test_the_recogniser_is_told_what_may_be_said_at_the_start_and_whenever_it_asks(box: Room) -> None:
    await box.bus.publish(s.STT_VOCABULARY_REQUEST, pb.VocabularyRequest())
    first, again = box.bus.bodies(s.STT_VOCABULARY)
    assert first == again
    assert lzma.decompress(first.fsg).startswith(b"FSG_BEGIN")
    assert first.language == "en"
