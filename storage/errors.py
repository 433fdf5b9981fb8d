"""What can go wrong with the data partition; each message is a sentence for the owner."""


class StorageError(Exception):
    """The data partition can't be used."""


class Locked(StorageError):
    """The data is there, and this start may not open it: the recovery key can."""


class NoRecovery(StorageError):
    """There is nothing that a recovery key could do here, or this system can't do it."""


class NoRecoveryKey(StorageError):
    """What was entered is no recovery key."""

    def __init__(self, why: str) -> None:
        super().__init__(f"This is no recovery key: {why}.")


class WrongRecoveryKey(StorageError):
    """It is a recovery key, of other data."""

    def __init__(self) -> None:
        super().__init__("This recovery key does not open the data: it is another box's, or there is a slip in it.")
