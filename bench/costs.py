"""From what a box tells about itself (/proc, systemd) to what its image costs, with the targets. Pure.

Sources: Linux, Documentation/filesystems/proc.rst and Documentation/admin-guide/iostats.rst.
"""

import re
import statistics
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from bench.errors import BenchError
from bench.targets import Figures, Target

LISTENING = ("spoq-audiod", "spoq-inferenced", "spoq-conductord", "spoq-hardwared", "spoq-bus")
"""The box listens when these are up."""
OURS = ("spoq-", "box-")
"""How the names of our units begin."""
CROSSES = ("✗ ", "- ")
"""systemd's sign for what leaves a unit open; the second where no UTF-8 is spoken."""
VAR_IN_MEMORY = "systemd.volatile=state"
USER_HZ = 100
"""Ticks a second in /proc, on every processor of ours."""
WAITING = (3, 4)
"""Columns of /proc/stat in which a core does nothing: idle, waiting for a disk."""
GUESTS = 8
"""From this column on what is counted was counted before."""
SECTOR = 512
KIB, MB = 1024, 1_000_000
DAY_S = 86_400.0

TARGETS = (
    Target("root_mb", True, 350, "MB"),
    Target("build_min", True, 10, "min"),
    Target("boot_cpu_ratio", True, 1.5),
    Target("idle_writes_mb_per_day", True, 50, "MB"),
)
BUS_ONLY, WITH_DEVICES = 1.0, 1.5
EXPOSED = {"spoq-audiod": WITH_DEVICES, "spoq-hardwared": WITH_DEVICES}
"""A unit that needs a device is more open than one that needs the bus alone."""
OTHERS = {
    "boot.ours.cpu_s": "from the kernel's start to listening",
    "boot.masked.cpu_s": "the peer, our units masked, to multi-user.target",
    "guest_pss_mb.ours": "our daemons' memory",
    "guest_pss_mb.everything": "with all other processes'",
    "resume_s": "from starting QEMU with a saved state to the agent's first answer",
}
"""Figures without a target."""

MEMBER = re.compile(r"^/proc/(?P<pid>\d+)/(?:cgroup|smaps_rollup|io):(?P<rest>.*)$")
UNIT = re.compile(r"/([^/]+)\.(?:service|scope)(?:/|$)")


@dataclass(frozen=True)
class Start:
    """One start: seconds of all cores, the same of the whole of QEMU (firmware too), and time since the kernel's."""

    cpu_s: float
    qemu_cpu_s: float
    wall_s: float


def targets(figures: Figures) -> Sequence[Target]:
    """All of them: each daemon that was measured has one."""
    units = figures.get("exposure", {})
    return (*TARGETS, *(Target(f"exposure.{unit}", True, EXPOSED.get(unit, BUS_ONLY)) for unit in units))


def of_starts(ours: Sequence[Start], masked: Sequence[Start]) -> Figures:
    """Medians, and all that they are of."""
    ratio = statistics.median(start.cpu_s for start in ours) / statistics.median(start.cpu_s for start in masked)
    return {"boot_cpu_ratio": round(ratio, 2), "boot": {"ours": _of_kind(ours), "masked": _of_kind(masked)}}


def _of_kind(starts: Sequence[Start]) -> Figures:
    each = {name: [getattr(start, name) for start in starts] for name in ("cpu_s", "qemu_cpu_s", "wall_s")}
    return {name: round(statistics.median(values), 2) for name, values in each.items()} | {
        "cpu_s_each": each["cpu_s"],
        "qemu_cpu_s_each": each["qemu_cpu_s"],
    }


def of_memory(pss_mb: Mapping[str, float]) -> Figures:
    """From megabytes by unit."""
    ours = sum(mb for unit, mb in pss_mb.items() if unit.startswith(OURS))
    largest = dict(sorted(pss_mb.items(), key=lambda each: -each[1]))
    return {"ours": round(ours, 1), "everything": round(sum(pss_mb.values()), 1), "units": largest}


def per_day(amount: float, seconds: float) -> float:
    return round(amount * DAY_S / seconds, 2)


def busy_s(stat: str) -> float:
    """Seconds for which cores had something to do since the kernel's start, from /proc/stat."""
    line = stat.partition("\n")[0]
    ticks = line.split()[1:]
    if not line.startswith("cpu ") or len(ticks) <= max(WAITING):
        raise BenchError("The box tells nothing of its processor's time.")
    busy = [int(each) for column, each in enumerate(ticks[:GUESTS]) if column not in WAITING]
    return sum(busy) / USER_HZ


def written_mb(diskstats: str, device: str) -> float:
    """What was written to a disk or partition ("vda5") since the kernel's start, from /proc/diskstats."""
    for line in diskstats.splitlines():
        fields = line.split()
        if len(fields) > 9 and fields[2] == device:
            return int(fields[9]) * SECTOR / MB
    raise BenchError(f"The box has no disk {device}.")


def by_unit(numbers: str, groups: str) -> dict[str, int]:
    """The sum of a number of each process by unit, from `grep -H` over `/proc/*/smaps_rollup` or `/proc/*/io`, and over
    `/proc/*/cgroup`. What is in no unit is `kernel`; a process that ended in between counts there."""
    units = {}
    for line in groups.splitlines():
        if member := MEMBER.match(line):
            found = UNIT.search(member["rest"])
            units[member["pid"]] = found[1] if found else "kernel"
    sums: dict[str, int] = {}
    for line in numbers.splitlines():
        if member := MEMBER.match(line):
            unit = units.get(member["pid"], "kernel")
            sums[unit] = sums.get(unit, 0) + int(member["rest"].split()[1])
    return sums


def difference(before: Mapping[str, int], after: Mapping[str, int]) -> dict[str, int]:
    """By how much each has grown; a process that ended in between takes its part along."""
    return {unit: max(0, count - before.get(unit, 0)) for unit, count in after.items()}


def pss_mb(rollups: str, groups: str) -> dict[str, float]:
    """Megabytes by unit, each page shared fairly; from lines of `Pss:`."""
    found = {unit: round(kib * KIB / MB, 1) for unit, kib in by_unit(rollups, groups).items()}
    if not found:
        raise BenchError("The box tells nothing of its memory.")
    return found


def exposures(listing: str) -> dict[str, float]:
    """How open each of our daemons is (0 to 10), from `systemd-analyze security`."""
    rows = (line.split() for line in listing.splitlines())
    found = {row[0].removesuffix(".service"): float(row[1]) for row in rows if row and row[0].startswith("spoq-")}
    if not found:
        raise BenchError("The box tells nothing of how its daemons are closed in.")
    return found


def openings(listing: str) -> dict[str, float]:
    """What leaves a unit open, the largest part of its exposure first; from `systemd-analyze security UNIT`."""
    rows = (line.split() for line in listing.splitlines() if line.startswith(CROSSES))
    found = {row[1].rstrip("="): float(row[-1]) for row in rows if row[-1].replace(".", "", 1).isdigit()}
    return dict(sorted(found.items(), key=lambda each: -each[1]))


def cpu_s_of_units(shown: str) -> dict[str, float]:
    """Seconds by unit, from blocks of `systemctl show -p Id -p CPUUsageNSec`; without those that did not run."""
    found = {}
    for block in shown.split("\n\n"):
        values = dict(line.split("=", 1) for line in block.splitlines() if "=" in line)
        used = values.get("CPUUsageNSec", "")
        if used.isdigit() and int(used) < 2**63:
            found[values["Id"].rpartition(".")[0]] = round(int(used) / 1e9, 2)
    return found


def without_us(unit_files: str) -> str:
    """For the kernel's command line: our units masked, and `/var` in memory: only `box-data` makes it writable.
    From `systemctl list-unit-files`; templates do not start by themselves."""
    names = (line.split()[0] for line in unit_files.splitlines() if line.strip())
    masked = [f"systemd.mask={name}" for name in names if name.startswith(OURS) and "@" not in name]
    return " ".join([*masked, VAR_IN_MEMORY])


def largest(usage: str, parts: int) -> dict[str, float]:
    """Megabytes of the largest folders, none within another, from `du -k`: while the largest has folders within it,
    these stand for it."""
    kib = {path: int(size) for size, path in (line.split("\t", 1) for line in usage.splitlines())}
    within: dict[str, list[str]] = {}
    for path in kib:
        within.setdefault(path.rpartition("/")[0], []).append(path)
    shown = [min(kib, key=len)] if kib else []
    while shown and shown[0] in within:
        shown = sorted([*shown[1:], *within[shown[0]]], key=lambda path: -kib[path])
    return {path: round(kib[path] * KIB / MB, 1) for path in shown[:parts]}
