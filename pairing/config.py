"""What an owner may set for pairing: the `[pairing]` section."""

from dataclasses import dataclass, field

from pairing.window import WindowConfig

PORT = 7767
"""“SPOQ” on a telephone's keys."""
ANNOUNCED = "_spoq-pair._tcp"
"""As what it is announced in the home's network (RFC 6763)."""


@dataclass(frozen=True)
class Config:
    """`again_s`: between two attempts to say something; `tell_every_s`: between two times that the state is told.
    `port`: where devices in the home's network pair, as long as the window is open; 0: nowhere. `bluetooth`: by it,
    too."""

    again_s: float = 2.0
    tell_every_s: float = 5.0
    port: int = PORT
    bluetooth: bool = True
    window: WindowConfig = field(default_factory=WindowConfig)
