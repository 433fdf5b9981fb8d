"""What goes wrong with who is who; each message is a sentence for whoever meets it.

IdentityError              the box's keys are not usable
├── RecordsError           the records of the household can't be read or written
│   ├── RecordsFull        nothing more fits on the disk
│   ├── RecordsDamaged     they are not as they were written
│   └── RecordsNewer       a later version wrote them
└── Refused                a change of the household that is not made
    ├── HouseholdFull      no profile, or no device, has a place left
    ├── NotAllowed         this device may not do that
    ├── NameTaken          somebody has this name
    └── Unknown            there is none
"""


class IdentityError(Exception):
    """The box's keys are not usable. Without words of its own an error says its docstring."""

    def __init__(self, words: str = "") -> None:
        super().__init__(words or self.__doc__)


class RecordsError(IdentityError):
    """The records of who belongs here can't be read or written."""


class RecordsFull(RecordsError):
    """The box's disk is full: nobody new can be let in."""


class RecordsDamaged(RecordsError):
    """The records of who belongs here are damaged. Nobody is let in until the box is reset."""


class RecordsNewer(RecordsError):
    """A later version of Spoq wrote who belongs here. Update this one."""


class Refused(IdentityError):
    """That is not done."""


class HouseholdFull(Refused):
    """This box has all the people and devices that it takes. Its owner can remove one."""


class NotAllowed(Refused):
    """Only a device of the owner's may do that."""


class NameTaken(Refused):
    """Another one has this name."""


class Unknown(Refused):
    """There is no such person or device here."""
