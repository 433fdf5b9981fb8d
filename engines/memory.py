"""Memory that a model no longer needs, given back to the system.

What glibc's allocator got for the tensors of one run it keeps for the next one: a quarter of what the models here take.
"""

import ctypes
import functools
from collections.abc import Callable


def give_back() -> None:
    """Takes some milliseconds; does nothing where the C library has no such call."""
    _trim()(0)


@functools.cache
def _trim() -> Callable[[int], object]:
    try:
        trim: Callable[[int], object] = ctypes.CDLL(None).malloc_trim
    except AttributeError:
        return lambda _: None
    return trim
