"""Open questions, which a language model answers: spoken ones sentence by sentence into the voice, typed ones in text.

How long a model is waited for, and what is said instead, is decided by `conductor.turn`.
"""

import asyncio
import time
from collections.abc import Callable, Sequence

from bus import messages_pb2 as pb
from bus import subjects as s
from bus.client import Bus
from bus.envelope import Context
from conductor.actions import Action
from conductor.config import Config
from conductor.conversation import Conversation, Question
from conductor.thinking import Thinking
from conductor.utterances import new_name

INTENT = "Question"


class Questions:
    """To the language model, and its answers."""

    def __init__(
        self, bus: Bus, thinking: Thinking, config: Config, monotonic_ns: Callable[[], int] = time.monotonic_ns
    ) -> None:
        self._bus = bus
        self._thinking = thinking
        self._config = config
        self._monotonic_ns = monotonic_ns
        self._typed: dict[str, asyncio.Queue[pb.CompletionDelta]] = {}

    # --- spoken ----------------------------------------------------------------------------------

    async def ask(self, now: Conversation, text: str) -> None:
        """Ask; the answer comes to `on_delta`."""
        now.trace.intent = INTENT
        now.question = Question(new_name(), self._monotonic_ns(), utterance=new_name())
        await self._request(now.question.completion, text, now.context)
        now.turn.on_asked_model(self._seconds())

    async def on_delta(self, now: Conversation, delta: pb.CompletionDelta) -> Sequence[Action]:
        """The next sentence of the answer, its end, or its failure; what is to be done then."""
        question = now.question
        if question is None or question.over or delta.completion != question.completion:
            return ()
        question.over = delta.last or bool(delta.failure)
        nothing = delta.last and not delta.text and not question.sentences
        failure = delta.failure or ("failed" if nothing else "")
        if failure and not question.sentences:
            return now.turn.on_model_failure(failure, self._seconds())
        actions: Sequence[Action] = ()
        if delta.text or not failure:
            actions = await self._speak(now, question, delta.text, last=delta.last and not failure)
        return (*actions, *now.turn.on_model_failure(failure, self._seconds())) if failure else actions

    async def break_off(self, now: Conversation, reason: str) -> None:
        """Say, behind what has been said of the answer, why no more comes."""
        now.apologised = True
        if now.question is not None:
            await self.give_up(now)
            await self._speak(now, now.question, self._thinking.apology(reason), last=True)

    async def give_up(self, now: Conversation) -> None:
        """Nothing more is wanted of the model."""
        if now.question is not None and not now.question.over:
            now.question.over = True
            await self._bus.publish(s.LLM_CANCEL, pb.CancelCompletion(completion=now.question.completion), now.context)

    async def _speak(self, now: Conversation, question: Question, text: str, last: bool) -> Sequence[Action]:
        if not question.sentences:
            now.trace.add("llm", question.asked_ns, self._monotonic_ns())
        now.trace.answer = f"{now.trace.answer} {text}".strip()
        sentence = pb.Speak(
            utterance=question.utterance,
            sentence=question.sentences,
            text=text,
            language=self._config.language,
            last=last,
        )
        question.sentences += 1
        await self._bus.publish(s.TTS_REQUEST, sentence, now.context)
        return now.turn.on_sentence(question.utterance, last, self._seconds())

    # --- typed -----------------------------------------------------------------------------------

    async def answer_in_writing(self, text: str, context: Context) -> pb.Answer:
        """The whole answer, or a sentence about why there is none."""
        if not self._config.open_questions:
            return pb.Answer(text=self._thinking.apology("no_model"), intent=INTENT)
        completion = new_name()
        self._typed[completion] = asyncio.Queue()
        try:
            await self._request(completion, text, context)
            async with asyncio.timeout(self._config.turn.model_s):
                return pb.Answer(text=await self._read(self._typed[completion]), intent=INTENT)
        except TimeoutError:
            await self._bus.publish(s.LLM_CANCEL, pb.CancelCompletion(completion=completion), context)
            return pb.Answer(refusal="The language model did not answer in time.")
        finally:
            del self._typed[completion]

    async def _read(self, deltas: asyncio.Queue[pb.CompletionDelta]) -> str:
        sentences: list[str] = []
        while True:
            delta = await deltas.get()
            sentences.append(delta.text)
            if delta.failure:
                sentences.append(self._thinking.apology(delta.failure))
            if delta.last or delta.failure:
                return " ".join(filter(None, sentences))

    def on_typed(self, delta: pb.CompletionDelta) -> bool:
        """Take it, if it answers a typed question."""
        if delta.completion not in self._typed:
            return False
        self._typed[delta.completion].put_nowait(delta)
        return True

    # --- both ------------------------------------------------------------------------------------

    async def _request(self, completion: str, text: str, context: Context) -> None:
        request = pb.Complete(completion=completion, messages=self._thinking.messages(text))
        await self._bus.publish(s.LLM_REQUEST, request, context)

    def _seconds(self) -> float:
        return self._monotonic_ns() / 1e9
