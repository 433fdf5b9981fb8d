"""`spoq update …`: whether there is a newer system, how far it is, and what became of those before."""

import argparse
import asyncio
import sys
from collections.abc import Callable, Sequence
from datetime import datetime

from rich.console import Console
from rich.progress import BarColumn, Progress, TaskProgressColumn, TextColumn

from bus import messages_pb2 as pb
from bus import subjects as s
from bus.client import Bus
from bus.envelope import Received
from bus.errors import NoAnswer
from cli import listing
from cli.connection import connected
from cli.errors import CommandError

NOT_HERE = "Nothing looks after updates here: only a box that was flashed with an image has them."
LOOKS_S = 90.0
"""A server may take its time; who waits longer is told that it goes on."""
SAID = {
    "idle": "Nothing is under way.",
    "downloading": "It is being fetched.",
    "ready": "It is here, and waits to be installed.",
    "installing": "It is being installed. Do not unplug the box.",
    "restarting": "The box restarts into it.",
    "trial": "It runs on trial: in a quarter of an hour it is kept, or the system before comes back.",
    "keeping": "It is well, and is kept.",
    "going back": "The box goes back to the system before.",
}
"""What a state means, for people."""
ENDS = frozenset({"idle", "restarting", "going back"})
"""Nothing more is to be seen from here: nothing is under way, or the box restarts."""
ACTIONS = {
    "status": "how far an update is",
    "check": "ask the server whether there is something new",
    "install": "what is new, now and not in the night; shows how far it is",
    "not-now": "not in the night that comes",
    "skip": "the version that is offered is not installed by itself",
    "rollback": "back to the system in the other slot",
    "history": "what became of updates",
}


async def update(arguments: argparse.Namespace) -> None:
    """Raises CommandError."""
    try:
        async with connected() as bus:
            await _do(bus, arguments.action, arguments.json)
    except NoAnswer as error:
        raise CommandError(NOT_HERE) from error


async def _do(bus: Bus, action: str, as_json: bool) -> None:
    match action:
        case "status":
            _print(await _state(bus), as_json)
        case "history":
            reports = (await bus.request(s.UPDATE_HISTORY, pb.UpdateRequest())).reports
            if as_json:
                listing.print_json([report_document(each) for each in reports])
            else:
                _print_reports(reports)
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


async def _wish(bus: Bus, action: str) -> None:
    reply = await bus.request(s.UPDATE_WISH, pb.UpdateWish(action=action.replace("-", "_")))
    if reply.refusal:
        raise CommandError(reply.refusal)


async def _followed(
    bus: Bus,
    action: str,
    is_last: Callable[[pb.UpdateState], bool],
    shown: Callable[[pb.UpdateState], None] = lambda _: None,
    wait_s: float | None = LOOKS_S,
) -> pb.UpdateState:
    """The state in which it ends, after that was wished for; or that after `wait_s`."""
    last: asyncio.Future[pb.UpdateState] = asyncio.get_running_loop().create_future()

    def told(message: Received[pb.UpdateState]) -> None:
        shown(message.body)
        if is_last(message.body) and not last.done():
            last.set_result(message.body)

    await bus.subscribe(s.UPDATE_STATE, told)
    await bus.flush()
    await _wish(bus, action)
    try:
        async with asyncio.timeout(wait_s):
            return await last
    except TimeoutError:
        return await _state(bus)


async def _installed(bus: Bus) -> pb.UpdateState:
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

        return await _followed(bus, "install", is_last, show, wait_s=None)


# --- as people read it --------------------------------------------------------------------------------


def state_document(state: pb.UpdateState) -> dict[str, object]:
    """What `--json` prints."""
    return {
        "state": state.state,
        "version": state.version,
        "offered": state.offered,
        "security": state.security,
        "notes": dict(state.notes),
        "per_cent": state.per_cent,
        "why": state.why,
        "fault": state.fault,
        "checked": _at(state.checked_unix_ms),
    }


def report_document(report: pb.UpdateReport) -> dict[str, object]:
    """What `--json` prints."""
    return {
        "when": _at(report.unix_ms),
        "outcome": report.outcome,
        "from": report.before,
        "to": report.after,
        "way": report.way,
        "bytes": report.bytes,
        "seconds": round(report.seconds, 1),
        "why": report.why,
    }


def sentences(state: pb.UpdateState) -> list[str]:
    """What is so, for people."""
    told = [f"Version {state.version} runs." if state.version else "Nobody can say yet which version runs."]
    if state.offered and state.offered != state.version:
        told.append(f"Version {state.offered} is there{', which mends a hole in the security' * state.security}.")
        told += [note for language, note in sorted(state.notes.items()) if language == "en"]
    told.append(SAID.get(state.state, state.state))
    told += [each for each in (state.why, f"Last time something failed: {state.fault}" if state.fault else "") if each]
    return told


def _print(state: pb.UpdateState, as_json: bool) -> None:
    if as_json:
        listing.print_json(state_document(state))
    else:
        print("\n".join(sentences(state)))


def _print_reports(reports: Sequence[pb.UpdateReport]) -> None:
    if not reports:
        print("There was no update yet.")
        return
    for each in reports:
        fetched = f"{each.bytes / 1e6:.1f} MB ({each.way}), {each.seconds:.0f} s" if each.bytes else ""
        print(
            "  ".join(
                part for part in (_at(each.unix_ms), f"{each.before} → {each.after}", each.outcome, fetched) if part
            )
        )
        if each.why:
            print(f"    {each.why}")


def _at(unix_ms: int) -> str:
    return datetime.fromtimestamp(unix_ms / 1000).astimezone().isoformat(timespec="seconds") if unix_ms else ""
