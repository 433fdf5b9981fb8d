"""Where a turn's milliseconds went, and the last turns: in memory, and wiped on request."""

from conductor.trace import HOPS, KEPT_TURNS, Trace, Turns

MS = 1_000_000


def trace(session: str = "s") -> Trace:
    return Trace(session, "wake", started_unix_ms=1)


def test_every_hop_is_told_even_where_nothing_was_measured() -> None:
    turn = trace().message()
    assert set(turn.ms) == {*HOPS, "bus"}
    assert set(turn.ms.values()) == {0.0}


def test_a_span_is_milliseconds_and_the_bus_is_counted_apart() -> None:
    told = trace()
    told.add("stt", 100 * MS, 120 * MS, bus_ns=MS // 2)
    told.add("tts", 130 * MS, 142 * MS, bus_ns=MS // 4)
    turn = told.message()
    assert (turn.ms["stt"], turn.ms["tts"], turn.ms["bus"]) == (20.0, 12.0, 0.75)


def test_a_later_span_of_a_hop_takes_the_place_of_speculation_that_was_dropped() -> None:
    told = trace()
    told.add("tts", 0, 50 * MS, bus_ns=9 * MS)
    told.add("tts", 0, 10 * MS, bus_ns=MS)
    assert (told.message().ms["tts"], told.message().ms["bus"]) == (10.0, 1.0)


def test_a_span_that_ends_before_it_began_is_nothing() -> None:
    told = trace()
    told.add("endpoint", 50 * MS, 40 * MS)
    assert told.message().ms["endpoint"] == 0


def test_the_time_to_the_answer_is_marked_once_both_ends_are_known() -> None:
    told = trace()
    told.last_voice_ns = 100 * MS
    assert "answered_after_ms" not in told.message().marks
    told.first_sound_ns = 250 * MS
    assert told.message().marks["answered_after_ms"] == 150.0


def test_what_was_heard_and_answered_is_told() -> None:
    told = trace()
    told.heard, told.intent, told.answer, told.end_reason, told.false_starts = "w", "i", "a", "open", 2
    turn = told.message()
    assert (turn.heard, turn.intent, turn.answer, turn.end_reason) == ("w", "i", "a", "open")
    assert (turn.session, turn.opened_by, turn.marks["false_starts"]) == ("s", "wake", 2)


def test_the_last_turns_are_kept_the_newest_first() -> None:
    turns = Turns()
    for number in range(KEPT_TURNS + 5):
        turns.add(trace(str(number)))
    kept = [each.session for each in turns.newest(0)]
    assert len(kept) == KEPT_TURNS
    assert kept[:2] == [str(KEPT_TURNS + 4), str(KEPT_TURNS + 3)]
    assert [each.session for each in turns.newest(2)] == kept[:2]


def test_wiping_leaves_nothing() -> None:
    turns = Turns()
    turns.add(trace())
    turns.wipe()
    assert turns.newest(0) == []
