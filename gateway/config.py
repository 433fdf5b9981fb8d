"""What an owner may set for the gateway: the `[gateway]` section."""

from dataclasses import dataclass

PORT = 7768
"""One more than that of pairing."""
ANNOUNCED = "_spoq._tcp"
"""As what it is announced in the home's network (RFC 6763)."""
KEEPS_S = 75.0
"""A connection on which nothing is asked."""


@dataclass(frozen=True)
class Config:
    """`origins`: pages that may ask, as `https://example.org`; none of others. 0 for `port`: nowhere."""

    port: int = PORT
    origins: tuple[str, ...] = ()
    connections: int = 64
    connections_of_one: int = 16
