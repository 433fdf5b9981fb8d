"""What the box makes of 10 ms of sound: frames for the bus, a wake word, the stop word, a level. Pure.

    piece ─▶ echo canceller ─┬─▶ noise suppression ─▶ pre-roll ─▶ frames, as long as they are wanted (while the box is
                             │                                    silent, the pre-roll takes the piece itself)
                             └─▶ voice gate ─▶ embeddings (40 ms hops) ─▶ wake words
                                                                      └─▶ stop word, while something sounds

Frames are handed out before the models run. The models run only while the gate is open, or something sounds; when it
opens they look back, two hops for every piece that comes, until they have caught up.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Protocol

import numpy as np

from audio.capture import Piece, Samples
from audio.config import Config
from audio.echo import Canceller, Reference
from audio.features import Features, Floats
from audio.gate import Gate
from audio.level import Level, Meter
from audio.preroll import Frame, PreRoll
from audio.ring import SampleRing
from audio.wakeword import HEAD_INPUT, OpenWakeWord, Wake, WakeWords

HOPS_A_PIECE = 2
KEPT = 3 * 16_000
ECHO_TAIL = 16_000 // 4
"""Samples that the box's own sound still counts as sounding after its last one."""


class StopWord(Protocol):
    """As `audio.stopword.StopWord`."""

    def hear(self, embeddings: Floats, mel: Floats) -> bool:
        """(N, 96), 80 ms apart, and (76, 32), newest last, asked every 40 ms; True once a word."""
        ...

    def begin(self) -> None:
        """Another stream: what was heard before does not count."""
        ...


@dataclass(frozen=True)
class Woke:
    """A wake word, or nearly one. `captured_ns`: when the sample where it ended entered capture."""

    stream: str
    wake: Wake
    captured_ns: int


@dataclass(frozen=True)
class Stopped:
    """The stop word was said while something sounded."""

    stream: str
    position: int


@dataclass(frozen=True)
class VoiceBegan:
    """The first voice since `await_voice`, and where it was."""

    stream: str
    position: int


Heard = Frame | Woke | Stopped | VoiceBegan | Level


class Ear:
    """One at a time; all of it in one thread, but for `reference.played`."""

    def __init__(self, config: Config, models: OpenWakeWord, stop: StopWord | None, reference: Reference) -> None:
        self.preroll = PreRoll()
        self._config = config
        self._models = models
        self._stop = stop
        self._reference = reference
        self._canceller = Canceller(config.echo)
        self._clean = SampleRing(KEPT)
        self._uncleaned = SampleRing(KEPT)
        self._gate = Gate(config.gate)
        self._features = Features(models)
        self._uncleaned_features = Features(models)
        self._words = WakeWords(config.wake)
        self._meter = Meter()
        self._sounds_from = 0
        self._sounds_until = 0
        self._awaits_voice = False

    @property
    def awake(self) -> bool:
        """Somebody waits for what comes next: frames are wanted, or a wake word may just be said."""
        return self.preroll.streaming or self._gate.open or self._sounds

    def await_voice(self) -> None:
        """Tell when voice is heard next, once."""
        self._awaits_voice = True

    def hear(self, piece: Piece, sounding: bool) -> Iterator[Heard]:
        """What the next piece brings. `sounding`: the box makes a sound just now."""
        if piece.stream != self.preroll.stream:
            self._begin(piece)
        clean = self._canceller.clean(piece.samples, self._reference.take())
        self._clean.add(clean)
        self._uncleaned.add(piece.samples)
        self.preroll.add(self._for_recognition(piece, clean, sounding), piece.captured_ns)
        yield from self.preroll.frames()
        self._gate.hear(clean)
        if self._awaits_voice and self._gate.voice:
            self._awaits_voice = False
            yield VoiceBegan(piece.stream, piece.position)
        if sounding:
            if not self._sounds:
                self._sounds_from = piece.position
            self._sounds_until = piece.position + ECHO_TAIL
        if self._gate.open or self._sounds or not self._config.gate.enabled:
            yield from self._listen()
        level = self._meter.hear(piece, self._gate.open)
        if level is not None:
            yield level

    def _second_hearing(self, scores: Mapping[str, float], position: int) -> Mapping[str, float]:
        """While the box sounds, echo cancellation also damages who speaks over it, so the microphone itself is listened
        to beside. The box's own voice is in there, too: it does not say its wake words."""
        features = self._uncleaned_features
        if features.position + features.hop == position:
            features.embed(self._uncleaned)
        else:
            features.jump(self._uncleaned, position)
        embeddings = np.ascontiguousarray(features.for_words(HEAD_INPUT))
        return {name: max(score, self._models.heads[name](embeddings)) for name, score in scores.items()}

    def _for_recognition(self, piece: Piece, clean: Samples, sounding: bool) -> Samples:
        """The microphone itself while the box is silent: cleaning it costs a tenth of the recognised requests."""
        if sounding or self._sounds or self._config.echo.always:
            return self._canceller.without_noise(clean)
        return piece.samples

    @property
    def _sounds(self) -> bool:
        return self._clean.end <= self._sounds_until

    def _begin(self, piece: Piece) -> None:
        self.preroll.begin(piece.stream, piece.position)
        self._clean.clear(piece.position)
        self._uncleaned.clear(piece.position)
        self._words.begin()
        self._features.position = piece.position
        self._sounds_from = self._sounds_until = piece.position
        if self._stop is not None:
            self._stop.begin()

    def _listen(self) -> Iterator[Heard]:
        oldest = self._clean.end - self._config.gate.look_back_ms * 16
        if self._features.position + self._features.hop < oldest:
            self._features.jump(self._clean, max(self._clean.start, oldest))
        for _ in range(HOPS_A_PIECE):
            if self._features.position + self._features.hop > self._clean.end:
                return
            self._features.embed(self._clean)
            yield from self._judge(self._features.position)

    def _judge(self, position: int) -> Iterator[Heard]:
        stream = self.preroll.stream
        embeddings = np.ascontiguousarray(self._features.for_words(HEAD_INPUT))
        stop = self._stop if self._sounds and position > self._sounds_from else None
        if stop is not None and stop.hear(embeddings, self._features.mel):
            yield Stopped(stream, position)
        scores: Mapping[str, float] = {name: head(embeddings) for name, head in self._models.heads.items()}
        if self._sounds:
            scores = self._second_hearing(scores, position)
        for wake in self._words.hear(scores, position, self._sounds):
            yield Woke(stream, wake, self.preroll.captured_ns(wake.position))
