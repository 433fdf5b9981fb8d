"""A small OpenAI-compatible server: answers what it was told to, in the pieces it was told, with named faults."""

import asyncio
import json
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

from aiohttp import web

FAULTS = ("", "refuses", "breaks_off", "not_json", "stands_still", "error_event", "endless_line")


@dataclass
class OpenAiServer:
    """`url` while it runs; `asked` holds the bodies of all requests; `fault` is one of FAULTS."""

    pieces: Sequence[str] = ("Hello", " there.")
    fault: str = ""
    url: str = ""
    asked: list[dict[str, Any]] = field(default_factory=list)
    given_up: asyncio.Event = field(default_factory=asyncio.Event)

    @asynccontextmanager
    async def running(self) -> AsyncIterator["OpenAiServer"]:
        application = web.Application()
        application.router.add_post("/v1/chat/completions", self._complete)
        runner = web.AppRunner(application, handler_cancellation=True, shutdown_timeout=0.1)
        await runner.setup()
        site = web.TCPSite(runner, "127.0.0.1", 0)
        await site.start()
        self.url = f"http://127.0.0.1:{runner.addresses[0][1]}"
        try:
            yield self
        finally:
            await runner.cleanup()

    async def _complete(self, request: web.Request) -> web.StreamResponse:
        self.asked.append(await request.json())
        if self.fault == "refuses":
            return web.Response(status=503)
        response = web.StreamResponse(headers={"Content-Type": "text/event-stream"})
        await response.prepare(request)
        try:
            await self._stream(response)
        except asyncio.CancelledError:
            self.given_up.set()
            raise
        return response

    async def _stream(self, response: web.StreamResponse) -> None:
        for number, piece in enumerate(self.pieces):
            if number == 1 and self.fault:
                await self._fail(response)
                return
            event = {"choices": [{"delta": {"content": piece}}]}
            await response.write(f"data: {json.dumps(event)}\n\n".encode())
        usage = {"choices": [], "usage": {"prompt_tokens": 100, "prompt_tokens_details": {"cached_tokens": 90}}}
        await response.write(f"data: {json.dumps(usage)}\n\ndata: [DONE]\n\n".encode())

    async def _fail(self, response: web.StreamResponse) -> None:
        match self.fault:
            case "not_json":
                await response.write(b"data: {oops\n\n")
            case "error_event":
                await response.write(b'data: {"error": {"message": "out of memory"}}\n\n')
            case "endless_line":
                await response.write(b"data: " + b"x" * 200_000)
            case "stands_still":
                await asyncio.Event().wait()
