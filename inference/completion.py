"""The language model on the bus: `llm.request` in, `llm.stream.<session>` out, one speakable piece a message."""

import asyncio
import logging
import time

from bus import messages_pb2 as pb
from bus import subjects as s
from bus.client import Bus
from bus.envelope import Received
from inference.errors import CompletionFailed
from inference.llm.model import LanguageModel, Message
from inference.llm.sentences import Sentences

log = logging.getLogger(__name__)

MAX_COMPLETIONS = 4


class Completion:
    """`run` until cancelled."""

    def __init__(self, bus: Bus, model: LanguageModel) -> None:
        self._bus = bus
        self._model = model
        self._running: dict[str, asyncio.Task[None]] = {}
        self._tasks: asyncio.TaskGroup | None = None

    async def run(self) -> None:
        """Serve until cancelled."""
        async with asyncio.TaskGroup() as self._tasks:
            await self._bus.subscribe(s.LLM_REQUEST, self._on_request)
            await self._bus.subscribe(s.LLM_CANCEL, lambda m: self._cancel(m.body.completion))
            await asyncio.Event().wait()

    def _on_request(self, message: Received[pb.Complete]) -> None:
        assert self._tasks is not None
        name = message.body.completion
        while len(self._running) >= MAX_COMPLETIONS:
            self._cancel(next(iter(self._running)))
        task = self._running[name] = self._tasks.create_task(self._complete(message))
        task.add_done_callback(lambda _: self._running.pop(name, None))

    def _cancel(self, name: str) -> None:
        task = self._running.pop(name, None)
        if task is not None:
            task.cancel()

    async def _complete(self, message: Received[pb.Complete]) -> None:
        request = message.body
        messages = [Message(each.role, each.content) for each in request.messages]
        sentences = Sentences()
        said = False
        try:
            async for text in self._model.complete(messages):
                for piece in sentences.add(text):
                    await self._tell(message, pb.CompletionDelta(completion=request.completion, text=piece))
                    if not said:
                        await self._tell_span(message)
                    said = True
            delta = pb.CompletionDelta(completion=request.completion, text=sentences.rest(), last=True)
        except CompletionFailed as error:
            log.warning("%s", error)
            delta = pb.CompletionDelta(
                completion=request.completion, text=sentences.rest(), last=True, failure=error.reason
            )
        await self._tell(message, delta)

    async def _tell(self, message: Received[pb.Complete], delta: pb.CompletionDelta) -> None:
        session = message.context.session_id or "typed"
        await self._bus.publish(s.LLM_STREAM.of(session), delta, message.context)

    async def _tell_span(self, message: Received[pb.Complete]) -> None:
        span = pb.Span(
            hop="llm",
            start_monotonic_ns=message.received_ns,
            end_monotonic_ns=time.monotonic_ns(),
            bus_ns=message.bus_ns,
        )
        await self._bus.publish(s.OBS_SPAN, span, message.context)
