"""What a device tells its person when something does not work; each message is a sentence.

PhoneError
├── NotFound         no box in the home's network, or more than one
├── NoBluetooth      this computer has none that can be used
├── NotReached       the box does not answer
├── Denied           the box says no, and why
└── NotPaired        this computer knows no box, or the box does not know it any more
"""


class PhoneError(Exception):
    """Something went wrong."""

    def __init__(self, words: str = "") -> None:
        super().__init__(words or " ".join((self.__doc__ or "").split()))


class NotFound(PhoneError):
    """There is no box in this network that waits to be paired. Is it plugged in? One that has an owner waits when its
    button was held for three seconds and let go."""


class NoBluetooth(PhoneError):
    """This computer's Bluetooth can't be used. Has it one, is it on, and does its system run it (BlueZ, on Linux)?"""


class NotReached(PhoneError):
    """The box does not answer. Is it plugged in, and is this computer in the same network?"""


class Denied(PhoneError):
    """The box does not do that."""


class NotPaired(PhoneError):
    """This computer is paired with no box. Begin with: spoq phone pair"""
