"""Otad's end of what root does for it with slots and floor (`ota/keeper.py`): a line there, a line back."""

import asyncio
import json
import os
import socket
from collections.abc import Iterator, Set
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from ota.errors import KeeperFailed, NoVersion
from ota.packed import Earlier
from ota.slots import Slot
from ota.version import Version

SOCKET = Path("/run/spoq/slots.sock")
MOST_BYTES = 64 * 1024
LENT = 2
"""Files: the root, and its kernel image."""
ANSWER_S = 120.0
"""It mounts partitions, which a slow disk takes its time for."""


@dataclass(frozen=True)
class Told:
    """What is so: the slots, the version that runs, the floor (None: none yet), and what was tried in vain;
    `other_starts`: the other slot has tries left."""

    running: Slot
    primary: Slot
    other_starts: bool
    version: Version
    floor: Version | None = None
    in_vain: Set[Version] = frozenset()


class KeeperClient:
    """Each word is a connection of its own."""

    def __init__(self, socket: Path = SOCKET) -> None:
        self._socket = socket

    async def ask(self, *words: str) -> Told:
        """What is so after that was done. Raises KeeperFailed."""
        try:
            async with asyncio.timeout(ANSWER_S):
                reader, writer = await asyncio.open_unix_connection(self._socket, limit=MOST_BYTES)
                try:
                    writer.write(f"{' '.join(words)}\n".encode())
                    line = await reader.readline()
                finally:
                    writer.close()
        except (OSError, ValueError) as error:
            raise KeeperFailed(f"Nobody answers about the slots: {error}") from error
        except TimeoutError as error:
            raise KeeperFailed("Nobody answers about the slots.") from error
        return parse(line)

    @contextmanager
    def lent(self) -> Iterator[Earlier]:
        """The files of the system that runs, until the end; blocks. Raises KeeperFailed."""
        line, descriptors = self._asked_to_lend()
        try:
            parse(line)
            yield Earlier(*descriptors)
        finally:
            for each in descriptors:
                os.close(each)

    def _asked_to_lend(self) -> tuple[bytes, list[int]]:
        try:
            with socket.socket(socket.AF_UNIX) as asking:
                asking.settimeout(ANSWER_S)
                asking.connect(str(self._socket))
                asking.sendall(b"lend\n")
                line, descriptors, _, _ = socket.recv_fds(asking, MOST_BYTES, LENT, socket.MSG_CMSG_CLOEXEC)
                return line, descriptors
        except OSError as error:
            raise KeeperFailed(f"Nobody lends what runs: {error}") from error


def parse(line: bytes) -> Told:
    """Raises KeeperFailed: it did not do it, or says nothing that makes sense."""
    try:
        said = json.loads(line)
        if said["error"]:
            raise KeeperFailed(str(said["error"]))
        running = Slot(said["running"])
        return Told(
            running,
            Slot(said["primary"]),
            int(said["tries"][running.other]) > 0,
            Version.parse(said["version"]),
            Version.parse(said["floor"]) if said["floor"] != "" else None,
            frozenset(map(Version.parse, said["in_vain"])),
        )
    except (ValueError, KeyError, TypeError, OverflowError, RecursionError, NoVersion) as error:
        raise KeeperFailed("Nobody can say how it is with the slots.") from error
