"""Releases that somebody has at hand, as on a stick, served to this box alone for as long as it fetches them.

The daemon that looks after updates sees no files of others, and need not: it fetches these as any others, and believes
them as little.
"""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

from aiohttp import web

from cli.errors import CommandError
from ota.archive import FIRST, Archive
from ota.errors import NotThere, SourceFailed
from ota.source import Folder, Source

HERE = "127.0.0.1"
WHAT = "It has to be a folder as  spoq-release  publishes it, or a tar file of one."


@asynccontextmanager
async def served(place: Path) -> AsyncIterator[str]:
    """The address where the box finds what is in this folder, or in this tar file of one. Raises CommandError."""
    source = _source(place)

    async def answer(request: web.Request) -> web.StreamResponse:
        return await _answered(request, source)

    application = web.Application()
    application.router.add_get("/{path:.+}", answer)
    runner = web.AppRunner(application, access_log=None)
    await runner.setup()
    try:
        await web.TCPSite(runner, HERE, 0).start()
        yield f"http://{HERE}:{runner.addresses[0][1]}/"
    finally:
        await runner.cleanup()


def _source(place: Path) -> Source:
    if place.is_dir():
        if not (place / FIRST).is_file():
            raise CommandError(f"There are no releases in {place}. {WHAT}")
        return Folder(place)
    try:
        return Archive(place)
    except SourceFailed as error:
        raise CommandError(f"{error} {WHAT}") from error


async def _answered(request: web.Request, source: Source) -> web.StreamResponse:
    """The file from where the daemon stopped last time."""
    path, offset = request.match_info["path"], request.http_range.start or 0
    try:
        async with source.opened(path, offset) as stream:
            assert stream.length is not None
            answer = web.StreamResponse(status=206 if offset else 200)
            answer.content_length = max(0, stream.length - offset)
            if offset:
                answer.headers["Content-Range"] = f"bytes {offset}-{stream.length - 1}/{stream.length}"
            await answer.prepare(request)
            async for piece in stream.pieces:
                await answer.write(piece)
            return answer
    except NotThere as error:
        raise web.HTTPNotFound from error
