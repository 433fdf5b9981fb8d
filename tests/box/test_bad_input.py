"""Whatever reaches the microphone has a defined end that can be heard or seen, and the next turn works."""

import asyncio

import numpy as np
import pytest

from bench.clips import as_int16, pink
from bus import messages_pb2 as pb
from bus import subjects as s
from tests.box.room import Room, at_16k, recording, said

pytestmark = pytest.mark.asyncio(loop_scope="session")

WAKE = "hey jarvis"
SECOND = 16_000
SORRY = ("Sorry", "I need a language model")


async def test_only_the_wake_word(room: Room) -> None:
    turns = await room.say(WAKE)
    assert [turn.end_reason for turn in turns] == ["no_speech"]
    assert turns[0].answer == ""
    await room.answers()


async def test_silence_after_the_button(room: Room) -> None:
    await room.bus.request(s.TURN_OPEN, pb.OpenTurn(opened_by="cli"))
    turns = await room.hear(np.zeros(7 * SECOND, np.int16))
    listed = await room.bus.request(s.TURNS_LIST, pb.TurnsRequest(limit=1))
    assert not turns
    assert listed.turns[0].end_reason in ("no_speech", "no_words")


async def test_noise_after_the_wake_word(room: Room) -> None:
    noise = at_16k(as_int16(pink(3 * 48_000, -25.0, 3)))
    turns = await room.hear(np.concatenate([said(WAKE), np.zeros(SECOND * 6 // 10, np.int16), noise]))
    for turn in turns:
        assert turn.end_reason in ("no_speech", "no_words", "silence", "unfinished", "not_understood")
        assert turn.answer == "" or turn.answer.startswith(SORRY)
    await room.answers()


async def test_clipped_speech(room: Room) -> None:
    clipped = np.clip(recording("time").astype(np.int32) * 30, -32768, 32767).astype(np.int16)
    turns = await room.hear(clipped)
    assert all(turn.answer.startswith(("It's", *SORRY)) or turn.end_reason == "no_speech" for turn in turns)
    await room.answers()


async def test_speech_that_stops_half_way(room: Room) -> None:
    turns = await room.say(f"{WAKE}, set a timer for")
    assert [turn.end_reason for turn in turns] in (["unfinished"], ["silence"], ["not_understood"])
    assert turns[0].answer.startswith((*SORRY, "For how long"))
    await room.answers()


async def test_words_that_are_no_request(room: Room) -> None:
    turns = await room.say(f"{WAKE}, my grandmother used to collect old postage stamps from brazil")
    assert len(turns) == 1
    assert turns[0].answer.startswith(SORRY)
    await room.answers()


async def test_the_wake_word_twice(room: Room) -> None:
    turns = await room.hear(np.concatenate([said(WAKE), np.zeros(SECOND, np.int16), recording("time")]))
    assert [turn.end_reason for turn in turns[:1]] == ["woken_again"]
    assert turns[-1].intent == "TimeNow"


async def test_a_monologue(room: Room) -> None:
    sentence = said("and then we walked along the river and looked at the boats and the birds and the people")
    turns = await room.hear(np.concatenate([said(WAKE), *([sentence] * 5)]))
    assert len(turns) >= 1
    assert all(turn.end_reason for turn in turns)
    assert turns[0].answer
    await room.answers()


async def test_sound_while_muted_is_refused(room: Room) -> None:
    await room.bus.request(s.AUDIO_MUTE, pb.SetMute(action="mute"))
    reply = await room.bus.request(s.AUDIO_INJECT, pb.Inject(injection="x", pcm=b"\0" * 640))
    assert "off" in reply.refusal
    await room.bus.request(s.AUDIO_MUTE, pb.SetMute(action="unmute"))
    await room.answers()


async def test_stop_ends_an_answer(room: Room) -> None:
    await room.bus.request(s.NLU_REQUEST, pb.Ask(text="what can you do", aloud=True))
    async with room.listening() as listened:
        await asyncio.sleep(0.5)
        await room.bus.request(s.TURN_STOP, pb.StopTurn())
        await asyncio.sleep(0.8)
    assert listened.loud_s < 1.0
