"""Packages from an archive that is slow, wrong, empty or gone."""

import hashlib
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from pathlib import Path

import pytest
from aiohttp import web

from builder import archive
from builder.errors import Unreachable, WrongContent
from builder.lock import Package
from builder.target import Archive

CONTENT = b"a package" * 1000
PACKAGE = Package("debian/pool/a_1_all.deb", hashlib.sha256(CONTENT).hexdigest(), len(CONTENT))
Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]


def at(url: str) -> tuple[Archive]:
    return (Archive(url, ("debian bookworm main",)),)


@asynccontextmanager
async def serving(handler: Handler) -> AsyncIterator[str]:
    """An archive that answers so; its address."""
    application = web.Application()
    application.router.add_get("/{path:.*}", handler)
    runner = web.AppRunner(application)
    await runner.setup()
    try:
        site = web.TCPSite(runner, "127.0.0.1", 0)
        await site.start()
        yield f"http://127.0.0.1:{runner.addresses[0][1]}"
    finally:
        await runner.cleanup()


def answering(content: bytes, status: int = 200) -> AbstractAsyncContextManager[str]:
    async def handler(_request: web.Request) -> web.Response:
        return web.Response(body=content, status=status)

    return serving(handler)


async def test_a_package_is_fetched_once(tmp_path: Path) -> None:
    heard: list[int] = []
    async with answering(CONTENT) as url:
        await archive.fetch([PACKAGE], at(url), tmp_path, heard.append)
    await archive.fetch([PACKAGE], at("http://127.0.0.1:9"), tmp_path, heard.append)
    assert archive.cached(tmp_path, PACKAGE).read_bytes() == CONTENT
    assert heard == [len(CONTENT)] * 2


@pytest.mark.parametrize("left", [b"", CONTENT[:-1], CONTENT.upper()])
async def test_what_a_power_cut_left_is_fetched_again(tmp_path: Path, left: bytes) -> None:
    archive.cached(tmp_path, PACKAGE).write_bytes(left)
    async with answering(CONTENT) as url:
        await archive.fetch([PACKAGE], at(url), tmp_path)
    assert archive.cached(tmp_path, PACKAGE).read_bytes() == CONTENT


@pytest.mark.parametrize("content", [b"", CONTENT[:-1], CONTENT + b"x", CONTENT.upper()])
async def test_another_file_is_refused_and_not_kept(tmp_path: Path, content: bytes) -> None:
    async with answering(content) as url:
        with pytest.raises(WrongContent, match="a_1_all"):
            await archive.fetch([PACKAGE], at(url), tmp_path)
    assert not list(tmp_path.iterdir())


async def test_a_package_that_the_archive_dropped_is_told_with_what_to_do(tmp_path: Path) -> None:
    async with answering(b"", status=404) as url:
        with pytest.raises(Unreachable, match="make lock-image"):
            await archive.fetch([PACKAGE], at(url), tmp_path)


async def test_an_archive_out_of_reach_is_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(archive, "TRIES", 1)
    with pytest.raises(Unreachable, match="does not answer"):
        await archive.fetch([PACKAGE], at("http://127.0.0.1:9"), tmp_path)


async def test_a_connection_that_breaks_is_tried_again(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    broken: list[bool] = []

    async def handler(request: web.Request) -> web.StreamResponse:
        if broken:
            return web.Response(body=CONTENT)
        broken.append(True)
        response = web.StreamResponse(headers={"Content-Length": str(len(CONTENT))})
        await response.prepare(request)
        await response.write(CONTENT[:100])
        assert request.transport is not None
        request.transport.close()
        return response

    async with serving(handler) as url:
        await archive.fetch([PACKAGE], at(url), tmp_path)
    assert archive.cached(tmp_path, PACKAGE).read_bytes() == CONTENT


async def test_an_archive_that_sends_us_round_in_circles_is_told(tmp_path: Path) -> None:
    async def handler(request: web.Request) -> web.StreamResponse:
        raise web.HTTPFound(request.path)

    async with serving(handler) as url:
        with pytest.raises(Unreachable, match="can't be used"):
            await archive.fetch([PACKAGE], at(url), tmp_path)
    assert not list(tmp_path.iterdir())
