"""What can go wrong with the data partition; each message is a sentence for the owner."""


class StorageError(Exception):
    """The data partition can't be used."""


class Locked(StorageError):
    """The data is there, and this start may not open it: the recovery key can."""
