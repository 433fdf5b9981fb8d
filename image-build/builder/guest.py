"""Commands inside a box, through QEMU's guest agent: nothing in the box has to listen for them.

async with Guest.connected(socket) as guest:
    await guest.run("systemctl is-system-running")
"""

import asyncio
import base64
import itertools
import json
import math
import shlex
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any, Self, cast

POLL_S, SELDOM_S = 0.1, 1.0
"""Between two questions at first, and after a while: each costs the box something."""
SYNC_S = 2.0
CHUNK = 1024 * 1024
FLUSH = b"\xff"
"""Before a sync: the agent forgets what it has half read, and answers behind the same byte."""


class CommandFailed(Exception):
    """A command in the box ended with an error; the message has its output."""


class Guest:
    """The agent behind one socket; one command at a time."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._reader, self._writer = reader, writer

    @classmethod
    @asynccontextmanager
    async def connected(cls, socket: Path, wait_s: float) -> AsyncIterator[Self]:
        """The agent, once it answers. Raises TimeoutError."""
        async with asyncio.timeout(wait_s):
            guest, writer = await cls._answering(socket)
        try:
            yield guest
        finally:
            writer.close()

    @classmethod
    async def _answering(cls, socket: Path) -> tuple[Self, asyncio.StreamWriter]:
        while True:
            try:
                reader, writer = await asyncio.open_unix_connection(socket, limit=1 << 24)
            except OSError:
                await asyncio.sleep(POLL_S)
                continue
            guest = cls(reader, writer)
            for number in itertools.count(1):
                try:
                    async with asyncio.timeout(SYNC_S):
                        await guest._sync(number)
                    return guest, writer
                except TimeoutError:
                    continue
                except ConnectionError:
                    break
            writer.close()

    async def run(self, command: str, timeout_s: float = 60.0) -> str:
        """What a shell command prints. Raises CommandFailed, TimeoutError."""
        code, output = await self.outcome(command, timeout_s)
        if code:
            raise CommandFailed(f"{command!r} ended with {code}: {output}")
        return output

    async def outcome(self, command: str, timeout_s: float = 60.0) -> tuple[int, str]:
        """How a shell command ends, and what it prints."""
        arguments = {"path": "/bin/sh", "arg": ["-c", command], "capture-output": True}
        pid = (await self._ask("guest-exec", **arguments))["pid"]
        pause_s = POLL_S
        async with asyncio.timeout(timeout_s):
            while not (status := await self._ask("guest-exec-status", pid=pid))["exited"]:
                await asyncio.sleep(pause_s)
                pause_s = min(1.2 * pause_s, SELDOM_S)
        printed = [base64.b64decode(status.get(name, "")).decode(errors="replace") for name in ("out-data", "err-data")]
        return status.get("exitcode", 128 + status.get("signal", 0)), "".join(printed)

    async def until(self, command: str, timeout_s: float, every_s: float = 1.0) -> None:
        """Returns when `command` succeeds, which is tried again and again there. Raises TimeoutError."""
        trying = f"until ( {command}\n) >/dev/null 2>&1; do sleep {every_s}; done"
        code, _ = await self.outcome(f"timeout {math.ceil(timeout_s)} sh -c {shlex.quote(trying)}", timeout_s + SYNC_S)
        if code:
            raise TimeoutError

    async def put(self, content: bytes, path: str) -> None:
        """`content` becomes a file in the box."""
        handle = await self._ask_number("guest-file-open", path=path, mode="w")
        for start in range(0, len(content), CHUNK):
            part = base64.b64encode(content[start : start + CHUNK]).decode()
            await self._ask("guest-file-write", **{"handle": handle, "buf-b64": part})
        await self._ask("guest-file-close", handle=handle)

    async def _sync(self, number: int) -> None:
        self._writer.write(FLUSH + _line("guest-sync-delimited", id=number))
        await self._writer.drain()
        while True:
            line = await self._reader.readline()
            if not line:
                raise ConnectionError
            if line.startswith(FLUSH) and json.loads(line.lstrip(FLUSH)).get("return") == number:
                return

    async def _ask_number(self, name: str, **arguments: Any) -> int:
        return cast(int, await self._ask(name, **arguments))

    async def _ask(self, name: str, **arguments: Any) -> dict[str, Any]:
        self._writer.write(_line(name, **arguments))
        await self._writer.drain()
        answer = json.loads(await self._reader.readline())
        if "error" in answer:
            raise CommandFailed(f"{name}: {answer['error']}")
        found: dict[str, Any] = answer["return"]
        return found


def _line(name: str, **arguments: Any) -> bytes:
    return json.dumps({"execute": name, "arguments": arguments}).encode() + b"\n"
