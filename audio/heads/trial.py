"""What the daemon's own ear makes of sound, faster than real time: `python -m audio.heads.trial wake` (or `stop`).

The sound goes through everything that audiod has between capture and the bus: canceller, gate, look-back, embeddings,
heads, refractory times.
"""

import argparse
import logging
import random
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field, replace

import numpy as np

from audio.capture import PIECE, Piece
from audio.config import Config
from audio.ear import Ear, Heard, Stopped, Woke
from audio.echo import Reference, Samples
from audio.heads.corpus import (
    ALEXA,
    CORE_CONFUSABLE,
    HEY_JARVIS,
    RATE,
    REQUESTS,
    SENTENCES,
    Pcm,
    Side,
    Voice,
    Word,
    voices,
)
from audio.heads.streams import LEADS, Room, Said, quiet_stream, stream
from audio.stopword import StopWord
from audio.wakeword import OpenWakeWord

log = logging.getLogger(__name__)

SPEAKERS = (
    *(("espeak", name) for name in ("en-us", "en-gb", "en-gb-scotland", "en-gb-x-rp", "en-us-nyc")),
    *(("espeak", name) for name in ("en-us+f3", "en-us+m3", "en-gb+f2", "en-us+m7", "en-gb+f5", "en-us+Annie")),
    *(("flite", name) for name in ("kal16", "awb", "rms", "slt", "kal")),
)

LEAD = LEADS[0]
IN_A_ROOM = 32
ROOM = Room(-18.0, -70.0, 0.5, -26.0, None, 0.3, True)


class Played(Reference):
    """What the box plays, at 16 kHz, piece by piece as it is asked for."""

    def __init__(self) -> None:
        super().__init__()
        self.far: Samples = np.zeros(0, np.int16)

    def take(self) -> Samples:
        piece, self.far = self.far[:PIECE], self.far[PIECE:]
        return piece if len(piece) == PIECE else np.zeros(PIECE, np.int16)


class Trial:
    """An ear with the daemon's models."""

    def __init__(self, config: Config) -> None:
        self._reference = Played()
        self._models = OpenWakeWord(config.wake.words)
        self._config = config
        self._streams = 0
        self.begin()

    def begin(self) -> None:
        """As after a start: the canceller has to find the echo anew."""
        self.ear = Ear(self._config, self._models, StopWord(self._config.stop), self._reference)

    def hear(self, near: Pcm, far: Pcm | None = None) -> Iterator[Heard]:
        """What a new stream of `near` brings. Where `far` (as long) is given, the box sounds all the time."""
        self._streams += 1
        samples = np.clip(np.rint(near), -32768, 32767).astype(np.int16)
        played = np.zeros(0) if far is None else np.clip(np.rint(far), -32768, 32767)
        self._reference.far = played.astype(np.int16)
        for at in range(0, len(samples) - PIECE + 1, PIECE):
            piece = Piece(str(self._streams), at, samples[at : at + PIECE], 1 + (at + PIECE) * 62_500)
            yield from self.ear.hear(piece, far is not None)


@dataclass
class Report:
    """Counts, and which voices and texts they were."""

    said: int = 0
    missed: Counter[str] = field(default_factory=Counter)
    false: Counter[str] = field(default_factory=Counter)
    late_ms: list[float] = field(default_factory=list)
    minutes: float = 0.0

    def told(self) -> str:
        late = np.percentile(self.late_ms, [5, 50, 95]).round().tolist() if self.late_ms else []
        return (
            f"missed {self.missed.total()} of {self.said} {dict(self.missed)}; false {self.false.total()} in "
            f"{self.minutes:.1f} min {dict(self.false)}; after the end (ms, p5 p50 p95) {late}"
        )


def wakes(trial: Trial, word: Word, name: str, count: int, dice: random.Random, snr_db: float | None) -> Report:
    """`count` times the word by sixteen voices, half of them with a request right behind it."""
    report = Report()
    for number in range(count):
        engine, voice = SPEAKERS[number % len(SPEAKERS)]
        speaker = Voice(engine, voice, dice.randint(35, 65), dice.randint(140, 190))
        request = dice.choice(("", f", {dice.choice(REQUESTS)}"))
        sound = _at_level(speaker.say(word.phrase + request), dice.uniform(-25, -8))
        near = np.concatenate([np.zeros(LEAD, np.float32), sound, np.zeros(RATE, np.float32)])
        report.said += 1
        report.minutes += len(near) / RATE / 60
        noisy = _with_noise(near, sound, snr_db, number)
        accepted = [each.wake for each in _woke(trial.hear(noisy)) if each.wake.accepted]
        if not any(wake.word == name for wake in accepted):
            report.missed[voice] += 1
        report.false.update(wake.word for wake in accepted if wake.word != name)
        end = LEAD + len(speaker.say(word.phrase))
        report.late_ms += [(wake.position - end) / 16 for wake in accepted[:1] if not request]
    return report


def others(trial: Trial, minutes: float, side: Side, dice: random.Random) -> Report:
    """Other speech: sentences, what is taken for a wake word, and the box's own answers through the canceller."""
    report = Report()
    speakers = voices(side, dice)
    confusable = (*HEY_JARVIS.confusable, *HEY_JARVIS.unseen, *ALEXA.confusable, *ALEXA.unseen)
    while report.minutes < minutes:
        kind = dice.choice(("sentences", "confusable", "own voice"))
        room = replace(ROOM, playback_db=dice.uniform(-12, 6), cancelled=True) if kind == "own voice" else ROOM
        texts = confusable if kind == "confusable" else SENTENCES
        said = [_said(next(speakers), dice.choice(texts)) for _ in range(8)]
        sound = quiet_stream(25.0, room, dice) if kind == "own voice" else stream(iter(said), 8, False, room, dice)
        for woke in _woke(trial.hear(sound.microphone, sound.far)):
            if woke.wake.accepted:
                texts_there = [place.text for place in sound.places if place.start < woke.wake.position + 3200]
                report.false[f"{woke.wake.word}: {texts_there[-1] if texts_there else kind}"] += 1
        report.minutes += len(sound.microphone) / RATE / 60
    return report


def stops(trial: Trial, count: int, side: Side, dice: random.Random) -> Report:
    """ "stop" over the box's own answers and alarms, eight to a stream."""
    report = Report()
    speakers = voices(side, dice)
    for _ in range(count // IN_A_ROOM):
        room = replace(ROOM, playback_db=dice.uniform(-12, 3), cancelled=True)
        trial.begin()
        said = [_said(next(speakers), "stop") for _ in range(IN_A_ROOM)]
        sound = stream(iter(said), IN_A_ROOM, True, room, dice)
        at = [each.position for each in trial.hear(sound.microphone, sound.far) if isinstance(each, Stopped)]
        for place in sound.places:
            after_ms = [(position - place.end) / 16 for position in at if -4800 < position - place.end < 8000]
            report.said += 1
            report.missed.update([] if after_ms else [f"{room.playback_db:.0f} dB"])
            report.late_ms += after_ms[:1]
    return report


def false_stops(trial: Trial, minutes: float, side: Side, dice: random.Random, *, speech: bool) -> Report:
    """The box's own answers and alarms, alone or while people say what is not the word."""
    report = Report()
    speakers = voices(side, dice)
    while report.minutes < minutes:
        room = replace(ROOM, playback_db=dice.uniform(-12, 6), cancelled=True)
        texts = (*CORE_CONFUSABLE, *SENTENCES)
        said = [_said(next(speakers), dice.choice(texts)) for _ in range(8)]
        sound = stream(iter(said), 8, False, room, dice) if speech else quiet_stream(30.0, room, dice)
        for each in trial.hear(sound.microphone, sound.far):
            if isinstance(each, Stopped):
                there = [place.text for place in sound.places if place.start < each.position < place.end + 6400]
                report.false[there[-1] if there else "own voice"] += 1
        report.minutes += len(sound.microphone) / RATE / 60
    return report


def _said(speaker: Voice, text: str) -> Said:
    sound = speaker.say(text)
    return Said(text, sound, 0, len(sound))


def _woke(heard: Iterator[Heard]) -> list[Woke]:
    return [each for each in heard if isinstance(each, Woke)]


def _at_level(sound: Pcm, dbfs: float) -> Pcm:
    return np.asarray(sound / np.max(np.abs(sound)) * 32767 * 10 ** (dbfs / 20), np.float32)


def _with_noise(near: Pcm, sound: Pcm, snr_db: float | None, seed: int) -> Pcm:
    if snr_db is None:
        return near
    rms = float(np.sqrt(np.mean(sound**2))) * 10 ** (-snr_db / 20)
    return near + rms * np.random.default_rng(seed).standard_normal(len(near), np.float32)


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m audio.heads.trial", description=(__doc__ or "").splitlines()[0])
    parser.add_argument("what", choices=("wake", "others", "stop"))
    parser.add_argument("--count", type=int, default=112)
    parser.add_argument("--minutes", type=float, default=30.0)
    parser.add_argument("--seed", type=int, default=11)
    arguments = parser.parse_args()
    logging.basicConfig(level=logging.INFO, format="%(message)s")
    trial, dice = Trial(Config()), random.Random(arguments.seed)  # noqa: S311
    if arguments.what == "wake":
        for name, word in (("hey_jarvis", HEY_JARVIS), ("alexa", ALEXA)):
            for snr_db in (None, 20.0, 10.0):
                report = wakes(trial, word, name, arguments.count, dice, snr_db)
                log.info("%s, %s dB of noise: %s", name, snr_db, report.told())
    elif arguments.what == "others":
        log.info("others: %s", others(trial, arguments.minutes, Side.TEST, dice).told())
    else:
        log.info("stop: %s", stops(trial, arguments.count, Side.TEST, dice).told())
        for speech in (False, True):
            report = false_stops(trial, arguments.minutes, Side.TEST, dice, speech=speech)
            log.info("not stop (%s): %s", "others speak" if speech else "nobody speaks", report.told())


if __name__ == "__main__":
    main()
