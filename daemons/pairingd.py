"""spoq-pairingd: the invitation of a box that nobody owns; later the ways in. Without its data a box invites nobody."""

import asyncio
import logging
import os
import sys
from pathlib import Path

from conductor.config import Config as ConductorConfig
from daemons.runtime import Daemon, run
from pairing import factory
from pairing.errors import FactoryDataError
from pairing.invitation import Config, Invitation
from pairing.setup_code import SetupCode
from pairing.without_data import WithoutData
from storage import fault

log = logging.getLogger(__name__)


async def serve(daemon: Daemon) -> None:
    config = daemon.config("pairing", Config)
    language = daemon.config("conductor", ConductorConfig).language
    wrong = fault.found()
    async with daemon.bus() as bus, asyncio.TaskGroup() as tasks:
        if wrong is None:
            saying: Invitation | WithoutData = Invitation(bus, _own_code(), language, config)
        else:
            saying = WithoutData(bus, wrong.locked, language, config)
        serving = tasks.create_task(saying.run())
        daemon.ready(wrong.sentence if wrong else "ready to pair", degraded=wrong is not None)
        await daemon.stopped()
        serving.cancel()


def _own_code() -> SetupCode | None:
    """The set-up code, where this box made it itself."""
    handed_over = os.environ.get("CREDENTIALS_DIRECTORY")
    try:
        return factory.read(Path(handed_over)).code if handed_over else None
    except FactoryDataError as error:
        log.error("%s", error)
        return None


def main() -> int:
    return run("pairingd", serve)


if __name__ == "__main__":
    sys.exit(main())
