"""What stops a build; each message is one sentence for whoever builds."""


class BuildError(Exception):
    """The image was not made, and nothing lies under its final name."""


class UnknownTarget(BuildError):
    """There is no such target."""


class MissingTools(BuildError):
    """Programs of this machine that the build needs and does not find, all in one message."""


class NoLock(BuildError):
    """Nobody has chosen the packages of this image yet; the message says where that can be done."""


class Unreachable(BuildError):
    """An archive does not answer, or no longer has what the lock names."""


class WrongContent(BuildError):
    """A file is not the one that the lock, or the table, describes."""


class TooLarge(BuildError):
    """Something does not fit into its partition, or onto the disk."""


class NotForRelease(BuildError):
    """This can't be a release; one line for each reason."""
