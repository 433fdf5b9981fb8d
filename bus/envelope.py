"""Wrapping and unwrapping messages: bytes in, frozen records out. No I/O.

Every message on the bus is an `Envelope` whose body is the message that its subject names.
"""

import uuid
from dataclasses import dataclass, replace
from typing import Generic, TypeVar

from google.protobuf.message import DecodeError, Message

from bus import messages_pb2 as pb
from bus.errors import MalformedMessage, MessageTooLarge

MAX_MESSAGE_BYTES = 512 * 1024
"""What the server accepts as well (`max_payload` in bus/server.py)."""

M = TypeVar("M", bound=Message)


@dataclass(frozen=True)
class Context:
    """What belongs to a message beside its body; the same for all messages of a turn.

    `generation` counts turns (0: outside a turn): whoever follows `turn.state` drops what carries an older one.
    """

    trace_id: str = ""
    session_id: str = ""
    profile: str = ""
    device: str = ""
    capability_tier: pb.CapabilityTier = pb.FAST
    privacy_scope: pb.PrivacyScope = pb.EPHEMERAL
    generation: int = 0

    @staticmethod
    def new_trace() -> "Context":
        """A context with a fresh trace and session."""
        return Context(trace_id=uuid.uuid4().hex, session_id=uuid.uuid4().hex)

    def of(self, profile: str, device: str) -> "Context":
        """The same, by somebody."""
        return replace(self, profile=profile, device=device)

    def of_generation(self, generation: int) -> "Context":
        return replace(self, generation=generation)


@dataclass(frozen=True)
class Received(Generic[M]):
    """A message that arrived. Times are CLOCK_MONOTONIC of this box, in nanoseconds."""

    body: M
    context: Context
    subject: str
    sent_ns: int
    received_ns: int

    @property
    def bus_ns(self) -> int:
        """How long the message was on the bus."""
        return max(0, self.received_ns - self.sent_ns)


def pack(body: Message, context: Context, sent_ns: int) -> bytes:
    """The bytes for the bus.

    Raises:
        MessageTooLarge: more than `MAX_MESSAGE_BYTES`.
    """
    envelope = pb.Envelope(
        trace_id=context.trace_id,
        session_id=context.session_id,
        capability_tier=context.capability_tier,
        privacy_scope=context.privacy_scope,
        sent_monotonic_ns=sent_ns,
        generation=context.generation,
        body=body.SerializeToString(),
    )
    if context.profile or context.device:
        envelope.actor.profile = context.profile
        envelope.actor.device = context.device
    data = envelope.SerializeToString()
    if len(data) > MAX_MESSAGE_BYTES:
        raise MessageTooLarge(f"a {type(body).__name__} of {len(data)} bytes is more than {MAX_MESSAGE_BYTES}")
    return data


def unpack(data: bytes, message: type[M], subject: str, received_ns: int) -> Received[M]:
    """The message in `data`.

    Raises:
        MalformedMessage: too large, no envelope, or a body that is not a `message`.
    """
    if len(data) > MAX_MESSAGE_BYTES:
        raise MalformedMessage(f"{subject}: {len(data)} bytes are more than {MAX_MESSAGE_BYTES}")
    envelope, body = pb.Envelope(), message()
    try:
        envelope.ParseFromString(data)
        body.ParseFromString(envelope.body)
    except DecodeError as error:
        raise MalformedMessage(f"{subject}: not a {message.__name__}") from error
    context = Context(
        trace_id=envelope.trace_id,
        session_id=envelope.session_id,
        profile=envelope.actor.profile,
        device=envelope.actor.device,
        capability_tier=envelope.capability_tier,
        privacy_scope=envelope.privacy_scope,
        generation=envelope.generation,
    )
    return Received(body, context, subject, envelope.sent_monotonic_ns, received_ns)
