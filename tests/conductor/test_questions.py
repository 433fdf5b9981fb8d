"""Open questions and a language model: quick, slow, broken and silent ones."""

import asyncio

import pytest

from bus import messages_pb2 as pb
from bus import subjects as s
from bus.envelope import Context
from conductor.patience import Config as TurnConfig
from tests.fakes.fast_time import monotonic_ns, settled
from tests.fakes.room import Room

ASKED_BY_KEYBOARD = Context(trace_id="typed")


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


# --- typed ----------------------------------------------------------------------------------------


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
