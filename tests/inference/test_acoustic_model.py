"""The Gaussians of an acoustic model are read as they were written, or refused."""

from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from inference.errors import EngineFailed
from inference.stt.acoustic_model import BYTE_ORDER, read_gaussians
from inference.stt.sphinx import MODEL


def written(streams: list[np.ndarray], order: str = "<") -> bytes:
    codebooks, densities, _ = streams[0].shape
    counts = [BYTE_ORDER, codebooks, len(streams), densities, *(part.shape[2] for part in streams)]
    values = np.concatenate([part.reshape(codebooks, -1) for part in streams], axis=1)
    numbers = np.array([*counts, values.size], order + "i4")
    return b"s3\nversion 1.0\nendhdr\n" + numbers.tobytes() + values.astype(order + "f4").tobytes()


@pytest.mark.parametrize("order", ["<", ">"])
def test_streams_are_told_apart(tmp_path: Path, order: str) -> None:
    first, second = np.arange(24.0).reshape(2, 4, 3), np.arange(100.0, 116.0).reshape(2, 4, 2)
    (tmp_path / "means").write_bytes(written([first, second], order))
    read = read_gaussians(tmp_path / "means")
    assert np.array_equal(read[0], first)
    assert np.array_equal(read[1], second)


def test_the_model_of_the_recogniser_is_read() -> None:
    means, variances = (read_gaussians(MODEL / "en-us" / name) for name in ("means", "variances"))
    assert [part.shape for part in means] == [part.shape for part in variances] == [(42, 128, 13)] * 3
    assert all((part >= 0).all() for part in variances)


@given(st.binary(max_size=200) | st.binary(max_size=120).map(lambda body: b"s3\nendhdr\n\x44\x33\x22\x11" + body))
def test_anything_else_is_refused(tmp_path_factory: pytest.TempPathFactory, content: bytes) -> None:
    path = tmp_path_factory.mktemp("model") / "means"
    path.write_bytes(content)
    with pytest.raises(EngineFailed):
        read_gaussians(path)


def test_a_missing_file_is_refused(tmp_path: Path) -> None:
    with pytest.raises(EngineFailed):
        read_gaussians(tmp_path / "means")
