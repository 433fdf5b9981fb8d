"""What an owner may set for the ring: the `[hardware]` section."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Config:
    """`ring`: the SPI device of the LEDs. `brightness`: 0 to 1."""

    ring: str = "/dev/spidev0.0"
    brightness: float = 0.4
    error_shown_s: float = 6.0
