"""What can go wrong with the slots; each message is a sentence for the owner.

OtaError
├── BootControlError     the firmware's memory of the slots can't be read or written
│   └── NotArmed         the firmware would ignore a switch
├── SlotRefused          this would leave the box without a system that starts
├── KeeperFailed         root did not do it, or does not answer
├── NotUnderstood        nobody does what was asked for
├── WrongState           a step of an update that can't follow: a mistake of ours
├── FloorNotKept         nothing remembers below what nothing is installed
├── NoRecord             nobody knows how far an update was
├── NoVersion            this is not written as versions are
├── NoRelease            what is offered makes no sense
├── NoTime               nobody knows whether an offer has expired
├── NotBelieved          what TUF's metadata says is not believed
├── SourceFailed         the server or the folder does not give what it should
│   └── NotThere         it does not have this file
├── NotInstalled         the other slot could not be written
├── NoRoom               the disk has too little left to fetch it
├── InstallerAway        nobody writes it just now
├── Damaged              what was fetched is not what was signed
└── NotPublished         a repository of releases can't be changed in this way
"""


class OtaError(Exception):
    """The base of everything here. Where it has no words of its own, its docstring is what the owner reads."""

    def __str__(self) -> str:
        return super().__str__() or str(type(self).__doc__)


class BootControlError(OtaError):
    """What the firmware keeps about the slots can't be read or written."""


class NotArmed(BootControlError):
    """The firmware keeps only one system; it would ignore a switch without a word."""


class SlotRefused(OtaError):
    """The wish would leave the box without a system that starts, or with the wrong one."""


class KeeperFailed(OtaError):
    """Nobody answers about the slots."""


class NotUnderstood(OtaError):
    """This is nothing that can be done."""


class WrongState(OtaError):
    """This can't follow now."""


class FloorNotKept(OtaError):
    """Below which version nothing is installed could not be written down."""


class NoRecord(OtaError):
    """How far the last update was can't be read."""


class NoVersion(OtaError):
    """A version has three numbers, as 1.4.0."""


class NoRelease(OtaError):
    """What is offered as a release is none: what is wrong with it."""


class NoTime(OtaError):
    """I don't know what time it is, so I can't tell an old offer from a new one."""


class NotBelieved(OtaError):
    """What is offered is signed by nobody whom this box knows, is older than what it saw, or has expired."""


class SourceFailed(OtaError):
    """What was asked for did not come; it is asked for again later."""


class NotThere(SourceFailed):
    """The file is not there."""


class NoRoom(OtaError):
    """The box's disk is too full to fetch it."""


class InstallerAway(OtaError):
    """Nobody is there just now who could write the other slot."""


class Damaged(OtaError):
    """What was fetched is not what was signed."""


class Unfit(OtaError):
    """What was fetched can't be unpacked here: why."""


class NotInstalled(OtaError):
    """The other slot could not be written; what was in it before is gone."""


class NotPublished(OtaError):
    """What is offered can't be changed in this way."""
