"""What an owner may set for the ring: the `[hardware]` section."""

from collections.abc import Mapping
from dataclasses import dataclass, field


@dataclass(frozen=True)
class Config:
    """`ring`: the SPI device of the LEDs. `brightness`: 0 to 1. `keys`: Linux' key codes of each button."""

    ring: str = "/dev/spidev0.0"
    brightness: float = 0.4
    error_shown_s: float = 6.0
    input_devices: str = "/dev/input"
    # KEY_PROG1, and KEY_MICMUTE of input-event-codes.h.
    keys: Mapping[str, tuple[int, ...]] = field(default_factory=lambda: {"action": (148,), "mute": (248,)})
