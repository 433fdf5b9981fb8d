"""Sentences that were spoken before, ready at once. Bounded; nothing is written to disk."""

from collections import OrderedDict
from collections.abc import AsyncGenerator

from inference.tts.protocol import Pcm, Voice

MAX_BYTES = 3 * 1024 * 1024
"""A minute of speech: the answers that are given again and again are short."""
LONGEST_SENTENCE = 160
"""Characters: longer sentences are hardly ever said twice."""


class CachedVoice:
    """A `Voice` that remembers what it has said."""

    def __init__(self, voice: Voice, max_bytes: int = MAX_BYTES) -> None:
        self._voice = voice
        self._max_bytes = max_bytes
        self._bytes = 0
        self._spoken: OrderedDict[tuple[str, str], tuple[Pcm, ...]] = OrderedDict()

    async def speak(self, text: str, language: str) -> AsyncGenerator[Pcm, None]:
        known = self._spoken.get((text, language))
        if known is not None:
            self._spoken.move_to_end((text, language))
            for pcm in known:
                yield pcm
            return
        said = []
        async for pcm in self._voice.speak(text, language):
            said.append(pcm)
            yield pcm
        if len(text) <= LONGEST_SENTENCE:
            self._keep((text, language), tuple(said))

    def _keep(self, key: tuple[str, str], said: tuple[Pcm, ...]) -> None:
        if key in self._spoken:
            return
        self._spoken[key] = said
        self._bytes += _size(said)
        while self._bytes > self._max_bytes:
            _, oldest = self._spoken.popitem(last=False)
            self._bytes -= _size(oldest)


def _size(said: tuple[Pcm, ...]) -> int:
    return sum(pcm.samples.nbytes for pcm in said)
