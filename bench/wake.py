"""Wake words missed and falsely accepted, through the box's own ear, faster than time."""

import itertools
import random
from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np

from audio.ear import Woke
from bench.clips import CLEAN_FLOOR_DBFS, WAKE_PHRASE, as_int16, pink
from bench.rig import Rig, at_16k
from bench.speakers import LOUDNESS_DBFS, RATE, SPEAKERS, Samples, Speaker

WORDS = 210
OTHERS_MIN = 30.0
SNRS: Sequence[float | None] = (None, 20.0, 10.0)
LATE_S = 1.0
"""A word counts as heard when it wakes the box within this time."""

CONFUSABLE = (
    "hey travis", "hey marvin", "hey charles", "hey jervis", "hey jasper", "hey there", "hey jonas", "say jarring",
    "a jar of this", "hay harvest", "they serve us", "a service", "hey, nervous", "the jar is", "a lexicon", "a lesson",
    "alaska", "election", "elixir", "a taxi", "alexander", "relax a bit", "i like her", "let's see", "all exits",
)  # fmt: skip
ORDINARY = (
    "what would you like for dinner tonight", "i think it is going to rain tomorrow",
    "the train leaves at half past six",
    "did you remember to lock the door", "we watched a film about the sea", "she said that she would call you later",
    "there is some bread left in the kitchen", "he plays the piano every evening", "could you pass me the salt please",
    "the children are in the garden", "my back hurts when i sit for long", "let us meet in front of the station",
    "that book was better than i expected", "the neighbours have a new dog", "turn left behind the church",
    "how was your day at work", "the soup needs a little more pepper", "they moved to the city last year",
)  # fmt: skip
OWN_ANSWERS = (
    "It's ten past seven.", "Timer set for five minutes.", "Alarm set for tomorrow at seven in the morning.",
    "On the shopping list: milk, eggs and bread.", "Ten miles are about 16.1 kilometers.",
    "You can ask me for the time, set timers and alarms, keep lists, do sums and turn miles into kilometers.",
    "Sorry, I didn't understand that.",
)  # fmt: skip
OWN_VOICE = Speaker("the box", "espeak-ng", "en-us", 165)


def measure(words: int, others_min: float, seed: int) -> dict[str, Any]:
    """Both figures, with how much they rest on."""
    dice = random.Random(seed)
    missed = [_is_missed(speaker, snr, dice) for speaker, snr in itertools.islice(_speakers(), words)]
    accepted = list(_false_accepts(others_min * 60, dice))
    return {
        "words": words,
        "voices": len(SPEAKERS),
        "missed": round(sum(missed) / max(1, words), 4),
        "missed_of": {_name(snr): _share(missed, words, number) for number, snr in enumerate(SNRS)},
        "others_min": others_min,
        "false_accepts": [{"word": woke.wake.word, "said": said} for woke, said in accepted],
        "false_accepts_per_30_min": round(len(accepted) * 30 / others_min, 2) if others_min else None,
    }


def _speakers() -> Iterator[tuple[Speaker, float | None]]:
    for number in itertools.count():
        yield SPEAKERS[number // len(SNRS) % len(SPEAKERS)], SNRS[number % len(SNRS)]


def _share(missed: Sequence[bool], words: int, number: int) -> float | None:
    mine = [missed[at] for at in range(number, words, len(SNRS))]
    return round(sum(mine) / len(mine), 4) if mine else None


def _name(snr: float | None) -> str:
    return "clean" if snr is None else f"snr{snr:.0f}"


def _is_missed(speaker: Speaker, snr: float | None, dice: random.Random) -> bool:
    """The word alone after two seconds of the room, as when nobody has spoken for long."""
    word = speaker.say(WAKE_PHRASE) * 10 ** (dice.uniform(-6, 3) / 20)
    quiet = np.zeros(2 * RATE, np.float32)
    whole = np.concatenate([quiet, word, np.zeros(int(LATE_S * RATE), np.float32)])
    noise_dbfs = CLEAN_FLOOR_DBFS if snr is None else LOUDNESS_DBFS - snr
    whole = whole + pink(len(whole), noise_dbfs, dice.getrandbits(32))
    heard = Rig(stop_word=False).hear(as_int16(at_16k(whole)))
    return not any(isinstance(each, Woke) and each.wake.accepted for each in heard)


def _false_accepts(seconds: float, dice: random.Random) -> Iterator[tuple[Woke, str]]:
    """In the speech of others, confusable words and the box's own voice among them; with what was said."""
    rig, heard_s = Rig(stop_word=False), 0.0
    while heard_s < seconds:
        said, sound = _somebody(dice)
        heard_s += len(sound) / RATE
        for each in rig.hear(as_int16(at_16k(sound))):
            if isinstance(each, Woke) and each.wake.accepted:
                yield each, said


def _somebody(dice: random.Random) -> tuple[str, Samples]:
    kind = dice.random()
    if kind < 0.25:
        speaker, said = OWN_VOICE, dice.choice(OWN_ANSWERS)
    else:
        speaker, said = dice.choice(SPEAKERS), dice.choice(CONFUSABLE if kind < 0.5 else ORDINARY)
    sound = speaker.say(said)
    sound = sound * 10 ** (dice.uniform(-9, 3) / 20)
    whole = np.concatenate([sound, np.zeros(int(dice.uniform(0.1, 0.6) * RATE), np.float32)])
    return said, whole + pink(len(whole), CLEAN_FLOOR_DBFS, dice.getrandbits(32))
