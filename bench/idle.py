"""What the box costs while nobody speaks: processor time and memory of every daemon and the bus."""

import asyncio
import os
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from bench.clips import as_int16, pink
from bench.speakers import RATE
from daemons.runner import Box
from daemons.virtual_sound import VirtualSound

ROOM_DBFS = -55.0
STRETCH_S = 30
TICKS = os.sysconf("SC_CLK_TCK")


async def measure(box: Box, sound: VirtualSound, seconds: float, seed: int) -> dict[str, Any]:
    """Room noise for so long; the share of one core, and megabytes, each the sum of all processes."""
    pids = {name: family(child.pid) for name, child in box.children.items()}
    playing = asyncio.create_task(_room(sound, seconds, seed))
    await asyncio.sleep(min(2.0, seconds / 10))
    before, began = {name: sum(map(cpu_s, pids[name])) for name in pids}, time.monotonic()
    await playing
    lasted = time.monotonic() - began
    used = {name: sum(map(cpu_s, pids[name])) - before[name] for name in pids}
    kept = {name: sum(map(pss_mb, pids[name])) for name in pids}
    return {
        "seconds": round(seconds, 1),
        "core": round(sum(used.values()) / lasted, 4),
        "pss_mb": round(sum(kept.values()), 1),
        "daemons_core": {name: round(busy_s / lasted, 4) for name, busy_s in used.items()},
        "daemons_pss_mb": {name: round(mb, 1) for name, mb in kept.items()},
    }


async def _room(sound: VirtualSound, seconds: float, seed: int) -> None:
    noise = as_int16(pink(STRETCH_S * RATE, ROOM_DBFS, seed))
    left = seconds
    while left > 0:
        stretch = noise[: int(min(left, STRETCH_S) * RATE)]
        await sound.play_into_microphone(stretch, RATE)
        left -= STRETCH_S


def family(pid: int) -> Sequence[int]:
    """The process and its children."""
    found = [pid]
    for task in Path(f"/proc/{pid}/task").glob("*/children"):
        found += [member for child in task.read_text().split() for member in family(int(child))]
    return found


def cpu_s(pid: int) -> float:
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / TICKS


def pss_mb(pid: int) -> float:
    for line in Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines():
        if line.startswith("Pss:"):
            return int(line.split()[1]) / 1024
    return 0.0
