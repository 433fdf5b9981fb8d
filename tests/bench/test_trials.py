"""The benchmark's requests are what the targets demand, and the same trials are drawn each time."""

import random
from pathlib import Path

import numpy as np
import pytest

from bench.clips import Pause, clip
from bench.errors import BenchError
from bench.requests import COMPLETE, OPEN, read
from bench.speakers import RATE, SPEAKERS
from bench.trials import drawn
from bench.turns import sounds

REQUESTS = read()


def test_there_are_enough_requests_of_each_class() -> None:
    assert sum(request.kind == COMPLETE for request in REQUESTS) >= 12
    assert sum(request.kind == OPEN for request in REQUESTS) >= 20
    assert 3 * sum(request.fresh for request in REQUESTS) >= len(REQUESTS)
    assert len({request.say for request in REQUESTS}) == len(REQUESTS)


def test_the_same_trials_each_time() -> None:
    assert drawn(REQUESTS, 60) == drawn(REQUESTS, 60)
    assert drawn(REQUESTS, 60) != drawn(REQUESTS, 60, seed=1)


def test_a_third_of_the_trials_has_a_pause() -> None:
    trials = drawn(REQUESTS, 216)
    with_pause = [trial for trial in trials if trial.pause is not None]
    assert 0.25 < len(with_pause) / len(trials) <= 0.34
    assert all(0.3 <= trial.pause.seconds <= 0.8 for trial in with_pause if trial.pause)
    assert {trial.noise for trial in trials} == {"clean", "snr20", "snr10"}


def test_a_clip_knows_where_its_speech_ends() -> None:
    made = clip(REQUESTS[0], SPEAKERS[0], None, Pause(2, 0.5), random.Random(1))
    loud = np.flatnonzero(np.abs(made.sound.astype(np.int32)) > 300)
    assert abs(int(loud[-1]) - made.speech_end) < RATE // 20
    assert made.pause is not None
    assert made.pause[1] - made.pause[0] == pytest.approx(0.5 * RATE, abs=2)


def test_sounds_begin_behind_silence() -> None:
    channel = np.zeros(RATE, np.int16)
    channel[1000:2000] = channel[20_000:21_000] = 5000
    assert sounds(channel) == [1000, 20_000]


def test_a_file_that_holds_no_requests(tmp_path: Path) -> None:
    path = tmp_path / "requests.toml"
    path.write_text('[[request]]\nsay = "hello"\nclass = "maybe"\n')
    with pytest.raises(BenchError):
        read(path)
