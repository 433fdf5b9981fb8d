"""Noise is measured, and taken out of what the recogniser sees."""

from collections.abc import Callable

import numpy as np
import pytest

from bench.clips import as_int16, pink
from inference.stt.acoustic_model import Floats
from inference.stt.enhancement import Enhancement, Noise, mixture
from inference.stt.features import Features
from inference.stt.spectrum import CEPSTRA, FILTERS, FRAME_SAMPLES, WINDOW_SAMPLES, Spectrum, cepstra, log_spectra
from inference.stt.sphinx import USUAL_CEPSTRUM, Sphinx, clean_speech
from tests.inference.conftest import Pcm

SECOND = 16_000
STEP = 320


def noise(samples: int, dbfs: float) -> Pcm:
    sound: Pcm = as_int16(pink(samples, dbfs, 4))
    return sound


def mixed(speech: Pcm, other: Pcm) -> Pcm:
    sound: Pcm = np.clip(speech.astype(np.int32) + other, -32768, 32767).astype(np.int16)
    return sound


def seen(sound: Pcm, before: Pcm) -> Floats:
    features = Features(clean_speech(), USUAL_CEPSTRUM)
    features.begin()
    features.overhear(before)
    return np.concatenate([features.hear(sound[at : at + STEP]) for at in range(0, len(sound), STEP)])


def test_a_frame_comes_every_ten_milliseconds() -> None:
    assert Spectrum().power(noise(SECOND, -20.0)).shape == (1 + (SECOND - WINDOW_SAMPLES) // FRAME_SAMPLES, FILTERS)


@pytest.mark.parametrize("step", [1, 37, 320, 5000])
def test_bit_by_bit_or_at_once_is_the_same(step: int) -> None:
    sound = noise(SECOND // 2, -20.0)
    spectrum = Spectrum()
    bits = np.concatenate([spectrum.power(sound[at : at + step]) for at in range(0, len(sound), step)])
    assert np.allclose(bits, Spectrum().power(sound))


def test_a_tone_is_in_its_band() -> None:
    tone = (np.sin(np.arange(SECOND) * 2 * np.pi * 1000 / SECOND) * 8000).astype(np.int16)
    power = Spectrum().power(tone).mean(axis=0)
    assert 7 <= int(np.argmax(power)) <= 10
    assert power.max() > 100 * np.median(power)


def test_spectra_survive_their_cepstra() -> None:
    some = np.random.default_rng(1).normal(0, 5, (7, CEPSTRA))
    assert np.allclose(cepstra(log_spectra(some)), some)


def test_a_mixture_of_two_sounds_has_both() -> None:
    means = np.repeat([[0.0] * CEPSTRA, [50.0] * CEPSTRA], 40, axis=0)
    found = mixture(means, np.ones_like(means), np.full(CEPSTRA, 3.0), components=2)
    assert sorted(found.means[:, 0]) == pytest.approx([3.0, 53.0])
    assert found.weights.sum() == pytest.approx(1.0)


def test_without_noise_nothing_is_taken_away() -> None:
    quiet = Enhancement(clean_speech(), Noise(np.full(FILTERS, -20.0), np.ones(CEPSTRA)))
    speech = clean_speech().means[:50]
    assert np.allclose(quiet.enhanced(speech), speech, atol=0.01)


@pytest.mark.parametrize("dbfs", [-44.0, -34.0])
def test_speech_in_noise_looks_more_like_speech_alone(say: Callable[..., Pcm], dbfs: float) -> None:
    speech = (say("set a timer for fifteen minutes") * 0.4).astype(np.int16)
    room, sound = noise(SECOND, dbfs), mixed(speech, noise(len(speech) + SECOND, dbfs)[-len(speech) :])
    alone, enhanced = seen(speech, np.zeros(SECOND, np.int16)), seen(sound, room)
    spectrum = Spectrum()
    spectrum.power(room)
    noisy = cepstra(np.log(spectrum.power(sound) + 1.0)) - USUAL_CEPSTRUM
    noisy[:, 0] -= (noisy - alone)[:, 0].mean()
    assert np.abs(enhanced - alone).mean() < 0.85 * np.abs(noisy - alone).mean()


@pytest.mark.parametrize(
    "sound", [np.zeros(SECOND, np.int16), np.full(SECOND, 32767, np.int16), np.zeros(3, np.int16)], ids=len
)
def test_what_no_room_sounds_like_gives_finite_features(sound: Pcm) -> None:
    assert np.isfinite(seen(sound, sound)).all()


def test_the_wake_word_tells_how_loud_somebody_speaks(say: Callable[..., Pcm]) -> None:
    speech = say("hey jarvis what time is it") * 0.4
    ordinary, quiet = (seen((speech * gain).astype(np.int16), (speech * gain).astype(np.int16)) for gain in (1.0, 0.4))
    loud = ordinary[:, 0] > np.median(ordinary[:, 0])
    assert np.abs(ordinary - quiet)[loud, 0].mean() < 1.0


def test_a_recogniser_that_overheard_the_room_understands_in_it(say: Callable[..., Pcm]) -> None:
    from conductor.intents import Recognizer
    from inference.stt.protocol import Vocabulary

    stt = Sphinx()
    stt.learn(Vocabulary("1", "en", "", (), Recognizer.for_language("en").fsg))
    speech = np.concatenate([(say("what time is it in tokyo") * 0.4).astype(np.int16), np.zeros(SECOND // 2, np.int16)])
    level = 20 * np.log10(np.sqrt(np.mean(np.square(speech / 32768.0))))
    stt.start(0)
    stt.overhear(noise(SECOND, level - 10))
    stt.feed(mixed(speech, noise(len(speech), level - 10)))
    assert stt.finish().text == "what time is it in tokyo"
