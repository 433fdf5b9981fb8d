"""Putting a picture on real LEDs: WS2812 over SPI.

Each bit of a WS2812 becomes three SPI bits at 2.4 MHz (100 for 0, 110 for 1), a pixel 9 bytes in the order green, red,
blue; 60 bytes of silence latch the picture (WorldSemi WS2812B datasheet: reset code over 50 µs).

Source: Linux, Documentation/spi/spidev.rst and include/uapi/linux/spi/spidev.h.
"""

import fcntl
import logging
import os
import struct
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Protocol

from hardware.ring import Picture

log = logging.getLogger(__name__)

SPI_HZ = 2_400_000
SPI_IOC_WR_MAX_SPEED_HZ = 0x40046B04
LATCH = bytes(60)
DARK = ((0, 0, 0),) * 24
"""More than a ring has."""
_BITS = tuple(
    int("".join("110" if byte >> bit & 1 else "100" for bit in range(7, -1, -1)), 2).to_bytes(3, "big")
    for byte in range(256)
)


class Leds(Protocol):
    """Something that can show a picture."""

    def show(self, picture: Picture) -> None: ...


def encoded(picture: Picture, brightness: float = 1.0) -> bytes:
    """The bytes on the wire for one picture."""
    scale = max(0.0, min(1.0, brightness))
    parts = (_BITS[round(part * scale)] for red, green, blue in picture for part in (green, red, blue))
    return b"".join(parts) + LATCH


class SpiLeds:
    """`Leds` on an opened SPI device of Linux."""

    def __init__(self, device: int, brightness: float) -> None:
        self._device = device
        self._brightness = brightness

    def show(self, picture: Picture) -> None:
        os.write(self._device, encoded(picture, self._brightness))


class NoLeds:
    """A box without a ring: what it would show is on the bus only."""

    def show(self, picture: Picture) -> None:
        """Shows nothing."""


@contextmanager
def opened(device: str, brightness: float) -> Iterator[Leds]:
    """The ring on `device` ("/dev/spidev0.0"), dark at the end; none where there is no such device, or no use of it."""
    handle = _opened(device)
    if handle is None:
        yield NoLeds()
        return
    try:
        yield SpiLeds(handle, brightness)
        SpiLeds(handle, 0.0).show(DARK)
    finally:
        os.close(handle)


def _opened(device: str) -> int | None:
    try:
        handle = os.open(device, os.O_RDWR)
    except FileNotFoundError:
        return None
    except OSError as error:
        log.error("The ring stays dark: %s can't be opened (%s)", device, error.strerror)
        return None
    try:
        fcntl.ioctl(handle, SPI_IOC_WR_MAX_SPEED_HZ, struct.pack("=I", SPI_HZ))
    except OSError as error:
        os.close(handle)
        log.error("The ring stays dark: %s is no SPI device (%s)", device, error.strerror)
        return None
    return handle
