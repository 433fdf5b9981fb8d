"""What can go wrong on the bus.

BusError
 ├─ BusUnreachable    no server, or the connection was lost
 ├─ NotPermitted      the server refused a subject to these credentials
 ├─ NoAnswer          nobody serves the request, or not in time
 ├─ MessageTooLarge   more than the bus carries at once
 └─ MalformedMessage  bytes that are not the message their subject promises
"""


class BusError(Exception):
    """Something went wrong on the bus."""


class BusUnreachable(BusError):
    """The message bus can't be reached. Is Spoq running? Start it with `make run`."""


class NotPermitted(BusError):
    """This program may not use that subject."""


class NoAnswer(BusError):
    """Nobody answered the request."""


class MessageTooLarge(BusError):
    """The message is larger than the bus carries at once."""


class MalformedMessage(BusError):
    """The bytes are not the message that their subject promises."""
