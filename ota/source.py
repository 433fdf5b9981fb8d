"""Where releases are fetched from: any server of static files, or what is at hand, as on a stick.

Nobody here believes what comes from either: `ota/metadata.py` and `ota/download.py` check it. This file sees to it that
neither can keep the box waiting, fill its memory, or send it elsewhere.
"""

import asyncio
import os
import re
from collections.abc import AsyncIterator, Iterator
from contextlib import AbstractAsyncContextManager, asynccontextmanager, contextmanager
from dataclasses import dataclass
from http import HTTPStatus
from pathlib import Path
from typing import BinaryIO, Protocol

import aiohttp
from yarl import URL

from ota.errors import NotThere, SourceFailed

CONNECT_S = 30.0
ANSWER_S = 60.0
"""Until the first byte of a file; for a small one, until its last."""
PIECE = 64 * 1024
PATH = re.compile(r"[!-~]+", re.ASCII)
RANGE = re.compile(r"bytes (\d{1,15})-\d{1,15}/(?:(\d{1,15})|\*)", re.ASCII)
GONE = frozenset({HTTPStatus.FORBIDDEN, HTTPStatus.NOT_FOUND, HTTPStatus.GONE})
"""Some servers of static files say 403 of what is not there."""


@dataclass(frozen=True)
class Stream:
    """A file from `offset` on, in pieces; of `length` bytes in all, where the source says so. Whoever reads says how
    long it waits for one."""

    offset: int
    pieces: AsyncIterator[bytes]
    length: int | None = None


class Source(Protocol):
    """Both methods raise NotThere and SourceFailed; so do the pieces."""

    async def read(self, path: str, most: int) -> bytes:
        """A small file; SourceFailed where it has more than `most` bytes."""

    def opened(self, path: str, offset: int) -> AbstractAsyncContextManager[Stream]:
        """A large file from `offset` on, or from its beginning where the source can't."""


class Server:
    """The files below an address. `session` is its owner's to close."""

    def __init__(self, session: aiohttp.ClientSession, address: str) -> None:
        self._session = session
        self._address = address if not address or address.endswith("/") else f"{address}/"

    async def read(self, path: str, most: int) -> bytes:
        content = bytearray()
        try:
            async with asyncio.timeout(ANSWER_S), self.opened(path, 0) as stream:
                async for piece in stream.pieces:
                    content += piece
                    if len(content) > most:
                        raise SourceFailed(f"{path} is longer than it may be.")
        except TimeoutError as error:
            raise SourceFailed(f"{path} did not come within {ANSWER_S:.0f} seconds.") from error
        return bytes(content)

    @asynccontextmanager
    async def opened(self, path: str, offset: int) -> AsyncIterator[Stream]:
        if not PATH.fullmatch(path):
            raise SourceFailed(f"{path!a} is no path on a server.")
        # Whoever packs a file for the way could make much of little.
        headers = {"Accept-Encoding": "identity"} | ({"Range": f"bytes={offset}-"} if offset else {})
        # A redirect would let a mirror send the box to any device at home.
        wish = self._session.get(URL(self._address + path, encoded=True), headers=headers, allow_redirects=False)
        try:
            async with asyncio.timeout(ANSWER_S) as until_it_answers, wish as answer:
                until_it_answers.reschedule(None)
                begins, length = _place(path, offset, answer)
                yield Stream(begins, answer.content.iter_chunked(PIECE), length)
        except (aiohttp.ClientError, ValueError) as error:
            # One of aiohttp's is a TimeoutError, too.
            raise SourceFailed(f"The server can't be reached: {error}.") from error
        except TimeoutError as error:
            if not until_it_answers.expired():
                raise
            raise SourceFailed(f"The server did not answer within {ANSWER_S:.0f} seconds.") from error


def session() -> aiohttp.ClientSession:
    """For servers; to be closed. Has no time limit of its own but for the connection; unpacks nothing."""
    timeout = aiohttp.ClientTimeout(total=None, sock_connect=CONNECT_S)
    return aiohttp.ClientSession(timeout=timeout, auto_decompress=False, cookie_jar=aiohttp.DummyCookieJar())


def _place(path: str, offset: int, answer: aiohttp.ClientResponse) -> tuple[int, int | None]:
    """Where the content of this answer begins in the file, and how long that is. Raises NotThere, SourceFailed."""
    if answer.status in GONE:
        raise NotThere(f"The server does not have {path}.")
    if answer.headers.get("Content-Encoding", "identity") != "identity":
        raise SourceFailed(f"The server sends {path} in another form than asked for.")
    if answer.status == HTTPStatus.OK:
        return 0, answer.content_length
    if answer.status == HTTPStatus.PARTIAL_CONTENT and offset:
        found = RANGE.fullmatch(answer.headers.get("Content-Range", ""))
        if found is not None and int(found[1]) == offset:
            return offset, int(found[2]) if found[2] else None
        raise SourceFailed(f"The server sends another part of {path} than asked for.")
    raise SourceFailed(f"The server answers {answer.status} for {path}.")


class Folder:
    """The files in a folder; nothing outside it, wherever links lead."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    async def read(self, path: str, most: int) -> bytes:
        content = await asyncio.to_thread(self._part, path, 0, most + 1)
        if len(content) > most:
            raise SourceFailed(f"{path} is longer than it may be.")
        return content

    @asynccontextmanager
    async def opened(self, path: str, offset: int) -> AsyncIterator[Stream]:
        yield Stream(offset, self._pieces(path, offset), await asyncio.to_thread(self._length, path))

    async def _pieces(self, path: str, offset: int) -> AsyncIterator[bytes]:
        while piece := await asyncio.to_thread(self._part, path, offset, PIECE):
            yield piece
            offset += len(piece)

    def _length(self, path: str) -> int:
        with self._opened(path) as file:
            return file.seek(0, os.SEEK_END)

    def _part(self, path: str, offset: int, length: int) -> bytes:
        with self._opened(path) as file:
            file.seek(offset)
            return file.read(length)

    @contextmanager
    def _opened(self, path: str) -> Iterator[BinaryIO]:
        folder = self._folder.resolve()
        try:
            place = (folder / path).resolve()
            if not place.is_relative_to(folder) or not place.is_file():
                raise NotThere(f"{self._folder} does not have {path}.")
            with place.open("rb") as file:
                yield file
        except (OSError, ValueError) as error:
            raise SourceFailed(f"{path} in {self._folder} can't be read: {error}.") from error


class Switch:
    """The files of `usual`, or of what somebody has at hand, until that fails."""

    def __init__(self, usual: Source) -> None:
        self._usual = self._now = usual

    def turn_to(self, source: Source) -> None:
        """This one, from now on."""
        self._now = source

    async def read(self, path: str, most: int) -> bytes:
        with self._until_it_fails():
            return await self._now.read(path, most)

    @asynccontextmanager
    async def opened(self, path: str, offset: int) -> AsyncIterator[Stream]:
        with self._until_it_fails():
            async with self._now.opened(path, offset) as stream:
                yield stream

    @contextmanager
    def _until_it_fails(self) -> Iterator[None]:
        used = self._now
        try:
            yield
        except NotThere:
            # A stick need not have every delta.
            raise
        except SourceFailed:
            if self._now is used:
                self._now = self._usual
            raise
