"""`spoq phone`: this computer as a device of a box, as a phone's app would be."""

import argparse
import platform
import sys
from collections.abc import Mapping
from typing import Any

from cli import listing
from cli.asking import ERASING
from gateway.config import PORT as GATEWAY_PORT
from pairing import serial as serials
from pairing import setup_code
from pairing.config import PORT as PAIRING_PORT
from phone import finding, keeping, pairing
from phone.calling import Calling
from phone.errors import PhoneError

KEEP_IT = "Write this down and keep it: it opens the box's data if its main board breaks. Nobody shows it again."


async def pair(arguments: argparse.Namespace) -> None:
    wanted = setup_code.parse(arguments.code)
    serial = serials.parse(arguments.box) if arguments.box else None
    if arguments.at is None:
        print("Looking for the box …", file=sys.stderr)
        found = await finding.the_only(finding.PAIRS, serial.host_name if serial else None)
        print(f"This is {found.name}.", file=sys.stderr)
        address, port = found.address, found.port
    else:
        address, port = arguments.at[0], arguments.at[1] or PAIRING_PORT
    name = arguments.name or platform.node() or "Computer"
    paired = await pairing.pair(address, port, wanted, serial, name, lambda step: print(step, file=sys.stderr))
    # First what nobody shows again, whatever becomes of the rest.
    if paired.recovery_key:
        print(f"\n    {paired.recovery_key}\n\n{KEEP_IT}\n", flush=True)
    kept = paired.keep()
    print(f"Paired with {paired.box.serial}, as “{paired.box.device}” of {paired.box.profile}.", flush=True)
    if arguments.at is None or not arguments.at[1]:
        print("The box gets ready to answer …", file=sys.stderr)
        try:
            async with Calling(kept, (address, GATEWAY_PORT)) as calling:
                await calling.until_answered()
        except PhoneError:
            print("It takes its time. Ask again in a minute: spoq phone status", file=sys.stderr)


async def status(arguments: argparse.Namespace) -> None:
    found = await _asked(arguments, "GET", "/v1/status")
    if arguments.json:
        listing.print_json(found)
        return
    print(f"{found['serial'] or 'The box'}, version {found['version']}")
    for each in found["daemons"]:
        print(f"  {each['unit']:<12} {each['state']:<9} {each['status']}")
    owner = ", an owner's" if found["device"]["owner"] else ""
    print(f"This computer is “{found['device']['name']}”{owner}. Pairing: {found['pairing']}.")


async def ask(arguments: argparse.Namespace) -> None:
    body = {"text": " ".join(arguments.text), "language": arguments.language, "aloud": arguments.aloud}
    print((await _asked(arguments, "POST", "/v1/turns", body))["answer"])


async def devices(arguments: argparse.Namespace) -> None:
    found = await _asked(arguments, "GET", "/v1/household")
    if arguments.json:
        listing.print_json(found)
        return
    for profile in found["profiles"]:
        print(f"{profile['number']}  {profile['name']}")
        for device in profile["devices"]:
            here = "  (this computer)" if device["asking"] else ""
            print(f"   {device['id']}  {device['name']}{here}")


async def events(arguments: argparse.Namespace) -> None:
    async with _calling(arguments) as calling:
        async for event, document in calling.events():
            if event:
                print(event, *(f"{name}={value}" for name, value in document.items()), flush=True)


async def let_in(arguments: argparse.Namespace) -> None:
    await _asked(arguments, "POST", "/v1/pairing", {"profile": arguments.profile})
    print("The box lets one more device in, and says for how long.")


async def add_profile(arguments: argparse.Namespace) -> None:
    await _asked(arguments, "POST", "/v1/profiles", {"name": arguments.name})


async def revoke(arguments: argparse.Namespace) -> None:
    await _asked(arguments, "DELETE", f"/v1/devices/{arguments.device}")
    print("It is out.")


async def log(arguments: argparse.Namespace) -> None:
    found = await _asked(arguments, "GET", "/v1/log")
    if arguments.json:
        listing.print_json(found)
        return
    for each in found["log"]:
        print(f"{each['deed']:<13} {each['whom']:<17} by {each['by']:<17} {each['words']}")


async def factory_reset(arguments: argparse.Namespace) -> None:
    await _asked(arguments, "POST", "/v1/factory-reset", {"confirm": arguments.words})
    print(ERASING)
    keeping.only(arguments.box).forget()


def _calling(arguments: argparse.Namespace) -> Calling:
    at = (arguments.at[0], arguments.at[1] or GATEWAY_PORT) if arguments.at else None
    return Calling(keeping.only(arguments.box), at)


async def _asked(
    arguments: argparse.Namespace, method: str, path: str, body: Mapping[str, Any] | None = None
) -> Mapping[str, Any]:
    async with _calling(arguments) as calling:
        return await calling.ask(method, path, body)
