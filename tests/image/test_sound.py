"""Sound in the box: a card that comes and goes, and one spoken turn through real ALSA."""

import asyncio

import pytest

from builder.box import PYTHON, Box

pytestmark = [pytest.mark.asyncio(loop_scope="session"), pytest.mark.timeout(1800)]

SAYS_S, UP_S = 180.0, 240.0
WORKS_S = 50.0
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


DEADLINES_S = ("deaf_s", "final_s", "thought_s", "answer_s", "voice_s", "playback_s")
PATIENCE = "[conductor.turn]\nunheard_ms = 90000\n" + "".join(f"{name} = 90.0\n" for name in DEADLINES_S)
"""An emulated box works out in half a minute what a board does in half a second: it waits longer for itself."""
REQUEST = "espeak-ng -v en-us -w /run/request.wav 'what is seven times eight'"
IN_THE_ROOM = "timeout 120 arecord -q -D hw:0,1 -f S32_LE -r 48000 -c 2 /run/heard.raw >/dev/null 2>&1 &"
LOUDEST = (
    "import array; a = array.array('i', open('/run/heard.raw', 'rb').read()[: 4 * 48_000 * 2 * 115]);"
    "print(max(map(abs, a[::7])) >> 16)"
)


@pytest.mark.matrix
async def test_a_request_is_heard_and_answered_aloud(box: Box) -> None:
    """Through the kernel's loop of sound: what one end plays the other end records."""
    await box.guest.put(PATIENCE.encode(), "/etc/spoq/spoq.toml")
    await box.guest.run("modprobe snd-aloop; systemctl restart spoq-conductord", UP_S)
    await until_audiod_says(box, "Listening for the wake word")
    await box.guest.run(REQUEST)
    assert await answered(box) or await answered(box) or await answered(box)
    await box.guest.until(f'test "$({PYTHON} -c "{LOUDEST}")" -gt 50', SAYS_S)


async def answered(box: Box) -> bool:
    """Whether the request was understood, this time: an emulated box under load may miss the beginning of it."""
    await box.guest.run(f"pkill arecord; {IN_THE_ROOM}")
    await box.guest.run("(spoq talk >/dev/null 2>&1 &) ; sleep 6; aplay -q -D plughw:0,1 /run/request.wav", UP_S)
    # Asking for turns takes the box seconds, too.
    await asyncio.sleep(WORKS_S)
    try:
        await box.guest.until("spoq turns --json | grep -q 'Seven times eight is fifty-six.'", WORKS_S)
    except TimeoutError:
        return False
    return True
