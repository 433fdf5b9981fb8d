"""A language model behind a local OpenAI-compatible server (llama-server, Ollama, TensorRT Edge-LLM)."""

import asyncio
import logging
from collections.abc import AsyncGenerator, AsyncIterator, Sequence
from contextlib import asynccontextmanager

import aiohttp

from inference.config import LlmConfig
from inference.errors import CompletionFailed, ModelUnreachable
from inference.llm.events import Events
from inference.llm.model import Message

log = logging.getLogger(__name__)

CONNECT_S = 3.0


class OpenAi:
    """A `LanguageModel`. Made by `OpenAi.connected`."""

    def __init__(self, config: LlmConfig, session: aiohttp.ClientSession) -> None:
        self._config = config
        self._session = session

    @staticmethod
    @asynccontextmanager
    async def connected(config: LlmConfig) -> AsyncIterator["OpenAi"]:
        """Nothing is sent before somebody asks."""
        timeout = aiohttp.ClientTimeout(total=None, sock_connect=CONNECT_S)
        async with aiohttp.ClientSession(timeout=timeout) as session:
            yield OpenAi(config, session)

    async def complete(self, messages: Sequence[Message]) -> AsyncGenerator[str, None]:
        """See `LanguageModel.complete`."""
        body = {
            "model": self._config.model,
            "messages": [{"role": message.role, "content": message.content} for message in messages],
            "stream": True,
            "stream_options": {"include_usage": True},
            "max_tokens": self._config.max_tokens,
            "temperature": self._config.temperature,
            "cache_prompt": True,
        }
        url = self._config.url.rstrip("/") + "/v1/chat/completions"
        try:
            async with asyncio.timeout(self._config.first_token_s):
                response = await self._session.post(url, json=body)
        except (aiohttp.ClientConnectionError, TimeoutError) as error:
            raise ModelUnreachable(ModelUnreachable.__doc__) from error
        except aiohttp.ClientError as error:
            raise CompletionFailed(CompletionFailed.__doc__) from error
        async with response:
            if response.status != 200:
                raise CompletionFailed(f"The language model's server answered with status {response.status}.")
            async for text in self._read(response):
                yield text

    async def _read(self, response: aiohttp.ClientResponse) -> AsyncGenerator[str, None]:
        events, patience_s = Events(), self._config.first_token_s
        try:
            while not events.done:
                async with asyncio.timeout(patience_s):
                    data = await response.content.readany()
                if not data:
                    raise CompletionFailed("The language model broke off.")
                for text in events.feed(data):
                    patience_s = self._config.next_token_s
                    yield text
        except (aiohttp.ClientError, TimeoutError) as error:
            raise CompletionFailed("The language model stopped in the middle.") from error
        if events.prompt_tokens:
            log.info("prompt of %d tokens, %d of them cached", events.prompt_tokens, events.cached_tokens)
