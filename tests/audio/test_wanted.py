"""Whose frames are wanted, and from where."""

from audio.wanted import Wanted
from bus import messages_pb2 as pb
from bus.envelope import Context


def at(generation: int) -> Context:
    return Context(session_id=f"session {generation}", generation=generation)


def opened(generation: int = 7) -> Wanted:
    wanted = Wanted()
    state = pb.TurnState(phase=pb.OPENED, stream="mic", position=320, opened_by="wake", frames_wanted=True)
    assert wanted.on_turn(state, at(generation))
    return wanted


def test_frames_are_wanted_from_where_the_turn_begins() -> None:
    ask = opened().ask
    assert ask is not None
    assert (ask.stream, ask.position, ask.context.session_id) == ("mic", 320, "session 7")


def test_a_turn_may_want_none_for_a_while_and_then_again_from_now_on() -> None:
    wanted = opened()
    first = wanted.ask
    assert wanted.on_turn(pb.TurnState(phase=pb.LISTENING, frames_wanted=True), at(7))
    assert wanted.ask is first
    assert wanted.on_turn(pb.TurnState(phase=pb.ANSWERING), at(7))
    assert wanted.ask is None and wanted.open
    assert wanted.on_turn(pb.TurnState(phase=pb.LISTENING, frames_wanted=True), at(7))
    assert wanted.ask is not None and first is not None
    assert (wanted.ask.position, wanted.ask.number) == (0, first.number + 1)


def test_it_is_over_when_it_is_closed_or_cancelled_whatever_is_said_of_frames() -> None:
    for phase in (pb.CLOSED, pb.CANCELLED):
        wanted = opened()
        assert wanted.on_turn(pb.TurnState(phase=phase, frames_wanted=True), at(7))
        assert wanted.ask is None and not wanted.open


def test_a_late_state_of_an_older_turn_changes_nothing() -> None:
    wanted = opened()
    late = pb.TurnState(phase=pb.CLOSED)
    assert not wanted.is_forgotten(late, at(6))
    assert not wanted.on_turn(late, at(6))
    assert wanted.open and wanted.ask is not None


def test_a_newer_generation_that_opens_nothing_has_forgotten_the_turn() -> None:
    wanted = opened()
    assert wanted.is_forgotten(pb.TurnState(phase=pb.CANCELLED), at(8))
    assert not wanted.is_forgotten(pb.TurnState(phase=pb.OPENED), at(8))
    assert not wanted.is_forgotten(pb.TurnState(phase=pb.CANCELLED), at(7))
    assert not Wanted().is_forgotten(pb.TurnState(phase=pb.CANCELLED), at(8)), "nothing was open"
