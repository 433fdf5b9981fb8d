"""What is asked of the voice and the speaker over the bus: utterances, each with a name of its own."""

import uuid
from collections.abc import Iterable

from bus import messages_pb2 as pb
from bus import subjects as s
from bus.client import Bus
from bus.envelope import Context


def new_name() -> str:
    return uuid.uuid4().hex


async def speak(bus: Bus, context: Context, text: str, language: str, speculative: bool = False) -> str:
    """Have it spoken, in the turn of `context` or outside any; the utterance's name."""
    utterance = new_name()
    request = pb.Speak(utterance=utterance, text=text, language=language, last=True, speculative=speculative)
    await bus.publish(s.TTS_REQUEST, request, context)
    return utterance


async def play(bus: Bus, context: Context, clip: str) -> str:
    """Have a clip of audiod's heard at once; the utterance's name."""
    utterance = new_name()
    await bus.publish(s.PLAYBACK_CLIP, pb.PlayClip(clip=clip, utterance=utterance), context)
    return utterance


async def cancel(bus: Bus, context: Context, utterances: Iterable[str]) -> None:
    """These are not wanted any more."""
    for utterance in utterances:
        await bus.publish(s.TTS_CANCEL, pb.CancelSpeech(utterance=utterance), context)
