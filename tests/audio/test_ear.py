"""The ear with the daemon's own models and synthetic voices: wake words, the stop word, and frames from before them."""

from collections.abc import Iterator
from itertools import pairwise

import numpy as np
import pytest

from audio.config import Config
from audio.ear import Stopped, VoiceBegan, Woke
from audio.heads.corpus import RATE, Pcm, Voice
from audio.heads.trial import Trial
from audio.preroll import Frame

PEOPLE = (Voice("espeak", "en-us+m3", 45, 165), Voice("espeak", "en-gb+f2", 55, 160))
LOUD = 0.25 * 32767
BEFORE, AFTER = RATE, RATE
MS = RATE // 1000


@pytest.fixture(scope="module")
def trial() -> Trial:
    return Trial(Config())


def said(text: str, voice: Voice = PEOPLE[0]) -> Pcm:
    """Speech with a second of silence before and after it."""
    sound = voice.say(text)
    quiet = np.random.default_rng(3).normal(0, 4, BEFORE + len(sound) + AFTER).astype(np.float32)
    quiet[BEFORE : BEFORE + len(sound)] += sound * (LOUD / np.max(np.abs(sound)))
    return quiet


def quiet_answer(near: Pcm) -> Pcm:
    """Something so quiet that the canceller has nothing to do, but that sounds all the time."""
    return np.ones_like(near)


def stops(trial: Trial, text: str, voice: Voice = PEOPLE[0]) -> list[int]:
    near = said(text, voice)
    return [each.position for each in trial.hear(near, quiet_answer(near)) if isinstance(each, Stopped)]


@pytest.mark.parametrize("voice", PEOPLE, ids=lambda voice: voice.name)
def test_stop_is_heard_while_something_sounds_as_soon_as_it_is_said(trial: Trial, voice: Voice) -> None:
    (position,) = stops(trial, "stop", voice)
    assert abs(position - (BEFORE + len(voice.say("stop")))) < 200 * MS


@pytest.mark.parametrize("text", ["shut up", "set up", "step"])
def test_what_sounds_like_stop_is_not_taken_for_it(trial: Trial, text: str) -> None:
    assert not stops(trial, text)


def test_nothing_is_stopped_where_nothing_sounds(trial: Trial) -> None:
    assert not any(isinstance(each, Stopped) for each in trial.hear(said("stop")))


def test_the_wake_word_is_accepted_and_frames_can_begin_before_it_was_recognised(trial: Trial) -> None:
    near = said("hey jarvis, what time is it")
    frames: list[Frame] = []
    woke: Woke | None = None
    for each in trial.hear(near):
        if isinstance(each, Woke) and each.wake.accepted:
            assert woke is None
            woke = each
            trial.ear.preroll.stream_from(each.wake.position)
        elif isinstance(each, Frame):
            frames.append(each)
    trial.ear.preroll.stop()
    assert woke is not None and woke.wake.word == "hey_jarvis"
    assert abs(woke.wake.position - BEFORE - len(PEOPLE[0].say("hey jarvis"))) < 300 * MS
    assert frames[0].position == woke.wake.position
    assert all(after.position == before.end for before, after in pairwise(frames))
    assert frames[-1].end > BEFORE + len(PEOPLE[0].say("hey jarvis, what time is it"))


def test_one_wake_word_wakes_once_and_two_in_a_row_wake_twice(trial: Trial) -> None:
    one = said("hey jarvis")
    pause = np.zeros(2 * RATE, np.float32)
    assert accepted(trial, one) == 1
    assert accepted(trial, np.concatenate([one, pause, one])) == 2


def accepted(trial: Trial, near: Pcm) -> int:
    return sum(1 for each in trial.hear(near) if isinstance(each, Woke) and each.wake.accepted)


def test_the_models_rest_while_nothing_is_heard(trial: Trial) -> None:
    ear = trial.ear
    list(trial.hear(np.zeros(RATE, np.float32)))
    assert not ear.awake


def test_voice_is_told_once_where_it_was_awaited(trial: Trial) -> None:
    trial.ear.await_voice()
    (began,) = began_in(trial, said("what time is it"))
    assert BEFORE - 20 * MS < began.position < BEFORE + 300 * MS
    assert not list(began_in(trial, said("what time is it")))


def began_in(trial: Trial, near: Pcm) -> Iterator[VoiceBegan]:
    return (each for each in trial.hear(near) if isinstance(each, VoiceBegan))
