"""What a language model is to the rest of the house, and which one there is."""

from collections.abc import AsyncGenerator, AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Protocol

from inference.config import LlmConfig
from inference.errors import NoModel


@dataclass(frozen=True)
class Message:
    role: str
    content: str


class LanguageModel(Protocol):
    """Closing the iterator early ends the completion at once."""

    def complete(self, messages: Sequence[Message]) -> AsyncGenerator[str, None]:
        """The answer, piece by piece as the model makes it.

        Raises:
            CompletionFailed: no answer, or it broke off.
        """


class NotConfigured:
    """A `LanguageModel` that says so."""

    async def complete(self, messages: Sequence[Message]) -> AsyncGenerator[str, None]:
        raise NoModel(NoModel.__doc__)
        yield ""  # makes it a generator


@asynccontextmanager
async def connected(config: LlmConfig) -> AsyncIterator[LanguageModel]:
    """The one that is configured. Nothing is sent before somebody asks."""
    if not config.url:
        yield NotConfigured()
        return
    # An HTTP client is 10 MB of memory, which a box without a language model does without.
    from inference.llm.openai import OpenAi

    async with OpenAi.connected(config) as model:
        yield model
