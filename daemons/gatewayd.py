"""spoq-gatewayd: what a paired device may call, in the home's network."""

import asyncio
import os
import ssl
import sys
from contextlib import suppress
from pathlib import Path

from bus import messages_pb2 as pb
from bus import subjects as s
from bus.client import Bus
from bus.errors import BusError
from daemons.runtime import CannotServe, Daemon, home, run, version
from gateway.api import About, Api
from gateway.callers import Callers
from gateway.config import ANNOUNCED, KEEPS_S, Config
from gateway.events import Events
from gateway.house import House
from gateway.server import Server
from gateway.sessions import Sessions
from gateway.tls import Key
from identity.view import View, ViewStale
from lan import addresses
from lan.announcement import Announcement, Offer
from lan.listener import Limits
from lan.site import Site
from pairing import serial as serials
from pairing.errors import NotASerial
from pairing.serial import Serial

VIEW = Path("/run/spoq/identityd")
SERIAL = "serial"
ASK_AGAIN_S = 1.0


async def serve(daemon: Daemon) -> None:
    config = daemon.config("gateway", Config)
    serial = await asyncio.to_thread(_serial)
    view = View(VIEW if os.environ.get("CREDENTIALS_DIRECTORY") else home() / "run/identityd")
    async with daemon.bus() as bus, asyncio.TaskGroup() as tasks:
        serving = tasks.create_task(_serve(daemon, bus, view, serial, config))
        await daemon.stopped()
        serving.cancel()


async def _serve(daemon: Daemon, bus: Bus, view: View, serial: Serial | None, config: Config) -> None:
    daemon.ready("asks who it is", degraded=True)
    context, box_key = await _certified(bus, view)
    host = serial.host_name if serial else ""
    sessions = Sessions(box_key, os.urandom)
    callers = Callers(view, sessions, config, (f"{host}.local",) if host else ())
    house, events = House(), Events()
    await house.follow(bus)
    await events.begin(bus)
    api = Api(bus, About(str(serial or ""), version()), view, callers, sessions, house, events)
    offer = Offer(ANNOUNCED, serial.bluetooth_name if serial else "Spoq", host or "spoq", config.port)
    announcement = Announcement(offer, addresses.at_home)
    limits = Limits(config.connections, config.connections_of_one)
    site = Site(api.application, config.port, limits, KEEPS_S, cancels=True, context=context)
    await Server(site, view, callers, events, announcement, daemon.status, config).run()


async def _certified(bus: Bus, view: View) -> tuple[ssl.SSLContext, bytes]:
    """As soon as identityd answers: the box's end of TLS, and its identity. Raises CannotServe."""
    key = Key()
    while True:
        with suppress(BusError, ViewStale):
            given = await bus.request(s.IDENTITY_CERTIFY, pb.Certify(key=key.public))
            if given.refusal:
                raise CannotServe(given.refusal)
            return key.context(given.certificate, given.authority), view.household().box_key
        await asyncio.sleep(ASK_AGAIN_S)


def _serial() -> Serial | None:
    """The box's, where somebody has said it."""
    handed_over = os.environ.get("CREDENTIALS_DIRECTORY")
    try:
        return serials.parse((Path(handed_over or home() / "factory") / SERIAL).read_text())
    except (OSError, NotASerial):
        return None


def main() -> int:
    return run("gatewayd", serve)


if __name__ == "__main__":
    sys.exit(main())
