"""The embedded voice: espeak-ng in a resident helper process.

espeak-ng is GPL-3.0, so it stays a separate program: text goes in and PCM comes out over a pipe (`espeak_helper.py`). A
helper that dies or hangs is replaced, and the sentence spoken once again. The text never appears among a process's
arguments.
"""

import asyncio
import contextlib
import logging
import struct
import sys
from collections.abc import AsyncGenerator, AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import numpy as np

from inference.config import TtsConfig
from inference.errors import VoiceFailed
from inference.tts.protocol import Pcm

log = logging.getLogger(__name__)

# The helper's side of these is in its docstring; it is a program of its own and not imported.
REQUEST = struct.Struct("<IHHHI")
ANSWER = struct.Struct("<II")
FAILED = 0xFFFFFFFF
HELPER = Path(__file__).with_name("espeak_helper.py")
START_S = 3.0
CHUNK_S = 2.0
"""A helper that gives nothing for so long hangs."""
MAX_CHUNK_BYTES = 1 << 20
MAX_CHARACTERS = 2000
VOICES = {"en": "en-us", "de": "de"}


class Espeak:
    """A `Voice`. Made by `Espeak.started`."""

    def __init__(self, config: TtsConfig) -> None:
        self._config = config
        self._process: asyncio.subprocess.Process | None = None
        self._rate = 0
        self._number = 0
        self._speaking = asyncio.Lock()

    @staticmethod
    @asynccontextmanager
    async def started(config: TtsConfig) -> AsyncIterator["Espeak"]:
        """Raises VoiceFailed where espeak-ng is not installed."""
        voice = Espeak(config)
        await voice._start()
        try:
            yield voice
        finally:
            await voice._end()

    async def speak(self, text: str, language: str) -> AsyncGenerator[Pcm, None]:
        """See `Voice.speak`. Sentences are spoken one after the other."""
        async with self._speaking:
            begun = False
            try:
                async for pcm in self._spoken(text, language):
                    begun = True
                    yield pcm
                return
            except VoiceFailed as error:
                log.warning("%s; the helper is started anew", error)
                await self._restart()
                if begun:
                    raise
            async for pcm in self._spoken(text, language):
                yield pcm

    async def _spoken(self, text: str, language: str) -> AsyncGenerator[Pcm, None]:
        process = self._process
        assert process is not None and process.stdin is not None
        self._number = number = (self._number + 1) & 0xFFFF_FFFF
        voice = self._voice(language).encode()
        said = text[:MAX_CHARACTERS].replace("\0", " ").encode()
        header = REQUEST.pack(number, self._config.words_per_minute, self._config.pitch, len(voice), len(said))
        try:
            process.stdin.write(header + voice + said)
            await process.stdin.drain()
            while (pcm := await self._chunk(number)) is not None:
                if len(pcm.samples):
                    yield pcm
        except (OSError, EOFError, TimeoutError) as error:
            raise VoiceFailed(VoiceFailed.__doc__) from error

    async def _chunk(self, number: int) -> Pcm | None:
        """The next stretch, or None at the end. What an earlier sentence that was cut short left behind is skipped."""
        process = self._process
        assert process is not None and process.stdout is not None
        while True:
            async with asyncio.timeout(CHUNK_S):
                answered, size = ANSWER.unpack(await process.stdout.readexactly(ANSWER.size))
                if size == FAILED and answered == number:
                    raise VoiceFailed(VoiceFailed.__doc__)
                if size > MAX_CHUNK_BYTES and size != FAILED:
                    raise EOFError
                data = await process.stdout.readexactly(size) if size not in (0, FAILED) else b""
            if answered == number:
                return Pcm(np.frombuffer(data, "<i2"), self._rate) if size else None

    def _voice(self, language: str) -> str:
        chosen = dict(self._config.voices)
        return chosen.get(language) or VOICES.get(language.partition("-")[0], language)

    async def _start(self) -> None:
        self._process = await asyncio.create_subprocess_exec(
            sys.executable,
            "-I",
            "-S",
            str(HELPER),
            stdin=asyncio.subprocess.PIPE,
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.DEVNULL,
        )
        assert self._process.stdout is not None
        try:
            async with asyncio.timeout(START_S):
                (self._rate,) = struct.unpack("<I", await self._process.stdout.readexactly(4))
        except (TimeoutError, EOFError, asyncio.IncompleteReadError) as error:
            await self._end()
            raise VoiceFailed("espeak-ng can't be loaded: is libespeak-ng1 installed?") from error

    async def _restart(self) -> None:
        await self._end()
        await self._start()

    async def _end(self) -> None:
        process, self._process = self._process, None
        if process is None:
            return
        with contextlib.suppress(ProcessLookupError):
            process.kill()
        await process.wait()
