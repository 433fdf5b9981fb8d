"""What a box says when it ends a run, and the error that the device makes of it. Pure."""

from pairing import errors
from pairing import messages_pb2 as pb
from pairing.errors import PairingError, TooSoon

LONGEST_WAIT_S = 3600
REASONS: dict[type[PairingError], pb.Reason] = {
    errors.Malformed: pb.MALFORMED,
    errors.NotSealed: pb.MALFORMED,
    errors.OtherVersion: pb.OTHER_VERSION,
    errors.WindowClosed: pb.CLOSED,
    errors.Busy: pb.BUSY,
    errors.TooSoon: pb.WAIT,
    errors.LockedOut: pb.LOCKED,
    errors.WrongCode: pb.WRONG_CODE,
    errors.WrongKey: pb.WRONG_KEY,
    errors.HouseholdFull: pb.FULL,
    errors.TooSlow: pb.TOO_SLOW,
}
"""Whatever else goes wrong is the box's own."""


def of(error: PairingError) -> pb.Refusal:
    """What the device is told."""
    reason = next((REASONS[kind] for kind in type(error).__mro__ if kind in REASONS), pb.FAILED)
    return pb.Refusal(reason=reason, wait_s=error.seconds if isinstance(error, TooSoon) else 0)


def error(refusal: pb.Refusal) -> PairingError:
    """What the device says to its person."""
    if refusal.reason == pb.WAIT:
        return TooSoon(min(refusal.wait_s, LONGEST_WAIT_S))
    return next((kind() for kind, reason in REASONS.items() if reason == refusal.reason), errors.BoxFailed())
