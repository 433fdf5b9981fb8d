"""A server of static files with a fault for each thing that goes wrong with mirrors and lines, by a file's name."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from enum import Enum, auto
from pathlib import Path

from aiohttp import web
from aiohttp.test_utils import TestServer

PIECE = 1024 * 1024
DROP, DROP_S = 10, 1.0


class Fault(Enum):
    """What the server does with a file."""

    IS_SILENT = auto()
    ENDS_EARLY = auto()
    """After half of what was asked for."""
    DRIPS = auto()
    """A few bytes a second."""
    NEVER_ENDS = auto()
    KNOWS_NO_PARTS = auto()
    SENDS_ANOTHER_PART = auto()
    FLIPS_A_BYTE = auto()
    POINTS_ELSEWHERE = auto()
    PACKS_IT = auto()


@dataclass
class ReleaseServer:
    """Serves `folder`. `asked`: paths in their order; `faults`: by how a path ends; `address`: with a slash."""

    folder: Path
    address: str = ""
    faults: dict[str, Fault] = field(default_factory=dict)
    asked: list[str] = field(default_factory=list)

    @asynccontextmanager
    async def running(self) -> AsyncIterator["ReleaseServer"]:
        """It listens meanwhile."""
        application = web.Application()
        application.router.add_get("/{path:.*}", self._get)
        async with TestServer(application) as server:
            self.address = str(server.make_url("/"))
            yield self

    async def _get(self, request: web.Request) -> web.StreamResponse:
        path = request.match_info["path"]
        self.asked.append(path)
        place = self.folder / path
        if not place.is_file():
            raise web.HTTPNotFound
        fault = next((fault for end, fault in self.faults.items() if path.endswith(end)), None)
        content, offset = place.read_bytes(), request.http_range.start or 0
        match fault:
            case Fault.IS_SILENT:
                await asyncio.Event().wait()
            case Fault.KNOWS_NO_PARTS:
                offset = 0
            case Fault.SENDS_ANOTHER_PART:
                offset //= 2
            case Fault.FLIPS_A_BYTE:
                content = content[:-1] + bytes((content[-1] ^ 1,))
            case Fault.POINTS_ELSEWHERE:
                raise web.HTTPFound("/elsewhere")
        headers = {"Content-Range": f"bytes {offset}-{len(content) - 1}/{len(content)}"} if offset else {}
        if fault not in (Fault.ENDS_EARLY, Fault.NEVER_ENDS):
            headers["Content-Length"] = str(len(content) - offset)
        if fault is Fault.PACKS_IT:
            headers["Content-Encoding"] = "gzip"
        answer = web.StreamResponse(status=206 if offset else 200, headers=headers)
        await answer.prepare(request)
        end = offset + (len(content) - offset) // 2 if fault is Fault.ENDS_EARLY else len(content)
        piece, pause_s = (DROP, DROP_S) if fault is Fault.DRIPS else (PIECE, 0.0)
        for at in range(offset, end, piece):
            await answer.write(content[at : min(at + piece, end)])
            await asyncio.sleep(pause_s)
        while fault is Fault.NEVER_ENDS:
            await answer.write(bytes(65536))
        return answer
