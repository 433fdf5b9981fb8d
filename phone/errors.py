"""What a device tells its person when something does not work; each message is a sentence.

PhoneError
├── NotFound         no box in the home's network, or more than one
├── NotReached       the box does not answer
├── Denied           the box says no, and why
└── NotPaired        this computer knows no box, or the box does not know it any more
"""


class PhoneError(Exception):
    """Something went wrong."""

    def __init__(self, words: str = "") -> None:
        super().__init__(words or self.__doc__)


class NotFound(PhoneError):
    """There is no box in this network that could be paired. Is it plugged in, and does its ring say so?"""


class NotReached(PhoneError):
    """The box does not answer. Is it plugged in, and is this computer in the same network?"""


class Denied(PhoneError):
    """The box does not do that."""


class NotPaired(PhoneError):
    """This computer is paired with no box. Begin with: spoq phone pair"""
