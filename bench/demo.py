"""Four spoken requests, answered: the box shows itself without a person.

The requests are recordings (`bench/recordings`, made by flite's slt voice); they go through the whole box in real time.
"""

import tempfile
import wave
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import soxr
from numpy.typing import NDArray

from bench.clips import TAIL_S, Clip
from bench.errors import BenchError
from bench.requests import Request
from bench.speakers import RATE
from bench.turns import Timing, hear, timed
from bus.client import Bus
from daemons.runner import Box
from daemons.virtual_sound import VirtualSound

RECORDINGS = Path(__file__).parent / "recordings"


@dataclass(frozen=True)
class Spoken:
    """A recording, and what has to come of it."""

    file: str
    request: Request


CLOCK = r"o'clock|past|to|noon|midnight|\b(one|two|three|four|five|six|seven|eight|nine|ten|eleven|twelve)\b"
SCRIPT = (
    Spoken("timer.wav", Request("set a timer for five minutes", "open", "TimerSet", {"seconds": 300}, "five minutes")),
    Spoken("time.wav", Request("what time is it", "open", "TimeNow", {}, CLOCK)),
    Spoken("sum.wav", Request("how much is twelve times nine", "open", "Calculate", {}, "108")),
    Spoken("cancel.wav", Request("cancel all timers", "complete", "TimerCancel", {"all": True}, "cancelled")),
)


async def run(wav: Path) -> int:
    """0 if all four were answered right. The speaker's sound goes into `wav`."""
    print("Starting the box in a virtual room …", flush=True)
    heard: list[NDArray[np.int16]] = []
    right = 0
    with tempfile.TemporaryDirectory(prefix="spoq-demo-") as folder:
        async with VirtualSound.started() as sound, Box(Path(folder), sound.environment) as box:
            print(f"Listening after {box.started_in_s:.1f} s.\n", flush=True)
            async with Bus.connected(box.bus_config()) as bus:
                for spoken in SCRIPT:
                    made = recorded(RECORDINGS / spoken.file)
                    result = await hear(made, sound, bus, to_the_end=True)
                    timing = timed(made, result)
                    heard.append(result.recording.speaker)
                    right += is_right(spoken.request, timing)
                    _tell(spoken.request, timing)
    _keep(wav, heard)
    print(f"{right} of {len(SCRIPT)} answered right. What the speaker played is in {wav}.")
    return 0 if right == len(SCRIPT) else 1


def is_right(request: Request, timing: Timing) -> bool:
    return timing.intent == request.intent and request.is_answered_by(timing.answer) and timing.answer_ms is not None


def _tell(request: Request, timing: Timing) -> None:
    after = "nothing sounded" if timing.answer_ms is None else f"{timing.answer_ms:.0f} ms after the last word"
    print(f"  said        hey jarvis, {request.say}")
    print(f"  heard       {timing.heard or '–'}")
    print(f"  understood  {timing.intent or '–'}")
    print(f"  answered    {timing.answer or '–'}   ({after})\n", flush=True)


def recorded(path: Path) -> Clip:
    """A recording for the microphone, with the place where its speech ends; a moment of the room follows it.

    Raises:
        BenchError: it can't be read.
    """
    try:
        with wave.open(str(path), "rb") as file:
            rate, pcm = file.getframerate(), np.frombuffer(file.readframes(file.getnframes()), "<i2")
    except (OSError, EOFError, wave.Error) as error:
        raise BenchError(f"The recording {path.name} can't be read.") from error
    sound: NDArray[np.int16] = soxr.resample(pcm, rate, RATE)
    loud = np.flatnonzero(np.abs(sound.astype(np.int32)) >= np.max(np.abs(sound.astype(np.int32))) // 100)
    sound[0] = sound[0] or 1  # so that the recording of the room shows where it began
    return Clip(np.concatenate([sound, np.zeros(int(TAIL_S * RATE), np.int16)]), 0, int(loud[-1]) + 1)


def _keep(path: Path, sounds: Sequence[NDArray[np.int16]]) -> None:
    try:
        with wave.open(str(path), "wb") as file:
            file.setnchannels(1)
            file.setsampwidth(2)
            file.setframerate(RATE)
            file.writeframes(np.concatenate(sounds).astype("<i2").tobytes())
    except OSError as error:
        raise BenchError(f"{path} can't be written: {error.strerror}.") from error
