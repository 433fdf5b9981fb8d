"""Runs in the box: a way for a browser elsewhere into a network namespace. `python socks.py PORT NAMESPACE RESOLVER`.

It listens where it was started, and whatever is asked of it happens in the namespace: names are asked of that resolver.
SOCKS 5, without a password (RFC 1928); DNS for one address (RFC 1035).
"""

import asyncio
import ctypes
import os
import socket
import struct
import sys
from contextlib import suppress

NEW_NETWORK = 0x40000000
BY_NAME = 3
DNS, RECURSES, ADDRESS, INTERNET = 53, 0x0100, 1, 1
ANSWERS_S = 10.0
CHUNK = 1 << 16


async def main() -> None:
    port, namespace, resolver = sys.argv[1:]

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with suppress(OSError, EOFError):
            await through(reader, writer, resolver)
        writer.close()

    server = await asyncio.start_server(serve, "0.0.0.0", int(port))  # noqa: S104 - QEMU comes from outside
    inside = os.open(f"/run/netns/{namespace}", os.O_RDONLY)
    assert ctypes.CDLL(None).setns(inside, NEW_NETWORK) == 0
    await server.serve_forever()


async def through(reader: asyncio.StreamReader, writer: asyncio.StreamWriter, resolver: str) -> None:
    """One connection, to its end. Raises OSError, EOFError."""
    _, methods = await reader.readexactly(2)
    await reader.readexactly(methods)
    writer.write(b"\5\0")
    *_, kind = await reader.readexactly(4)
    if kind == BY_NAME:
        name = await reader.readexactly((await reader.readexactly(1))[0])
        address = await asyncio.to_thread(resolved, name.decode(), resolver)
    else:
        address = socket.inet_ntoa(await reader.readexactly(4))
    port = int.from_bytes(await reader.readexactly(2), "big")
    there_reader, there = await asyncio.open_connection(address, port)
    writer.write(b"\5\0\0\1" + bytes(6))
    try:
        ways = copied(reader, there), copied(there_reader, writer)
        await asyncio.wait([asyncio.ensure_future(each) for each in ways], return_when=asyncio.FIRST_COMPLETED)
    finally:
        there.close()


async def copied(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    with suppress(OSError):
        while content := await reader.read(CHUNK):
            writer.write(content)
            await writer.drain()


def resolved(name: str, resolver: str) -> str:
    """Its address: the last four bytes of an answer that has one. Raises OSError."""
    labels = b"".join(bytes((len(label),)) + label.encode() for label in name.split("."))
    question = struct.pack(">6H", 1, RECURSES, 1, 0, 0, 0) + labels + b"\0" + struct.pack(">2H", ADDRESS, INTERNET)
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as asking:
        asking.settimeout(ANSWERS_S)
        asking.sendto(question, (resolver, DNS))
        answer = asking.recv(512)
    if int.from_bytes(answer[6:8], "big") != 1:
        raise OSError("nobody has that name")
    return socket.inet_ntoa(answer[-4:])


if __name__ == "__main__":
    asyncio.run(main())
