"""spoq-pairingd: the ways in for a device, and the invitation to use them; or why there is none."""

import asyncio
import logging
import os
import platform
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
from daemons.runtime import Daemon, home, run, version
from lan import addresses
from lan.announcement import Announcement, Offer
from pairing import factory, page
from pairing.bluez import Peripheral
from pairing.box_side import Box
from pairing.closed import Closed
from pairing.config import ANNOUNCED, Config
from pairing.desk import Desk
from pairing.doors import Doors
from pairing.errors import FactoryDataError, GuessesUnreadable
from pairing.factory import FactoryData
from pairing.guesses import Guesses
from pairing.home_wifi import HomeWifi
from pairing.hotspot import Hotspot
from pairing.improv import About, Improv
from pairing.improv_radio import ImprovRadio
from pairing.invitation import Invitation
from pairing.networkmanager import NetworkManager
from pairing.port import Port
from pairing.radio import Radio
from pairing.reception import Reception
from pairing.serial import Serial
from pairing.table import Service
from pairing.voice import Voice
from pairing.wifi_service import WifiService
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
    radio = NetworkManager()
    hotspot = Hotspot(radio, data.serial.hotspot_name, data.passphrase)
    wifi = HomeWifi(bus, radio, hotspot, Voice(bus, language, config.again_s))
    await WifiService(wifi).serve(bus)
    desk = Desk(bus, Reception(box, window, os.urandom), guesses, wifi, addresses.at_home)
    host = data.serial.host_name
    offer = Offer(ANNOUNCED, data.serial.bluetooth_name, host, config.port, {"version": VERSION})
    port = Port(desk, (f"{host}.local",), await asyncio.to_thread(page.found))
    invitation = Invitation(bus, desk, daemon.status, language, config)
    async with Doors(port, config.port, Announcement(offer, addresses.at_home)) as doors, asyncio.TaskGroup() as tasks:
        invitation.ways += [doors.let_in, wifi.let_in]
        if config.bluetooth:
            bluetooth = Peripheral(
                partial(_services, desk, wifi, invitation, data.serial, config.port), invitation.trouble
            )
            invitation.ways.append(bluetooth.let_in)
            tasks.create_task(bluetooth.run())
        await invitation.run(data.code, household.owned)


def _services(
    desk: Desk, wifi: HomeWifi, invitation: Invitation, serial: Serial, port: int, radio: Peripheral
) -> list[Service]:
    """What there is in the air: for ever in this order."""
    improv = Improv(
        About("Spoq", version(), platform.machine(), serial.bluetooth_name, serial.host_name), provisioned=False
    )

    def page() -> str:
        return f"http://{next(iter(addresses.at_home()), f'{serial.host_name}.local')}:{port}/"

    by_improv = ImprovRadio(improv, wifi, radio.notify, radio.advertise_again, invitation.identify, page)
    invitation.pressed = by_improv.press
    return [Radio(desk, serial.bluetooth_name, radio.notify), by_improv]


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
