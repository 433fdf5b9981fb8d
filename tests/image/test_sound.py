"""Sound in the box: a card that comes and goes, and one spoken turn through real ALSA."""

import asyncio
import base64
import tempfile
import zlib
from pathlib import Path

import numpy as np
import pytest
import soxr

from builder import boot
from builder.box import PYTHON, Box, booted, copied
from builder.machine import Machine
from daemons.virtual_sound import RATE, Recording, VirtualSound
from inference.stt.protocol import Vocabulary, Voice
from inference.stt.sphinx import Sphinx
from tests.inference.conftest import Pcm

pytestmark = [pytest.mark.asyncio(loop_scope="session"), pytest.mark.timeout(1800)]

SAYS_S, UP_S, GREETS_S = 180.0, 240.0, 600.0
NO_SPEAKER, NO_MICROPHONE = "There is no speaker", "There is no microphone"


async def until_audiod_says(box: Box, words: str, not_these: str = "nothing") -> None:
    status = "systemctl show -P StatusText spoq-audiod"
    await box.guest.until(f"{status} | grep '{words}' | grep -qv '{not_these}'", SAYS_S)


async def test_a_usb_card_is_plugged_in_unplugged_and_plugged_in_again(box: Box) -> None:
    await until_audiod_says(box, NO_SPEAKER)
    for _ in range(2):
        await box.plug_in_a_sound_card()
        await until_audiod_says(box, NO_MICROPHONE, not_these=NO_SPEAKER)
        await box.unplug_the_sound_card()
        await until_audiod_says(box, NO_SPEAKER)


NOON, QUIET_S = "timedatectl set-ntp false; date -s 12:00", 5.0
"""It greets nobody at night."""
DEADLINES_S = ("deaf_s", "final_s", "thought_s", "answer_s", "voice_s", "playback_s")
PATIENCE = "[conductor.turn]\nunheard_ms = 90000\n" + "".join(f"{name} = 90.0\n" for name in DEADLINES_S)
"""An emulated box works out in half a minute what a board does in half a second: it waits longer for itself."""
REQUEST = "espeak-ng -v en-us -w /run/request.wav 'what is two plus three'"
SPEAKS = (
    "(spoq talk >/run/answer 2>/run/talk &); until grep -q 'Speak now' /run/talk; do sleep 0.2; done; "
    "aplay -q -D plughw:0,1 /run/request.wav"
)
SAYS = "grep -q 'Two plus three is five'"
ANSWERED = f"{SAYS} /run/answer || {{ grep -q 'not over' /run/talk && spoq turns | {SAYS}; }}"
"""The turns are asked for only where that is needed: it keeps one of two emulated cores busy for seconds."""
IN_THE_ROOM = (
    "(timeout 600 arecord --process-id-file /run/room.pid -q -t raw -D plughw:0,1 -f S16_LE -r 48000 -c 1"
    " | tail -c 64000000 >/run/room.raw) >/dev/null 2>&1 &"
)
HEARD = "import base64, zlib; print(base64.b64encode(zlib.compress(open('/run/room.raw', 'rb').read(), 1)).decode())"
AUDIBLE, CLOSE, AROUND = 20, 12_000, 15_000
"""What is heard at all, how loud it is with an ear at the speaker, and samples before and after it."""
MAY_BE_SAID = """#JSGF V1.0;
grammar answers;
public <answer> = two plus three is five | two plus three is nine | twelve times twelve is fifty six
    | sorry i did not understand that | sorry something went wrong | hello i'm ready to <need> [press my <part>]
    [and i'll tell you the <secret>] | hello i'm muted;
<need> = pair | play | repair | go;
<part> = button | speaker | label;
<secret> = set up code | time | answer;
"""


async def test_a_request_is_heard_and_answered_aloud(box: Box) -> None:
    """Through the kernel's loop of sound: what one end plays the other end records."""
    await box.guest.put(PATIENCE.encode(), "/etc/spoq/spoq.toml")
    await box.guest.run("modprobe snd-aloop; systemctl restart spoq-conductord spoq-audiod", UP_S)
    await until_audiod_says(box, "Listening for the wake word")
    await box.guest.run(f"{REQUEST}; {IN_THE_ROOM}")
    await box.guest.run(SPEAKS, UP_S)
    await box.guest.until(ANSWERED, SAYS_S, every_s=5.0)
    heard = await box.guest.run(f'kill $(cat /run/room.pid); sleep 2; {PYTHON} -c "{HEARD}"', SAYS_S)
    assert words(np.frombuffer(zlib.decompress(base64.b64decode(heard)), np.int16)) == "two plus three is five"


@pytest.mark.matrix
async def test_a_box_that_is_not_paired_says_so_on_the_sound_of_the_computer(
    first_start: Machine, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As `make boot` starts it where there is a sound card, and by day."""
    with tempfile.TemporaryDirectory(prefix="spoq-box-") as folder:
        machine = copied(first_start, Path(folder, "machine"))
        async with VirtualSound.started() as sound, sound.record() as recording:
            for name, value in sound.environment.items():
                monkeypatch.setenv(name, value)
            async with booted(machine, sound=boot.ALSA) as box:
                await box.guest.run(NOON)
                await until_it_has_spoken(recording)
            spoken = recording.speaker_so_far()
    assert words(spoken) == "hello i'm ready to pair press my button and i'll tell you the set up code"


async def until_it_has_spoken(recording: Recording) -> None:
    async with asyncio.timeout(GREETS_S):
        while True:
            await asyncio.sleep(QUIET_S)
            loud = np.flatnonzero(np.abs(recording.speaker_so_far()) > AUDIBLE)
            if len(loud) and len(recording.speaker_so_far()) - loud[-1] > QUIET_S * RATE:
                return


def words(sound: Pcm) -> str:
    """What somebody in the room makes of 48 kHz."""
    loud = np.flatnonzero(np.abs(sound) > AUDIBLE)
    assert len(loud), "nothing sounded"
    spoken = sound[max(0, loud[0] - AROUND) : loud[-1] + AROUND].astype(np.float32)
    samples = soxr.resample(spoken * (CLOSE / np.abs(spoken).max()), 48_000, 16_000).astype(np.int16)
    stt = Sphinx()
    stt.learn(Vocabulary("answers", "en", MAY_BE_SAID, ()))
    stt.start(0)
    for at in range(0, len(samples), 320):
        stt.feed(samples[at : at + 320], Voice.SPEAKING)
    return stt.finish().text
