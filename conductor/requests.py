"""What others ask of the conductor beside speaking: typed requests, announcements, and lists of turns and timers."""

from collections.abc import Callable

from bus import messages_pb2 as pb
from bus import subjects as s
from bus.client import Bus
from bus.envelope import Context, Received
from conductor import utterances
from conductor.config import Config
from conductor.plan import Plan
from conductor.questions import Questions
from conductor.thinking import Thinking
from conductor.trace import Turns

MAX_ASK_CHARACTERS = 1000


class Requests:
    """Answers once `serve` was called. `is_spoken_with`: whether a turn is open."""

    def __init__(
        self,
        bus: Bus,
        thinking: Thinking,
        questions: Questions,
        turns: Turns,
        config: Config,
        is_spoken_with: Callable[[], bool],
    ) -> None:
        self._bus = bus
        self._thinking = thinking
        self._questions = questions
        self._turns = turns
        self._config = config
        self._is_spoken_with = is_spoken_with

    async def serve(self) -> None:
        """Be there for whoever asks."""
        bus = self._bus
        await bus.serve(s.NLU_REQUEST, self._on_ask)
        await bus.serve(s.ANNOUNCE, self._on_announce)
        await bus.serve(s.TURNS_LIST, self._on_turns_list)
        await bus.serve(s.TURNS_WIPE, self._on_turns_wipe)
        await bus.serve(s.TIMERS_LIST, self._on_timers_list)

    # --- typed requests --------------------------------------------------------------------------

    async def _on_ask(self, message: Received[pb.Ask]) -> pb.Answer:
        text, language = message.body.text.strip(), message.body.language or self._config.language
        if not text:
            return pb.Answer(refusal="There is nothing to answer: the text is empty.")
        if len(text) > MAX_ASK_CHARACTERS:
            return pb.Answer(refusal=f"That is too long: at most {MAX_ASK_CHARACTERS} characters.")
        if not self._thinking.speaks(language):
            return pb.Answer(refusal=self._unknown(language))
        thought = await self._thinking.think(text, language)
        if message.body.unheard:
            plan = thought.plan
            return pb.Answer(text=plan.answer, intent=plan.intent) if plan is not None else pb.Answer()
        if message.body.guest and thought.plan is not None and thought.plan.is_the_owners:
            return pb.Answer(refusal="Only an owner of the box decides about its updates.")
        if thought.plan is None:
            answer = await self._questions.answer_in_writing(text, message.context)
        else:
            answer = await self._do(thought.plan, text, language, message.context)
        if message.body.aloud and answer.text:
            await self._say(answer.text, language)
        return answer

    async def _do(self, plan: Plan, text: str, language: str, context: Context) -> pb.Answer:
        done = await self._thinking.perform(plan.effects, language)
        answer = pb.Answer(text=done.problem or plan.answer, intent=plan.intent)
        self._thinking.remember(text, answer.text, plan)
        if plan.clip and not done.problem:
            await utterances.play(self._bus, context, plan.clip)
        return answer

    def _unknown(self, language: str) -> str:
        return f"I don't speak {language!r} yet: choose one of {', '.join(self._thinking.languages)}."

    # --- announcements ---------------------------------------------------------------------------

    async def _on_announce(self, message: Received[pb.Announce]) -> pb.Reply:
        text, language = message.body.text.strip(), message.body.language or self._config.language
        if not text or len(text) > MAX_ASK_CHARACTERS:
            return pb.Reply(refusal=f"An announcement needs between 1 and {MAX_ASK_CHARACTERS} characters.")
        if not self._thinking.speaks(language):
            return pb.Reply(refusal=self._unknown(language))
        if message.body.unasked and self._thinking.is_night():
            return pb.Reply(refusal="It is night: nothing is said that nobody asked for.")
        if self._is_spoken_with():
            return pb.Reply(refusal="Somebody is speaking with the box just now. Try again in a moment.", busy=True)
        await self._say(text, language)
        return pb.Reply()

    async def _say(self, text: str, language: str) -> None:
        """Speak outside any turn."""
        await utterances.speak(self._bus, Context.new_trace(), text, language)

    # --- lists -----------------------------------------------------------------------------------

    def _on_turns_list(self, message: Received[pb.TurnsRequest]) -> pb.Turns:
        return pb.Turns(turns=[trace.message() for trace in self._turns.newest(message.body.limit)])

    def _on_turns_wipe(self, _message: Received[pb.TurnsRequest]) -> pb.Reply:
        self._turns.wipe()
        return pb.Reply()

    def _on_timers_list(self, _message: Received[pb.TimersRequest]) -> pb.Timers:
        return self._thinking.timers()
