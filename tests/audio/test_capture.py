"""From a card's blocks of any rate to 16 kHz with positions, and to frames of 20 ms."""

import itertools

import numpy as np
import pytest
from numpy.typing import NDArray

from audio.capture import LONGEST_GAP, PIECE, RATE, Block, Capture, Piece
from audio.preroll import CAUGHT_UP, FRAME, Frame, PreRoll
from audio.resample import Resampler

RATES = (8_000, 16_000, 22_050, 32_000, 44_100, 48_000, 96_000)
HZ = 440
LOUD = 10_000
MS = RATE // 1000

Pcm = NDArray[np.int16]


def tone(rate: int, seconds: float = 1.0, hz: float = HZ) -> Pcm:
    return (LOUD * np.sin(2 * np.pi * hz * np.arange(round(seconds * rate)) / rate)).astype(np.int16)


def strength(sound: Pcm, rate: int, hz: float = HZ) -> float:
    """How loud `hz` is in the middle of the sound."""
    middle = sound[rate // 5 : rate * 4 // 5].astype(np.float64)
    return float(2 * abs(np.dot(middle, np.exp(-2j * np.pi * hz * np.arange(len(middle)) / rate))) / len(middle))


def blocks(sound: Pcm, rate: int, size: int) -> list[Block]:
    """As a card hands it over that was opened at 0 ns."""
    parts = [sound[at : at + size] for at in range(0, len(sound), size)]
    ends = itertools.accumulate(len(part) for part in parts)
    return [Block(part, end * 1_000_000_000 // rate) for part, end in zip(parts, ends, strict=True)]


def capture(rate: int = RATE) -> Capture:
    names = itertools.count(1)
    capture = Capture(lambda: f"stream {next(names)}")
    capture.begin(rate)
    return capture


def heard(capture: Capture, given: list[Block]) -> list[Piece]:
    return [piece for block in given for piece in capture.hear(block)]


def joined(pieces: list[Piece]) -> Pcm:
    return np.concatenate([piece.samples for piece in pieces])


@pytest.mark.parametrize("rate", RATES)
def test_any_rate_becomes_16_khz(rate: int) -> None:
    sound = joined(heard(capture(rate), blocks(tone(rate), rate, rate // 100)))
    assert abs(len(sound) - RATE) <= PIECE
    assert strength(sound, RATE) == pytest.approx(LOUD, rel=0.05)


@pytest.mark.parametrize("rate", RATES)
def test_the_sizes_of_the_blocks_do_not_matter(rate: int) -> None:
    whole = joined(heard(capture(rate), blocks(tone(rate), rate, rate)))
    cut = joined(heard(capture(rate), blocks(tone(rate), rate, 441)))
    count = min(len(whole), len(cut))
    assert count >= RATE - PIECE
    assert np.max(np.abs(whole[:count].astype(int) - cut[:count])) <= 1


@pytest.mark.parametrize("rate", [rate for rate in RATES if rate > RATE])
def test_what_is_above_the_new_band_does_not_fold_into_it(rate: int) -> None:
    hz = RATE - 3000 if rate > 2 * (RATE - 3000) else rate / 2 - 500
    sound = joined(heard(capture(rate), blocks(tone(rate, hz=hz), rate, rate // 100)))
    assert np.max(np.abs(sound[RATE // 5 : RATE * 4 // 5])) < LOUD / 30


def test_what_lies_above_the_old_band_is_not_made_up() -> None:
    sound = joined(heard(capture(8_000), blocks(tone(8_000, hz=2500), 8_000, 80)))
    assert strength(sound, RATE, 2500) == pytest.approx(LOUD, rel=0.2)
    assert strength(sound, RATE, 8_000 - 2500) < LOUD / 30


@pytest.mark.parametrize("rate", [rate for rate in RATES if rate != 48_000])
def test_what_is_played_fits_a_speaker_of_any_rate(rate: int) -> None:
    resampler = Resampler(48_000, rate)
    sound = np.concatenate([resampler.process(block.samples) for block in blocks(tone(48_000), 48_000, 480)])
    assert abs(len(sound) - rate) <= rate // 200
    assert strength(sound, rate) == pytest.approx(LOUD, rel=0.05)


def test_pieces_are_10_ms_in_a_row_and_know_when_they_were_captured() -> None:
    pieces = heard(capture(44_100), blocks(tone(44_100), 44_100, 441))
    assert {len(piece.samples) for piece in pieces} == {PIECE}
    assert {piece.stream for piece in pieces} == {"stream 1"}
    assert [piece.position for piece in pieces] == list(range(0, len(pieces) * PIECE, PIECE))
    for piece in pieces:
        assert piece.captured_ns >= (piece.position + PIECE) * 1_000_000_000 // RATE
        assert piece.captured_ns - (piece.position + PIECE) * 62_500 < 20_000_000


def test_a_few_lost_samples_become_silence_and_are_counted() -> None:
    card = capture(48_000)
    card.hear(Block(np.full(480, 99, np.int16), 10_000_000))
    card.hear(Block(np.full(480, 99, np.int16), 30_000_000, lost=480))
    assert (card.stream, card.position) == ("stream 1", 3 * PIECE)
    assert (card.gaps, card.lost) == (1, PIECE)


def test_many_lost_samples_begin_a_new_stream() -> None:
    card = capture()
    card.hear(Block(np.full(200, 99, np.int16), 12_500_000))
    (piece,) = card.hear(Block(np.full(PIECE, 5, np.int16), 1_000_000_000, lost=LONGEST_GAP + 1))
    assert (piece.stream, piece.position) == ("stream 2", 0)
    assert set(piece.samples) == {5}


def test_nothing_is_left_of_what_was_heard_before_it_was_forgotten() -> None:
    card = capture()
    card.hear(Block(np.full(200, 99, np.int16), 12_500_000))
    card.forget()
    (piece,) = card.hear(Block(np.full(PIECE, 5, np.int16), 1_000_000_000))
    assert piece.stream == "stream 2"
    assert set(piece.samples) == {5}


def test_the_last_piece_of_an_injection_is_filled_up() -> None:
    pieces = capture().inject(np.full(200, 7, np.int16), 1, last=True)
    assert [len(piece.samples) for piece in pieces] == [PIECE, PIECE]
    assert np.count_nonzero(joined(pieces)) == 200


# --- frames ---


def frames(preroll: PreRoll, pieces: list[Piece]) -> list[Frame]:
    handed = []
    for piece in pieces:
        preroll.add(piece.samples, piece.captured_ns)
        handed += preroll.frames()
    return handed


@pytest.mark.parametrize("rate", [8_000, 44_100, 48_000])
def test_frames_of_20_ms_come_as_soon_as_they_are_whole(rate: int) -> None:
    pieces = heard(capture(rate), blocks(tone(rate), rate, rate // 100))
    preroll = PreRoll()
    preroll.begin("mic", 0)
    preroll.stream_from(0)
    handed = frames(preroll, pieces)
    assert {len(frame.samples) for frame in handed} == {FRAME} == {20 * MS}
    assert [frame.position for frame in handed] == list(range(0, len(handed) * FRAME, FRAME))
    assert np.array_equal(np.concatenate([frame.samples for frame in handed]), joined(pieces)[: len(handed) * FRAME])
    assert [frame.captured_ns for frame in handed] == [piece.captured_ns for piece in pieces[1::2]]


def test_frames_that_begin_in_the_past_catch_up_in_bigger_steps() -> None:
    pieces = heard(capture(), blocks(tone(RATE), RATE, PIECE))
    preroll = PreRoll()
    preroll.begin("mic", 0)
    assert frames(preroll, pieces) == []
    preroll.stream_from(RATE // 2)
    handed = preroll.frames()
    assert [len(frame.samples) for frame in handed] == [CAUGHT_UP, CAUGHT_UP, RATE // 2 - 2 * CAUGHT_UP]
    assert np.array_equal(np.concatenate([frame.samples for frame in handed]), joined(pieces)[RATE // 2 :])


@pytest.mark.parametrize("position", [RATE // 2 + 1, RATE // 2 + FRAME - 1])
def test_frames_end_with_the_newest_block(position: int) -> None:
    preroll = PreRoll()
    preroll.begin("mic", 0)
    frames(preroll, heard(capture(), blocks(tone(RATE), RATE, PIECE)))
    preroll.stream_from(position)
    handed = preroll.frames()
    assert position - FRAME < handed[0].position <= position
    assert handed[-1].end == RATE
