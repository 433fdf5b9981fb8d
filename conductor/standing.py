"""How words so far stand: nothing we know, the beginning of a request, or a whole one."""

from enum import Enum


class Standing(Enum):
    UNKNOWN = "unknown"
    """No allowed request begins like this."""
    BEGINNING = "beginning"
    """Of something allowed, and not whole yet."""
    OPEN = "open"
    """A whole, allowed request that English may sensibly continue."""
    COMPLETE = "complete"
    """Whole, and no sensible continuation exists."""
