"""What goes wrong with who is who; each message is a sentence for whoever meets it.

IdentityError              the box's keys are not usable
└── Refused                a change of the household that is not made
    ├── HouseholdFull      no profile, or no device, has a place left
    ├── NotAllowed         this device may not do that
    ├── NameTaken          somebody has this name
    └── Unknown            nobody here has it
"""


class IdentityError(Exception):
    """The box's keys are not usable."""


class Refused(IdentityError):
    """That is not done. Without words of its own an error says its docstring."""

    def __init__(self, words: str = "") -> None:
        super().__init__(words or self.__doc__)


class HouseholdFull(Refused):
    """This box has all the people and devices that it takes. Its owner can remove one."""


class NotAllowed(Refused):
    """Only a device of the owner's may do that."""


class NameTaken(Refused):
    """Another one has this name."""


class Unknown(Refused):
    """There is none of that name here."""
