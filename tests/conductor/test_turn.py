"""The turn: stories of events and what has to be done then."""

from collections.abc import Sequence

import pytest

from conductor.actions import (
    Action,
    Apologise,
    BreakOff,
    Close,
    Commit,
    Duck,
    Finish,
    Reassure,
    Resume,
    Sound,
    Speculate,
    StopListening,
    Think,
    ThinkOn,
    Withdraw,
)
from conductor.endpoint import SAMPLES_PER_MS, Reason
from conductor.patience import Config
from conductor.standing import Standing
from conductor.turn import State, Turn

CONFIG = Config()
HOP_MS = 20
LONGEST_TO_AN_ANSWER_S = 8.0
OPENED_AT = 16_000


class Story:
    """Plays sound and words to a turn, and keeps what it wanted done."""

    def __init__(self) -> None:
        self.turn = Turn("stream", OPENED_AT, CONFIG, now_s=0.0)
        self.position = OPENED_AT
        self.done: list[Action] = []

    @property
    def now_s(self) -> float:
        return (self.position - OPENED_AT) / SAMPLES_PER_MS / 1000

    def sounds(self, length_ms: int, probability: float) -> "Story":
        for _ in range(length_ms // HOP_MS):
            self.position += HOP_MS * SAMPLES_PER_MS
            self.does(self.turn.on_activity(self.position, probability, False, self.position, self.now_s))
        return self

    def voice(self, length_ms: int) -> "Story":
        return self.sounds(length_ms, 0.95)

    def silence(self, length_ms: int) -> "Story":
        return self.sounds(length_ms, 0.01)

    def words(self, text: str, standing: Standing, confidence: float = 0.9) -> "Story":
        self.does(self.turn.on_words(text, self.position, standing, confidence, self.now_s))
        return self

    def answered(self, utterance: str = "u") -> "Story":
        self.turn.on_answer(utterance, self.now_s)
        return self

    def played(self, utterance: str = "u") -> "Story":
        self.does(self.turn.on_played(utterance, self.now_s))
        return self

    def does(self, actions: Sequence[Action]) -> None:
        self.done.extend(actions)

    def last(self) -> Action:
        return self.done[-1]

    def kinds(self) -> list[type]:
        return [type(action) for action in self.done]

    def has(self, kind: type) -> bool:
        return kind in self.kinds()


def open_request() -> Story:
    """ "Set a timer for five minutes", committed, its answer sounding."""
    story = Story().voice(900).words("set a timer for five minutes", Standing.OPEN).voice(100)
    story.silence(CONFIG.endpoint.open.action_delay_ms).answered()
    story.turn.on_playing("u", story.now_s)
    return story


def test_a_complete_request_is_prepared_while_it_is_spoken_and_committed_after_it() -> None:
    story = Story().voice(600).words("cancel all timers", Standing.COMPLETE).voice(200)
    assert story.done == [Speculate("cancel all timers")]
    story.silence(60)
    assert story.done[1:] == [Commit("cancel all timers", Reason.COMPLETE, frames_wanted=False)]


def test_an_open_request_keeps_listening_for_a_while() -> None:
    story = open_request()
    assert story.last() == Commit("set a timer for five minutes", Reason.OPEN, frames_wanted=True)
    story.silence(CONFIG.grace_ms)
    assert story.last() == StopListening()
    assert story.turn.on_played("u", story.now_s) == (Close("answered"),)
    assert story.turn.end_reason == "open"


def test_a_speaker_who_goes_on_takes_the_answer_back() -> None:
    story = open_request().silence(300).voice(160)
    assert story.last() == Duck()
    story.words("set a timer for five minutes and", Standing.BEGINNING)
    assert story.last() == Withdraw()
    assert story.turn.state is State.LISTENING
    longer = "set a timer for five minutes and thirty seconds"
    story.voice(500).words(longer, Standing.OPEN).silence(200)
    assert story.done[-2:] == [Speculate(longer), Commit(longer, Reason.OPEN, frames_wanted=True)]
    assert story.turn.false_starts == 1


def test_a_speaker_who_goes_on_and_says_nothing_gets_the_first_request() -> None:
    story = open_request().silence(300).voice(160).words("set a timer for five minutes and", Standing.BEGINNING)
    story.silence(CONFIG.endpoint.beginning.timeout_ms + HOP_MS)
    assert story.last() == Commit("set a timer for five minutes", Reason.UNFINISHED, frames_wanted=False)


def test_a_cough_ducks_and_the_answer_goes_on() -> None:
    story = open_request().silence(200).voice(120).silence(CONFIG.duck_ms)
    assert story.done[-2:] != []
    assert [kind for kind in story.kinds() if kind in (Duck, Resume)] == [Duck, Resume]
    assert not story.has(Withdraw)


def test_other_words_without_a_voice_do_not_take_the_answer_back() -> None:
    story = open_request().silence(100).words("set a timer for five minutes and", Standing.BEGINNING)
    assert not story.has(Withdraw)


def test_a_short_answer_leaves_the_speaker_the_whole_grace_to_go_on() -> None:
    story = open_request().silence(300).played()
    assert not story.has(Close)
    story.silence(CONFIG.grace_ms - 300 + HOP_MS)
    assert story.last() == Close("answered")
    assert not story.has(StopListening)
    assert story.turn.end_reason == "open"


def test_a_speaker_who_goes_on_after_a_short_answer_takes_it_back() -> None:
    story = open_request().silence(300).played().silence(300).voice(160)
    assert story.last() == Duck()
    longer = "set a timer for five minutes and thirty seconds"
    story.voice(300).words(longer, Standing.OPEN)
    assert story.done[-2:] == [Withdraw(), Speculate(longer)]
    story.silence(200)
    assert story.last() == Commit(longer, Reason.OPEN, frames_wanted=True)


def test_an_answer_that_ends_while_it_is_ducked_is_taken_back_by_words_that_go_on() -> None:
    story = open_request().silence(300).voice(160).played().voice(200)
    story.words("set a timer for five minutes and", Standing.BEGINNING)
    assert story.last() == Withdraw()


def test_other_sounds_after_a_short_answer_close_the_turn_once_they_were_waited_for() -> None:
    story = open_request().silence(300).played().silence(500).voice(120)
    assert story.last() == Duck()
    began = story.position - 120 * SAMPLES_PER_MS
    story.voice(CONFIG.duck_ms + HOP_MS)
    close = story.last()
    assert isinstance(close, Close)
    assert close.reason == "answered"
    assert began - 400 * SAMPLES_PER_MS < close.voice_at <= began


def test_a_question_of_ours_closes_as_soon_as_it_was_played_so_that_the_reply_is_heard_as_one() -> None:
    story = open_request()
    story.turn.on_answer("which one", story.now_s, expects_reply=True)
    story.silence(300).played("which one")
    assert story.last() == Close("answered")


def test_a_reply_that_began_before_our_question_ended_is_listened_to_from_its_beginning() -> None:
    story = open_request()
    story.turn.on_answer("which one", story.now_s, expects_reply=True)
    began = story.silence(300).position
    story.voice(160).played("which one")
    close = story.last()
    assert isinstance(close, Close)
    assert began - 400 * SAMPLES_PER_MS < close.voice_at <= began


def test_a_microphone_that_dies_after_the_answer_only_closes_the_turn() -> None:
    story = open_request().played()
    assert story.turn.on_time(story.now_s + CONFIG.deaf_s) == (Close("answered"),)


def test_whoever_interrupts_after_the_answer_cuts_nothing_short() -> None:
    story = open_request().played()
    assert story.turn.on_interruption("barge_in") == (Close("done"),)
    assert story.turn.end_reason == "open"


def test_unknown_words_go_to_the_final_text_and_are_thought_about() -> None:
    story = Story().voice(800).words("who wrote hamlet", Standing.UNKNOWN).silence(1000)
    assert story.last() == Finish(Reason.SILENCE)
    assert story.turn.on_final("who wrote hamlet", "dictation", "", story.now_s) == (
        Think("who wrote hamlet", "dictation"),
    )


def test_silence_ends_without_a_word() -> None:
    story = Story().silence(CONFIG.endpoint.quiet.timeout_ms)
    assert story.done == [Close(Reason.NO_SPEECH)]
    assert story.turn.end_reason == "no_speech"


def test_half_a_request_gets_an_apology_of_its_own() -> None:
    for text, source, rejection in (("", "", "not_in_grammar"), ("turn it up", "grammar", "")):
        story = Story().voice(500).words("turn the", Standing.BEGINNING).silence(2000)
        assert story.last() == Finish(Reason.UNFINISHED)
        assert story.turn.on_final(text, source, rejection, story.now_s) == (Apologise("unfinished"),)
        assert story.turn.end_reason == "unfinished"


def test_noise_without_words_gets_an_apology() -> None:
    story = Story().voice(700).silence(2100)
    assert story.turn.on_final("", "", "no_words", story.now_s) == (Apologise("no_words"),)


def test_a_dead_microphone_is_noticed() -> None:
    story = Story().voice(200)
    assert story.turn.on_time(story.now_s + CONFIG.deaf_s - 0.1) == ()
    assert story.turn.on_time(story.now_s + CONFIG.deaf_s) == (Apologise("deaf"),)


def test_a_dead_recogniser_is_noticed() -> None:
    story = Story().voice(800).words("who wrote hamlet", Standing.UNKNOWN).silence(1000)
    assert story.turn.on_time(story.now_s + CONFIG.final_s) == (Apologise("engine_failed"),)


def test_a_recogniser_that_says_it_failed_is_apologised_for_at_once() -> None:
    story = Story().voice(800)
    assert story.turn.on_final("", "", "engine_failed", story.now_s) == (Apologise("engine_failed"),)


@pytest.mark.parametrize(
    ("words", "standing", "silence_ms"),
    [
        ("", Standing.UNKNOWN, CONFIG.endpoint.wordless.timeout_ms),
        ("set a timer for", Standing.BEGINNING, CONFIG.endpoint.beginning.timeout_ms),
        ("who wrote hamlet", Standing.UNKNOWN, CONFIG.endpoint.unknown.timeout_ms),
    ],
)
@pytest.mark.parametrize("asks_model", [False, True])
def test_however_many_die_something_is_said_in_time(
    words: str, standing: Standing, silence_ms: int, asks_model: bool
) -> None:
    """Everybody takes as long as is allowed, the voice fails, and the clip still sounds in time."""
    story = Story().voice(700)
    last_speech_s = story.now_s
    if words:
        story.words(words, standing)
    story.silence(silence_ms + 2 * HOP_MS)
    turn = story.turn
    assert isinstance(story.last(), Finish)
    now_s = turn.deadline_s - 0.01
    assert turn.on_final("who wrote hamlet", "dictation", "", now_s) == (Think("who wrote hamlet", "dictation"),)
    now_s = max(now_s, turn.deadline_s - 0.01)
    if asks_model:
        turn.on_asked_model(now_s)
    now_s = max(now_s, turn.deadline_s)
    [said] = turn.on_time(now_s)
    assert said == (Reassure() if asks_model else Apologise("engine_failed"))
    if asks_model:
        turn.on_reassurance("moment", now_s)
    else:
        turn.on_answer("sorry", now_s)
    [clip] = turn.on_time(turn.deadline_s)
    assert isinstance(clip, Apologise)
    assert clip.by_clip
    assert turn.deadline_s - CONFIG.voice_s < last_speech_s + LONGEST_TO_AN_ANSWER_S


# --- a language model ---------------------------------------------------------------------------------------


def question() -> Story:
    """An open question that a language model was asked."""
    story = Story().voice(800).words("who wrote hamlet", Standing.UNKNOWN).silence(1000)
    story.does(story.turn.on_final("who wrote hamlet", "dictation", "", story.now_s))
    story.turn.on_asked_model(story.now_s)
    return story


def reassured() -> tuple[Story, float]:
    """A slow one: "One moment." sounds."""
    story = question()
    now_s = story.now_s + CONFIG.moment_s
    assert story.turn.on_time(now_s) == (Reassure(),)
    story.turn.on_reassurance("moment", now_s)
    story.turn.on_playing("moment", now_s)
    return story, now_s


def test_a_quick_model_is_answered_with_at_once() -> None:
    story = question()
    assert story.turn.on_sentence("u", False, story.now_s) == (Sound("u"),)
    assert story.turn.state is State.ANSWERING
    assert story.turn.on_sentence("u", True, story.now_s) == ()
    story.turn.on_playing("u", story.now_s)
    assert story.turn.on_played("u", story.now_s) == (Close("answered"),)


def test_a_slow_model_is_waited_for_after_a_word_about_it() -> None:
    story, now_s = reassured()
    assert story.turn.on_played("moment", now_s + 1) == (ThinkOn(),)
    assert story.turn.state is State.COMMITTED
    assert story.turn.on_time(now_s + 10) == ()
    assert story.turn.on_sentence("u", True, now_s + 11) == (Sound("u"),)


def test_the_answer_waits_until_the_word_about_it_has_been_said() -> None:
    story, now_s = reassured()
    assert story.turn.on_sentence("u", True, now_s + 0.2) == ()
    assert story.turn.on_played("moment", now_s + 0.6) == (Sound("u"),)
    story.turn.on_playing("u", now_s + 1)
    assert story.turn.on_played("u", now_s + 2) == (Close("answered"),)


def test_a_model_that_never_answers_has_failed() -> None:
    story, now_s = reassured()
    story.does(story.turn.on_played("moment", now_s + 1))
    assert story.turn.on_time(story.now_s + CONFIG.model_s) == (Apologise("failed"),)


def test_a_model_that_fails_before_its_answer_is_an_apology() -> None:
    story, now_s = reassured()
    assert story.turn.on_model_failure("unreachable", now_s) == (Apologise("unreachable"),)


def test_a_model_that_stalls_in_the_middle_has_what_it_said_heard_and_is_apologised_for() -> None:
    story = question()
    asked_s = story.now_s
    story.turn.on_sentence("u", False, asked_s)
    for tenth in range(int(CONFIG.sentence_s * 10)):
        story.turn.on_playing("u", asked_s + tenth / 10)
        assert story.turn.on_time(asked_s + tenth / 10) == ()
    now_s = asked_s + CONFIG.sentence_s
    assert story.turn.on_time(now_s) == (BreakOff("failed"),)
    assert story.turn.state is State.ANSWERING
    assert story.turn.on_time(now_s) == ()
    story.turn.on_playing("u", now_s)
    assert story.turn.on_played("u", now_s + 3) == (Close("answered"),)
    assert story.turn.end_reason == "failed"


def test_a_model_that_says_it_failed_in_the_middle_is_told_of_after_what_it_said() -> None:
    story = question()
    story.turn.on_sentence("u", False, story.now_s)
    assert story.turn.on_model_failure("failed", story.now_s) == (BreakOff("failed"),)


def test_a_dead_voice_is_replaced_by_a_clip_and_then_by_the_ring() -> None:
    story = Story().voice(800).words("good night", Standing.COMPLETE).silence(100).answered()
    later = story.now_s + CONFIG.voice_s
    assert story.turn.on_time(later) == (Apologise("voice_failed", by_clip=True),)
    story.turn.on_answer("clip", later)
    assert story.turn.on_time(later + CONFIG.voice_s) == (Close("voice_failed"),)


def test_an_apology_that_cannot_be_spoken_is_played() -> None:
    story = Story().voice(200)
    story.does(story.turn.on_time(story.now_s + CONFIG.deaf_s))
    story.turn.on_answer("sorry", 5.0)
    assert story.turn.on_playback_failed("sorry", 5.1) == (Apologise("deaf", by_clip=True),)


def test_the_stop_word_ends_the_turn() -> None:
    story = open_request()
    assert story.turn.on_silenced("u", "stop_word") == (Close("stopped"),)
    assert story.turn.end_reason == "stopped"


def test_playback_of_somebody_else_changes_nothing() -> None:
    story = open_request()
    assert story.turn.on_played("another", story.now_s) == ()
    assert story.turn.state is State.ANSWERING


def test_after_the_end_nothing_happens_any_more() -> None:
    story = open_request()
    story.does(story.turn.on_interruption("woken_again"))
    before = list(story.done)
    story.voice(500).words("more", Standing.COMPLETE).silence(500)
    assert story.done == before
    assert story.turn.on_time(1e9) == ()


def test_doubtful_words_are_not_prepared() -> None:
    story = Story().voice(600).words("good night", Standing.COMPLETE, confidence=0.1)
    assert story.done == []
