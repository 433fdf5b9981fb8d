""" "Stop", said while the box speaks or rings: how soon it is silent, how often it is missed, how often nobody said it.

The first two in real time with the speaker's sound in the microphone, the third through the ear alone, faster than
time.
"""

import asyncio
import random
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from audio.ear import Stopped
from bench.clips import CLEAN_FLOOR_DBFS, as_int16, pink
from bench.figures import percentiles
from bench.household import type_to
from bench.rig import Rig, at_16k
from bench.speakers import RATE, SPEAKERS, Speaker
from bench.turns import AUDIBLE
from bench.wake import OWN_ANSWERS, OWN_VOICE
from bus import messages_pb2 as pb
from bus import subjects as s
from bus.client import Bus
from daemons.virtual_sound import Recording, VirtualSound

TRIALS = 40
PLAYBACK_MIN = 60.0
ECHO_MS, ECHO_DB = 30.0, -15.0
LEAD_S = 0.2
MISSED_S = 1.0
"""Still sounding so long after the word: it was missed."""
LONG = (
    "On the shopping list: apples, bananas, bread, butter, carrots, cheese, chocolate, coffee, eggs, flour, garlic, "
    "honey, lemons, milk, mushrooms, oats, olives, onions, oranges, pasta, pears, pepper, potatoes, rice and tomatoes."
)


@dataclass(frozen=True)
class Trial:
    """`after_s`: how long the box has been sounding when somebody says the word."""

    speaker: Speaker
    alarm: bool
    after_s: float


async def measure(sound: VirtualSound, bus: Bus, count: int, seed: int) -> dict[str, Any]:
    """`count` words by all speakers, during answers and alarms in turn."""
    dice = random.Random(seed)
    trials = [Trial(SPEAKERS[n % len(SPEAKERS)], n % 2 == 1, dice.uniform(1.0, 2.5)) for n in range(count)]
    async with sound.echo(ECHO_MS, ECHO_DB):
        silent_ms = [await _silent_after_ms(trial, sound, bus) for trial in trials]
    heard = [each for each in silent_ms if each is not None]
    return {**percentiles(heard), "words": count, "missed": round(1 - len(heard) / max(1, count), 4)}


async def _silent_after_ms(trial: Trial, sound: VirtualSound, bus: Bus) -> float | None:
    """From the last sample of the word to the last that could be heard; None where it went on."""
    await bus.request(s.TURN_STOP, pb.StopTurn())
    word = trial.speaker.say("stop")
    said = np.concatenate([np.zeros(int(LEAD_S * RATE), np.float32), word, np.zeros(RATE, np.float32)])
    said = said + pink(len(said), CLEAN_FLOOR_DBFS, 1)
    async with sound.record() as recording:
        if trial.alarm:
            await type_to(bus, "set a timer for one second")
            await asyncio.sleep(1.0)
        else:
            await bus.request(s.ANNOUNCE, pb.Announce(text=LONG))
        await asyncio.sleep(trial.after_s)
        await sound.play_into_microphone(as_int16(said), RATE)
        await asyncio.sleep(MISSED_S)
        await bus.request(s.TURN_STOP, pb.StopTurn())
    await type_to(bus, "cancel all timers")
    return _silence(recording, int(LEAD_S * RATE) + len(word))


def _silence(recording: Recording, word_end: int) -> float | None:
    began = np.flatnonzero(recording.room)
    loud = np.flatnonzero(np.abs(recording.speaker.astype(np.int32)) >= AUDIBLE)
    if not began.size or not loud.size:
        return None
    after = (int(loud[-1]) - int(began[0]) - word_end) / RATE
    return after * 1000 if after < MISSED_S else None


def false_stops(minutes: float, seed: int) -> dict[str, Any]:
    """How often the ear takes the box's own playback for the word."""
    dice, rig, heard_s, stops = random.Random(seed), Rig(stop_word=True), 0.0, 0
    while heard_s < minutes * 60:
        played = OWN_VOICE.say(_answer(dice))
        heard_s += len(played) / RATE
        played = np.concatenate([played, np.zeros(RATE // 10, np.float32)])
        delay = int(ECHO_MS / 1000 * RATE)
        echo = np.concatenate([np.zeros(delay, np.float32), played[:-delay]]) * np.float32(10 ** (ECHO_DB / 20))
        microphone = echo + pink(len(echo), CLEAN_FLOOR_DBFS, dice.getrandbits(32))
        heard = rig.hear(as_int16(at_16k(microphone)), as_int16(played))
        stops += sum(isinstance(each, Stopped) for each in heard)
    return {"playback_min": minutes, "false_per_hour": round(stops * 60 / minutes, 2)}


def _answer(dice: random.Random) -> str:
    things: Sequence[str] = LONG.removeprefix("On the shopping list: ").rstrip(".").replace(" and ", ", ").split(", ")
    hour, minute = dice.randint(1, 12), dice.randint(2, 59)
    return dice.choice(
        (
            *OWN_ANSWERS,
            f"On the shopping list: {', '.join(dice.sample(list(things), 6))}.",
            f"Alarm set for tomorrow at {hour} {minute} in the morning.",
            f"The {dice.choice(('pasta', 'pizza', 'tea', 'egg'))} timer runs for another {minute} minutes.",
            f"{minute} times {hour} is {minute * hour}.",
        )
    )
