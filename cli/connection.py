"""Reaching the box from the command line: where its bus is and with which key."""

import os
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

from bus.client import Bus, Config
from bus.errors import BusUnreachable
from cli.errors import CommandError

NOT_RUNNING = "Spoq is not running here. Start it with `make run`."
CONNECT_WAIT_S = 1.5
ON_THE_BOX = Path("/run/spoq/keys/cli.nk")


def home() -> Path:
    """The development folder: $SPOQ_HOME, else `.run` in the checkout."""
    return Path(os.environ.get("SPOQ_HOME") or Path(__file__).parent.parent / ".run")


def on_the_box() -> bool:
    """Whether this is a box, and no computer with a checkout."""
    return ON_THE_BOX.parent.exists() and "SPOQ_HOME" not in os.environ


def bus_config() -> Config:
    """This box's bus, or that of the development folder. Raises CommandError where no box has ever been started."""
    if on_the_box():
        if not os.access(ON_THE_BOX, os.R_OK):
            raise CommandError("Only root may give orders to this box: sudo spoq …")
        return Config("cli", seed_file=ON_THE_BOX)
    seed, port = home() / "credentials/cli.nk", home() / "port"
    if not seed.exists() or not port.exists():
        raise CommandError(NOT_RUNNING)
    return Config("cli", f"nats://127.0.0.1:{port.read_text().strip()}", seed)


@asynccontextmanager
async def connected() -> AsyncIterator[Bus]:
    """The bus of the running box. Raises CommandError when there is none."""
    try:
        async with Bus.connected(bus_config(), wait_s=CONNECT_WAIT_S) as bus:
            yield bus
    except BusUnreachable as error:
        raise CommandError(NOT_RUNNING) from error
