"""The speaker's side over the real bus: what conductord and inferenced send is heard, and told back."""

import asyncio
import threading
from pathlib import Path

import numpy as np
import pytest

from audio.clips import prepared
from audio.player import Player
from audio.speaking import Speaking
from bus import messages_pb2 as pb
from bus import subjects as s
from bus.client import Bus
from bus.envelope import Context, Received
from bus.errors import NoAnswer
from tests.conftest import Connect

TURN = Context(trace_id="t", session_id="session", generation=1)


class Card:
    """A thread that takes blocks as fast as it may, as a sound card's callback does in its own time."""

    def __init__(self, player: Player) -> None:
        self._player = player
        self._ended = threading.Event()
        self._thread = threading.Thread(target=self._run)

    def __enter__(self) -> "Card":
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._ended.set()
        self._thread.join()

    def _run(self) -> None:
        while not self._ended.wait(0.001):
            self._player.render(480)


async def test_an_answer_goes_from_the_bus_to_the_card_and_back(connect: Connect, tmp_path: Path) -> None:
    async with connect("audiod") as audiod, connect("conductord") as conductord, connect("inferenced") as inferenced:
        told: asyncio.Queue[pb.PlaybackState] = asyncio.Queue()

        def on_playback(message: Received[pb.PlaybackState]) -> None:
            if message.body.phase != pb.PLAYING:
                told.put_nowait(message.body)

        player = Player()
        speaking = Speaking(audiod, player, await prepared(tmp_path / "clips"))
        await conductord.subscribe(s.PLAYBACK_STATE, on_playback)
        await conductord.flush()
        with Card(player):
            async with asyncio.TaskGroup() as tasks:
                running = tasks.create_task(speaking.run())
                while not (await _volume(conductord)):
                    pass
                await conductord.publish(s.TURN_STATE, pb.TurnState(phase=pb.OPENED), TURN)
                pcm = np.full(11_025, 5000, "<i2").tobytes()
                chunk = pb.SpeechChunk(utterance="u", pcm=pcm, sample_rate=22_050, last=True, last_sentence=True)
                await inferenced.publish(s.TTS_STREAM.of("session"), chunk, TURN)
                await conductord.publish(s.TURN_STATE, pb.TurnState(phase=pb.ANSWERING, utterance="u"), TURN)
                started, finished = await told.get(), await told.get()
                running.cancel()
        assert (started.phase, finished.phase) == (pb.STARTED, pb.FINISHED)
        assert started.first_sound_monotonic_ns > 0
        assert finished.played_ms == pytest.approx(500, abs=2)


async def _volume(conductord: Bus) -> int:
    try:
        return (await conductord.request(s.PLAYBACK_CONTROL, pb.PlaybackControl(volume_percent=-1))).volume_percent
    except NoAnswer:
        await asyncio.sleep(0)
        return 0
