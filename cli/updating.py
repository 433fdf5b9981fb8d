"""`spoq update …`: whether there is a newer system, how far it is, and what became of those before."""

import argparse
import asyncio
import sys
from collections.abc import Callable
from datetime import datetime
from pathlib import Path

from rich.console import Console
from rich.progress import BarColumn, Progress, TaskProgressColumn, TextColumn

from bus import messages_pb2 as pb
from bus import subjects as s
from bus.client import Bus
from bus.envelope import Received
from bus.errors import NoAnswer
from cli import at_hand, listing
from cli.connection import connected
from cli.errors import CommandError
from gateway import documents
from gateway.documents import Document

NOT_HERE = "Nothing looks after updates here: only a box that was flashed with an image has them."
LOOKS_S = 90.0
"""A server may take its time; who waits longer is told that it goes on."""
SAID = {
    "idle": "Nothing is under way.",
    "downloading": "It is being fetched.",
    "ready": "It is here, and waits to be installed.",
    "installing": "It is being installed. Do not unplug the box.",
    "restarting": "The box restarts into it.",
    "trial": "It runs on trial: it is kept once it was well for a quarter of an hour, or the system before comes back.",
    "keeping": "It is well, and is kept.",
    "going back": "The box goes back to the system before.",
}
"""What a state means, for people."""
ENDS = frozenset({"idle", "restarting", "going back"})
"""Nothing more is to be seen from here: nothing is under way, or the box restarts."""
NOTES = "en"
"""The language of this program."""


async def update(arguments: argparse.Namespace) -> None:
    """Raises CommandError."""
    try:
        async with connected() as bus:
            await asked(bus, arguments.action, arguments.at_hand, arguments.json)
    except NoAnswer as error:
        raise CommandError(NOT_HERE) from error


async def asked(bus: Bus, action: str | None, place: Path | None, as_json: bool) -> None:
    """What is asked for, printed; with what is at hand in `place`. Raises CommandError, BusError."""
    if place is None:
        await do(bus, action or "status", as_json)
    elif action in (None, "install"):
        async with at_hand.served(place) as address:
            _print(await _installed(bus, address), as_json)
    else:
        raise CommandError("What is at hand can only be installed:  spoq update --from PLACE")


async def do(bus: Bus, action: str, as_json: bool) -> None:
    """What is asked for, printed. Raises CommandError, BusError."""
    match action:
        case "status":
            _print(await _state(bus), as_json)
        case "history":
            found = documents.update_history(await bus.request(s.UPDATE_HISTORY, pb.UpdateRequest()))
            listing.print_json(found) if as_json else print("\n".join(reported(found)))
        case "check":
            before = (await _state(bus)).checked_unix_ms
            state = await _followed(bus, action, lambda state: state.checked_unix_ms != before or bool(state.fault))
            _print(state, as_json)
        case "install":
            _print(await _installed(bus), as_json)
        case _:
            await _wish(bus, action)
            _print(await _state(bus), as_json)


async def _state(bus: Bus) -> pb.UpdateState:
    return await bus.request(s.UPDATE_STATUS, pb.UpdateRequest())


async def _wish(bus: Bus, action: str, address: str = "") -> None:
    reply = await bus.request(s.UPDATE_WISH, pb.UpdateWish(action=action.replace("-", "_"), at_hand=address))
    if reply.refusal:
        raise CommandError(reply.refusal)


async def _followed(
    bus: Bus,
    action: str,
    is_last: Callable[[pb.UpdateState], bool],
    shown: Callable[[pb.UpdateState], None] = lambda _: None,
    wait_s: float | None = LOOKS_S,
    address: str = "",
) -> pb.UpdateState:
    """The state in which it ends, after that was wished for; or that after `wait_s`."""
    last: asyncio.Future[pb.UpdateState] = asyncio.get_running_loop().create_future()

    def told(message: Received[pb.UpdateState]) -> None:
        shown(message.body)
        if is_last(message.body) and not last.done():
            last.set_result(message.body)

    await bus.subscribe(s.UPDATE_STATE, told)
    await bus.flush()
    await _wish(bus, action, address)
    try:
        async with asyncio.timeout(wait_s):
            return await last
    except TimeoutError:
        return await _state(bus)


async def _installed(bus: Bus, address: str = "") -> pb.UpdateState:
    """Until the box restarts, or it is said why not."""
    before = await _state(bus)
    begun = before.state != "idle"

    def is_last(state: pb.UpdateState) -> bool:
        nonlocal begun
        begun = begun or state.state != "idle"
        asked = state.checked_unix_ms != before.checked_unix_ms
        return state.state in ENDS and (begun or asked or bool(state.fault))

    columns = (TextColumn("{task.description}"), BarColumn(), TaskProgressColumn())
    with Progress(*columns, console=Console(stderr=True), disable=not sys.stderr.isatty()) as progress:
        bar = progress.add_task("Looking", total=100)

        def show(state: pb.UpdateState) -> None:
            progress.update(bar, description=SAID.get(state.state, state.state), completed=state.per_cent)

        return await _followed(bus, "install", is_last, show, wait_s=None, address=address)


# --- as people read it --------------------------------------------------------------------------------


def sentences(state: Document) -> list[str]:
    """How far it is, for people."""
    version, offered, fault = state["version"], state["offered"], state["fault"]
    told = [f"Version {version} runs." if version else "Nobody can say yet which version runs."]
    if offered and offered != version:
        told.append(f"Version {offered} is there{', which mends a hole in the security' * state['security']}.")
        told += [state["notes"][NOTES]] if NOTES in state["notes"] else []
    told.append(SAID.get(str(state["state"]), ""))
    told += [state["why"]] if state["why"] else []
    return [*told, f"What failed last: {fault}"] if fault else told


def reported(history: Document) -> list[str]:
    """What became of updates, for people."""
    told: list[str] = []
    for each in history["reports"]:
        fetched = f"{each['bytes'] / 1e6:.1f} MB ({each['way']}), {each['seconds']:.0f} s" if each["bytes"] else ""
        parts = (_at(each["unix_ms"]), f"{each['from']} → {each['to']}", each["outcome"], fetched)
        told.append("  ".join(part for part in parts if part))
        told += [f"    {each['why']}"] if each["why"] else []
    return told or ["There was no update yet."]


def _print(state: pb.UpdateState, as_json: bool) -> None:
    found = documents.update(state)
    if as_json:
        listing.print_json(found)
    else:
        print("\n".join(sentences(found)))


def _at(unix_ms: int) -> str:
    return datetime.fromtimestamp(unix_ms / 1000).astimezone().isoformat(timespec="seconds") if unix_ms else ""
