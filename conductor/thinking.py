"""What words mean, and doing what they ask for: understanding, skills and the household, for the service.

Deciding is pure and elsewhere (`conductor.intents`, `conductor.skills`); here the picture of the world is taken and the
effects are performed.
"""

import asyncio
import logging
from collections import deque
from collections.abc import Awaitable, Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import datetime

from bus import messages_pb2 as pb
from bus import subjects as s
from bus.client import Bus
from bus.errors import BusError
from conductor import numbers, sentences, skills
from conductor.box import looked_at
from conductor.clock import Clock
from conductor.config import Config
from conductor.effects import (
    Dismiss,
    Effect,
    HouseholdEffect,
    MicrophoneMute,
    ServiceEffect,
    Silence,
    UpdateTold,
    UpdateWish,
    VolumeSet,
)
from conductor.errors import Refused
from conductor.household import Done, Household
from conductor.intents import Recognizer, Understood
from conductor.plan import Plan
from conductor.region import Region
from conductor.skills import missed, updates
from conductor.speech import Sentences
from conductor.standing import Standing
from conductor.timers import Entry, State, Timer
from conductor.world import Box, News, Update, World

log = logging.getLogger(__name__)

REMEMBERED = 4
"""Exchanges that a language model is told of."""

APOLOGIES = Sentences(
    en={
        "no_words": "Sorry, I didn't catch any words.",
        "unfinished": "Sorry, I only heard the beginning of that.",
        "too_long": "Sorry, that was too long for me. Please say it in one sentence.",
        "not_understood": "Sorry, I didn't understand that.",
        "no_model": "I need a language model for that, and have none. Install one in your home, such as Ollama, and "
        "put its address in my settings.",
        "unreachable": "Sorry, I can't reach my language model.",
        "failed": "Sorry, my language model failed.",
        "deaf": "Sorry, I can't hear the microphone any more.",
        "engine_failed": "Sorry, something went wrong while I listened. Please say it again.",
        "voice_failed": "Sorry, something went wrong. Please try again.",
        "control_failed": "Sorry, that didn't work.",
    },
    de={
        "no_words": "Entschuldigung, ich habe keine Worte verstanden.",
        "unfinished": "Entschuldigung, ich habe nur den Anfang gehört.",
        "too_long": "Entschuldigung, das war mir zu lang. Bitte sag es in einem Satz.",
        "not_understood": "Entschuldigung, das habe ich nicht verstanden.",
        "no_model": "Dafür brauche ich ein Sprachmodell und habe keines. Installiere zu Hause eines, etwa Ollama, "
        "und trage seine Adresse in meine Einstellungen ein.",
        "unreachable": "Entschuldigung, ich erreiche mein Sprachmodell nicht.",
        "failed": "Entschuldigung, mein Sprachmodell hat versagt.",
        "deaf": "Entschuldigung, ich höre das Mikrofon nicht mehr.",
        "engine_failed": "Entschuldigung, beim Zuhören ging etwas schief. Bitte sag es noch einmal.",
        "voice_failed": "Entschuldigung, da ist etwas schiefgegangen. Bitte versuche es noch einmal.",
        "control_failed": "Entschuldigung, das hat nicht geklappt.",
    },
)
PERSONA = (
    "You are the voice of a small box in somebody's home. Answer in at most three short sentences, as a person would "
    "say them aloud: no lists, no markup, no links. You can't look anything up. If you don't know, say so."
)
REPLIES: Mapping[str, Sequence[str]] = {
    "TimerSet": ("set a timer for {}",),
    "AlarmSet": ("set an alarm for {}", "set an alarm {}"),
    "TimerCancel": ("cancel {}", "cancel the {}", "cancel the {} timer"),
    "TimerAdd": ("cancel the {} timer",),
    "AlarmCancel": ("cancel {}", "cancel the alarm for {}", "cancel the {} alarm"),
}
"""How an answer to our own question is read: after each intent that asks one. Where the question was which timer gets
more time, only the name is taken from that."""

ABOUT_ITSELF = frozenset({"BoxStatus", "Update"})
MENTIONS = frozenset({"TimerLeft", "TimerSet", "AlarmSet"})
"""What "the pasta timer", "five minutes" and "seven thirty" mean where we have not asked."""


@dataclass(frozen=True)
class Thought:
    """What came of thinking. None: no skill can answer that."""

    plan: Plan | None


class Thinking:
    """`version` is of the software, for those who ask. `recognizer_of`: as `Recognizer.for_language`."""

    def __init__(
        self,
        bus: Bus,
        household: Household,
        clock: Clock,
        config: Config,
        region: Region,
        version: str,
        recognizer_of: Callable[[str], Recognizer] = Recognizer.for_language,
    ) -> None:
        self._bus = bus
        self._household = household
        self._clock = clock
        self._config = config
        self._region = region
        self._version = version
        self._recognizer_of = recognizer_of
        self._volume = 50
        self._update = pb.UpdateState()
        self._told = ""
        self._last_answer = ""
        self._asked = ""
        self._asked_about = ""
        self._exchanges: deque[tuple[str, str]] = deque(maxlen=REMEMBERED)

    def move_to(self, region: Region) -> None:
        """The household lives there from now on."""
        self._region = region

    # --- words -----------------------------------------------------------------------------------

    @property
    def languages(self) -> tuple[str, ...]:
        return sentences.languages()

    def speaks(self, language: str) -> bool:
        return language.split("-")[0] in self.languages

    def recognizer(self) -> Recognizer:
        """Of what is spoken."""
        return self._recognizer_of(self._config.language)

    def without_wake_word(self, words: str) -> str:
        return self.recognizer().without_wake_word(words)

    def standing(self, words: str) -> Standing:
        """How spoken words stand; a number alone is a beginning at most, unless we have asked for one."""
        standing = self.recognizer().standing(words)
        return Standing.BEGINNING if standing is Standing.OPEN and self._is_mere_number(words) else standing

    def _is_mere_number(self, words: str) -> bool:
        """ "nine", which could be a time if we had asked for one, is mostly all that was heard of something else."""
        return not self._asked and words in numbers.UNITS

    async def think(self, words: str, language: str = "") -> Thought:
        """What the words ask for. Nothing happens yet."""
        language = (language or self._config.language).split("-")[0]
        understood = await asyncio.to_thread(self._understood, words, language)
        if understood is None:
            return Thought(None)
        world = await self._world(understood.intent)
        return Thought(updates.told_with(missed.told_with(skills.plan(understood, world), world), world))

    def _understood(self, words: str, language: str) -> Understood | None:
        recognizer = self._recognizer_of(language)
        if self._is_mere_number(words):
            return None
        understood = recognizer.understand(words)
        if not self._asked or language != "en" or (understood is not None and understood.intent not in MENTIONS):
            return understood
        return self._replied(recognizer, words) or understood

    def _replied(self, recognizer: Recognizer, words: str) -> Understood | None:
        """What the words mean as the answer to our question; None if they are none."""
        reply = words.removeprefix("the ").removesuffix(" one").removesuffix(" timer").removesuffix(" alarm")
        patterns = REPLIES.get(self._asked, ())
        readings = [pattern.format(form) for form in (reply, reply.removesuffix("s")) for pattern in patterns]
        found = next((found for reading in readings if (found := recognizer.of_templates(reading)) is not None), None)
        return found if found is None or found.intent == self._asked else self._completed(recognizer, found)

    def _completed(self, recognizer: Recognizer, found: Understood) -> Understood | None:
        """The request that our question was about, for the timer that was named."""
        request = recognizer.understand(self._asked_about)
        if request is None or request.intent != self._asked or "name" not in found.slots:
            return None
        return replace(request, slots={**request.slots, "name": found.slots["name"]})

    async def _world(self, intent: str) -> World:
        if intent.startswith("Volume"):
            await self._ask_volume()
        if intent == "Update":
            await self._ask_about_updates()
        about_itself = await asyncio.to_thread(looked_at, self._version) if intent in ABOUT_ITSELF else Box()
        return World(
            now=self._clock.now(),
            zone=self._region.zone,
            imperial=self._region.imperial,
            records=self._household.records,
            volume_percent=self._volume,
            last_answer=self._last_answer,
            asked=self._asked,
            box=about_itself,
            update=_update(self._update, self._told),
        )

    def apology(self, reason: str) -> str:
        """The sentence for one of the reasons in `APOLOGIES`."""
        return APOLOGIES.say(self._config.language, reason)

    def remember(self, heard: str, answer: str, plan: Plan | None) -> None:
        """This was said; the next request may refer to it. Nothing was said where silence was the answer."""
        self._asked = ""
        if not answer:
            return
        if plan is None or plan.intent != "Repeat":
            self._last_answer = answer
        self._asked = plan.intent if plan is not None and plan.expects_reply else ""
        self._asked_about = heard
        self._exchanges.append((heard, answer))

    def forget_question(self) -> None:
        """Nobody has answered what we asked."""
        self._asked = ""

    def messages(self, text: str) -> Sequence[pb.ChatMessage]:
        """What a language model is told: what never changes first, so that it can be kept; the clock last."""
        told = [pb.ChatMessage(role="system", content=PERSONA)]
        for heard, answer in self._exchanges:
            told.append(pb.ChatMessage(role="user", content=heard))
            told.append(pb.ChatMessage(role="assistant", content=answer))
        now = self._clock.now()
        here = datetime.fromtimestamp(now.wall, self._region.zone)
        local = f"{here:%A, %d %B %Y, %H:%M}" if now.known else "unknown"
        told.append(pb.ChatMessage(role="user", content=f"{text}\n\n(The time is {local}.)"))
        return told

    def is_night(self) -> bool:
        """Whether nothing may be said that nobody asked for. A box that does not know the time has just been set up."""
        now = self._clock.now()
        hour = datetime.fromtimestamp(now.wall, self._region.zone).hour
        return now.known and not self._config.day_from <= hour < self._config.day_to

    # --- deeds -----------------------------------------------------------------------------------

    async def perform(self, effects: Sequence[Effect], language: str = "en") -> Done:
        """Do all of it. A problem is a sentence, and then what could not be done was not done."""
        kept = [effect for effect in effects if isinstance(effect, HouseholdEffect)]
        undos: list[Callable[[], Awaitable[None]]] = []
        if kept:
            done = await self._household.perform(kept, language)
            undos.append(done.undo)
            if done.problem:
                return done
        try:
            for effect in (each for each in effects if not isinstance(each, HouseholdEffect)):
                undos.append(await self._ask(effect))  # noqa: PERF401 - a failure leaves what was done, to be undone
        except (BusError, Refused) as error:
            log.warning("not done: %s", error)
            await _undo_all(undos)
            return Done(problem=APOLOGIES.say(language, "control_failed"))
        return Done(lambda: _undo_all(undos))

    async def _ask(self, effect: ServiceEffect) -> Callable[[], Awaitable[None]]:
        """Ask the daemon that can do it; what undoes it."""
        match effect:
            case VolumeSet(percent, before):
                await self._set_volume(percent)
                return lambda: self._set_volume(before)
            case MicrophoneMute():
                _demand((await self._bus.request(s.AUDIO_MUTE, pb.SetMute(action="mute"))).refusal)
            case Silence():
                await self._control(pb.PlaybackControl(volume_percent=-1, action="silence"))
            case UpdateWish(action, undone):
                await self._wish(action)
                return (lambda: self._wish(undone)) if undone else _nothing
            case UpdateTold(news):
                return await self._tell(news)
        return _nothing

    async def _wish(self, action: str) -> None:
        _demand((await self._bus.request(s.UPDATE_WISH, pb.UpdateWish(action=action))).refusal)

    async def _tell(self, news: str) -> Callable[[], Awaitable[None]]:
        """The updater, that people know of it; where it is away, it says it once more when it is back."""

        async def taken_back() -> None:
            self._told = ""
            with suppress(BusError):
                await self._bus.request(s.UPDATE_TOLD, pb.UpdateTold(id=news, taken_back=True))

        self._told = news
        with suppress(BusError):
            await self._bus.request(s.UPDATE_TOLD, pb.UpdateTold(id=news))
        return taken_back

    async def _set_volume(self, percent: int) -> None:
        await self._control(pb.PlaybackControl(volume_percent=percent))

    async def follow_updates(self) -> None:
        """From now on it is known how far they are. The updater may have been there before, and may come later."""
        await self._bus.subscribe(s.UPDATE_STATE, lambda message: self._know(message.body))
        await self._ask_about_updates()

    async def _ask_about_updates(self) -> None:
        with suppress(BusError):
            self._know(await self._bus.request(s.UPDATE_STATUS, pb.UpdateRequest()))

    def _know(self, update: pb.UpdateState) -> None:
        self._update = update

    async def _ask_volume(self) -> None:
        with suppress(BusError, Refused):
            await self._control(pb.PlaybackControl(volume_percent=-1))

    async def _control(self, control: pb.PlaybackControl) -> None:
        reply = await self._bus.request(s.PLAYBACK_CONTROL, control)
        _demand(reply.refusal)
        self._volume = reply.volume_percent

    # --- what rings and runs ------------------------------------------------------------------------

    def ringing(self) -> tuple[Entry, ...]:
        return self._household.ringing

    async def dismiss_alarms(self) -> None:
        """Whatever rings is done with."""
        ids = tuple(entry.id for entry in self._household.ringing)
        if ids:
            await self._household.perform((Dismiss(ids),))

    async def dismiss(self, entry_id: str) -> None:
        await self._household.perform((Dismiss((entry_id,)),))

    def timers(self) -> pb.Timers:
        """All that runs, the soonest first."""
        now = self._clock.now()
        entries = sorted(self._household.records.entries, key=self._due)
        return pb.Timers(timers=[_told(entry, now.wall, self._due(entry)) for entry in entries])

    def _due(self, entry: Entry) -> float:
        now = self._clock.now()
        if isinstance(entry, Timer):
            return now.wall + entry.remaining_s(now)
        if entry.snoozed is not None:
            return now.wall + entry.snoozed.remaining_s(now)
        return (entry.rang.wall if entry.rang is not None else entry.next_due(now, self._region.zone)) or now.wall


def _told(entry: Entry, now: float, due: float) -> pb.TimerEntry:
    name = entry.name if isinstance(entry, Timer) else f"{entry.hour:02d}:{entry.minute:02d}"
    return pb.TimerEntry(
        id=entry.id,
        kind="timer" if isinstance(entry, Timer) else "alarm",
        name=name,
        due_unix_ms=round(due * 1000),
        remaining_ms=round(max(0.0, due - now) * 1000),
        state={State.WAITING: "running"}.get(entry.state, str(entry.state)),
    )


def _update(state: pb.UpdateState, told: str) -> Update:
    has_news = state.news.id not in ("", told)
    news = News(state.news.id, state.news.outcome, state.news.version) if has_news else None
    return Update(
        state.state, state.offered, state.security, state.per_cent, state.has_server, state.checked_unix_ms > 0, news
    )


def _demand(refusal: str) -> None:
    if refusal:
        raise Refused(refusal)


async def _undo_all(undos: Sequence[Callable[[], Awaitable[None]]]) -> None:
    """The last first. What can't be asked for any more stays as it is: whoever could undo it is gone."""
    for undo in reversed(undos):
        try:
            await undo()
        except (BusError, Refused) as error:
            log.warning("not undone: %s", error)


async def _nothing() -> None:
    """Undoes what can't be undone by voice."""
