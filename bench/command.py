"""`spoq bench` and `spoq demo`."""

import argparse
import asyncio
import json
import sys
from dataclasses import replace
from pathlib import Path

from bench import demo, figures, voice, why
from bench.errors import BenchError
from daemons.runner import RunnerError
from daemons.virtual_sound import VirtualSoundError

BAR = 30


def run(arguments: argparse.Namespace) -> int:
    """The exit code: 0 when it was measured, whether the targets were met or not; for a demo, when all was right."""
    try:
        if arguments.command == "demo":
            return asyncio.run(demo.run(Path(arguments.wav)))
        return _voice(arguments)
    except (BenchError, RunnerError, VirtualSoundError) as error:
        print(f"spoq: {error}", file=sys.stderr)
        return 1


def _voice(arguments: argparse.Namespace) -> int:
    plan = voice.QUICK if arguments.quick else voice.Plan()
    plan = replace(plan, turns=arguments.turns or plan.turns, parts=arguments.part or voice.PARTS)
    measured, outcomes = asyncio.run(voice.run(plan, _progress))
    print(file=sys.stderr)
    print(figures.table(measured))
    for name, reason in why.reasons(measured).items():
        print(f"Not met: {name}. {reason}".rstrip())
    if arguments.json:
        document = {**measured, "each_turn": voice.listed(outcomes)}
        Path(arguments.json).parent.mkdir(parents=True, exist_ok=True)
        Path(arguments.json).write_text(json.dumps(document, indent=2, ensure_ascii=False) + "\n")
    return 0


def _progress(what: str, done: int, of: int) -> None:
    if sys.stderr.isatty():
        filled = BAR * done // max(1, of)
        print(f"\r{what:10} [{'#' * filled}{'.' * (BAR - filled)}] {done}/{of}", end="", file=sys.stderr, flush=True)
