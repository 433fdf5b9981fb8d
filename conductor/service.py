"""The conductor on the bus: carries out what a turn decides.

Everything that happens arrives in one inbox and is handled one at a time, so that a turn sees its events in one order.
Left to others: `conductor.turn` (what happens next), `conductor.thinking` (what words mean), `conductor.answers` (what
is said and done), `conductor.questions` (what a language model answers), `conductor.requests` (what is not spoken).
"""

import asyncio
import logging
import time
from collections.abc import Awaitable, Callable, Sequence

from bus import messages_pb2 as pb
from bus import subjects as s
from bus.buttons import ACTION, Act
from bus.client import Bus
from bus.envelope import Context, Received
from bus.errors import BusError
from conductor import actions as a
from conductor import turn as t
from conductor.answers import Answers
from conductor.config import Config
from conductor.conversation import Conversation
from conductor.effects import Silence
from conductor.plan import Plan
from conductor.questions import Questions
from conductor.requests import Requests
from conductor.ringing import BusRinger
from conductor.thinking import Thinking, Thought
from conductor.trace import Trace, Turns

log = logging.getLogger(__name__)

INBOX_EVENTS = 4096
MOST_TURNS_A_SECOND = 4
PAIRING_TOLD_NS = 15_000_000_000
"""How long “a device may be paired” holds: it is told again every few seconds."""


class Service:
    """Turns, one at a time. `run` until cancelled."""

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
        self._pairing_until_ns = 0
        self._tasks: asyncio.TaskGroup | None = None
        self._subscribed = asyncio.Event()
        self._turns = Turns()
        recognizer = thinking.recognizer()
        self._vocabulary = pb.Vocabulary(
            version=recognizer.version, language=recognizer.language, fsg=recognizer.packed_fsg
        )
        self._answers = Answers(bus, thinking, config, monotonic_ns)
        self._questions = Questions(bus, thinking, config, monotonic_ns)
        self._requests = Requests(
            bus, thinking, self._questions, self._turns, config, is_spoken_with=lambda: self._now is not None
        )

    async def subscribed(self) -> None:
        """Returns once everything that happens is heard of."""
        await self._subscribed.wait()

    async def run(self) -> None:
        """Serve until cancelled."""
        async with asyncio.TaskGroup() as tasks:
            self._tasks = tasks
            await self._subscribe()
            await self._tell_restart()
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

    async def _tell_restart(self) -> None:
        """Whatever turn an earlier process of this daemon had open is over."""
        state = pb.TurnState(phase=pb.CANCELLED, reason="restarted")
        await self._bus.publish(s.TURN_STATE, state, Context(generation=self._generation))

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
        await bus.subscribe(s.PAIRING_STATE, self._on_pairing)
        await bus.serve(s.TURN_OPEN, self._on_open_request)
        await bus.serve(s.TURN_STOP, self._on_stop_request)
        await self._requests.serve()

    async def publish_vocabulary(self) -> None:
        """Tell the recogniser what may be said."""
        await self._bus.publish(s.STT_VOCABULARY, self._vocabulary)

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
        fresh = Context.new_trace()
        context = Context(trace_id=trace_id or fresh.trace_id, session_id=fresh.session_id, generation=self._generation)
        turn = t.Turn(stream, position, self._config.turn, self._seconds())
        self._now = Conversation(context, turn, Trace(context.session_id, opened_by))
        await self._now.tell(self._bus, pb.OPENED, position=position, opened_by=opened_by, frames_wanted=True)

    async def _on_open_request(self, message: Received[pb.OpenTurn]) -> pb.Reply:
        opened_by = message.body.opened_by or "cli"
        self.post(lambda: self._open(opened_by, "", 0))
        return pb.Reply()

    async def _on_stop_request(self, _message: Received[pb.StopTurn]) -> pb.Reply:
        self.post(self._stop_everything)
        return pb.Reply()

    async def _on_button(self, message: Received[pb.Button]) -> None:
        did = message.body.button, message.body.action
        if did == (ACTION, Act.LONG_PRESS):
            # Whoever holds it wants something else than to speak.
            await self._stop_everything()
        elif did == (ACTION, Act.PRESS):
            ringing = self._thinking.ringing()
            if ringing or (self._now is not None and self._now.turn.state is not t.State.LISTENING):
                await self._stop_everything()
            elif self._monotonic_ns() >= self._pairing_until_ns:
                await self._open("button", "", 0)

    def _on_pairing(self, message: Received[pb.PairingState]) -> None:
        """While a device may be paired the button tells the set-up code instead of opening a turn."""
        self._pairing_until_ns = self._monotonic_ns() + PAIRING_TOLD_NS if message.body.open else 0

    async def _stop_everything(self) -> None:
        """The turn, what rings, and what is announced."""
        await self._thinking.dismiss_alarms()
        if self._now is not None:
            await self._carry_out(self._now, self._now.turn.on_interruption("stopped"))
        await self._thinking.perform((Silence(),))

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
        standing = self._thinking.standing(words)
        actions = now.turn.on_words(words, partial.position, standing, partial.confidence, self._seconds())
        await self._carry_out(now, actions)

    async def _on_completion(self, message: Received[pb.CompletionDelta]) -> None:
        now = self._current(message.context)
        if not self._questions.on_typed(message.body) and now is not None:
            await self._carry_out(now, await self._questions.on_delta(now, message.body))

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
                    await now.tell(self._bus, pb.COMMITTED, reason=reason)
                case a.Think(text, source):
                    await self._think(now, text, source)
                case a.Withdraw():
                    await self._answers.take_back(now)
                case a.Duck():
                    await now.tell(self._bus, pb.DUCKED, utterance=now.utterance, frames_wanted=True)
                case a.Resume(frames_wanted):
                    await now.tell(self._bus, pb.ANSWERING, utterance=now.utterance, frames_wanted=frames_wanted)
                case a.StopListening():
                    await now.tell(self._bus, pb.ANSWERING, utterance=now.utterance)
                case a.Reassure():
                    await self._answers.reassure(now)
                case a.ThinkOn():
                    await now.tell(self._bus, pb.COMMITTED)
                case a.Sound(utterance):
                    now.utterance = utterance
                    await now.tell(self._bus, pb.ANSWERING, utterance=utterance)
                case a.BreakOff(reason):
                    await self._questions.break_off(now, reason)
                case a.Apologise(reason, by_clip):
                    await self._questions.give_up(now)
                    await self._answers.apologise(now, reason, by_clip)
                case a.Close():
                    await self._close(now, action)

    # --- understanding ---------------------------------------------------------------------------

    def _thought(self, now: Conversation, words: str) -> asyncio.Task[Thought]:
        assert self._tasks is not None
        if words not in now.thoughts:
            now.thoughts[words] = self._tasks.create_task(self._thinking.think(words))
        return now.thoughts[words]

    async def _in_time(self, now: Conversation, words: str) -> Thought | None:
        """What came of thinking; None where the turn could not wait for it any longer, which has been said then."""
        try:
            async with asyncio.timeout(max(0.0, now.turn.deadline_s - self._seconds())):
                return await asyncio.shield(self._thought(now, words))
        except TimeoutError:
            await self._carry_out(now, now.turn.on_failure("engine_failed", self._seconds()))
            return None

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
        await self._answers.prepare(now, words, plan)

    async def _commit(self, now: Conversation, commit: a.Commit) -> None:
        decided_ns = self._monotonic_ns()
        self._stamp_endpoint(now, decided_ns)
        await now.tell(self._bus, pb.COMMITTED, reason=commit.reason, frames_wanted=commit.frames_wanted)
        now.trace.heard = commit.words
        thought = await self._in_time(now, commit.words)
        if thought is None:
            return
        now.trace.add("intent", decided_ns, self._monotonic_ns())
        if thought.plan is None:
            await self._carry_out(now, now.turn.on_failure("not_understood", self._seconds()))
            return
        await self._answer(now, thought.plan, now.prepared.get(commit.words, ""))

    async def _answer(self, now: Conversation, plan: Plan, utterance: str = "") -> None:
        await self._carry_out(now, await self._answers.give(now, plan, utterance))

    async def _think(self, now: Conversation, text: str, source: str) -> None:
        """The final text: an allowed request after all, or an open question."""
        now.trace.heard = text
        started_ns = self._monotonic_ns()
        thought = await self._in_time(now, text)
        now.trace.add("intent", started_ns, self._monotonic_ns())
        if thought is None:
            return
        if thought.plan is not None:
            await self._answer(now, thought.plan)
        elif self._config.open_questions:
            await self._questions.ask(now, text)
        else:
            await self._carry_out(now, now.turn.on_failure(now.why_not(source), self._seconds()))

    # --- ends ------------------------------------------------------------------------------------

    async def _close(self, now: Conversation, close: a.Close) -> None:
        reason = close.reason
        await self._questions.give_up(now)
        if reason != "answered":
            await self._answers.cancel(now)
        now.trace.end_reason = now.turn.end_reason
        now.trace.false_starts = now.turn.false_starts
        if reason != "woken_again" or now.trace.opened_by != "cli":
            # A recording that begins with the wake word opens two turns: the first was only its first sound.
            self._turns.add(now.trace)
        self._now = None
        cut_short = reason not in ("answered", "done", "no_speech")
        await now.tell(self._bus, pb.CANCELLED if cut_short else pb.CLOSED, reason=now.turn.end_reason)
        if reason in ("answered", "done") and now.trace.intent and not now.apologised:
            self._thinking.remember(now.trace.heard, now.trace.answer, now.plan)
        else:
            self._thinking.forget_question()
        asked = now.plan is not None and now.plan.expects_reply
        if reason == "answered" and (asked or (now.plan is not None and self._config.follow_up == "always")):
            await self._open("follow_up", now.turn.stream if close.voice_at else "", close.voice_at)

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
        if now is None and self._turns.newest(1) and message.context.session_id == self._turns.newest(1)[0].session:
            self._turns.newest(1)[0].add(span.hop, span.start_monotonic_ns, span.end_monotonic_ns, span.bus_ns)
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
