"""The conductor on the bus: carries out what a turn decides.

Everything that happens arrives in one inbox and is handled one at a time, so that a turn sees its events in one order.
The deciding is done elsewhere: `conductor.turn` (what happens next), `conductor.thinking` (what words mean and what is
done and said).
"""

import asyncio
import logging
import lzma
import time
import uuid
from collections.abc import Awaitable, Callable, Sequence

from bus import messages_pb2 as pb
from bus import subjects as s
from bus.client import Bus
from bus.envelope import Context, Received
from bus.errors import BusError
from conductor import actions as a
from conductor import turn as t
from conductor.config import Config
from conductor.plan import Plan
from conductor.ringing import BusRinger
from conductor.thinking import Thinking, Thought
from conductor.trace import Trace, Turns

log = logging.getLogger(__name__)

MAX_ASK_CHARACTERS = 1000
INBOX_EVENTS = 4096
MOST_TURNS_A_SECOND = 4
XZ_PRESET = 1
CLIP_SORRY = "something_went_wrong"


class Conversation:
    """One turn and everything that belongs to it."""

    def __init__(self, context: Context, turn: t.Turn, trace: Trace) -> None:
        self.context = context
        self.turn = turn
        self.trace = trace
        self.thoughts: dict[str, asyncio.Task[Thought]] = {}
        self.prepared: dict[str, str] = {}
        self.plan: Plan | None = None
        self.apologised = False
        self.utterance = ""
        self.undo: Callable[[], Awaitable[None]] | None = None
        self.completion = ""
        self.completion_sentences = 0
        self.completion_asked_ns = 0
        self.captured: tuple[int, int] = (0, 0)


class Service:
    """Turns, typed requests and what the command line asks for. `run` until cancelled."""

    def __init__(
        self,
        bus: Bus,
        thinking: Thinking,
        ringer: BusRinger,
        config: Config,
        monotonic_ns: Callable[[], int] = time.monotonic_ns,
    ) -> None:
        self._bus = bus
        self._thinking = thinking
        self._ringer = ringer
        self._config = config
        self._monotonic_ns = monotonic_ns
        self._inbox: asyncio.Queue[Callable[[], Awaitable[None]]] = asyncio.Queue(INBOX_EVENTS)
        # Others drop what is older than the newest they have seen, so a restart must not begin anew.
        self._generation = int(time.clock_gettime(time.CLOCK_BOOTTIME) * MOST_TURNS_A_SECOND)
        self._now: Conversation | None = None
        self._stream = ""
        self._tasks: asyncio.TaskGroup | None = None
        self._asked: dict[str, asyncio.Queue[pb.CompletionDelta]] = {}
        self._subscribed = asyncio.Event()
        self.turns = Turns()

    async def subscribed(self) -> None:
        """Returns once everything that happens is heard of."""
        await self._subscribed.wait()

    async def run(self) -> None:
        """Serve until cancelled."""
        async with asyncio.TaskGroup() as tasks:
            self._tasks = tasks
            await self._subscribe()
            await self.publish_vocabulary()
            self._subscribed.set()
            while True:
                event = await self._next_event()
                if event is not None:
                    await event()
                elif self._now is not None:
                    await self._carry_out(self._now, self._now.turn.on_time(self._seconds()))

    def _seconds(self) -> float:
        return self._monotonic_ns() / 1e9

    async def _next_event(self) -> Callable[[], Awaitable[None]] | None:
        """The next thing that happened, or None when the turn's deadline has come."""
        if not self._inbox.empty() or self._now is None:
            return await self._inbox.get()
        wait_s = max(0.0, self._now.turn.deadline_s - self._seconds())
        try:
            async with asyncio.timeout(wait_s if wait_s != float("inf") else None):
                return await self._inbox.get()
        except TimeoutError:
            return None

    def post(self, event: Callable[[], Awaitable[None]]) -> None:
        """Queue something to be done between the other events."""
        try:
            self._inbox.put_nowait(event)
        except asyncio.QueueFull:
            log.error("the inbox is full: an event was dropped")

    async def _subscribe(self) -> None:
        bus = self._bus
        await bus.subscribe(s.AUDIO_WAKE, lambda m: self.post(lambda: self._on_wake(m)))
        await bus.subscribe(s.STT_ACTIVITY, lambda m: self.post(lambda: self._on_activity(m)))
        await bus.subscribe(s.STT_PARTIAL, lambda m: self.post(lambda: self._on_partial(m)))
        await bus.subscribe(s.STT_FINAL, lambda m: self.post(lambda: self._on_final(m)))
        await bus.subscribe(s.STT_VOCABULARY_REQUEST, lambda _m: self.publish_vocabulary())
        await bus.subscribe(s.PLAYBACK_STATE, lambda m: self.post(lambda: self._on_playback(m)))
        await bus.subscribe(s.LLM_STREAM, lambda m: self.post(lambda: self._on_completion(m)))
        await bus.subscribe(s.OBS_SPAN, self._on_span)
        await bus.subscribe(s.HARDWARE_BUTTON, lambda m: self.post(lambda: self._on_button(m)))
        await bus.serve(s.TURN_OPEN, self._on_open_request)
        await bus.serve(s.TURN_STOP, self._on_stop_request)
        await bus.serve(s.NLU_REQUEST, self._on_ask)
        await bus.serve(s.TURNS_LIST, self._on_turns_list)
        await bus.serve(s.TURNS_WIPE, self._on_turns_wipe)
        await bus.serve(s.TIMERS_LIST, self._on_timers_list)
        await bus.serve(s.ANNOUNCE, self._on_announce)

    async def publish_vocabulary(self) -> None:
        """Tell the recogniser what may be said."""
        recognizer = self._thinking.recognizer()
        fsg = await asyncio.to_thread(lzma.compress, recognizer.fsg.encode(), preset=XZ_PRESET)
        vocabulary = pb.Vocabulary(version=recognizer.version, language=recognizer.language, fsg=fsg)
        await self._bus.publish(s.STT_VOCABULARY, vocabulary)

    # --- turns begin -----------------------------------------------------------------------------

    async def _on_wake(self, message: Received[pb.Wake]) -> None:
        wake = message.body
        if wake.accepted:
            await self._open("wake", wake.stream, wake.position, message.context.trace_id)

    async def _open(self, opened_by: str, stream: str, position: int, trace_id: str = "") -> None:
        if self._now is not None:
            reason = "barge_in" if self._now.turn.state in (t.State.ANSWERING, t.State.DUCKED) else "woken_again"
            await self._carry_out(self._now, self._now.turn.on_interruption(reason))
        self._generation += 1
        self._stream = stream
        fresh = Context.new_trace()
        context = Context(trace_id=trace_id or fresh.trace_id, session_id=fresh.session_id, generation=self._generation)
        turn = t.Turn(stream, position, self._config.turn, self._seconds())
        self._now = Conversation(context, turn, Trace(context.session_id, opened_by))
        await self._say_state(self._now, pb.OPENED, position=position, opened_by=opened_by, frames_wanted=True)

    async def _on_open_request(self, message: Received[pb.OpenTurn]) -> pb.Reply:
        opened_by = message.body.opened_by or "cli"
        self.post(lambda: self._open(opened_by, "", 0))
        return pb.Reply()

    async def _on_stop_request(self, _message: Received[pb.StopTurn]) -> pb.Reply:
        self.post(self._stop_everything)
        return pb.Reply()

    async def _on_button(self, message: Received[pb.Button]) -> None:
        if message.body.action == "press" and message.body.button == "action":
            ringing = self._thinking.ringing()
            if ringing or (self._now is not None and self._now.turn.state is not t.State.LISTENING):
                await self._stop_everything()
            else:
                await self._open("button", "", 0)

    async def _stop_everything(self) -> None:
        await self._thinking.dismiss_alarms()
        if self._now is not None:
            await self._carry_out(self._now, self._now.turn.on_interruption("stopped"))

    # --- what is heard ---------------------------------------------------------------------------

    def _current(self, context: Context) -> Conversation | None:
        """The running turn, if the message belongs to it."""
        return self._now if self._now is not None and context.generation == self._generation else None

    async def _on_activity(self, message: Received[pb.Activity]) -> None:
        now, activity = self._current(message.context), message.body
        if now is None:
            return
        now.captured = (activity.position, activity.captured_monotonic_ns)
        if not now.turn.stream:
            now.turn.stream = activity.stream
        elif activity.stream != now.turn.stream:
            return
        actions = now.turn.on_activity(
            activity.position, activity.speech_probability, activity.cold, activity.words_position, self._seconds()
        )
        now.trace.bus_ms["endpoint"] = message.bus_ns / 1e6
        await self._carry_out(now, actions)

    async def _on_partial(self, message: Received[pb.Partial]) -> None:
        now, partial = self._current(message.context), message.body
        if now is None:
            return
        words = self._thinking.without_wake_word(partial.text)
        standing = self._thinking.recognizer().standing(words)
        actions = now.turn.on_words(words, partial.position, standing, partial.confidence, self._seconds())
        await self._carry_out(now, actions)

    async def _on_final(self, message: Received[pb.Final]) -> None:
        now, final = self._current(message.context), message.body
        if now is None:
            return
        words = self._thinking.without_wake_word(final.text)
        await self._carry_out(now, now.turn.on_final(words, final.source, final.rejection, self._seconds()))

    # --- what a turn decides ---------------------------------------------------------------------

    async def _carry_out(self, now: Conversation, actions: Sequence[a.Action]) -> None:
        for action in actions:
            match action:
                case a.Speculate(words):
                    self._speculate(now, words)
                case a.Commit():
                    await self._commit(now, action)
                case a.Finish(reason):
                    self._stamp_endpoint(now, self._monotonic_ns())
                    await self._say_state(now, pb.COMMITTED, reason=reason)
                case a.Think(text, source):
                    await self._think(now, text, source)
                case a.Withdraw():
                    await self._withdraw(now)
                case a.Duck():
                    await self._say_state(now, pb.DUCKED, utterance=now.utterance, frames_wanted=True)
                case a.Resume(frames_wanted):
                    await self._say_state(now, pb.ANSWERING, utterance=now.utterance, frames_wanted=frames_wanted)
                case a.StopListening():
                    await self._say_state(now, pb.ANSWERING, utterance=now.utterance)
                case a.Apologise(reason, by_clip):
                    await self._apologise(now, reason, by_clip)
                case a.Close(reason, _):
                    await self._close(now, reason)

    async def _say_state(
        self,
        now: Conversation,
        phase: pb.TurnPhase,
        *,
        position: int = 0,
        reason: str = "",
        utterance: str = "",
        opened_by: str = "",
        frames_wanted: bool = False,
    ) -> None:
        state = pb.TurnState(
            phase=phase,
            stream=now.turn.stream,
            position=position,
            reason=reason,
            utterance=utterance,
            opened_by=opened_by,
            frames_wanted=frames_wanted,
            heard=now.trace.heard,
            intent=now.trace.intent,
            answer=now.trace.answer,
        )
        await self._bus.publish(s.TURN_STATE, state, now.context)

    # --- understanding ---------------------------------------------------------------------------

    def _thought(self, now: Conversation, words: str) -> asyncio.Task[Thought]:
        assert self._tasks is not None
        if words not in now.thoughts:
            now.thoughts[words] = self._tasks.create_task(self._thinking.think(words))
        return now.thoughts[words]

    def _speculate(self, now: Conversation, words: str) -> None:
        """Work out and prepare the answer while the speaker may still be speaking."""
        task = self._thought(now, words)
        task.add_done_callback(lambda done: self.post(lambda: self._prepare(now, words, done)))

    async def _prepare(self, now: Conversation, words: str, done: asyncio.Task[Thought]) -> None:
        if done.cancelled() or now is not self._now or now.turn.state is not t.State.LISTENING:
            return
        plan = done.result().plan
        if plan is None or not plan.answer or words in now.prepared:
            return
        for older in now.prepared.values():
            await self._bus.publish(s.TTS_CANCEL, pb.CancelSpeech(utterance=older), now.context)
        now.prepared = {words: await self._speak(now, plan.answer, plan.language, speculative=True)}

    async def _speak(self, now: Conversation, text: str, language: str, speculative: bool = False) -> str:
        utterance = uuid.uuid4().hex
        speak = pb.Speak(utterance=utterance, text=text, language=language, last=True, speculative=speculative)
        await self._bus.publish(s.TTS_REQUEST, speak, now.context)
        return utterance

    async def _commit(self, now: Conversation, commit: a.Commit) -> None:
        decided_ns = self._monotonic_ns()
        self._stamp_endpoint(now, decided_ns)
        await self._say_state(now, pb.COMMITTED, reason=commit.reason, frames_wanted=commit.frames_wanted)
        thought = await self._thought(now, commit.words)
        now.trace.heard = commit.words
        now.trace.add("intent", decided_ns, self._monotonic_ns())
        if thought.plan is None:
            await self._carry_out(now, now.turn.on_failure("not_understood", self._seconds()))
            return
        await self._answer(now, thought.plan, now.prepared.get(commit.words, ""), commit.frames_wanted)

    async def _answer(self, now: Conversation, plan: Plan, utterance: str, frames_wanted: bool) -> None:
        """Let the answer sound, and do what was asked for at the same time."""
        now.plan, now.trace.intent, now.trace.answer = plan, plan.intent, plan.answer
        if plan.answer:
            now.utterance = utterance or await self._speak(now, plan.answer, plan.language)
            await self._say_state(now, pb.ANSWERING, utterance=now.utterance, frames_wanted=frames_wanted)
            now.turn.on_answer(now.utterance, self._seconds())
        problem = await self._perform(now, plan)
        if problem:
            await self._say_instead(now, problem)
        elif plan.clip:
            clip = pb.PlayClip(clip=plan.clip, utterance=uuid.uuid4().hex)
            await self._bus.publish(s.PLAYBACK_CLIP, clip, now.context)
        if not plan.answer and not problem:
            await self._carry_out(now, now.turn.on_silent_answer(self._seconds()))

    async def _perform(self, now: Conversation, plan: Plan) -> str:
        """Do it; the sentence to say instead of the answer where it could not be done."""
        if not plan.effects:
            return ""
        done = await self._thinking.perform(plan.effects, plan.language)
        now.undo = done.undo
        return done.problem

    async def _say_instead(self, now: Conversation, sentence: str) -> None:
        await self._cancel_speech(now)
        now.trace.answer = sentence
        now.utterance = await self._speak(now, sentence, self._config.language)
        await self._say_state(now, pb.ANSWERING, utterance=now.utterance)
        now.turn.on_answer(now.utterance, self._seconds())

    async def _withdraw(self, now: Conversation) -> None:
        now.trace.false_starts = now.turn.false_starts
        await self._say_state(now, pb.LISTENING, reason="went_on", frames_wanted=True)
        await self._cancel_speech(now)
        if now.undo is not None:
            undo, now.undo = now.undo, None
            await undo()
        now.plan, now.trace.heard, now.trace.intent, now.trace.answer = None, "", "", ""

    async def _cancel_speech(self, now: Conversation) -> None:
        if now.utterance:
            await self._bus.publish(s.TTS_CANCEL, pb.CancelSpeech(utterance=now.utterance), now.context)
            now.utterance = ""
        now.prepared = {}

    async def _think(self, now: Conversation, text: str, source: str) -> None:
        """The final text: an allowed request after all, or an open question."""
        now.trace.heard = text
        started_ns = self._monotonic_ns()
        thought = await self._thought(now, text)
        now.trace.add("intent", started_ns, self._monotonic_ns())
        if thought.plan is not None:
            await self._answer(now, thought.plan, "", frames_wanted=False)
        elif self._config.open_questions:
            await self._ask_model(now, text)
        else:
            await self._carry_out(
                now, now.turn.on_failure("no_model" if source == "dictation" else "not_understood", self._seconds())
            )

    # --- open questions --------------------------------------------------------------------------

    async def _ask_model(self, now: Conversation, text: str) -> None:
        now.completion = uuid.uuid4().hex
        now.completion_sentences = 0
        now.trace.intent = "Question"
        request = pb.Complete(completion=now.completion, messages=self._thinking.messages(text))
        now.completion_asked_ns = self._monotonic_ns()
        await self._bus.publish(s.LLM_REQUEST, request, now.context)
        now.turn.on_asked_model(self._seconds())

    async def _on_completion(self, message: Received[pb.CompletionDelta]) -> None:
        delta = message.body
        if delta.completion in self._asked:
            self._asked[delta.completion].put_nowait(delta)
            return
        now = self._current(message.context)
        if now is None or delta.completion != now.completion:
            return
        if delta.failure and not now.completion_sentences:
            await self._carry_out(now, now.turn.on_failure(delta.failure, self._seconds()))
            return
        if delta.text or delta.last:
            await self._speak_sentence(now, delta)

    async def _speak_sentence(self, now: Conversation, delta: pb.CompletionDelta) -> None:
        first = now.completion_sentences == 0
        if first:
            now.trace.add("llm", now.completion_asked_ns, self._monotonic_ns())
            now.utterance = uuid.uuid4().hex
        now.trace.answer = f"{now.trace.answer} {delta.text}".strip()
        speak = pb.Speak(
            utterance=now.utterance,
            sentence=now.completion_sentences,
            text=delta.text,
            language=self._config.language,
            last=delta.last,
        )
        now.completion_sentences += 1
        await self._bus.publish(s.TTS_REQUEST, speak, now.context)
        if first:
            await self._say_state(now, pb.ANSWERING, utterance=now.utterance)
            now.turn.on_answer(now.utterance, self._seconds())

    # --- ends ------------------------------------------------------------------------------------

    async def _apologise(self, now: Conversation, reason: str, by_clip: bool) -> None:
        await self._cancel_speech(now)
        now.plan, now.apologised = None, True
        sentence = self._thinking.apology(reason)
        now.trace.answer = sentence
        if by_clip:
            now.utterance = uuid.uuid4().hex
            await self._bus.publish(s.PLAYBACK_CLIP, pb.PlayClip(clip=CLIP_SORRY, utterance=now.utterance), now.context)
        else:
            now.utterance = await self._speak(now, sentence, self._config.language)
        await self._say_state(now, pb.ANSWERING, utterance=now.utterance, reason=reason)
        now.turn.on_answer(now.utterance, self._seconds())

    async def _close(self, now: Conversation, reason: str) -> None:
        if now.completion:
            await self._bus.publish(s.LLM_CANCEL, pb.CancelCompletion(completion=now.completion), now.context)
        for utterance in {now.utterance, *now.prepared.values()} - {""}:
            if reason != "answered":
                await self._bus.publish(s.TTS_CANCEL, pb.CancelSpeech(utterance=utterance), now.context)
        now.trace.end_reason = now.turn.end_reason
        now.trace.false_starts = now.turn.false_starts
        if reason != "woken_again" or now.trace.opened_by != "cli":
            # A recording that begins with the wake word opens two turns: the first was only its first sound.
            self.turns.add(now.trace)
        self._now = None
        cut_short = reason not in ("answered", "done", "no_speech")
        await self._say_state(now, pb.CANCELLED if cut_short else pb.CLOSED, reason=now.turn.end_reason)
        if reason in ("answered", "done") and now.trace.intent and not now.apologised:
            self._thinking.remember(now.trace.heard, now.trace.answer, now.plan)
        else:
            self._thinking.forget_question()
        asked = now.plan is not None and now.plan.expects_reply
        if reason == "answered" and (asked or (now.plan is not None and self._config.follow_up == "always")):
            await self._open("follow_up", "", 0)

    # --- playback --------------------------------------------------------------------------------

    async def _on_playback(self, message: Received[pb.PlaybackState]) -> None:
        state = message.body
        await self._ringer.on_playback(state)
        now = self._now
        if now is None:
            return
        if state.phase == pb.STARTED and state.utterance == now.utterance:
            now.trace.first_sound_ns = state.first_sound_monotonic_ns
        match state.phase:
            case pb.STARTED | pb.PLAYING:
                now.turn.on_playing(state.utterance, self._seconds())
            case pb.FINISHED:
                await self._carry_out(now, now.turn.on_played(state.utterance, self._seconds()))
            case pb.SILENCED:
                await self._carry_out(now, now.turn.on_silenced(state.utterance, state.reason))
            case pb.FAILED:
                await self._carry_out(now, now.turn.on_playback_failed(state.utterance, self._seconds()))

    # --- what others ask for ---------------------------------------------------------------------

    async def _on_ask(self, message: Received[pb.Ask]) -> pb.Answer:
        text, language = message.body.text.strip(), message.body.language or self._config.language
        if not text:
            return pb.Answer(refusal="There is nothing to answer: the text is empty.")
        if len(text) > MAX_ASK_CHARACTERS:
            return pb.Answer(refusal=f"That is too long: at most {MAX_ASK_CHARACTERS} characters.")
        if not self._thinking.speaks(language):
            return pb.Answer(
                refusal=f"I don't speak {language!r} yet: choose one of {', '.join(self._thinking.languages)}."
            )
        thought = await self._thinking.think(text, language)
        if thought.plan is None:
            answer = await self._ask_model_in_writing(text, message.context)
        else:
            done = await self._thinking.perform(thought.plan.effects, language)
            answer = pb.Answer(text=done.problem or thought.plan.answer, intent=thought.plan.intent)
            self._thinking.remember(text, answer.text, thought.plan)
            if thought.plan.clip and not done.problem:
                clip = pb.PlayClip(clip=thought.plan.clip, utterance=uuid.uuid4().hex)
                await self._bus.publish(s.PLAYBACK_CLIP, clip, message.context)
        if message.body.aloud and answer.text:
            await self.say(answer.text, language)
        return answer

    async def _ask_model_in_writing(self, text: str, context: Context) -> pb.Answer:
        if not self._config.open_questions:
            return pb.Answer(text=self._thinking.apology("no_model"), intent="Question")
        completion = uuid.uuid4().hex
        queue = self._asked[completion] = asyncio.Queue()
        try:
            request = pb.Complete(completion=completion, messages=self._thinking.messages(text))
            await self._bus.publish(s.LLM_REQUEST, request, context)
            sentences: list[str] = []
            async with asyncio.timeout(self._config.turn.model_s):
                while True:
                    delta = await queue.get()
                    if delta.failure and not sentences:
                        return pb.Answer(text=self._thinking.apology(delta.failure), intent="Question")
                    sentences.append(delta.text)
                    if delta.last or delta.failure:
                        return pb.Answer(text=" ".join(filter(None, sentences)), intent="Question")
        except TimeoutError:
            await self._bus.publish(s.LLM_CANCEL, pb.CancelCompletion(completion=completion), context)
            return pb.Answer(refusal="The language model did not answer in time.")
        finally:
            del self._asked[completion]

    async def say(self, text: str, language: str) -> str:
        """Speak outside any turn: an announcement, the end of a timer. The utterance's name."""
        utterance = uuid.uuid4().hex
        context = Context.new_trace()
        speak = pb.Speak(utterance=utterance, text=text, language=language, last=True)
        await self._bus.publish(s.TTS_REQUEST, speak, context)
        return utterance

    async def _on_announce(self, message: Received[pb.Announce]) -> pb.Reply:
        text = message.body.text.strip()
        if not text or len(text) > MAX_ASK_CHARACTERS:
            return pb.Reply(refusal=f"An announcement needs between 1 and {MAX_ASK_CHARACTERS} characters.")
        if self._now is not None:
            return pb.Reply(refusal="Somebody is speaking with the box just now. Try again in a moment.")
        await self.say(text, message.body.language or self._config.language)
        return pb.Reply()

    def _on_turns_list(self, message: Received[pb.TurnsRequest]) -> pb.Turns:
        return pb.Turns(turns=[trace.message() for trace in self.turns.newest(message.body.limit)])

    def _on_turns_wipe(self, _message: Received[pb.TurnsRequest]) -> pb.Reply:
        self.turns.wipe()
        return pb.Reply()

    def _on_timers_list(self, _message: Received[pb.TimersRequest]) -> pb.Timers:
        return self._thinking.timers()

    # --- traces and faults -----------------------------------------------------------------------

    def _stamp_endpoint(self, now: Conversation, decided_ns: int) -> None:
        """From the last voice entering capture to the decision."""
        position, captured_ns = now.captured
        voice_end = now.turn.heard.last_voice(self._config.turn.endpoint.open.threshold)
        now.trace.last_voice_ns = captured_ns - (position - voice_end) * 62_500
        now.trace.add("endpoint", now.trace.last_voice_ns, decided_ns, int(now.trace.bus_ms.get("endpoint", 0) * 1e6))

    def _on_span(self, message: Received[pb.Span]) -> None:
        now, span = self._current(message.context), message.body
        if span.hop == "wake" and self._now is not None and message.context.trace_id == self._now.context.trace_id:
            now = self._now
        if now is None and self.turns.newest(1) and message.context.session_id == self.turns.newest(1)[0].session:
            self.turns.newest(1)[0].add(span.hop, span.start_monotonic_ns, span.end_monotonic_ns, span.bus_ns)
        elif now is not None and (span.hop != "stt" or now.turn.state is t.State.LISTENING):
            now.trace.add(span.hop, span.start_monotonic_ns, span.end_monotonic_ns, span.bus_ns)

    def on_bus_lost(self) -> None:
        """The bus is away: whatever turn was running is over; audiod says so by itself."""
        self.post(self._end_for_lost_bus)

    async def _end_for_lost_bus(self) -> None:
        if self._now is not None:
            try:
                await self._carry_out(self._now, self._now.turn.on_interruption("bus_lost"))
            except BusError:
                log.warning("a turn ended with the bus")
