"""Which sound may be heard, and when."""

from audio.stage import MAX_HELD, Duck, Forget, Phase, Resume, Silence, Stage, Start


def opened(generation: int = 1) -> Stage:
    stage = Stage()
    stage.on_turn(generation, Phase.OPENED, "")
    return stage


def answering(utterance: str = "answer") -> Stage:
    stage = opened()
    stage.on_speech(utterance, 1)
    assert stage.on_turn(1, Phase.ANSWERING, utterance) == [Start(utterance)]
    return stage


def test_speech_of_a_turn_waits_until_it_is_named() -> None:
    stage = opened()
    assert stage.on_speech("answer", 1) == []
    assert stage.on_turn(1, Phase.ANSWERING, "answer") == [Start("answer")]


def test_an_utterance_that_is_named_before_it_comes_starts_as_it_comes() -> None:
    stage = opened()
    assert stage.on_turn(1, Phase.ANSWERING, "answer") == []
    assert stage.on_speech("answer", 1) == [Start("answer")]


def test_what_was_prepared_and_not_named_never_sounds() -> None:
    stage = opened()
    stage.on_speech("guess", 1)
    stage.on_speech("answer", 1)
    assert stage.on_turn(1, Phase.ANSWERING, "answer") == [Start("answer")]
    assert Forget("guess") in stage.on_turn(1, Phase.CLOSED, "")


def test_naming_it_again_only_makes_it_loud_again() -> None:
    stage = answering()
    assert stage.on_turn(1, Phase.DUCKED, "answer") == [Duck()]
    assert stage.on_turn(1, Phase.ANSWERING, "answer") == [Resume("answer")]


def test_an_answer_that_has_finished_does_not_start_again() -> None:
    stage = answering()
    stage.on_over("answer")
    assert not any(isinstance(act, Start) for act in stage.on_turn(1, Phase.ANSWERING, "answer"))
    assert stage.on_speech("answer", 1) is None


def test_listening_again_withdraws_the_answer() -> None:
    stage = answering()
    assert stage.on_turn(1, Phase.LISTENING, "") == [Silence("answer", "cancelled")]
    stage.on_speech("amended", 1)
    assert stage.on_turn(1, Phase.ANSWERING, "amended") == [Start("amended")]


def test_an_answer_withdrawn_before_its_speech_came_never_sounds() -> None:
    stage = opened()
    stage.on_turn(1, Phase.ANSWERING, "answer")
    stage.on_turn(1, Phase.LISTENING, "")
    assert stage.on_speech("answer", 1) is None


def test_another_answer_in_the_same_turn_replaces_the_first() -> None:
    stage = answering()
    stage.on_speech("instead", 1)
    assert stage.on_turn(1, Phase.ANSWERING, "instead") == [Silence("answer", "superseded"), Start("instead")]


def test_a_newer_turn_ends_what_sounds_of_an_older_one() -> None:
    stage = answering()
    assert stage.on_turn(2, Phase.OPENED, "") == [Silence("answer", "superseded")]
    assert stage.on_speech("late", 1) is None


def test_cancelled_and_closed_end_the_turns_sounds() -> None:
    for phase in (Phase.CANCELLED, Phase.CLOSED):
        assert Silence("answer", "cancelled") in answering().on_turn(1, phase, "")


def test_states_of_an_older_turn_are_ignored() -> None:
    stage = opened(2)
    stage.on_speech("answer", 2)
    assert stage.on_turn(1, Phase.ANSWERING, "answer") == []
    assert stage.on_turn(1, Phase.CANCELLED, "") == []


def test_a_conductor_that_starts_anew_counts_from_the_beginning() -> None:
    stage = opened(40)
    stage.on_turn(1, Phase.OPENED, "")
    stage.on_speech("answer", 1)
    assert stage.on_turn(1, Phase.ANSWERING, "answer") == [Start("answer")]


def test_speech_after_its_turn_was_closed_is_dropped() -> None:
    stage = opened()
    stage.on_turn(1, Phase.CLOSED, "")
    assert stage.on_speech("late", 1) is None


def test_an_announcement_sounds_at_once() -> None:
    assert Stage().on_speech("announcement", 0) == [Start("announcement")]


def test_an_announcement_waits_for_the_turn_and_for_the_one_before_it() -> None:
    stage = opened()
    assert stage.on_speech("first", 0) == []
    assert stage.on_speech("second", 0) == []
    assert stage.on_turn(1, Phase.CLOSED, "") == [Resume(), Start("first")]
    assert stage.on_over("first") == [Start("second")]


def test_the_wake_word_ends_an_announcement_but_not_an_alarm() -> None:
    stage = Stage()
    stage.on_speech("announcement", 0)
    stage.on_clip("alarm", 0, repeat=True)
    assert stage.on_turn(1, Phase.OPENED, "") == [Silence("announcement", "superseded")]
    assert stage.on_turn(1, Phase.CLOSED, "") == [Resume()]


def test_clips_sound_at_once_and_ring_out_after_an_ordinary_close() -> None:
    stage = opened()
    assert stage.on_clip("ding", 1, repeat=False) == [Start("ding")]
    assert stage.on_turn(1, Phase.CLOSED, "") == [Resume()]


def test_a_clip_of_an_older_turn_is_dropped() -> None:
    assert opened(2).on_clip("ding", 1, repeat=False) is None


def test_stopping_ends_one_sound_or_all_that_sound() -> None:
    stage = answering()
    stage.on_clip("alarm", 0, repeat=True)
    stage.on_speech("held", 1)
    assert stage.on_stop("alarm") == [Silence("alarm", "cancelled")]
    assert stage.on_stop("") == [Silence("answer", "cancelled"), Silence("alarm", "cancelled")]


def announcing(*names: str) -> Stage:
    """The first of these announcements sounds, the others wait behind it."""
    stage = Stage()
    assert [stage.on_speech(name, 0) for name in names] == [[Start(names[0])], *([] for _ in names[1:])]
    return stage


def test_what_waits_behind_a_stopped_announcement_never_starts() -> None:
    stage = announcing("first", "second", "third")
    assert stage.on_stop("") == [Silence("first", "cancelled"), Forget("second"), Forget("third")]
    assert stage.on_over("first") == []
    assert stage.on_speech("third", 0) is None, "the rest of its speech comes late"
    assert stage.on_speech("fourth", 0) == [Start("fourth")], "it was not there when somebody said stop"


def test_what_waits_behind_an_announcement_that_the_stop_word_ended_never_starts() -> None:
    stage = announcing("first", "second")
    assert stage.on_over("first", stopped=True) == [Forget("second")]
    assert stage.on_speech("third", 0) == [Start("third")]


def test_stopping_one_sound_lets_the_next_start() -> None:
    stage = announcing("first", "second")
    assert stage.on_stop("first") == [Silence("first", "cancelled")]
    assert stage.on_over("first") == [Start("second")]


def test_only_so_much_is_held_ready() -> None:
    stage = opened()
    acts = [act for number in range(MAX_HELD + 1) for act in stage.on_speech(f"guess{number}", 1) or []]
    assert acts == [Forget("guess0")]
