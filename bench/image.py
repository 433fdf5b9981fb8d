"""The image benchmark: its size, what starting and idling cost, how closed it is.

Everything is measured in virtual machines that are copies of one machine after its first start. The peer is the same
image with our units masked by a kernel command line that is signed as the image is.
"""

import asyncio
import json
import shlex
import statistics
import tempfile
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from bench import costs, machine
from bench.boxes import OUR_UNITS, SAVED, Lab
from bench.costs import Start
from bench.errors import BenchError
from bench.idle import cpu_s
from bench.targets import Figures, unmet
from builder import accelerator, image, tools
from builder import target as targets
from builder.box import WELL_S, Box
from builder.guest import CommandFailed
from builder.machine import Machine

PARTS = ("boot", "idle", "resume")
UP = 'until [ "$(systemctl is-active {units} | sort -u)" = active ]; do sleep 2; done; cat /proc/stat /proc/uptime'
"""The same question for us and for the peer: it costs both the same."""
TO_US, TO_PEER = UP.format(units=" ".join(costs.LISTENING)), UP.format(units="multi-user.target")
GROUPS = "grep -H . /proc/[0-9]*/cgroup 2>/dev/null; true"
MEMORY = "grep -H ^Pss: /proc/[0-9]*/smaps_rollup 2>/dev/null; true"
WRITES = "grep -H ^write_bytes /proc/[0-9]*/io 2>/dev/null; true"
DATA = "basename $(readlink -f /dev/disk/by-partlabel/data)"
FLUSHED = "journalctl --sync; sync; cat /proc/diskstats"
"""What still waits to be written is written: it belongs to the time before."""
CPU = f"systemctl show -p Id -p CPUUsageNSec {OUR_UNITS}"
FAILED = "systemctl --failed --no-legend --plain | cut -d' ' -f1"
OPEN = "systemd-analyze security --no-pager {}.service"
USAGE = "du -xk --max-depth=7 /usr"
LARGEST = 8
LONG_S = 300.0

Progress = Callable[[str, int, int], None]


@dataclass(frozen=True)
class Plan:
    """How much is measured; the defaults are the whole of it. What a start leaves to be written, and what systemd does
    a quarter of an hour later, is no idling."""

    target: str = "qemu-x86-64"
    starts: int = 5
    resumes: int = 5
    settle_s: float = 1200.0
    idle_min: float = 30.0
    parts: Sequence[str] = PARTS


QUICK = Plan(starts=1, resumes=1, settle_s=10.0, idle_min=1.0)
"""For a first look."""


async def run(plan: Plan, progress: Progress) -> Figures:
    """Everything, of an image of this checkout, which is built where there is none. Raises BenchError, BuildError."""
    target = targets.read(plan.target)
    tools.check(tools.to_boot(target))
    built = await asyncio.to_thread(image.build, plan.target)
    measured = machine.described() | of_build(json.loads(built.with_suffix(".json").read_text()))
    measured["accelerator"] = await asyncio.to_thread(accelerator.best, target)
    with tempfile.TemporaryDirectory(prefix="spoq-bench-") as folder:
        made = Machine(target, Path(folder, "first"))
        made.make(built)
        return measured | await of_box(made, plan, progress)


def of_build(about: Figures) -> Figures:
    """What the build has said about itself."""
    named = {name: about[name] for name in ("target", "version", "variant", "commit", "root_hash")}
    return {
        "image": {**named, "build_s": about["seconds"]},
        "root_mb": about["root_mb"],
        "build_min": about["build_min"],
    }


async def of_box(made: Machine, plan: Plan, progress: Progress) -> Figures:
    """All that is measured in a box; `made` is a new machine, and its folder's folder is there to be filled."""
    lab = Lab(plan.target, made)
    measured: Figures = {}
    try:
        progress("first start", 0, 1)
        await lab.start_first()
        if "resume" in plan.parts:
            measured |= await _resumes(lab, plan, progress)
        if "boot" in plan.parts:
            measured |= await _starts(lab, plan, progress)
        if "idle" in plan.parts:
            progress("idling", 0, 1)
            measured |= await _idle(lab, plan)
    except TimeoutError as error:
        raise BenchError(f"The box did not get that far in time. Its console ends with:\n{lab.last_words()}") from error
    except CommandFailed as error:
        raise BenchError(f"In the box: {error}") from error
    except (ConnectionError, json.JSONDecodeError) as error:
        raise BenchError("QEMU ended while the box was asked something.") from error
    return measured


async def _resumes(lab: Lab, plan: Plan, progress: Progress) -> Figures:
    """How long it takes to go on from a saved state."""
    each = []
    for number in range(plan.resumes):
        progress("resumed", number, plan.resumes)
        async with lab.copy() as copy:
            began = time.monotonic()
            async with lab.booted(copy, "-loadvm", SAVED):
                each.append(round(time.monotonic() - began, 2))
    return {"resume_s": statistics.median(each), "resume": {"each_s": each}}


async def _starts(lab: Lab, plan: Plan, progress: Progress) -> Figures:
    """Ours and the peer's in turn, so that a busy hour falls on both."""
    peer = await lab.masked()
    ours, masked = [], []
    for number in range(plan.starts):
        progress("starts", 2 * number, 2 * plan.starts)
        async with lab.copy() as copy, lab.booted(copy) as box:
            ours.append(await _start(box, TO_US))
            units = costs.cpu_s_of_units(await box.guest.run(CPU))
            of_us = await _lines(lab, box)
        progress("starts", 2 * number + 1, 2 * plan.starts)
        async with lab.copy(peer) as copy, lab.booted(copy) as box:
            masked.append(await _start(box, TO_PEER))
            of_peer = await _lines(lab, box) | {"failed": (await box.guest.run(FAILED)).split()}
    measured = costs.of_starts(ours, masked)
    measured["boot"]["ours"] |= {"units_cpu_s": units, **of_us}
    measured["boot"]["masked"] |= of_peer
    return measured


async def _start(box: Box, command: str) -> Start:
    told = await box.guest.run(command, WELL_S)
    *stat, uptime = told.splitlines()
    return Start(costs.busy_s("\n".join(stat)), round(cpu_s(box.pid), 2), float(uptime.split()[0]))


async def _lines(lab: Lab, box: Box) -> Figures:
    """The exact command lines."""
    kernel = (await box.guest.run("cat /proc/cmdline")).strip()
    return {"kernel_command_line": kernel, "qemu_command_line": shlex.join(lab.command())}


async def _idle(lab: Lab, plan: Plan) -> Figures:
    """A box that is left alone after an ordinary start: what it writes and keeps, and how open it is."""
    async with lab.copy() as copy, lab.booted(copy) as box:
        await box.until_well()
        await asyncio.sleep(plan.settle_s)
        device = (await box.guest.run(DATA)).strip()
        before, of_units, began = *await _written(box, device), time.monotonic()
        await asyncio.sleep(plan.idle_min * 60)
        after, of_units_after, lasted = *await _written(box, device), time.monotonic() - began
        units = costs.difference(of_units, of_units_after)
        run = box.guest.run
        memory = costs.pss_mb(await run(MEMORY, LONG_S), await run(GROUPS))
        exposure = {"exposure": costs.exposures(await run("systemd-analyze security --no-pager", LONG_S))}
        openings = {unit: costs.openings(await run(OPEN.format(unit), LONG_S)) for unit in _too_open(exposure)}
        usage = await run(USAGE, LONG_S)
    return {
        "guest_pss_mb": costs.of_memory(memory),
        "idle_writes_mb_per_day": costs.per_day(after - before, lasted),
        "idle_writes": {
            "minutes": round(lasted / 60, 2),
            "device": device,
            "mb": round(after - before, 3),
            "units_mb_per_day": {unit: costs.per_day(count / costs.MB, lasted) for unit, count in units.items()},
        },
        **exposure,
        "openings": openings,
        "root_parts_mb": costs.largest(usage, LARGEST),
    }


def _too_open(exposure: Figures) -> Sequence[str]:
    """The units that do not meet their target."""
    return [name.partition(".")[2] for name in unmet(exposure, costs.targets(exposure)) if name.startswith("exposure.")]


async def _written(box: Box, device: str) -> tuple[float, dict[str, int]]:
    """Megabytes on the data's device so far, and bytes by unit."""
    mb = costs.written_mb(await box.guest.run(FLUSHED, LONG_S), device)
    return mb, costs.by_unit(await box.guest.run(WRITES), await box.guest.run(GROUPS))
