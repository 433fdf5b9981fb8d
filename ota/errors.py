"""What can go wrong with the slots; each message is a sentence for the owner.

OtaError
├── BootControlError     the firmware's memory of the slots can't be read or written
│   └── NotArmed         the firmware would ignore a switch
└── SlotRefused          this would leave the box without a system that starts
"""


class OtaError(Exception):
    """The base of everything here."""


class BootControlError(OtaError):
    """What the firmware keeps about the slots can't be read or written."""


class NotArmed(BootControlError):
    """The firmware keeps only one system; it would ignore a switch without a word."""


class SlotRefused(OtaError):
    """The wish would leave the box without a system that starts, or with the wrong one."""
