"""After the answer: the speaker goes on, replies to a question of ours, or says nothing more."""

from pathlib import Path

from bus import messages_pb2 as pb
from conductor.config import Config
from conductor.patience import Config as TurnConfig
from tests.fakes.room import STREAM, Room, room

GRACE_MS = TurnConfig().grace_ms


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


async def test_whoever_goes_on_after_something_could_not_be_done_is_heard(box: Room) -> None:
    await box.wake()
    await box.voice(640)
    await box.words("turn the volume up")
    box.speaker.fault = "refuses"
    await box.voice(160)
    await box.silence(160)
    assert (box.spoken[-1], box.state.frames_wanted) == ("Sorry, that didn't work.", True)
    await box.plays(pb.STARTED)
    box.speaker.fault = ""
    await box.voice(160)
    await box.words("turn the volume up to eighty")
    await box.voice(96)
    await box.silence(160)
    assert box.speaker.volume_percent == 80


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


# --- follow-ups -----------------------------------------------------------------------------------


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
