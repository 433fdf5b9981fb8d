"""The sound card, by PortAudio.

`SoundCard` is what the rest needs: open a microphone, open a speaker, look again what is plugged in. Everything here
may block for a while (a card that went away is slow to let go), so it is called off the event loop. The callbacks run
in PortAudio's own threads and must not block.

PortAudio tells how old a microphone's samples are and when a speaker's leave; where a driver tells nonsense, the time
of the callback stands in. It notices new cards only when it is started anew, which `rescan` does.
"""

import faulthandler
import logging
import os
import sys
import time
from collections.abc import Callable
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from audio.capture import Block
from audio.config import CardConfig
from audio.errors import CardRefused
from audio.resample import Resampler

log = logging.getLogger(__name__)

Samples = NDArray[np.int16]
Render = Callable[[int, int], Samples]
"""(count, CLOCK_MONOTONIC in nanoseconds when the first of them leaves) → so many samples of 48 kHz."""

PLAYED_RATE = 48_000
USUAL_RATES = (48_000, 44_100, 32_000, 16_000, 96_000)
BELIEVABLE_S = 0.5
"""A driver that claims a longer way through its buffers is not believed."""


def keep_drivers_quiet() -> None:
    """From now on only Python writes to stderr. ALSA and PortAudio print pages of what they tried at every start, and
    a PortAudio that hangs prints millions of lines a second."""
    own = os.dup(2)
    os.set_inheritable(own, False)
    nowhere = os.open(os.devnull, os.O_WRONLY)
    sys.stderr.flush()
    sys.stderr = os.fdopen(own, "w", buffering=1, errors="backslashreplace")
    os.dup2(nowhere, 2)
    os.close(nowhere)
    if faulthandler.is_enabled():
        faulthandler.enable(sys.stderr)


class Line(Protocol):
    """An open microphone or speaker. `name` and `latency_ms` are what the card says of it."""

    @property
    def name(self) -> str: ...

    @property
    def rate(self) -> int: ...

    @property
    def latency_ms(self) -> float: ...

    def close(self) -> None:
        """Its callback is not called any more after this."""
        ...


class SoundCard(Protocol):
    def rescan(self) -> None:
        """Look again what is plugged in. Nothing of this card may be open."""
        ...

    def open_microphone(self, on_block: Callable[[Block], None]) -> Line:
        """Raises CardRefused."""
        ...

    def open_speaker(self, render: Render) -> Line:
        """Raises CardRefused."""
        ...


class _OpenLine:
    def __init__(self, stream: Any, name: str, rate: int) -> None:
        self._stream = stream
        self.name = name
        self.rate = rate
        self.latency_ms = 1000 * float(stream.latency)

    def close(self) -> None:
        try:
            self._stream.abort(ignore_errors=True)
        finally:
            self._stream.close(ignore_errors=True)


class PortAudioCard:
    """The computer's sound card."""

    def __init__(self, config: CardConfig) -> None:
        # Importing it looks for cards, which takes a while and belongs off the event loop, as everything here.
        import sounddevice

        self._portaudio: Any = sounddevice
        self._config = config

    def rescan(self) -> None:
        self._portaudio._terminate()
        self._portaudio._initialize()

    def open_microphone(self, on_block: Callable[[Block], None]) -> Line:
        device = self._device("input", self._config.input)
        return self._open(device, "input", lambda rate, channels: _Microphone(on_block, rate, channels))

    def open_speaker(self, render: Render) -> Line:
        device = self._device("output", self._config.output)
        return self._open(device, "output", lambda rate, channels: _Speaker(render, rate, channels))

    def _device(self, kind: str, wanted: str) -> dict[str, Any]:
        try:
            device: dict[str, Any] = self._portaudio.query_devices(wanted or None, kind)
        except (ValueError, self._portaudio.PortAudioError) as error:
            what = "microphone" if kind == "input" else "speaker"
            called = f" called {wanted!r}" if wanted else ""
            raise CardRefused(f"There is no {what}{called}.") from error
        return device

    def _open(self, device: dict[str, Any], kind: str, callback: Callable[[int, int], Callable[..., None]]) -> Line:
        """At 48 kHz or the device's own rate, in mono or with all its channels: the first that it accepts."""
        most = int(device[f"max_{kind}_channels"])
        rates = dict.fromkeys((PLAYED_RATE, int(device["default_samplerate"]), *USUAL_RATES))
        failure = ""
        for rate in rates:
            for channels in sorted({1, min(2, most), min(8, most)}):
                try:
                    return self._start(device, kind, rate, channels, callback(rate, channels))
                except self._portaudio.PortAudioError as error:
                    failure = failure or str(error)
        raise CardRefused(f"{device['name']} can't be opened: {failure}")

    def _start(
        self, device: dict[str, Any], kind: str, rate: int, channels: int, callback: Callable[..., None]
    ) -> Line:
        kinds = {"input": self._portaudio.RawInputStream, "output": self._portaudio.RawOutputStream}
        stream = kinds[kind](
            samplerate=rate,
            blocksize=self._block(kind, rate),
            device=device["index"],
            channels=channels,
            dtype="int16",
            latency=self._config.latency_ms / 1000 or "low",
            callback=callback,
        )
        try:
            stream.start()
        except self._portaudio.PortAudioError:
            stream.close(ignore_errors=True)
            raise
        return _OpenLine(stream, str(device["name"]), rate)

    def _block(self, kind: str, rate: int) -> int:
        """Samples. Sound servers count in powers of two, and wake a speaker twice for a block that is none. What is
        cut from a microphone's blocks is 10 ms long, and waits for no second block if these are, too."""
        wanted = rate * self._config.block_ms // 1000
        return wanted if kind == "input" else 1 << (wanted - 1).bit_length()


class _Microphone:
    """PortAudio's callback for input. What was lost in an overflow is told from the time between two callbacks."""

    def __init__(self, on_block: Callable[[Block], None], rate: int, channels: int) -> None:
        self._on_block = on_block
        self._rate = rate
        self._channels = channels
        self._captured_ns = 0

    def __call__(self, data: Any, frames: int, times: Any, status: Any) -> None:
        now_ns = time.monotonic_ns()
        samples = np.frombuffer(data, np.int16).reshape(frames, -1)[:, 0].copy()
        age_s = times.currentTime - times.inputBufferAdcTime - frames / self._rate
        captured_ns = now_ns - int(age_s * 1e9) if 0 < age_s < BELIEVABLE_S else now_ns
        lost = 0
        if status.input_overflow and self._captured_ns:
            lost = max(0, (captured_ns - self._captured_ns) * self._rate // 1_000_000_000 - frames)
        self._captured_ns = captured_ns
        self._on_block(Block(samples, captured_ns, lost))


class _Speaker:
    """PortAudio's callback for output."""

    def __init__(self, render: Render, rate: int, channels: int) -> None:
        self._render = render
        self._rate = rate
        self._channels = channels
        self._resampler = Resampler(PLAYED_RATE, rate)
        self._ready = np.zeros(0, np.int16)

    def __call__(self, data: Any, frames: int, times: Any, _status: Any) -> None:
        wait_s = times.outputBufferDacTime - times.currentTime
        leaves_ns = time.monotonic_ns() + (int(wait_s * 1e9) if 0 < wait_s < BELIEVABLE_S else 0)
        samples = self._samples(frames, leaves_ns)
        data[:] = (samples if self._channels == 1 else np.repeat(samples, self._channels)).tobytes()

    def _samples(self, count: int, leaves_ns: int) -> Samples:
        if self._rate == PLAYED_RATE:
            return self._render(count, leaves_ns)
        while len(self._ready) < count:
            waiting_ns = len(self._ready) * 1_000_000_000 // self._rate
            fresh = self._render(PLAYED_RATE // 100, leaves_ns + waiting_ns)
            self._ready = np.concatenate([self._ready, self._resampler.process(fresh)])
        samples, self._ready = self._ready[:count], self._ready[count:]
        return samples
