"""spoq-pairingd: the ways in for a device, and the invitation to use them; or why there is none."""

import asyncio
import logging
import os
import sys
import time
from contextlib import suppress
from functools import partial
from pathlib import Path

from bus import messages_pb2 as pb
from bus import subjects as s
from bus.client import Bus
from bus.errors import BusError
from conductor.config import Config as ConductorConfig
from daemons.runtime import Daemon, home, run
from lan import addresses
from lan.announcement import Announcement, Offer
from pairing import factory
from pairing.bluez import Peripheral
from pairing.box_side import Box
from pairing.closed import Closed
from pairing.config import ANNOUNCED, Config
from pairing.desk import Desk
from pairing.doors import Doors
from pairing.errors import FactoryDataError, GuessesUnreadable
from pairing.factory import FactoryData
from pairing.guesses import Guesses
from pairing.invitation import Invitation
from pairing.port import Port
from pairing.radio import Radio
from pairing.reception import Reception
from pairing.window import Window, WindowConfig
from storage import fault

ASK_AGAIN_S = 1.0
VERSION = "1"

log = logging.getLogger(__name__)


async def serve(daemon: Daemon) -> None:
    config = daemon.config("pairing", Config)
    language = daemon.config("conductor", ConductorConfig).language
    async with daemon.bus() as bus, asyncio.TaskGroup() as tasks:
        serving = tasks.create_task(_serve(daemon, bus, language, config))
        await daemon.stopped()
        serving.cancel()


async def _serve(daemon: Daemon, bus: Bus, language: str, config: Config) -> None:
    if wrong := fault.found():
        daemon.ready(wrong.sentence, degraded=True)
        await Closed(bus, "data_locked" if wrong.locked else "data_broken", language, config).run()
    try:
        data = await asyncio.to_thread(_factory_data)
    except FactoryDataError as error:
        daemon.ready(str(error), degraded=True)
        await Closed(bus, "no_factory_data", language, config).run()
    household = await _household(daemon, bus)
    if household.fault:
        daemon.status(household.fault, degraded=True)
        await Closed(bus, "household_unknown", language, config).run()
    guesses = Guesses(daemon.state)
    window = Window(config.window, await asyncio.to_thread(_wrong_codes, guesses, config.window), time.monotonic())
    if not household.owned:
        window.stay_open()
    box = Box(data.serial, household.box_key, data.salt, data.verifier)
    desk = Desk(bus, Reception(box, window, os.urandom), guesses, addresses.at_home)
    host = data.serial.host_name
    offer = Offer(ANNOUNCED, data.serial.bluetooth_name, host, config.port, {"version": VERSION})
    port = Port(desk, names=(f"{host}.local",))
    invitation = Invitation(bus, desk, daemon.status, language, config)
    radio = Peripheral(data.serial.bluetooth_name, partial(Radio, desk), invitation.trouble)
    async with Doors(port, config.port, Announcement(offer, addresses.at_home)) as doors, asyncio.TaskGroup() as tasks:
        invitation.ways = [doors.let_in]
        if config.bluetooth:
            invitation.ways.append(radio.let_in)
            tasks.create_task(radio.run())
        await invitation.run(data.code, household.owned)


async def _household(daemon: Daemon, bus: Bus) -> pb.Household:
    """As soon as identityd says who belongs here: before that nobody may think that there is no owner."""
    daemon.ready("asks who belongs here", degraded=True)
    while True:
        with suppress(BusError):
            return await bus.request(s.IDENTITY_HOUSEHOLD, pb.HouseholdRequest())
        await asyncio.sleep(ASK_AGAIN_S)


def _wrong_codes(guesses: Guesses, config: WindowConfig) -> int:
    """Where nobody can say how many there were, the box is locked until somebody presses its button."""
    try:
        return guesses.read()
    except GuessesUnreadable as error:
        log.error("%s", error)
        return config.most_guesses


def _factory_data() -> FactoryData:
    """What systemd hands over; in a checkout they are made where there are none. Raises FactoryDataError."""
    handed_over = os.environ.get("CREDENTIALS_DIRECTORY")
    if handed_over:
        return factory.read(Path(handed_over))
    folder = home() / "factory"
    folder.mkdir(parents=True, exist_ok=True)
    return factory.ensure(folder)


def main() -> int:
    return run("pairingd", serve)


if __name__ == "__main__":
    sys.exit(main())
