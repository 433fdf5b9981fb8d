"""A sound card for a computer without one: a private PipeWire with a virtual room.

    room (people play into it) ──▶ microphone (the default source of the daemons)
    speaker (the default sink of the daemons) ──▶ recordings, and on request an echo back into the microphone

Everything is in one folder and ends with the context: a PipeWire daemon with two null sinks and a virtual source in one
graph with one clock, its session manager, and the D-Bus bus that the session manager insists on. Nothing global is
written; it runs as root, without a session, and without kernel modules. Written for PipeWire 0.3.65 (Debian 12) and 1.0
(Ubuntu 24.04).
"""

import asyncio
import os
import shutil
import signal
import tempfile
import time
import wave
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from daemons.children import dying_with_parent, ended

RATE = 48_000
QUANTUM = 256
"""Samples a cycle of the graph: 5.3 ms."""
ROOM, MICROPHONE, SPEAKER = "spoq-room", "spoq-mic", "spoq-speaker"
PROGRAMS = ("pipewire", "wireplumber", "dbus-daemon", "pw-cat", "pw-link", "pw-cli", "pw-metadata", "pw-loopback")
READY_S, END_S = 10.0, 2.0
POLL_S = 0.02
HEADER_BYTES = 44
"""Of a recording's file."""

PIPEWIRE_CONF = f"""
context.properties = {{
    core.daemon = true
    core.name = pipewire-0
    default.clock.rate = {RATE}
    default.clock.allowed-rates = [ {RATE} ]
    default.clock.quantum = {QUANTUM}
    default.clock.min-quantum = {QUANTUM}
    default.clock.max-quantum = {QUANTUM}
    log.level = 1
}}
context.spa-libs = {{
    audio.convert.* = audioconvert/libspa-audioconvert
    support.* = support/libspa-support
}}
context.modules = [
    {{ name = libpipewire-module-rt args = {{ nice.level = -11 }} flags = [ ifexists nofail ] }}
    {{ name = libpipewire-module-protocol-native }}
    {{ name = libpipewire-module-metadata }}
    {{ name = libpipewire-module-spa-device-factory }}
    {{ name = libpipewire-module-spa-node-factory }}
    {{ name = libpipewire-module-client-node }}
    {{ name = libpipewire-module-client-device }}
    {{ name = libpipewire-module-access }}
    {{ name = libpipewire-module-adapter }}
    {{ name = libpipewire-module-link-factory }}
    {{ name = libpipewire-module-session-manager }}
]
context.objects = [
    {{ factory = spa-node-factory
       args = {{ factory.name = support.node.driver node.name = Driver node.group = spoq priority.driver = 20000 }} }}
%s
]
"""
NODE = """    { factory = adapter
      args = { factory.name = support.null-audio-sink node.name = %s media.class = %s audio.position = [ MONO ]
               object.linger = true monitor.channel-volumes = false node.group = spoq priority.session = %d } }"""


class VirtualSoundError(Exception):
    """The virtual sound card could not be made; the message says what is missing."""


@dataclass
class Recording:
    """What entered the room and what left the speaker, sample by sample on one clock. Filled when the recording ends;
    `speaker_so_far` listens in before.

    `room`, `speaker`: (n,) int16 at `RATE`. `began_monotonic_s`: CLOCK_MONOTONIC of the first sample, late by at most
    the few milliseconds that a sample needs to reach the recorder.
    """

    room: NDArray[np.int16] = field(default_factory=lambda: np.zeros(0, np.int16))
    speaker: NDArray[np.int16] = field(default_factory=lambda: np.zeros(0, np.int16))
    began_monotonic_s: float = 0.0
    _growing: Path | None = None

    def speaker_so_far(self) -> NDArray[np.int16]:
        """What has left the speaker until now, late by the recorder's buffer; while the recording runs."""
        if self._growing is None or _size(self._growing) <= HEADER_BYTES:
            return self.speaker
        return _read_stereo(self._growing)[:, 1]


class VirtualSound:
    """Made by `VirtualSound.started`. `environment` makes a program's default sound card this one."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._count = 0
        self.environment: Mapping[str, str] = {
            "XDG_RUNTIME_DIR": str(folder),
            "PIPEWIRE_RUNTIME_DIR": str(folder),
            "XDG_CONFIG_HOME": str(folder / "config"),
            "XDG_STATE_HOME": str(folder / "state"),
            "DBUS_SESSION_BUS_ADDRESS": f"unix:path={folder}/bus",
        }

    @staticmethod
    @asynccontextmanager
    async def started() -> AsyncIterator["VirtualSound"]:
        """Raises VirtualSoundError where PipeWire is missing or does not start."""
        missing = [program for program in PROGRAMS if shutil.which(program) is None]
        if missing:
            raise VirtualSoundError(
                f"Missing for a virtual sound card: {', '.join(missing)}. `make setup` installs them."
            )
        async with AsyncExitStack() as stack:
            # Not below the caller's folder: a socket's path may have 107 bytes only.
            folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="spoq-sound-")))
            sound = VirtualSound(folder)
            await sound._start(stack)
            yield sound

    async def _start(self, stack: AsyncExitStack) -> None:
        nodes = ((ROOM, "Audio/Sink", 100), (MICROPHONE, "Audio/Source/Virtual", 2000), (SPEAKER, "Audio/Sink", 2000))
        configuration = self._folder / "pipewire.conf"
        configuration.write_text(PIPEWIRE_CONF % "\n".join(NODE % node for node in nodes))
        bus = ("dbus-daemon", "--session", "--nofork", "--nopidfile", f"--address=unix:path={self._folder}/bus")
        await stack.enter_async_context(self._running(*bus))
        await self._until(lambda: (self._folder / "bus").exists())
        await stack.enter_async_context(self._running("pipewire", "-c", str(configuration)))
        await self._until(lambda: (self._folder / "pipewire-0").exists())
        await stack.enter_async_context(self._running("wireplumber"))
        await self._until_linked(f"{ROOM}:monitor_MONO", f"{MICROPHONE}:input_MONO")
        for kind, node in (("source", MICROPHONE), ("sink", SPEAKER)):
            value = f'{{ "name": "{node}" }}'
            await self._run("pw-metadata", "0", f"default.configured.audio.{kind}", value, "Spa:String:JSON")

    # --- using it ---------------------------------------------------------------------------------

    async def play_into_microphone(self, samples: NDArray[np.int16], rate: int) -> None:
        """Play (n,) int16 mono into the room, in real time; returns when it has ended."""
        path = self._new_file()
        await asyncio.to_thread(_write_wav, path, samples, rate)
        try:
            await self._run("pw-cat", "--playback", "--target", ROOM, "--latency", str(QUANTUM), str(path))
        finally:
            path.unlink()

    @asynccontextmanager
    async def record(self) -> AsyncIterator[Recording]:
        """Record the room and the speaker; the recording is complete after the context."""
        path, name = self._new_file(), f"recorder-{self._count}"
        properties = f"{{ node.autoconnect=false node.name={name} }}"
        arguments = ("--record", "--channels", "2", "--format", "s16", "--rate", str(RATE), "-P", properties)
        recording = Recording(_growing=path)
        async with self._running("pw-cat", *arguments, str(path), end=signal.SIGINT):
            await self._until_linked(f"{ROOM}:monitor_MONO", f"{name}:input_FL")
            await self._until_linked(f"{SPEAKER}:monitor_MONO", f"{name}:input_FR")
            watching = asyncio.create_task(_watch_growth(path, recording))
            try:
                yield recording
            finally:
                watching.cancel()
                await asyncio.gather(watching, return_exceptions=True)
        channels = await asyncio.to_thread(_read_stereo, path)
        recording.room, recording.speaker, recording._growing = channels[:, 0], channels[:, 1], None
        path.unlink()

    @asynccontextmanager
    async def echo(self, delay_ms: float, gain_db: float) -> AsyncIterator[None]:
        """While it lasts, what the speaker plays comes back into the microphone, later and quieter."""
        name = f"echo-{self._count}"
        self._count += 1
        gain = 10 ** (gain_db / 20)
        capture = f"{{ node.name={name}-in node.autoconnect=false }}"
        playback = f"{{ node.name={name}-out node.autoconnect=false }}"
        arguments = ("-c", "1", "-m", "[ MONO ]", "-l", str(QUANTUM * 2), "--delay", f"{delay_ms / 1000:.4f}")
        async with self._running("pw-loopback", *arguments, "-i", capture, "-o", playback):
            await self._until_linked(f"{name}-out:output_MONO", f"{MICROPHONE}:input_MONO")
            # Only now is the node surely there; pw-cli is silent about one that is not.
            await self._run("pw-cli", "set-param", f"{name}-out", "Props", f"{{ volume: {gain:.5f} }}")
            await self._until_linked(f"{SPEAKER}:monitor_MONO", f"{name}-in:input_MONO")
            yield

    @asynccontextmanager
    async def unplugged(self) -> AsyncIterator[None]:
        """While it lasts, the microphone hears nothing any more: its link to the room is cut."""
        await self._run("pw-link", "-d", f"{ROOM}:monitor_MONO", f"{MICROPHONE}:input_MONO")
        try:
            yield
        finally:
            await self._until_linked(f"{ROOM}:monitor_MONO", f"{MICROPHONE}:input_MONO")

    # --- programs ----------------------------------------------------------------------------------

    def _new_file(self) -> Path:
        self._count += 1
        return self._folder / f"{self._count}.wav"

    async def _spawn(self, *command: str) -> asyncio.subprocess.Process:
        return await asyncio.create_subprocess_exec(
            *dying_with_parent(*command),
            env={**os.environ, **self.environment},
            stdin=asyncio.subprocess.DEVNULL,
            stdout=asyncio.subprocess.DEVNULL,
            stderr=asyncio.subprocess.DEVNULL,
            start_new_session=True,
        )

    async def _run(self, *command: str) -> int:
        process = await self._spawn(*command)
        try:
            return await process.wait()
        finally:
            if process.returncode is None:
                process.kill()
                await process.wait()

    @asynccontextmanager
    async def _running(self, *command: str, end: signal.Signals = signal.SIGTERM) -> AsyncIterator[None]:
        process = await self._spawn(*command)
        try:
            yield
        finally:
            await ended(process, END_S, end)

    async def _until_linked(self, output: str, input_: str) -> None:
        deadline = time.monotonic() + READY_S
        while await self._run("pw-link", output, input_) != 0:
            if time.monotonic() > deadline:
                raise VirtualSoundError(f"PipeWire did not start: {output} could not be linked to {input_}.")
            await asyncio.sleep(POLL_S)

    async def _until(self, true: Callable[[], bool]) -> None:
        deadline = time.monotonic() + READY_S
        while not true():
            if time.monotonic() > deadline:
                raise VirtualSoundError("PipeWire did not start.")
            await asyncio.sleep(POLL_S)


def _size(path: Path) -> int:
    return path.stat().st_size if path.exists() else 0


def _write_wav(path: Path, samples: NDArray[np.int16], rate: int) -> None:
    with wave.open(str(path), "wb") as file:
        file.setnchannels(1)
        file.setsampwidth(2)
        file.setframerate(rate)
        file.writeframes(samples.astype("<i2").tobytes())


def _read_stereo(path: Path) -> NDArray[np.int16]:
    """(n, 2) int16; the header of a recording that was ended may be wrong, so its size is not believed."""
    data = path.read_bytes()
    start = data.index(b"data") + 8
    whole = (len(data) - start) // 4 * 4
    return np.frombuffer(data[start : start + whole], "<i2").reshape(-1, 2)


async def _watch_growth(path: Path, recording: Recording) -> None:
    """No sample is in the file before it sounded: the earliest beginning that its growth allows is the best known."""
    best = float("inf")
    while True:
        await asyncio.sleep(0.005)
        size = _size(path)
        if size > HEADER_BYTES:
            best = min(best, time.monotonic() - (size - HEADER_BYTES) / 4 / RATE)
            recording.began_monotonic_s = best
