"""HTTP in the home's network, with a real client: opened, closed and opened again."""

import asyncio
import contextlib
import socket
from collections.abc import Awaitable, Callable
from functools import partial

import pytest
from aiohttp import ClientConnectionError, ClientSession, web

from daemons.runner import free_port
from lan.listener import Limits
from lan.site import Site, is_ours

Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]
LIMITS = Limits(all=4, of_one=4)
LARGE = 32 * 1024 * 1024


async def greet(_: web.Request) -> web.Response:
    return web.Response(text="hello")


def serving(answer: Handler = greet) -> web.Application:
    made = web.Application()
    made.router.add_get("/", answer)
    return made


async def asked(port: int) -> str:
    async with ClientSession() as session, session.get(f"http://127.0.0.1:{port}/") as answer:
        return await answer.text()


async def test_it_is_opened_closed_and_opened_again() -> None:
    port = free_port()
    site = Site(serving, port, LIMITS, keeps_s=10)
    for _ in range(2):
        await site.open()
        await site.open()
        assert site.is_open and await asked(port) == "hello"
        await site.close()
        assert not site.is_open and not site.transports
        with pytest.raises(ClientConnectionError):
            await asked(port)


async def test_who_is_connected_when_it_closes_does_not_stay() -> None:
    port = free_port()
    site = Site(serving, port, LIMITS, keeps_s=10)
    await site.open()
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    writer.write(b"GET / HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n")
    await reader.readuntil(b"hello")
    assert len(site.transports) == 1
    await site.close()
    with contextlib.suppress(ConnectionResetError):
        assert not await reader.read()
    writer.close()


async def test_who_is_being_answered_when_it_closes_is_answered() -> None:
    port, closing = free_port(), asyncio.Event()

    async def answer(_: web.Request) -> web.Response:
        closing.set()
        await asyncio.sleep(0.01)
        return web.Response(text="the last word")

    site = Site(partial(serving, answer), port, LIMITS, keeps_s=10)
    await site.open()
    asking = asyncio.create_task(asked(port))
    await closing.wait()
    await site.close()
    assert await asking == "the last word"


async def test_who_does_not_read_its_answer_does_not_stay_either() -> None:
    port, answered = free_port(), asyncio.Event()

    async def answer(_: web.Request) -> web.Response:
        answered.set()
        return web.Response(body=bytes(LARGE))

    site = Site(partial(serving, answer), port, LIMITS, keeps_s=10)
    await site.open()
    reader, writer = await asyncio.open_connection("127.0.0.1", port, limit=1024)
    writer.write(b"GET / HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n")
    await answered.wait()
    await asyncio.sleep(0.05)
    await site.close()
    heard = 0
    with contextlib.suppress(ConnectionResetError):
        while content := await reader.read(1 << 16):
            heard += len(content)
    assert heard < LARGE
    writer.close()


async def test_a_port_that_somebody_else_has_is_not_opened() -> None:
    with socket.create_server(("", 0)) as taken:
        site = Site(serving, taken.getsockname()[1], LIMITS, keeps_s=10)
        with pytest.raises(OSError):
            await site.open()
        assert not site.is_open
        await site.close()


@pytest.mark.parametrize(
    ("host", "ours"),
    [
        ("spoq.local", True),
        ("spoq.local:7767", True),
        ("192.168.4.1", True),
        ("192.168.4.1:80", True),
        ("[fe80::1]:7767", True),
        ("evil.example", False),
        ("spoq.local.evil.example", False),
        ("", False),
        ("[", False),
        ("1.2.3.4.evil.example", False),
        ("spoq.local@evil.example", False),
    ],
)
def test_no_name_that_somebody_else_may_give_is_ours(host: str, ours: bool) -> None:
    assert is_ours(host, {"spoq.local"}) is ours
