"""spoq-audiod: the microphone and the speaker."""

import asyncio
import logging
import os
import sys

from audio import clips, fitting
from audio.cards import Cards, Faults
from audio.config import Config
from audio.ear import Ear
from audio.echo import Reference, tapped
from audio.errors import UnusableHead
from audio.hearing import Hearing, World
from audio.mute import Mute
from audio.player import Player
from audio.soundcard import PortAudioCard, keep_drivers_quiet
from audio.speaking import Speaking
from audio.stopword import StopWord
from audio.wakeword import OpenWakeWord
from daemons.runtime import Daemon, run
from storage import fault

log = logging.getLogger(__name__)

WORKS = Faults("", "")


async def serve(daemon: Daemon) -> None:
    config = await asyncio.to_thread(_config, daemon)
    models = await asyncio.to_thread(OpenWakeWord, config.wake.words)
    stop = await asyncio.to_thread(_stop_word, config)
    kept = await clips.prepared(daemon.state / "clips", config.language)
    player, reference = Player(config.player), Reference()
    hearing: Hearing | None = None

    def lost() -> None:
        if hearing is not None:
            hearing.on_bus_lost()

    async with daemon.bus(on_lost=lost) as bus:
        speaking = Speaking(bus, player, kept, config.speaking)
        ear = Ear(config, models, stop, reference)
        world = World(player, speaking.say_something_went_wrong)
        hearing = Hearing(bus, ear, Mute(daemon.state / "mute", unsure=fault.found() is not None), config, world)
        cards = _cards(daemon, config, hearing, player, reference)
        async with asyncio.TaskGroup() as tasks:
            running = [tasks.create_task(each) for each in (speaking.run(), hearing.run(), cards.run())]
            await cards.looked()
            daemon.ready(_status(cards.faults), degraded=cards.faults != WORKS)
            await daemon.stopped()
            for task in running:
                task.cancel()


def _config(daemon: Daemon) -> Config:
    """The settings, as far as this computer can follow them."""
    wanted = daemon.config("audio", Config)
    took_ms = fitting.cleaning_ms(wanted.echo)
    config = fitting.fitted(wanted, took_ms)
    if config != wanted:
        log.warning(
            "Cleaning 10 ms of sound takes %.1f ms on this computer: the box listens without echo cancellation, "
            "noise suppression and gain control, and hardly hears its wake word while it speaks",
            took_ms,
        )
    return config


def _stop_word(config: Config) -> StopWord | None:
    """Without it the box still hears its wake words, which end an answer too."""
    try:
        return StopWord(config.stop)
    except UnusableHead as error:
        log.error("There is no stop word: %s", error)
        return None


def _cards(daemon: Daemon, config: Config, hearing: Hearing, player: Player, reference: Reference) -> Cards:
    loop = asyncio.get_running_loop()

    def changed(faults: Faults) -> None:
        hearing.faults_changed(faults)
        loop.call_soon_threadsafe(lambda: daemon.status(_status(faults), degraded=faults != WORKS))

    return Cards(
        make=lambda: PortAudioCard(config.card),
        on_block=hearing.block,
        render=tapped(player.render, reference),
        on_microphone=hearing.microphone_opened,
        on_change=changed,
        busy=lambda: hearing.busy,
    )


def _status(faults: Faults) -> str:
    """One sentence, or two where both are missing."""
    return " ".join(fault for fault in (faults.microphone, faults.speaker) if fault) or "Listening for the wake word."


def main() -> int:
    keep_drivers_quiet()
    code = run("audiod", serve)
    # A driver that hangs keeps its thread for ever, and an ordinary exit would wait for it.
    logging.shutdown()
    sys.stderr.flush()
    os._exit(code)


if __name__ == "__main__":
    main()
