"""The commands of `spoq phone`; what they do is imported only for them: it is large."""

import argparse
import importlib
import re
from collections.abc import Awaitable, Callable
from typing import Any

from cli import asking, update_usage
from identity.records import Service

MOST_PORT = 65535
PLACE = re.compile(r"\[?[0-9A-Za-z.:%_-]+\]?", re.ASCII)


def add_to(commands: Any) -> None:
    """`phone`, and its own commands."""
    summary = "be a device of a box: pair with it, ask it, see who else belongs to it"
    phone = commands.add_parser("phone", help=summary, description=summary)
    below = phone.add_subparsers(dest="phone_command", required=True, metavar="COMMAND")

    def add(name: str, summary: str) -> argparse.ArgumentParser:
        command: argparse.ArgumentParser = below.add_parser(name, help=summary, description=summary)
        command.set_defaults(run=_run(name.replace("-", "_")))
        where = "where the box is (default: look for it)"
        command.add_argument("--at", metavar="ADDRESS[:PORT]", type=_place, help=where)
        command.add_argument("--box", metavar="SERIAL", help="which box (default: the only one)")
        return command

    pair = add("pair", "pair with a box in this network; its ring says when it may be")
    pair.add_argument("--code", metavar="CODE", help="the set-up code of its label (default: ask)")
    pair.add_argument("--name", default="", help="what this computer is called there (default: its own name)")
    pair.add_argument(
        "--wifi", default="", metavar="NAME", help="a Wi-Fi network for the box to join (its password is asked)"
    )
    pair.add_argument(
        "--bluetooth", action="store_true", help="by Bluetooth, with a box that is near; --at is its address there"
    )
    status = add("status", "how the box is")
    ask = add("ask", "ask in writing; the answer is printed")
    ask.add_argument("text", nargs="+", metavar="TEXT")
    ask.add_argument("--language", default="", help="de, en (default: the box's)")
    ask.add_argument("--aloud", action="store_true", help="speak the answer too")
    devices = add("devices", "who belongs to the box")
    add("events", "what happens, until Ctrl-C")
    let_in = add("let-in", "show a code that lets one more device in, for ten minutes; the box says so aloud")
    let_in.add_argument("--profile", type=int, default=1, metavar="NUMBER", help="whose it is (default: the owner's)")
    add("add-profile", "make room for somebody").add_argument("name", metavar="NAME")
    for name, summary in (("allow", "let a profile use a service again"), ("withhold", "let a profile not use it")):
        grant = add(name, summary)
        grant.add_argument("profile", type=int, metavar="NUMBER", help="whose it is (see devices)")
        grant.add_argument("service", choices=[*Service], help="ask it something, or follow what happens")
    wifi = add("wifi", "the Wi-Fi networks that the box sees; have it join another one")
    wifi.add_argument("--join", default="", metavar="NAME", help="the network to join (its password is asked)")
    region = add("region", "the box's time zone and units; change them")
    region.add_argument("--zone", default="", help="a time zone, as Europe/Berlin")
    region.add_argument("--units", choices=("metric", "imperial"))
    update = add("update", update_usage.SUMMARY)
    update_usage.add_to(update)
    add("revoke", "remove a device: it is out at once").add_argument("device", metavar="ID")
    log = add("log", "who was let in, removed, renamed, refused")
    reset = add("factory-reset", "erase everything on the box and start anew")
    reset.add_argument("--yes", action="store_true", help="do not ask")
    for command in (status, devices, let_in, wifi, region, update, log):
        command.add_argument("--json", action="store_true", help="print JSON")


def _run(name: str) -> Callable[[argparse.Namespace], Awaitable[None]]:
    def run(arguments: argparse.Namespace) -> Awaitable[None]:
        if name == "pair" and not arguments.code:
            arguments.code = asking.ask_in_secret("The set-up code on the box's label: ")
        wifi = {"pair": "wifi", "wifi": "join"}.get(name)
        if wifi and (wanted := getattr(arguments, wifi)):
            arguments.wifi_password = asking.ask_in_secret(f"The password of “{wanted}” (none for an open one): ")
        if name == "factory_reset":
            arguments.words = asking.confirmed(arguments.yes)
        started: Awaitable[None] = getattr(importlib.import_module("cli.phone"), name)(arguments)
        return started

    return run


def _place(text: str) -> tuple[str, int]:
    """An address or a name, and a port: 0 where none is said."""
    address, colon, port = text.rpartition(":")
    if not colon or "]" in port or (":" in address and not address.startswith("[")):
        address, port = text, "0"
    if not port.isdecimal() or not 0 <= int(port) <= MOST_PORT or not PLACE.fullmatch(address):
        raise argparse.ArgumentTypeError("an address, or an address and a port, as 192.168.1.20:7767")
    return address.strip("[]"), int(port)
