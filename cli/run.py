"""`spoq run`: the box on this computer, with the live view, until Ctrl-C."""

import asyncio
import os
import signal
import subprocess
import sys
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager

from bus.client import Bus
from cli.connection import home
from cli.live import view
from daemons.runner import Box
from daemons.virtual_sound import VirtualSound

SOUND_CARD_PROBE = "import sounddevice as s; s.query_devices(kind='input'); s.query_devices(kind='output')"
PROBE_S = 10


async def run() -> None:
    """Start everything, show it, and end everything."""
    stop = asyncio.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        asyncio.get_running_loop().add_signal_handler(number, stop.set)
    async with _sound_card() as environment:
        print("Starting …", flush=True)
        async with Box(home(), environment) as box, Bus.connected(box.bus_config()) as bus:
            print(f'Listening after {box.started_in_s:.1f} s. Say "hey jarvis, what time is it".', flush=True)
            shown = asyncio.create_task(view(bus))
            stopped = asyncio.create_task(stop.wait())
            await asyncio.wait({shown, stopped}, return_when=asyncio.FIRST_COMPLETED)
            for task in (shown, stopped):
                task.cancel()
            await asyncio.gather(shown, stopped, return_exceptions=True)


@asynccontextmanager
async def _sound_card() -> AsyncIterator[Mapping[str, str]]:
    """This computer's microphone and speaker; a virtual pair where there is none."""
    if await asyncio.to_thread(_has_sound_card):
        yield {}
        return
    async with VirtualSound.started() as sound:
        print("This computer has no sound card: using a virtual microphone and speaker.")
        print('Speak to the box with: spoq say "hey jarvis, what time is it"', flush=True)
        yield sound.environment


def _has_sound_card() -> bool:
    """In a process of its own: PortAudio remembers the cards of its first look, and prints what it misses."""
    probe = subprocess.run(
        [sys.executable, "-c", SOUND_CARD_PROBE],
        env=os.environ,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        timeout=PROBE_S,
        check=False,
    )
    return probe.returncode == 0
