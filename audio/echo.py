"""The microphone without the box's own voice: WebRTC's audio processing, 10 ms at a time.

The reference is what the mixer rendered, tapped where the sound card is fed. It comes in the card's rhythm and is
wanted in the microphone's, so it waits in a queue that finds its own depth: when it runs dry a piece of silence is put
in (from then on it is deeper), and when it has been deeper than needed for a while, a piece of silence is taken out.
The canceller finds the delay between reference and echo by itself, as long as the reference comes first.

Two modules in a row: what the wake words hear has no noise suppression, which costs them hits (docs/evidence.md).
"""

import ctypes
from collections import deque
from typing import Any

import numpy as np
from livekit import rtc
from livekit.rtc import _ffi_client
from numpy.typing import NDArray

from audio.config import EchoConfig
from audio.resample import Resampler
from audio.soundcard import Render

Samples = NDArray[np.int16]

RATE = 16_000
PIECE = 160
PLAYED_RATE = 48_000
PIECE_BYTES = 2 * PIECE
MOST_WAITING = 50
"""Pieces (0.5 s) that wait at most: a microphone that stands still must not make the reference old."""
CALM = 500
"""Pieces (5 s) after which a queue that never ran dry gives one back."""
SILENCE = np.zeros(PIECE, np.int16)

# LiveKit tells its log to a Python function, from a thread of its own that goes on while the interpreter ends: asked to
# stop there, it aborts the process. It has nothing to say that is wanted, so it tells a C function that only reads.
_ffi_client.ffi_event_callback = _ffi_client.ffi_cb_fnc(("strnlen", ctypes.CDLL(None)))


class Reference:
    """What was played, for the canceller. `played` is called in the sound card's thread, `take` in the audio thread."""

    def __init__(self) -> None:
        self._blocks: deque[Samples | int] = deque(maxlen=4 * MOST_WAITING)
        self._resampler = Resampler(PLAYED_RATE, RATE)
        self._ready = np.zeros(0, np.int16)
        self._silence = 0
        self._least = MOST_WAITING
        self._taken = 0
        self.underruns = 0
        self.dropped = 0

    def played(self, samples: Samples) -> None:
        """48 kHz mono on its way to the DAC."""
        # Silence is most of a day: it is counted, not resampled.
        self._blocks.append(samples if samples.any() else len(samples))

    def take(self) -> Samples:
        """The next 10 ms."""
        self._collect()
        if len(self._ready) < PIECE:
            self.underruns += 1
            self._least = 0
            return SILENCE
        piece = self._ready[:PIECE]
        self._ready = self._ready[PIECE:]
        self._least = min(self._least, len(self._ready) // PIECE)
        self._give_back()
        return piece

    def _collect(self) -> None:
        fresh = []
        while self._blocks:
            block = self._blocks.popleft()
            fresh.append(self._silent(block) if isinstance(block, int) else self._resampler.process(block))
        if fresh:
            self._ready = np.concatenate([self._ready, *fresh])[-MOST_WAITING * PIECE :]

    def _silent(self, played: int) -> Samples:
        count, self._silence = divmod(self._silence + played, PLAYED_RATE // RATE)
        return np.zeros(count, np.int16)

    def _give_back(self) -> None:
        self._taken += 1
        if self._taken < CALM:
            return
        if self._least and not self._ready[:PIECE].any():
            self._ready = self._ready[PIECE:]
            self.dropped += 1
        self._taken, self._least = 0, MOST_WAITING


def tapped(render: Render, reference: Reference) -> Render:
    """`render`, with everything it makes told to `reference`."""

    def render_and_tell(count: int, leaves_ns: int) -> Samples:
        samples = render(count, leaves_ns)
        reference.played(samples)
        return samples

    return render_and_tell


class Canceller:
    """Echo cancellation, high-pass and gain control for everyone; noise suppression for the frames on the bus."""

    def __init__(self, config: EchoConfig) -> None:
        self._first: Any = None
        if config.echo_cancellation or config.high_pass or config.gain_control:
            self._first = rtc.AudioProcessingModule(
                echo_cancellation=config.echo_cancellation,
                high_pass_filter=config.high_pass,
                auto_gain_control=config.gain_control,
            )
        self._second: Any = rtc.AudioProcessingModule(noise_suppression=True) if config.noise_suppression else None
        self._cancels = config.echo_cancellation

    def clean(self, piece: Samples, reference: Samples) -> Samples:
        """10 ms of the microphone without what `reference` left in it."""
        if self._first is None:
            return piece
        if self._cancels:
            self._first.process_reverse_stream(_frame(reference))
        return _through(self._first, piece)

    def without_noise(self, piece: Samples) -> Samples:
        """10 ms that were cleaned, with less of the room's noise."""
        return piece if self._second is None else _through(self._second, piece)


def _frame(piece: Samples) -> rtc.AudioFrame:
    return rtc.AudioFrame(bytearray(piece.tobytes()), RATE, 1, PIECE)


def _through(module: Any, piece: Samples) -> Samples:
    frame = _frame(piece)
    module.process_stream(frame)
    return np.frombuffer(bytes(frame.data), np.int16)
