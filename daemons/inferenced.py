"""spoq-inferenced: speech to text with voice activity beside it, text to speech, and the language model."""

import asyncio
import sys

from daemons.runtime import Daemon, run
from inference.completion import Completion
from inference.config import Config, SttConfig
from inference.hearing import Hearing
from inference.llm.openai import OpenAi
from inference.speaking import Speaking
from inference.stt.dictation import Dictation, WithDictation
from inference.stt.protocol import Stt
from inference.stt.sphinx import Sphinx
from inference.tts.cache import CachedVoice
from inference.tts.espeak import Espeak
from inference.utterance import SAMPLES_PER_MS
from inference.voice_activity import open_silero


def recogniser(config: SttConfig) -> Stt:
    """A fresh one."""
    if not config.dictation:
        return Sphinx()
    return WithDictation(Sphinx(), Dictation(), int(config.longest_utterance_s * 1000 * SAMPLES_PER_MS))


async def serve(daemon: Daemon) -> None:
    config = daemon.config("inference", Config)
    silero = await asyncio.to_thread(open_silero)
    async with Espeak.started(config.tts) as espeak, OpenAi.connected(config.llm) as model, daemon.bus() as bus:
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
