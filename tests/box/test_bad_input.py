"""Whatever reaches the microphone has a defined end that can be heard or seen, and the next turn works.

What a synthetic voice is taken to have said is no promise of these stories: a misheard word is the recogniser's, and is
measured by `spoq bench voice`.
"""

import itertools

import numpy as np
import pytest

from bench.clips import as_int16, pink
from bench.speakers import Speaker
from bus import messages_pb2 as pb
from bus import subjects as s
from tests.box.room import HEARD_RATE, OTHER_SPEAKERS, SPEAKER, Pcm, Room, at_16k, have_ended, said

pytestmark = pytest.mark.asyncio(loop_scope="session")

WAKE = "hey jarvis"
QUESTION = f"{WAKE}, what time is it"
SORRY = ("Sorry", "I need a language model")
LONG_STORY = (
    "and then we walked along the river and looked at the boats and the birds and the people",
    "because my uncle had told us about a bridge that nobody had crossed for a hundred years",
    "so we asked an old woman who sold apples from a cart and she laughed at all of us",
    "but the dog had already found the path and ran ahead between the trees and the stones",
    "while the rain began to fall on our hats and on the books that my sister carried",
    "and nobody wanted to go home before we had seen the other side of the valley",
    "where a farmer gave us bread and cheese and let us sleep in his barn among the horses",
    "until the morning came with fog and bells and the smell of coffee from the kitchen",
)


@pytest.fixture(
    params=[SPEAKER, *(pytest.param(each, marks=pytest.mark.matrix) for each in OTHER_SPEAKERS)],
    ids=lambda speaker: speaker.name,
)
def speaker(request: pytest.FixtureRequest) -> Speaker:
    speaker: Speaker = request.param
    return speaker


def silence(seconds: float) -> Pcm:
    return np.zeros(round(seconds * HEARD_RATE), np.int16)


def is_apology(turn: pb.Turn) -> bool:
    return turn.answer.startswith(SORRY)


def monologue(seconds: float, speaker: Speaker) -> Pcm:
    """The wake word, and then a story without a pause, of at least so long."""
    parts, rest = [said(WAKE, speaker)], round(seconds * HEARD_RATE)
    for sentence in itertools.cycle(LONG_STORY):
        if rest <= 0:
            break
        parts.append(said(sentence, speaker))
        rest -= len(parts[-1])
    return np.concatenate(parts)


async def test_only_the_wake_word(room: Room, speaker: Speaker) -> None:
    turns = await room.say(WAKE, speaker)
    have_ended(turns)
    assert [turn.end_reason in ("no_speech", "no_words") for turn in turns] == [True], turns
    await room.answers()


async def test_silence_after_the_button(room: Room) -> None:
    async with room.told(s.TURN_STATE, lambda state: state.phase in (pb.CLOSED, pb.CANCELLED)) as over:
        await room.bus.request(s.TURN_OPEN, pb.OpenTurn(opened_by="cli"))
        await room.hear(silence(7))
        assert (await over()).reason in ("no_speech", "no_words")
    await room.answers()


async def test_noise_after_the_wake_word(room: Room, speaker: Speaker) -> None:
    """The noise may also keep the box from hearing the wake word: then there is no turn that could end."""
    noise = at_16k(as_int16(pink(3 * 48_000, -25.0, 3)))
    turns = await room.hear(np.concatenate([said(WAKE, speaker), silence(0.6), noise]))
    have_ended(turns)
    await room.answers()


async def test_clipped_speech(room: Room, speaker: Speaker) -> None:
    clipped = np.clip(said(QUESTION, speaker).astype(np.int32) * 30, -32768, 32767).astype(np.int16)
    have_ended(await room.hear(clipped))
    await room.answers()


async def test_speech_that_stops_half_way(room: Room, speaker: Speaker) -> None:
    turns = await room.understood(said(f"{WAKE}, what is twelve times", speaker), is_apology)
    assert [is_apology(turn) for turn in turns] == [True], turns
    await room.answers()


async def test_words_that_are_no_request(room: Room, speaker: Speaker) -> None:
    words = f"{WAKE}, my grandmother used to collect old postage stamps from brazil"
    turns = await room.understood(said(words, speaker), is_apology)
    assert [is_apology(turn) for turn in turns] == [True], turns
    await room.answers()


async def test_the_wake_word_twice(room: Room, speaker: Speaker) -> None:
    turns = await room.hear(np.concatenate([said(WAKE, speaker), silence(1), said(QUESTION, speaker)]))
    have_ended(turns)
    assert [turn.end_reason == "woken_again" for turn in turns] == [True, False]
    await room.answers()


async def test_half_a_minute_of_monologue(room: Room, speaker: Speaker) -> None:
    turns = await room.hear(monologue(25, speaker))
    have_ended(turns)
    assert turns[0].answer
    await room.answers()


@pytest.mark.matrix
@pytest.mark.timeout(300)
async def test_two_minutes_of_monologue(room: Room, speaker: Speaker) -> None:
    turns = await room.hear(monologue(120, speaker))
    have_ended(turns)
    assert turns[0].answer
    await room.until_timers_are()
    await room.answers()


async def test_sound_while_muted_is_refused(room: Room) -> None:
    await room.bus.request(s.AUDIO_MUTE, pb.SetMute(action="mute"))
    reply = await room.bus.request(s.AUDIO_INJECT, pb.Inject(injection="x", pcm=b"\0" * 640))
    assert "off" in reply.refusal
    await room.bus.request(s.AUDIO_MUTE, pb.SetMute(action="unmute"))
    await room.answers()
