"""A room for the conductor: what audiod and inferenced would tell it, on a bus in one process and on time that passes
at once. A person speaks in it, and what the conductor says is kept."""

import asyncio
import itertools
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import cast
from zoneinfo import ZoneInfo

from bus import messages_pb2 as pb
from bus import subjects as s
from bus.client import Bus
from bus.envelope import Context
from conductor.alarmclock import AlarmClock
from conductor.config import Config
from conductor.household import Household
from conductor.region import Region
from conductor.ringing import BusRinger
from conductor.service import Service
from conductor.thinking import Thinking
from tests.fakes.clock import BoxClock
from tests.fakes.fast_time import monotonic_ns, settled
from tests.fakes.local_bus import LocalBus
from tests.fakes.speaker_daemon import SpeakerDaemon

NOON = 1_799_665_200.0
STREAM = "microphone"
HOP_MS = 32
SAMPLES_PER_MS = 16
OPENED_AT = 16_000


class Room:
    """Made by `room`. `position` counts samples of the microphone's stream."""

    def __init__(self, household: Household, clock: BoxClock, config: Config) -> None:
        self.bus = LocalBus(monotonic_ns)
        self.household = household
        self.clock = clock
        self.speaker = SpeakerDaemon()
        bus = cast(Bus, self.bus)
        self.thinking = Thinking(bus, household, clock, config, Region(ZoneInfo("Europe/Berlin")), "1.2.3")
        self.ringer = BusRinger(bus, self.thinking.dismiss, monotonic_ns)
        self.alarms = AlarmClock(household, clock, self.ringer, ZoneInfo("Europe/Berlin"))
        self.service = Service(bus, self.thinking, self.ringer, config, monotonic_ns)
        self.position = OPENED_AT

    # --- the person and the microphone ----------------------------------------------------------------

    async def wake(self, accepted: bool = True) -> None:
        wake = pb.Wake(stream=STREAM, word="hey_jarvis", position=self.position, accepted=accepted)
        await self.bus.publish(s.AUDIO_WAKE, wake, Context(trace_id="woken"))
        await settled()

    async def sounds(self, length_ms: int, probability: float, context: Context | None = None) -> None:
        """The detector works through so much sound, at its own pace."""
        for _ in range(length_ms // HOP_MS):
            await asyncio.sleep(HOP_MS / 1000)
            self.position += HOP_MS * SAMPLES_PER_MS
            activity = pb.Activity(
                stream=STREAM,
                position=self.position,
                speech_probability=probability,
                words_position=self.position,
                captured_monotonic_ns=monotonic_ns(),
            )
            await self.bus.publish(s.STT_ACTIVITY, activity, context or self.context)
        await settled()

    async def voice(self, length_ms: int) -> None:
        await self.sounds(length_ms, 0.95)

    async def silence(self, length_ms: int) -> None:
        await self.sounds(length_ms, 0.01)

    async def words(self, text: str, context: Context | None = None) -> None:
        """What the recogniser makes of it so far."""
        partial = pb.Partial(stream=STREAM, position=self.position, text=text, confidence=0.9)
        await self.bus.publish(s.STT_PARTIAL, partial, context or self.context)
        await settled()

    async def final(self, text: str, rejection: str = "") -> None:
        final = pb.Final(text=text, source="dictation" if text else "", rejection=rejection)
        await self.bus.publish(s.STT_FINAL, final, self.context)
        await settled()

    async def request(self, text: str) -> None:
        """The wake word, a whole request, and the silence in which it is committed."""
        await self.wake()
        await self.voice(640)
        await self.words(text)
        await self.voice(160)
        await self.silence(160)

    # --- the speaker and the model ---------------------------------------------------------------------

    async def plays(self, phase: pb.PlaybackPhase, utterance: str = "", reason: str = "") -> None:
        """The speaker's daemon tells of an utterance, the one that may sound now where none is named."""
        state = pb.PlaybackState(phase=phase, utterance=utterance or self.state.utterance, reason=reason)
        if phase == pb.STARTED:
            state.first_sound_monotonic_ns = monotonic_ns()
        await self.bus.publish(s.PLAYBACK_STATE, state, self.context)
        await settled()

    async def answer_sounds(self) -> None:
        """What may sound now is played from beginning to end."""
        await self.plays(pb.STARTED)
        await self.plays(pb.PLAYING)
        await self.plays(pb.FINISHED)

    async def completes(self, text: str, last: bool = False, failure: str = "", context: Context | None = None) -> None:
        """The language model says this much of its newest answer."""
        completion = self.bus.bodies(s.LLM_REQUEST)[-1].completion
        delta = pb.CompletionDelta(completion=completion, text=text, last=last, failure=failure)
        context = context or self.context
        await self.bus.publish(s.LLM_STREAM.of(context.session_id or "typed"), delta, context)
        await settled()

    # --- what the conductor said -----------------------------------------------------------------------

    @property
    def states(self) -> list[pb.TurnState]:
        return self.bus.bodies(s.TURN_STATE)

    @property
    def state(self) -> pb.TurnState:
        return self.states[-1]

    @property
    def phases(self) -> list[pb.TurnPhase]:
        return [state.phase for state in self.states]

    @property
    def context(self) -> Context:
        """Of the newest turn."""
        return [context for name, _, context in self.bus.sent if name == s.TURN_STATE.name][-1]

    @property
    def spoken(self) -> list[str]:
        return [speak.text for speak in self.bus.bodies(s.TTS_REQUEST)]

    @property
    def cancelled(self) -> list[str]:
        """Utterances that must not sound any more."""
        return [each.utterance for each in self.bus.bodies(s.TTS_CANCEL)]

    async def turns(self) -> list[pb.Turn]:
        return list((await self.bus.request(s.TURNS_LIST, pb.TurnsRequest())).turns)

    async def ask(self, text: str, language: str = "", aloud: bool = False) -> pb.Answer:
        return await self.bus.request(s.NLU_REQUEST, pb.Ask(text=text, language=language, aloud=aloud))

    @property
    def clips(self) -> list[str]:
        return [clip.utterance or clip.clip for clip in self.bus.bodies(s.PLAYBACK_CLIP)]

    @property
    def timers(self) -> list[int]:
        return [timer.seconds for timer in self.household.records.timers]


@asynccontextmanager
async def room(folder: Path, config: Config | None = None) -> AsyncIterator[Room]:
    """A conductor that serves, with a household of its own in `folder`."""
    ids = itertools.count(1)
    clock = BoxClock(NOON)
    async with Household.opened(folder, clock, lambda: str(next(ids))) as household:
        here = Room(household, clock, config or Config())
        await here.speaker.serve(here.bus)
        parts = (here.service.run(), here.ringer.run(), here.alarms.run())
        serving = [asyncio.create_task(part) for part in parts]
        await here.service.subscribed()
        first = here.bus.sent.pop(0)
        assert first[1].reason == "restarted", "it begins by ending what an earlier process had open"
        try:
            yield here
            assert [task.exception() for task in serving if task.done()] == []
        finally:
            for task in serving:
                task.cancel()
            await asyncio.gather(*serving, return_exceptions=True)
