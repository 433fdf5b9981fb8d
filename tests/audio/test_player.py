"""What leaves the speaker, sample by sample."""

import threading

import numpy as np
import pytest
from numpy.typing import NDArray

from audio.player import SILENCE_SAMPLES, Config, Player, What, volume_gain
from audio.voice import RATE, Samples
from tests.fakes.speaker import BLOCK, Clock, Speaker

FULL = Config(volume_percent=100, ceiling_percent=100)


def tone(seconds: float, level: float = 10_000.0, frequency: float = 300.0) -> Samples:
    wave: Samples = (level * np.cos(2 * np.pi * frequency * np.arange(int(seconds * RATE)) / RATE)).astype(np.float32)
    return wave


def loudness(samples: NDArray[np.int16]) -> float:
    return float(np.sqrt(np.mean(samples.astype(np.float64) ** 2)))


def largest_step(samples: NDArray[np.int16]) -> int:
    return int(np.max(np.abs(np.diff(samples.astype(np.int32)))))


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def player(clock: Clock) -> Player:
    return Player(FULL, clock)


@pytest.fixture
def speaker(player: Player, clock: Clock) -> Speaker:
    return Speaker(player, clock)


def sounding(player: Player, name: str, samples: Samples) -> None:
    player.hold(name)
    player.feed(name, samples)
    player.start(name)


def test_a_held_sound_is_silent_until_it_is_started(player: Player, speaker: Speaker) -> None:
    player.hold("answer")
    player.feed("answer", tone(1))
    assert not np.any(speaker.play(5))
    player.start("answer")
    assert speaker.play()[0] == 10_000
    assert player.sounding


def test_the_first_sample_of_the_next_block_is_the_first_sample_of_the_sound(player: Player, speaker: Speaker) -> None:
    sound = tone(0.1)
    sounding(player, "answer", sound)
    player.end("answer")
    assert np.array_equal(speaker.play(10), np.rint(sound).astype(np.int16))


def test_the_time_of_the_first_sound_is_that_of_its_sample(player: Player, clock: Clock) -> None:
    quiet_then_loud = np.concatenate([np.zeros(RATE // 1000 * 3, np.float32), tone(0.1)])
    sounding(player, "answer", quiet_then_loud)
    Speaker(player, clock, delay_ns=7_000_000).play()
    (event,) = player.events()
    assert (event.what, event.leaves_ns) == (What.STARTED, 1_000_000_000 + 7_000_000 + 3_000_000)


def test_a_sound_card_that_knows_no_times_is_taken_to_have_its_latency(player: Player, clock: Clock) -> None:
    player.latency_ns = 20_000_000
    sounding(player, "answer", tone(0.1))
    player.render(BLOCK)
    assert player.events()[0].leaves_ns == clock.now_ns + 20_000_000


def test_it_has_finished_when_its_last_sample_has_left(player: Player, speaker: Speaker, clock: Clock) -> None:
    sounding(player, "answer", tone(0.025))
    player.end("answer")
    speaker.play(4)
    finished = player.events()[-1]
    assert (finished.what, finished.leaves_ns, finished.played_ms) == (What.FINISHED, 1_025_000_000, 25)
    assert not player.sounding


def test_speech_that_comes_late_is_waited_for_and_nothing_is_lost(player: Player, speaker: Speaker) -> None:
    sounding(player, "answer", tone(0.015))
    heard = speaker.play(4)
    progress = player.progress("answer")
    assert progress is not None
    assert progress.starving
    assert progress.buffered_ms == 0
    assert not np.any(heard[BLOCK * 2 :])
    player.feed("answer", tone(0.010))
    assert np.array_equal(speaker.play(), np.rint(tone(0.010)).astype(np.int16))
    assert [event.what for event in player.events()] == [What.STARTED]


def test_a_sound_that_breaks_off_does_not_click(player: Player, speaker: Speaker) -> None:
    sounding(player, "answer", tone(0.015))
    assert largest_step(speaker.play(4)) < 1000


def test_ducking_lowers_by_eighteen_decibels_and_resuming_takes_it_back(player: Player, speaker: Speaker) -> None:
    sounding(player, "answer", tone(2))
    before = loudness(speaker.play(10))
    player.duck()
    step = largest_step(speaker.play())
    ducked = loudness(speaker.play(10))
    player.resume()
    speaker.play()
    assert 20 * np.log10(ducked / before) == pytest.approx(-18, abs=0.2)
    assert loudness(speaker.play(10)) == pytest.approx(before, rel=0.01)
    assert step < 1000


def test_silence_is_complete_five_milliseconds_into_the_next_block(player: Player, speaker: Speaker) -> None:
    sounding(player, "answer", tone(2))
    speaker.play(3)
    player.silence("stop_word")
    block = speaker.play()
    assert not np.any(block[SILENCE_SAMPLES:])
    assert SILENCE_SAMPLES <= RATE * 0.005
    assert largest_step(block) < 1000
    assert not player.sounding


def test_silencing_tells_why(player: Player, speaker: Speaker) -> None:
    sounding(player, "answer", tone(2))
    speaker.play()
    player.silence("stop_word")
    speaker.play()
    silenced = player.events()[-1]
    assert (silenced.what, silenced.name, silenced.reason) == (What.SILENCED, "answer", "stop_word")


def test_one_of_two_sounds_can_be_silenced(player: Player, speaker: Speaker) -> None:
    sounding(player, "answer", tone(2))
    player.ring("alarm", tone(0.5))
    speaker.play()
    player.silence("cancelled", "answer")
    speaker.play()
    assert player.audible == ("alarm",)


def test_an_alarm_starts_quiet_rises_for_ten_seconds_and_goes_on(player: Player, speaker: Speaker) -> None:
    player.ring("alarm", tone(0.1))
    levels = [loudness(speaker.play(100)) for _ in range(12)]
    assert 20 * np.log10(levels[0] / levels[11]) < -25
    assert levels[:11] == sorted(levels[:11])
    assert levels[11] == pytest.approx(levels[10], rel=0.01)
    assert player.sounding


def test_an_alarm_is_heard_at_volume_zero(clock: Clock) -> None:
    player = Player(Config(volume_percent=0, alarm_floor_percent=40), clock)
    player.ring("alarm", tone(0.1))
    speaker = Speaker(player, clock)
    speaker.play(1100)
    assert loudness(speaker.play(10)) > 100


def test_the_volume_stops_at_the_ceiling(clock: Clock) -> None:
    player = Player(Config(ceiling_percent=80), clock)
    assert player.set_volume(100) == 80
    sounding(player, "answer", tone(1))
    speaker = Speaker(player, clock)
    speaker.play(10)
    assert np.max(speaker.play(10)) == pytest.approx(10_000 * volume_gain(80), abs=2)


def test_turning_the_volume_does_not_click(player: Player, speaker: Speaker) -> None:
    sounding(player, "answer", tone(1))
    speaker.play(5)
    player.set_volume(20)
    assert largest_step(speaker.play(10)) < 1000


def test_two_loud_sounds_are_clipped_and_do_not_wrap(player: Player, speaker: Speaker) -> None:
    for name in ("answer", "clip"):
        sounding(player, name, tone(1, level=30_000))
    assert speaker.play()[0] == 32767


def test_a_block_has_the_asked_length_whatever_it_is(player: Player) -> None:
    sounding(player, "answer", tone(1))
    assert [len(player.render(count)) for count in (1, 7, 480, 1024)] == [1, 7, 480, 1024]


def test_feeding_and_rendering_in_two_threads_loses_no_sample(player: Player) -> None:
    chunks = [np.full(97, 100 + number % 50, np.float32) for number in range(3000)]
    rendered: list[NDArray[np.int16]] = []
    sounding(player, "answer", chunks[0])

    def feed() -> None:
        for chunk in chunks[1:]:
            player.feed("answer", chunk)
        player.end("answer")

    feeder = threading.Thread(target=feed)
    feeder.start()
    while player.sounding or not rendered:
        rendered.append(player.render(BLOCK))
    feeder.join()
    finished = next(event for event in player.events() if event.what is What.FINISHED)
    assert finished.played_ms == 97 * 3000 * 1000 // RATE
    assert not player.sounding
