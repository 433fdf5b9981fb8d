"""Quiet and loud speakers reach the recogniser equally loud."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray

from inference.stt.level import LEAST_GAIN, LOUDEST_RMS, MOST_GAIN, Level

STEP = 320


def heard(level: Level, sound: NDArray[np.int16]) -> NDArray[np.float64]:
    level.begin()
    stretches = [sound[at : at + STEP] for at in range(0, len(sound), STEP)]
    return np.concatenate([stretch * level.follow(stretch) for stretch in stretches])


def voice(rms: float) -> NDArray[np.int16]:
    return (np.sin(np.arange(16_000) / 5) * rms * 2**0.5).astype(np.int16)


@pytest.mark.parametrize("rms", [600, 4000, 18_000])
def test_everybody_ends_equally_loud(rms: float) -> None:
    last = heard(Level(), voice(rms))[-STEP:].astype(np.float64)
    assert float(np.sqrt(np.mean(last**2))) == pytest.approx(LOUDEST_RMS, rel=0.05)


def test_a_quiet_room_is_not_made_loud() -> None:
    assert np.array_equal(heard(Level(), voice(20)), voice(20))


def test_the_next_utterance_begins_as_the_last_one_ended() -> None:
    level = Level()
    heard(level, voice(1000))
    first = heard(level, voice(1000))[:STEP].astype(np.float64)
    assert float(np.sqrt(np.mean(first**2))) == pytest.approx(LOUDEST_RMS, rel=0.1)


@given(st.lists(st.integers(-32768, 32767), max_size=700))
def test_any_sound_has_a_gain_within_bounds(samples: list[int]) -> None:
    assert LEAST_GAIN <= Level().follow(np.array(samples, np.int16)) <= MOST_GAIN
