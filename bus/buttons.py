"""What a message of `hardware.button` says: which button, and what somebody did with it."""

from enum import StrEnum

ACTION, MUTE = "action", "mute"


class Act(StrEnum):
    """What a button did, and the wish for a factory reset, which is told to nobody. PAIR: the action button was let go
    after it was held long, by somebody who wants to let a device in."""

    PRESS = "press"
    LONG_PRESS = "long_press"
    PAIR = "pair"
    RESET = "reset"
    RELEASE = "release"
