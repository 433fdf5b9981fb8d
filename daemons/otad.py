"""spoq-otad: the box's updates. It is on the network, and nobody: root does what it asks, and believes it nothing."""

import asyncio
import os
import sys
import tomllib
from pathlib import Path

from conductor.clock import SystemClock
from conductor.config import Config as ConductorConfig
from daemons.runtime import CannotServe, Daemon, run
from ota import rauc
from ota.keeper_client import KeeperClient
from ota.looking import Home
from ota.means import Config, Means
from ota.metadata import Repository
from ota.release import Channel
from ota.service import UpdateService
from ota.source import Server, Source, Switch
from ota.source import session as connections
from ota.updater import Updater
from systembus.client import PROPERTIES, DBusFailed, SystemBus

ABOUT = Path("/usr/lib/spoq/updates/about.toml")
ROOT, SERIAL = "root.json", "serial"
METERED = frozenset({1, 3})
"""NetworkManager is sure that a line is, or guesses it."""
ONLINE = 70
"""There is a way out."""
NETWORKMANAGER = "org.freedesktop.NetworkManager"


async def serve(daemon: Daemon) -> None:
    config = daemon.config("updates", Config)
    if config.channel not in list(Channel):
        raise CannotServe(f"The setting updates.channel should be one of: {', '.join(Channel)}.")
    language = daemon.config("conductor", ConductorConfig).language
    with SystemClock() as clock:

        def unix_s() -> float | None:
            now = clock.now()
            return now.wall if now.known else None

        home = Home(unix_s, _metered, _online, language)
        async with daemon.bus() as bus, connections() as session, asyncio.TaskGroup() as tasks:
            await home.follow(bus)
            source = Switch(Server(session, config.server))
            means = await asyncio.to_thread(_means, daemon, home, source)

            def turn_to(address: str) -> None:
                source.turn_to(Server(session, address))

            service = UpdateService(bus, bool(config.server), turn_to)
            updater = Updater(means, config, service.tell)
            await service.serve(updater)
            running = [tasks.create_task(each) for each in (service.run(), updater.run())]
            daemon.ready("looks after updates" if config.server else "is told of no server: no updates come")
            await daemon.stopped()
            for task in running:
                task.cancel()


def _means(daemon: Daemon, home: Home, source: Source) -> Means:
    """Raises CannotServe: this system is no image."""
    try:
        about = tomllib.loads(ABOUT.read_text())
        root = ABOUT.with_name(ROOT)
        first_root = root.read_bytes() if root.exists() else None
        compatible, room = str(about["compatible"]), int(about["room"])
        serial = (Path(os.environ["CREDENTIALS_DIRECTORY"]) / SERIAL).read_text().strip()
    except (OSError, KeyError, ValueError) as error:
        raise CannotServe("This system is no image, and can't be updated.") from error
    folder = daemon.state / "tuf"
    folder.mkdir(exist_ok=True, mode=0o700)
    keeper = KeeperClient()
    return Means(
        ask=keeper.ask,
        lend=keeper.lent,
        install=rauc.install,
        offers=Repository(folder, source, first_root),
        source=source,
        box=home,
        folder=daemon.state,
        serial=serial,
        compatible=compatible,
        room=room,
        boot=os.environ.get("SPOQ_BOOT_ID", ""),
    )


async def _metered() -> bool:
    """Whether fetching costs money; where nobody knows, it does not."""
    return await _of_the_network("Metered") in METERED


async def _online() -> bool:
    return await _of_the_network("State") == ONLINE


async def _of_the_network(name: str) -> int | None:
    """What NetworkManager says; None where it says nothing."""
    try:
        async with SystemBus.connected() as bus:
            asked = ("/org/freedesktop/NetworkManager", PROPERTIES, "Get", "ss", NETWORKMANAGER, name)
            [value] = await bus.call(NETWORKMANAGER, *asked)
    except DBusFailed:
        return None
    return int(value.value)


def main() -> int:
    return run("otad", serve)


if __name__ == "__main__":
    sys.exit(main())
