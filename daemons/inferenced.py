"""spoq-inferenced: speech to text with voice activity beside it, text to speech, and the language model."""

import asyncio
import logging
import sys

from daemons.runtime import Daemon, run
from engines.errors import EngineError
from inference.completion import Completion
from inference.config import Config, SttConfig
from inference.hearing import Hearing
from inference.llm import model as llm
from inference.speaking import Speaking
from inference.stt.dictation import Dictation, WithDictation
from inference.stt.moonshine import Moonshine
from inference.stt.protocol import Stt
from inference.stt.sphinx import Sphinx
from inference.stt.two_pass import Config as TwoPassConfig
from inference.stt.two_pass import TwoPass
from inference.tts.cache import CachedVoice
from inference.tts.espeak import Espeak
from inference.utterance import SAMPLES_PER_MS
from inference.voice_activity import open_silero

log = logging.getLogger(__name__)


def recogniser(config: SttConfig) -> Stt:
    """A fresh one, the best that this computer has the model for."""
    if config.second_pass:
        try:
            return TwoPass(Sphinx(), Moonshine.opened(), TwoPassConfig(dictation=config.dictation))
        except (EngineError, ValueError) as error:
            log.warning("recognition does without its second pass: %s", error)
    if not config.dictation:
        return Sphinx()
    return WithDictation(Sphinx(), Dictation(), int(config.longest_utterance_s * 1000 * SAMPLES_PER_MS))


async def serve(daemon: Daemon) -> None:
    config = daemon.config("inference", Config)
    silero = await asyncio.to_thread(open_silero)
    async with Espeak.started(config.tts) as espeak, llm.connected(config.llm) as model, daemon.bus() as bus:
        hearing = Hearing(bus, lambda: recogniser(config.stt), silero, config.stt)
        async with asyncio.TaskGroup() as tasks:
            running = [
                tasks.create_task(hearing.run()),
                tasks.create_task(Speaking(bus, CachedVoice(espeak)).run()),
                tasks.create_task(Completion(bus, model).run()),
            ]
            await hearing.ready()
            daemon.ready("hears and speaks")
            await daemon.stopped()
            for task in running:
                task.cancel()


def main() -> int:
    return run("inferenced", serve)


if __name__ == "__main__":
    sys.exit(main())
