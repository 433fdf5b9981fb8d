"""Putting a picture on real LEDs: WS2812 over SPI.

Each bit of a WS2812 becomes three SPI bits at 2.4 MHz (100 for 0, 110 for 1), a pixel 9 bytes in the order green, red,
blue; 60 bytes of silence latch the picture (WorldSemi WS2812B datasheet: reset code over 50 µs).
"""

import logging
from contextlib import AbstractContextManager, nullcontext
from pathlib import Path
from typing import Any, Protocol

from hardware.ring import Picture

log = logging.getLogger(__name__)

SPI_HZ = 2_400_000
LATCH = bytes(60)
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
    """`Leds` on an opened SPI device (spidev)."""

    def __init__(self, device: Any, brightness: float) -> None:
        self._device = device
        self._brightness = brightness

    def show(self, picture: Picture) -> None:
        self._device.writebytes2(encoded(picture, self._brightness))


class NoLeds:
    """A box without a ring: what it would show is on the bus only."""

    def show(self, picture: Picture) -> None:
        """Shows nothing."""


def opened(device: str, brightness: float) -> AbstractContextManager[Leds]:
    """The ring on `device` ("/dev/spidev0.0"), or none where there is no such device, no spidev package or no right."""
    path = Path(device)
    try:
        import spidev
    except ImportError:
        return nullcontext(NoLeds())
    if not path.exists():
        return nullcontext(NoLeds())
    bus, _, select = path.name.removeprefix("spidev").partition(".")
    spi = spidev.SpiDev()
    try:
        spi.open(int(bus), int(select))
        spi.max_speed_hz = SPI_HZ
    except OSError as error:
        log.error("The ring stays dark: %s can't be opened (%s)", device, error.strerror)
        return nullcontext(NoLeds())
    return _Closing(spi, brightness)


class _Closing(AbstractContextManager[Leds]):
    def __init__(self, spi: Any, brightness: float) -> None:
        self._spi = spi
        self._brightness = brightness

    def __enter__(self) -> Leds:
        return SpiLeds(self._spi, self._brightness)

    def __exit__(self, *_: object) -> None:
        self._spi.writebytes2(encoded(((0, 0, 0),) * 24))
        self._spi.close()
