"""The stop word: weights that load, or say why not, and once per word."""

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from audio.errors import UnusableHead
from audio.stopword import EMBEDDING, MEL_BINS, STOP, Config, Head, StopWord, seen

LOOKS_AT, ROWS = 2, 4
WIDTH = LOOKS_AT * EMBEDDING + ROWS // 2 * MEL_BINS
SILENCE = np.zeros((16, EMBEDDING), np.float32)
WORD = np.ones((16, EMBEDDING), np.float32)
NO_MEL = np.zeros((76, MEL_BINS), np.float32)


def parts(**changed: Any) -> dict[str, Any]:
    """A head that says yes to ones in place of the newest embeddings."""
    weights = np.zeros((WIDTH, 1), np.float32)
    weights[: LOOKS_AT * EMBEDDING] = 0.1
    return {
        "mean": np.zeros(WIDTH, np.float32),
        "scale": np.ones(WIDTH, np.float32),
        "threshold": np.float32(0.8),
        "rows": ROWS,
        "weights_0": weights,
        "biases_0": np.full(1, -5, np.float32),
    } | changed


def saved(folder: Path, **changed: Any) -> Path:
    path = folder / "head.npz"
    np.savez(path, **{name: value for name, value in parts(**changed).items() if value is not None})
    return path


def test_a_head_knows_how_far_it_looks_back(tmp_path: Path) -> None:
    head = Head.load(saved(tmp_path))
    assert (head.looks_at, head.rows) == (LOOKS_AT, ROWS)
    assert head.threshold == pytest.approx(0.8)


def test_the_head_that_comes_with_the_box_is_whole() -> None:
    head = Head.load(STOP)
    embeddings, mel = np.zeros((3, head.looks_at, EMBEDDING)), np.zeros((3, head.rows, MEL_BINS))
    assert head.probability(seen(embeddings.astype(np.float32), mel.astype(np.float32))).shape == (3,)


@pytest.mark.parametrize(
    "changed",
    [
        {"mean": None},
        {"weights_0": None},
        {"weights_0": np.zeros((WIDTH - 1, 1), np.float32)},
        {"weights_0": np.full((WIDTH, 1), np.nan, np.float32)},
        {"biases_0": np.zeros(2, np.float32)},
        {"scale": np.zeros(WIDTH, np.float32)},
        {"rows": 3},
        {"threshold": np.float32(2.0)},
        {"threshold": np.zeros(3, np.float32)},
        {"mean": np.array(["a"] * WIDTH)},
        {"weights_0": np.array([{}], dtype=object)},
    ],
)
def test_weights_that_do_not_fit_are_refused(tmp_path: Path, changed: dict[str, Any]) -> None:
    with pytest.raises(UnusableHead):
        Head.load(saved(tmp_path, **changed))


@pytest.mark.parametrize("kept", [0, 10, 0.5, -1])
def test_a_damaged_file_is_refused(tmp_path: Path, kept: float) -> None:
    whole = saved(tmp_path).read_bytes()
    path = tmp_path / "damaged.npz"
    path.write_bytes(whole[: int(kept * len(whole)) if kept == 0.5 else int(kept)])
    with pytest.raises(UnusableHead):
        Head.load(path)


def test_a_flipped_byte_is_refused(tmp_path: Path) -> None:
    whole = bytearray(saved(tmp_path).read_bytes())
    whole[len(whole) // 3] ^= 0xFF
    path = tmp_path / "flipped.npz"
    path.write_bytes(whole)
    with pytest.raises(UnusableHead):
        Head.load(path)


def test_a_missing_file_is_refused(tmp_path: Path) -> None:
    with pytest.raises(UnusableHead):
        Head.load(tmp_path / "none.npz")


def test_it_says_yes_once_a_word(tmp_path: Path) -> None:
    stop = StopWord(Config(refractory_ms=400), Head.load(saved(tmp_path)))
    assert not stop.hear(SILENCE, NO_MEL)
    assert [stop.hear(WORD, NO_MEL) for _ in range(11)] == [True] + 10 * [False]
    assert stop.hear(WORD, NO_MEL)


def test_another_stream_knows_nothing_of_the_word_before(tmp_path: Path) -> None:
    stop = StopWord(Config(), Head.load(saved(tmp_path)))
    assert stop.hear(WORD, NO_MEL)
    stop.begin()
    assert stop.hear(WORD, NO_MEL)


def test_a_threshold_in_the_settings_counts_for_the_trained_one(tmp_path: Path) -> None:
    head = Head.load(saved(tmp_path))
    doubtful = 0.28 * WORD
    assert not StopWord(Config(), head).hear(doubtful, NO_MEL)
    assert StopWord(Config(threshold=0.5), head).hear(doubtful, NO_MEL)


def test_how_loud_it_is_makes_no_difference_to_what_a_head_is_given() -> None:
    mel = np.random.default_rng(1).random((1, ROWS, MEL_BINS), np.float32)
    embeddings = np.zeros((1, LOOKS_AT, EMBEDDING), np.float32)
    assert np.allclose(seen(embeddings, mel), seen(embeddings, mel + 3), atol=1e-5)


def test_half_is_where_the_threshold_stands(tmp_path: Path) -> None:
    head = Head.load(saved(tmp_path))
    assert [head.standing(each) for each in (0.0, 0.4, 0.8, 0.9, 1.0)] == pytest.approx([0, 0.25, 0.5, 0.75, 1])
