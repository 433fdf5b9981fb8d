"""`spoq phone`: this computer as a device of a box, as a phone's app would be."""

import argparse
import platform
import sys
from collections.abc import Mapping
from typing import Any

from cli import listing, updating
from cli.asking import ERASING
from gateway.config import PORT as GATEWAY_PORT
from identity.records import OWNER
from pairing import label_terminal, setup_code
from pairing import serial as serials
from pairing.config import PORT as PAIRING_PORT
from pairing.label import code_payload
from pairing.serial import Serial
from pairing.wifi import Wanted
from phone import finding, keeping, pairing
from phone.calling import Calling
from phone.errors import NoBluetooth, PhoneError
from phone.network import Network
from phone.pairing import Way

KEEP_IT = "Write this down and keep it: it opens the box's data if its main board breaks. Nobody shows it again."
IN_NO_NETWORK = (
    "The box is in no network. Plug its cable in, or hold its button for three seconds, let go, and pair once more "
    "with --wifi NAME."
)
NOT_INSTALLED = f"Bluetooth needs a package that is not installed here: {sys.executable} -m pip install bleak"


async def pair(arguments: argparse.Namespace) -> None:
    wanted = setup_code.parse(arguments.code)
    serial = serials.parse(arguments.box) if arguments.box else None
    way = await (_near if arguments.bluetooth else _in_this_network)(arguments, serial)
    name = arguments.name or platform.node() or "Computer"
    # An open network has no password.
    wifi = Wanted(arguments.wifi.encode(), arguments.wifi_password.encode()) if arguments.wifi else None
    paired = await pairing.pair(way, wanted, serial, name, _tell, wifi)
    # First what nobody shows again, whatever becomes of the rest.
    if paired.recovery_key:
        print(f"\n    {paired.recovery_key}\n\n{KEEP_IT}\n", flush=True)
    kept = paired.keep()
    print(f"Paired with {paired.box.serial}, as “{paired.box.device}” of {paired.box.profile}.", flush=True)
    if paired.wifi_trouble:
        _tell(f"It is not in “{arguments.wifi}”: {paired.wifi_trouble}")
    if not paired.box.addresses:
        _tell(IN_NO_NETWORK)
    elif arguments.at is None or not arguments.at[1]:
        _tell("The box gets ready to answer …")
        try:
            async with Calling(kept, (way.address, GATEWAY_PORT) if way.address else None) as calling:
                await calling.until_answered()
        except PhoneError:
            _tell("It takes its time. Ask again in a minute: spoq phone status")


async def _in_this_network(arguments: argparse.Namespace, serial: Serial | None) -> Way:
    """Raises NotFound."""
    if arguments.at is not None:
        return Network(arguments.at[0], arguments.at[1] or PAIRING_PORT)
    _tell("Looking for the box …")
    found = await finding.the_only(finding.PAIRS, serial.host_name if serial else None)
    _tell(f"This is {found.name}.")
    return Network(found.address, found.port)


async def _near(arguments: argparse.Namespace, serial: Serial | None) -> Way:
    """Raises NotFound or NoBluetooth."""
    try:
        from phone import radio
    except ImportError as error:
        raise NoBluetooth(NOT_INSTALLED) from error
    _tell("Looking for the box …")
    seen = await radio.the_only(serial, arguments.at[0] if arguments.at else None)
    _tell(f"This is {seen.name or seen.address}.")
    return radio.Radio(seen)


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
        withheld = ", ".join(each for each, allowed in profile["services"].items() if not allowed)
        print(f"{profile['number']}  {profile['name']}{f'  (may not: {withheld})' if withheld else ''}")
        for device in profile["devices"]:
            here = "  (this computer)" if device["asking"] else ""
            print(f"   {device['id']}  {device['name']}{here}")


async def events(arguments: argparse.Namespace) -> None:
    async with _calling(arguments) as calling:
        async for event, document in calling.events():
            if event:
                print(event, *(f"{name}={value}" for name, value in document.items()), flush=True)


async def let_in(arguments: argparse.Namespace) -> None:
    opened = await _asked(arguments, "POST", "/v1/pairing", {"profile": arguments.profile})
    code, serial = setup_code.parse(opened["code"]), serials.parse(keeping.only(arguments.box).box().serial)
    if arguments.json:
        listing.print_json({**opened, "payload": code_payload(serial, code)})
        return
    for row in label_terminal.code(code_payload(serial, code)):
        print(label_terminal.inked(row))
    minutes = round(opened["seconds"] / 60)
    print(f"For {minutes} minutes {serial} lets one more device in, with this code: {code.grouped}")
    if arguments.profile == OWNER:
        print("It will be one of yours: it may let others in and remove them, as this computer may.")


async def add_profile(arguments: argparse.Namespace) -> None:
    await _asked(arguments, "POST", "/v1/profiles", {"name": arguments.name})


async def allow(arguments: argparse.Namespace) -> None:
    await _asked(arguments, "PUT", f"/v1/profiles/{arguments.profile}/services/{arguments.service}")


async def withhold(arguments: argparse.Namespace) -> None:
    await _asked(arguments, "DELETE", f"/v1/profiles/{arguments.profile}/services/{arguments.service}")


async def wifi(arguments: argparse.Namespace) -> None:
    if arguments.join:
        asked = {"ssid": arguments.join.encode().hex(), "password": arguments.wifi_password}
        await _asked(arguments, "POST", "/v1/wifi", asked)
        print(f"The box is in “{arguments.join}”.")
        return
    found = await _asked(arguments, "GET", "/v1/wifi")
    if arguments.json:
        listing.print_json(found)
        return
    for each in found["networks"]:
        print(f"{'*' if each['joined'] else ' '} {each['strength']:>3} %  {each['security']:<11}  {each['name']}")


async def region(arguments: argparse.Namespace) -> None:
    asked = {"zone": arguments.zone} if arguments.zone else {}
    asked |= {"imperial": arguments.units == "imperial"} if arguments.units else {}
    found = await _asked(arguments, "POST" if asked else "GET", "/v1/region", asked or None)
    if arguments.json:
        listing.print_json(found)
        return
    measures = "Fahrenheit" if found["imperial"] else "Celsius"
    print(f"The box is in the zone {found['zone']}, and measures in {measures}.")


async def update(arguments: argparse.Namespace) -> None:
    action = arguments.action.replace("-", "_")
    if action not in ("status", "history"):
        await _asked(arguments, "POST", "/v1/update", {"action": action})
    of_history = action == "history"
    found = await _asked(arguments, "GET", "/v1/update/history" if of_history else "/v1/update")
    if arguments.json:
        listing.print_json(found)
    else:
        print("\n".join(updating.reported(found) if of_history else updating.sentences(found)))


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


def _tell(words: str) -> None:
    """Beside what the command is asked for."""
    print(words, file=sys.stderr)


def _calling(arguments: argparse.Namespace) -> Calling:
    at = (arguments.at[0], arguments.at[1] or GATEWAY_PORT) if arguments.at else None
    return Calling(keeping.only(arguments.box), at)


async def _asked(
    arguments: argparse.Namespace, method: str, path: str, body: Mapping[str, Any] | None = None
) -> Mapping[str, Any]:
    async with _calling(arguments) as calling:
        return await calling.ask(method, path, body)
