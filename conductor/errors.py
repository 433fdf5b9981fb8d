"""What can go wrong in the conductor.

ConductorError
 ├─ StorageFailed       the disk can't be read or written
 │   ├─ StorageFull     … because nothing more fits on it
 │   └─ StorageNewer    it was written by a later version
 ├─ DamagedRecord       what was read is not what was written
 └─ Refused             another part of the box won't do what was asked of it
"""


class ConductorError(Exception):
    """Something went wrong while working out an answer."""


class StorageFailed(ConductorError):
    """The storage for timers and lists can't be read or written."""


class StorageFull(StorageFailed):
    """The storage for timers and lists is full."""


class StorageNewer(StorageFailed):
    """The timers and lists were saved by a later version of Spoq. Update this one to use them."""


class DamagedRecord(ConductorError):
    """A saved timer, alarm or list item can't be read."""


class Refused(ConductorError):
    """Another part of the box won't do that."""
