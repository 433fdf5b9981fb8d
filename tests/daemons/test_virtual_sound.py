"""The virtual sound card: what is played into the room and what the speaker plays arrive, sample by sample."""

import asyncio
import os
from collections.abc import AsyncIterator
from pathlib import Path

import numpy as np
import psutil
import pytest
import pytest_asyncio
from numpy.typing import NDArray

from daemons import virtual_sound
from daemons.virtual_sound import HEADER_BYTES, RATE, VirtualSound, VirtualSoundError

TONE_S = 0.3


def tone(hz: float) -> NDArray[np.int16]:
    seconds = np.arange(round(TONE_S * RATE)) / RATE
    return (12_000 * np.sin(2 * np.pi * hz * seconds)).astype(np.int16)


def strength(sound: NDArray[np.int16], hz: float) -> float:
    """How much of `hz` is in the loudest part of the sound as long as the tone, 0 to about 12 000."""
    width = round(TONE_S * RATE / 2)
    best = 0.0
    wave = np.exp(-2j * np.pi * hz * np.arange(width) / RATE)
    for start in range(0, max(1, len(sound) - width), width // 4):
        part = sound[start : start + width].astype(np.float64)
        best = max(best, float(2 * abs(np.dot(part, wave[: len(part)])) / width))
    return best


@pytest_asyncio.fixture
async def sound() -> AsyncIterator[VirtualSound]:
    async with VirtualSound.started() as sound:
        yield sound


async def recording_into(path: Path) -> None:
    """Returns when the recorder has written its first sound."""
    while not path.exists() or path.stat().st_size <= HEADER_BYTES:
        await asyncio.sleep(0.02)


async def play_to_speaker(sound: VirtualSound, folder: Path, hz: float) -> None:
    """As a daemon does that plays to the default sink."""
    path = folder / "tone.wav"
    virtual_sound._write_wav(path, tone(hz), RATE)
    environment = {**os.environ, **sound.environment}
    player = await asyncio.create_subprocess_exec("pw-cat", "--playback", str(path), env=environment)
    assert await player.wait() == 0


async def test_the_room_and_the_speaker_are_recorded_apart(sound: VirtualSound, tmp_path: Path) -> None:
    async with sound.record() as recording:
        await sound.play_into_microphone(tone(700), RATE)
        await play_to_speaker(sound, tmp_path, 1300)
        while strength(recording.speaker_so_far(), 1300) < 6000:
            await asyncio.sleep(0.02)
    assert len(recording.room) == len(recording.speaker) >= 2 * TONE_S * RATE
    assert strength(recording.room, 700) > 6000 > 100 > strength(recording.room, 1300)
    assert strength(recording.speaker, 1300) > 6000 > 100 > strength(recording.speaker, 700)
    assert recording.began_monotonic_s > 0


async def test_the_default_microphone_hears_the_room_and_the_echo_while_plugged_in(
    sound: VirtualSound, tmp_path: Path
) -> None:
    path = tmp_path / "heard.wav"
    environment = {**os.environ, **sound.environment}
    async with sound.record():
        recorder = await asyncio.create_subprocess_exec(
            "pw-cat", "--record", "--channels", "1", "--format", "s16", "--rate", str(RATE), str(path), env=environment
        )
        await recording_into(path)
        await sound.play_into_microphone(tone(700), RATE)
        async with sound.echo(delay_ms=50, gain_db=-6):
            await play_to_speaker(sound, tmp_path, 1300)
        async with sound.unplugged():
            await sound.play_into_microphone(tone(2100), RATE)
        recorder.terminate()
        await recorder.wait()
    data = np.frombuffer(path.read_bytes()[HEADER_BYTES:], np.int16)
    assert strength(data, 700) == pytest.approx(12_000, rel=0.1)
    assert strength(data, 1300) == pytest.approx(6000, rel=0.1)
    assert strength(data, 2100) < 100


async def test_nothing_stays_behind() -> None:
    before = {each.pid for each in psutil.Process().children(recursive=True)}
    async with VirtualSound.started() as sound:
        folder = Path(sound.environment["XDG_RUNTIME_DIR"])
        assert folder.exists()
    assert {each.pid for each in psutil.Process().children(recursive=True)} <= before
    assert not folder.exists()


async def test_a_missing_program_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(virtual_sound, "PROGRAMS", ("no-such-pipewire",))
    with pytest.raises(VirtualSoundError, match=r"no-such-pipewire\. `make setup` installs"):
        async with VirtualSound.started():
            pass
