"""A turn's answer: prepared, said while it is done, taken back, or replaced by what has to be said instead."""

import time
from collections.abc import Callable, Sequence

from bus import messages_pb2 as pb
from bus.client import Bus
from conductor import utterances
from conductor.actions import Action
from conductor.config import Config
from conductor.conversation import Conversation
from conductor.plan import Plan
from conductor.speech import Sentences
from conductor.thinking import Thinking

CLIP_SORRY = "something_went_wrong"
SAID = Sentences(en={"moment": "One moment."}, de={"moment": "Einen Moment."})


class Answers:
    """To the voice and the household."""

    def __init__(
        self, bus: Bus, thinking: Thinking, config: Config, monotonic_ns: Callable[[], int] = time.monotonic_ns
    ) -> None:
        self._bus = bus
        self._thinking = thinking
        self._config = config
        self._monotonic_ns = monotonic_ns

    async def prepare(self, now: Conversation, words: str, plan: Plan) -> None:
        """Have the answer to these words ready; what was prepared for others is not wanted any more."""
        await utterances.cancel(self._bus, now.context, now.prepared.values())
        prepared = await utterances.speak(self._bus, now.context, plan.answer, plan.language, speculative=True)
        now.prepared = {words: prepared}

    async def give(self, now: Conversation, plan: Plan, prepared: str) -> Sequence[Action]:
        """Let the answer sound, and do what was asked for at the same time. What the turn wants done then."""
        now.plan, now.trace.intent, now.trace.answer = plan, plan.intent, plan.answer
        if plan.answer:
            utterance = prepared or await utterances.speak(self._bus, now.context, plan.answer, plan.language)
            await self._sound(now, utterance, expects_reply=plan.expects_reply)
        problem = await self._perform(now, plan)
        if problem:
            await self.cancel(now)
            now.trace.answer = problem
            await self._say(now, problem)
        elif plan.clip:
            now.trace.answer = plan.clip.replace("_", " ")
            await utterances.play(self._bus, now.context, plan.clip)
        return () if plan.answer or problem else now.turn.on_silent_answer(self._seconds())

    async def _perform(self, now: Conversation, plan: Plan) -> str:
        """Do it; the sentence to say instead of the answer where it could not be done."""
        if not plan.effects:
            return ""
        done = await self._thinking.perform(plan.effects, plan.language)
        now.undo = done.undo
        return done.problem

    async def take_back(self, now: Conversation) -> None:
        """The speaker went on: silence it and undo what it did."""
        now.trace.false_starts = now.turn.false_starts
        await now.tell(self._bus, pb.LISTENING, reason="went_on", frames_wanted=True)
        await self.cancel(now)
        if now.undo is not None:
            undo, now.undo = now.undo, None
            await undo()
        now.plan, now.trace.heard, now.trace.intent, now.trace.answer = None, "", "", ""

    async def reassure(self, now: Conversation) -> None:
        """Say that it takes a moment."""
        moment = SAID.say(self._config.language, "moment")
        now.utterance = await utterances.speak(self._bus, now.context, moment, self._config.language)
        await now.tell(self._bus, pb.ANSWERING, utterance=now.utterance)
        now.turn.on_reassurance(now.utterance, self._seconds())

    async def apologise(self, now: Conversation, reason: str, by_clip: bool) -> None:
        """Say what went wrong, in the place of an answer."""
        await self.cancel(now)
        now.plan, now.apologised = None, True
        now.trace.answer = self._thinking.apology(reason)
        if by_clip:
            await self._sound(now, await utterances.play(self._bus, now.context, CLIP_SORRY), reason)
        else:
            await self._say(now, now.trace.answer, reason)

    async def cancel(self, now: Conversation) -> None:
        """Nothing of it may sound any more."""
        await utterances.cancel(self._bus, now.context, now.utterances)
        now.utterance, now.prepared = "", {}

    async def _say(self, now: Conversation, sentence: str, reason: str = "") -> None:
        """Let a sentence of the conductor's own sound."""
        utterance = await utterances.speak(self._bus, now.context, sentence, self._config.language)
        await self._sound(now, utterance, reason)

    async def _sound(self, now: Conversation, utterance: str, reason: str = "", expects_reply: bool = False) -> None:
        now.utterance = utterance
        frames_wanted = now.turn.frames_wanted
        await now.tell(self._bus, pb.ANSWERING, utterance=utterance, reason=reason, frames_wanted=frames_wanted)
        now.turn.on_answer(utterance, self._seconds(), expects_reply)

    def _seconds(self) -> float:
        return self._monotonic_ns() / 1e9
