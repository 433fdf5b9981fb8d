"""What can go wrong while measuring."""


class BenchError(Exception):
    """A benchmark could not be run; the message says why."""
