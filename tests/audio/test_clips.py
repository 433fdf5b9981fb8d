"""The sounds the box keeps, with and without the program that speaks."""

from pathlib import Path

import numpy as np
import pytest

from audio.clips import SENTENCES, SIGNALS, Clip, prepared
from audio.errors import UnknownClip
from audio.voice import RATE


async def test_every_clip_can_be_heard_in_both_languages(tmp_path: Path) -> None:
    for language in ("en", "de-AT"):
        clips = await prepared(tmp_path, language)
        for clip in Clip:
            assert 0.05 < len(clips[clip]) / RATE < 10
            assert 5000 < np.max(np.abs(clips[clip])) <= 32768


def test_every_clip_is_a_signal_or_a_sentence_in_every_language() -> None:
    for sentences in SENTENCES.values():
        assert set(SIGNALS) | set(sentences) == set(Clip)


async def test_sentences_are_rendered_once(tmp_path: Path) -> None:
    first = await prepared(tmp_path)
    again = await prepared(tmp_path, program="no-such-program")
    assert np.array_equal(first[Clip.SOMETHING_WENT_WRONG], again[Clip.SOMETHING_WENT_WRONG])


async def test_a_damaged_clip_is_rendered_anew(tmp_path: Path) -> None:
    first = await prepared(tmp_path)
    for path in tmp_path.iterdir():
        path.write_bytes(path.read_bytes()[:1000])
    again = await prepared(tmp_path)
    assert np.array_equal(first[Clip.SOMETHING_WENT_WRONG], again[Clip.SOMETHING_WENT_WRONG])


async def test_without_espeak_the_error_signal_stands_in(tmp_path: Path) -> None:
    clips = await prepared(tmp_path, program="no-such-program")
    assert np.array_equal(clips[Clip.SOMETHING_WENT_WRONG], clips[Clip.ERROR])


async def test_a_cache_that_cannot_be_written_costs_nothing_but_time(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("in the way")
    clips = await prepared(tmp_path / "file" / "clips")
    assert len(clips[Clip.SOMETHING_WENT_WRONG]) > RATE


async def test_an_unknown_name_is_refused(tmp_path: Path) -> None:
    clips = await prepared(tmp_path, program="no-such-program")
    with pytest.raises(UnknownClip):
        clips.named("../../etc/passwd")


async def test_signals_begin_and_end_at_rest(tmp_path: Path) -> None:
    clips = await prepared(tmp_path, program="no-such-program")
    for clip in SIGNALS:
        assert abs(clips[clip][0]) < 1
        assert abs(clips[clip][-1]) < 100
