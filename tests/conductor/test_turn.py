"""The turn: stories of events and what has to be done then."""

from collections.abc import Sequence

from conductor.endpoint import SAMPLES_PER_MS, Reason
from conductor.standing import Standing
from conductor.turn import (
    Action,
    Apologise,
    Close,
    Commit,
    Config,
    Duck,
    Finish,
    Resume,
    Speculate,
    State,
    StopListening,
    Think,
    Turn,
    Withdraw,
)

CONFIG = Config()
HOP_MS = 20
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

    def does(self, actions: Sequence[Action]) -> None:
        self.done.extend(actions)

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
    assert story.done[-1] == Commit("set a timer for five minutes", Reason.OPEN, frames_wanted=True)
    story.silence(CONFIG.grace_ms)
    assert story.done[-1] == StopListening()
    assert story.turn.on_played("u") == (Close("answered"),)
    assert story.turn.end_reason == "open"


def test_a_speaker_who_goes_on_takes_the_answer_back() -> None:
    story = open_request().silence(300).voice(160)
    assert story.done[-1] == Duck()
    story.words("set a timer for five minutes and", Standing.BEGINNING)
    assert story.done[-1] == Withdraw()
    assert story.turn.state is State.LISTENING
    longer = "set a timer for five minutes and thirty seconds"
    story.voice(500).words(longer, Standing.OPEN).silence(200)
    assert story.done[-2:] == [Speculate(longer), Commit(longer, Reason.OPEN, frames_wanted=True)]
    assert story.turn.false_starts == 1


def test_a_speaker_who_goes_on_and_says_nothing_gets_the_first_request() -> None:
    story = open_request().silence(300).voice(160).words("set a timer for five minutes and", Standing.BEGINNING)
    story.silence(CONFIG.endpoint.beginning.timeout_ms + HOP_MS)
    assert story.done[-1] == Commit("set a timer for five minutes", Reason.UNFINISHED, frames_wanted=False)


def test_a_cough_ducks_and_the_answer_goes_on() -> None:
    story = open_request().silence(200).voice(120).silence(CONFIG.duck_ms)
    assert story.done[-2:] != []
    assert [kind for kind in story.kinds() if kind in (Duck, Resume)] == [Duck, Resume]
    assert not story.has(Withdraw)


def test_other_words_without_a_voice_do_not_take_the_answer_back() -> None:
    story = open_request().silence(100).words("set a timer for five minutes and", Standing.BEGINNING)
    assert not story.has(Withdraw)


def test_unknown_words_go_to_the_final_text_and_are_thought_about() -> None:
    story = Story().voice(800).words("who wrote hamlet", Standing.UNKNOWN).silence(1000)
    assert story.done[-1] == Finish(Reason.SILENCE)
    assert story.turn.on_final("who wrote hamlet", "dictation", "", story.now_s) == (
        Think("who wrote hamlet", "dictation"),
    )


def test_silence_ends_without_a_word() -> None:
    story = Story().silence(CONFIG.endpoint.quiet.timeout_ms)
    assert story.done == [Close(Reason.NO_SPEECH)]
    assert story.turn.end_reason == "no_speech"


def test_half_a_request_gets_an_apology_of_its_own() -> None:
    story = Story().voice(500).words("set a timer for", Standing.BEGINNING).silence(2000)
    assert story.done[-1] == Finish(Reason.UNFINISHED)
    assert story.turn.on_final("", "", "not_in_grammar", story.now_s) == (Apologise("unfinished"),)
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
    assert story.turn.on_played("another") == ()
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
