"""What arrives on the bus is a message or a `MalformedMessage`, whatever the bytes are."""

from typing import Any

import pytest
from google.protobuf.message import Message
from hypothesis import given
from hypothesis import strategies as st

from bus import messages_pb2 as pb
from bus import subjects
from bus.envelope import MAX_MESSAGE_BYTES, Context, Received, pack, unpack
from bus.errors import BusError, MalformedMessage, MessageTooLarge

SUBJECTS = [
    each
    for each in vars(subjects).values()
    if isinstance(each, subjects.Subject | subjects.SessionSubject | subjects.RequestSubject)
]
KINDS: list[type[Message]] = sorted({each.message for each in SUBJECTS}, key=lambda kind: kind.DESCRIPTOR.full_name)
TURN = Context("trace", "session", "profile", "device", pb.RICH, pb.SESSION, 7)


def read(data: bytes, kind: type[Message]) -> Received[Any] | None:
    """None where it is refused as it should be; any other exception is a fault."""
    try:
        return unpack(data, kind, "subject", 5)
    except BusError:
        return None


@given(st.sampled_from(KINDS), st.binary(max_size=4096))
def test_junk_is_a_message_or_refused(kind: type[Message], junk: bytes) -> None:
    received = read(junk, kind)
    assert received is None or isinstance(received.body, kind)


@given(st.sampled_from(KINDS), st.binary(max_size=1024))
def test_junk_within_a_good_envelope(kind: type[Message], junk: bytes) -> None:
    received = read(pb.Envelope(trace_id="t", body=junk).SerializeToString(), kind)
    assert received is None or isinstance(received.body, kind)


@given(st.data())
def test_a_damaged_message(data: st.DataObject) -> None:
    whole = bytearray(
        pack(pb.Partial(stream="s", position=9, text="set a timer", words=[pb.Word(text="set")]), TURN, 3)
    )
    for _ in range(data.draw(st.integers(1, 4))):
        whole[data.draw(st.integers(0, len(whole) - 1))] = data.draw(st.integers(0, 255))
    cut = data.draw(st.integers(0, len(whole)))
    received = read(bytes(whole[:cut]), pb.Partial)
    assert received is None or isinstance(received.body, pb.Partial)


@given(
    st.text(max_size=200),
    st.integers(0, 2**32 - 1),
    st.integers(-(2**63), 2**63 - 1),
    st.binary(max_size=2000),
)
def test_what_is_packed_arrives(trace: str, generation: int, sent_ns: int, pcm: bytes) -> None:
    context = Context(trace_id=trace, generation=generation)
    received = unpack(pack(pb.AudioFrame(pcm=pcm), context, sent_ns), pb.AudioFrame, "audio.frame.x", 10)
    assert (received.body.pcm, received.context, received.sent_ns) == (pcm, context, sent_ns)
    assert received.bus_ns >= 0


def test_everything_in_the_envelope_arrives() -> None:
    received = unpack(pack(pb.Wake(word="alexa"), TURN, 3), pb.Wake, "audio.wake", 5)
    assert received == Received(pb.Wake(word="alexa"), TURN, "audio.wake", 3, 5)


def test_what_is_too_large_is_refused_before_it_is_parsed() -> None:
    with pytest.raises(MalformedMessage, match="are more than"):
        unpack(bytes(MAX_MESSAGE_BYTES + 1), pb.Wake, "audio.wake", 0)


def test_what_is_too_large_is_not_packed() -> None:
    frame = pb.AudioFrame(pcm=bytes(MAX_MESSAGE_BYTES))
    with pytest.raises(MessageTooLarge):
        pack(frame, TURN, 0)


def test_a_refusal_does_not_repeat_what_was_said() -> None:
    body = pb.Ask(text="my secret").SerializeToString()
    with pytest.raises(MalformedMessage) as refused:
        unpack(pb.Envelope(body=body + b"\xff").SerializeToString(), pb.Ask, "nlu.request", 0)
    assert "secret" not in str(refused.value)
