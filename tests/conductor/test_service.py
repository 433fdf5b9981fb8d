"""The conductor on the bus: whole turns, as the other daemons see them."""

import asyncio
import lzma
from collections.abc import Sequence

import pytest

from bus import messages_pb2 as pb
from bus import subjects as s
from conductor.errors import StorageFull
from conductor.patience import Config as TurnConfig
from conductor.records import Difference
from conductor.storage import Storage
from tests.fakes.fast_time import settled
from tests.fakes.room import OPENED_AT, STREAM, Room

GRACE_MS = TurnConfig().grace_ms
HOPS = {"wake", "endpoint", "stt", "intent", "llm", "tts", "playback", "bus"}


# --- one turn -------------------------------------------------------------------------------------


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


# --- what else may come of a turn -----------------------------------------------------------------


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


async def test_while_a_device_may_be_paired_the_button_opens_no_turn(box: Room) -> None:
    press = pb.Button(button="action", action="press")
    await box.bus.publish(s.PAIRING_STATE, pb.PairingState(open=True))
    await box.bus.publish(s.HARDWARE_BUTTON, press)
    await settled()
    assert box.states == []
    await box.bus.publish(s.PAIRING_STATE, pb.PairingState(open=False))
    await box.bus.publish(s.HARDWARE_BUTTON, press)
    await settled()
    assert box.phases == [pb.OPENED]


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


# --- what rings -----------------------------------------------------------------------------------


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


async def test_a_question_that_nobody_hears_leaves_everything_as_it_was(box: Room) -> None:
    await box.ask("good night")
    await box.ask("set a timer for one minute")
    await asyncio.sleep(3600)
    unheard = pb.Ask(text="set a timer for five minutes", unheard=True)
    assert (await box.bus.request(s.NLU_REQUEST, unheard)).text.startswith("Timer set for five minutes.")
    assert box.timers == []
    again = (await box.ask("say that again")).text
    assert again.startswith("Timer set for one minute.") and "nobody came" in again


async def test_on_a_full_disk_the_timer_runs_and_the_answer_says_so(box: Room, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(_storage: Storage, _changes: Sequence[Difference]) -> None:
        raise StorageFull

    monkeypatch.setattr(Storage, "save", full)
    await box.request("set a timer for five minutes")
    assert box.state.answer == "It's running, but my storage is full: if I lose power, it's gone."
    assert box.spoken[-1] == box.state.answer
    assert box.timers == [300]


async def test_the_recogniser_is_told_what_may_be_said_at_the_start_and_whenever_it_asks(box: Room) -> None:
    await box.bus.publish(s.STT_VOCABULARY_REQUEST, pb.VocabularyRequest())
    first, again = box.bus.bodies(s.STT_VOCABULARY)
    assert first == again
    assert lzma.decompress(first.fsg).startswith(b"FSG_BEGIN")
    assert first.language == "en"
