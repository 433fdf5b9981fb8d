"""`spoq bench` and `spoq demo`."""

import argparse
import asyncio
import json
import sys
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from bench import demo, figures, voice, why
from bench.errors import BenchError
from bench.targets import Figures, Target, table
from daemons.runner import RunnerError
from daemons.virtual_sound import VirtualSoundError

BAR = 30
OUTPUT = "-"
"""What stands for the output in a file's place."""


def run(arguments: argparse.Namespace) -> int:
    """The exit code: 0 when it was measured, whether the targets were met or not; for a demo, when all was right."""
    try:
        if arguments.command == "demo":
            return asyncio.run(demo.run(Path(arguments.wav)))
        measure: Mapping[str, Callable[[argparse.Namespace], None]] = {
            "voice": _voice,
            "image": _image,
            "pairing": _pairing,
            "update": _update,
        }
        measure[arguments.name](arguments)
    except (BenchError, RunnerError, VirtualSoundError) as error:
        print(f"spoq: {error}", file=sys.stderr)
        return 1
    return 0


def _voice(arguments: argparse.Namespace) -> None:
    plan = voice.QUICK if arguments.quick else voice.Plan()
    plan = replace(plan, turns=arguments.turns or plan.turns, parts=_parts(arguments, voice.PARTS))
    measured, outcomes = asyncio.run(voice.run(plan, _progress))
    _tell(arguments, measured, figures.TARGETS, figures.PEER)
    _keep(arguments, {**measured, "each_turn": voice.listed(outcomes)})


def _image(arguments: argparse.Namespace) -> None:
    if find_spec("builder") is None:
        raise BenchError("An image is measured where it is built: in a checkout of the project.")
    from bench import costs, image
    from builder.errors import BuildError

    if arguments.starts < 0 or arguments.idle_min < 0:
        raise BenchError("Fewer than no starts, or minutes, can't be measured.")
    plan = image.QUICK if arguments.quick else image.Plan()
    plan = replace(plan, parts=_parts(arguments, image.PARTS))
    plan = replace(plan, starts=arguments.starts or plan.starts, idle_min=arguments.idle_min or plan.idle_min)
    try:
        measured = asyncio.run(image.run(plan, _progress))
    except BuildError as error:
        raise BenchError(str(error)) from error
    _tell(arguments, measured, costs.targets(measured), costs.OTHERS)
    _keep(arguments, measured)


def _pairing(arguments: argparse.Namespace) -> None:
    from bench import pairing

    plan = pairing.QUICK if arguments.quick else pairing.Plan()
    parts = _parts(arguments, pairing.PARTS)
    if "air" in parts and (find_spec("builder") is None or find_spec("bumble") is None):
        raise BenchError("Pairing over the air is measured in a checkout of the project: leave the part air out.")
    measured = asyncio.run(pairing.run(replace(plan, parts=parts), _progress))
    _tell(arguments, measured, pairing.TARGETS, pairing.OTHERS)
    _keep(arguments, measured)


def _update(arguments: argparse.Namespace) -> None:
    if find_spec("builder") is None:
        raise BenchError("Updates are measured where images are built: in a checkout of the project.")
    from bench import update
    from builder.errors import BuildError

    try:
        measured = asyncio.run(update.run(update.Plan(parts=_parts(arguments, update.PARTS)), _progress))
    except BuildError as error:
        raise BenchError(str(error)) from error
    _tell(arguments, measured, update.TARGETS, update.OTHERS)
    _keep(arguments, measured)


def _parts(arguments: argparse.Namespace, there: Sequence[str]) -> Sequence[str]:
    if unknown := set(arguments.part or ()) - set(there):
        raise BenchError(f"{arguments.name} has no part {', '.join(sorted(unknown))}; it has {', '.join(there)}.")
    return arguments.part or there


def _tell(
    arguments: argparse.Namespace, measured: Figures, targets: Sequence[Target], others: Mapping[str, str]
) -> None:
    """The table; beside the output where that has the JSON."""
    print(file=sys.stderr)
    shown = sys.stderr if arguments.json == OUTPUT else sys.stdout
    print(table(measured, targets, others), file=shown)
    for name, reason in why.reasons(measured, targets).items():
        print(f"Not met: {name}. {reason}".rstrip(), file=shown)


def _keep(arguments: argparse.Namespace, document: Mapping[str, Any]) -> None:
    text = json.dumps(document, indent=2, ensure_ascii=False)
    if arguments.json == OUTPUT:
        print(text)
    elif arguments.json:
        Path(arguments.json).parent.mkdir(parents=True, exist_ok=True)
        Path(arguments.json).write_text(text + "\n")


def _progress(what: str, done: int, of: int) -> None:
    if sys.stderr.isatty():
        filled = BAR * done // max(1, of)
        print(f"\r{what:11} [{'#' * filled}{'.' * (BAR - filled)}] {done}/{of}", end="", file=sys.stderr, flush=True)
