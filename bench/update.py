"""The update benchmark: how little a month of Debian's updates is on the way, and what taking it costs a box.

size    ours beside other programs' deltas between the same two bundles, in per cent of the whole as it is fetched
box     an emulated box takes it: how long, beside dd of the same bytes, how much memory, when it listens again

The two images are this checkout's, and the same without the updates that Debian made after its release.
"""

import asyncio
import hashlib
import json
import re
import shlex
import shutil
import tempfile
import time
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from aiohttp import web

from bench import machine, older
from bench.errors import BenchError
from bench.image import TO_US
from bench.older import Image
from bench.targets import Figures, Target
from builder import another, bundle, deltas, image, keys, order, tools, updates
from builder import target as targets
from builder.box import Box, booted
from builder.guest import CommandFailed
from builder.machine import Machine
from builder.order import Order
from builder.programs import run as program
from ota import signers
from ota.publishing import Publisher
from ota.release import SLOT_CLASS

PARTS = ("size", "box")
NEXT = "9.0.0"
PEERS: Mapping[str, Sequence[str]] = {
    "xdelta3": ("xdelta3", "-e", "-f", "-9", "-S", "none", "-B", "1073741824", "-s", "{old}", "{new}", "{delta}"),
    "zstd_patch": ("zstd", "-q", "-f", "-9", "--long=31", "--patch-from={old}", "{new}", "-o", "{delta}"),
}
"""Their command lines; the document has them as they were run."""
BLOCK, HASH = 4096, 32
"""RAUC's adaptive mode: blocks that are nowhere in the old image are fetched, and the index of all hashes is."""
TARGETS = (
    Target("size.ratio_to_best", True, 1.05),
    Target("box.apply_peak_mb", True, 300, "MB"),
)
OTHERS = {
    "size.delta_percent": "of the whole, ours",
    "size.rauc_adaptive_percent": "RAUC's adaptive mode, reckoned",
    "size.xdelta3_percent": "xdelta3",
    "size.zstd_patch_percent": "zstd --patch-from",
    "size.pack_s": "s, to make ours",
    "box.install_s": "s, fetched, unpacked, checked and written, emulated",
    "box.install_ratio": "times as long as dd of the root",
    "box.downtime_s": "s, from the word to listening again, cold start included, emulated",
}
THIS_COMPUTER = "10.0.2.2"
SETTINGS = """[updates]
server = "http://{host}:{port}/"
automatic = false
look_s = 1.0
gate = {{ every_s = 1.0, wanted = 3, most_bad = 5 }}
"""
PEAKS = "/var/lib/spoq/peaks"
WATCH = (
    "while sleep 3; do for unit in spoq-otad rauc; do "
    "sed -n 's/^VmHWM:/'$unit'/p' /proc/$(systemctl show -P MainPID $unit)/status; "
    f"done >> {PEAKS} 2>/dev/null; done"
)
PEAK = re.compile(r"^(spoq-otad|rauc)\s+(\d+) kB$", re.MULTILINE)
PLAIN = (
    "echo 3 > /proc/sys/vm/drop_caches; began=$(date +%s%N); "
    "dd if=/dev/disk/by-partlabel/root-a of=/dev/disk/by-partlabel/root-b bs=1M "
    "iflag=count_bytes count={size} conv=fsync 2>/dev/null; echo $(($(date +%s%N) - began))"
)
OTHER_SLOT = "SPOQ_SLOT=b\n"
INSTALL_S, LONG_S = 1800.0, 600.0

Progress = Callable[[str, int, int], None]


@dataclass(frozen=True)
class Plan:
    """What is measured; the defaults are the whole of it."""

    target: str = "qemu-x86-64"
    parts: Sequence[str] = PARTS


@dataclass(frozen=True)
class Pair:
    """Two releases, published in `public`: the older image's, and the next one."""

    old: Image
    old_bundle: Path
    new_bundle: Path
    public: Path

    @property
    def new(self) -> str:
        """The name by which the next one is published."""
        return self.name(NEXT)

    @staticmethod
    def name(version: str) -> str:
        """Of a release."""
        return f"spoq-{version}.raucb"


async def run(plan: Plan, progress: Progress) -> Figures:
    """Both images are built where they are not there. Raises BenchError, BuildError."""
    target = targets.read(plan.target)
    tools.check(tools.to_boot(target) | tools.RELEASE | tools.PEERS)
    await asyncio.to_thread(image.build, plan.target)
    this = Order(plan.target, target)
    with tempfile.TemporaryDirectory(prefix="spoq-bench-") as folder:
        scratch = Path(folder)
        progress("older image", 0, 4)
        old = await asyncio.to_thread(older.build, this, scratch)
        measured = machine.described() | {"packages": Image.of(this).differs(old)}
        progress("releases", 1, 4)
        pair, pack_s = await asyncio.to_thread(published, plan.target, old, scratch)
        if "size" in plan.parts:
            progress("sizes", 2, 4)
            sizes = await asyncio.to_thread(of_sizes, pair, scratch)
            measured["size"] = {**sizes, "pack_s": pack_s}
        if "box" in plan.parts:
            progress("box", 3, 4)
            measured["box"] = await of_box(Machine(target, scratch / "machine"), pair)
        return measured


def published(target: str, old: Image, scratch: Path) -> tuple[Pair, float]:
    """Both releases, the next one with its delta; how long that took to pack. Raises BuildError."""
    ours = bundle.found(order.DEVELOPMENT_KEYS)
    pair = Pair(old, scratch / "old.raucb", scratch / "next.raucb", scratch / "public")
    epoch = int(old.about["epoch"])
    bundle.make(old.root, old.kernel, updates.compatible(target), old.version, ours, epoch, pair.old_bundle)
    making = scratch / "making"
    making.mkdir()
    another.make(target, NEXT, making).replace(pair.new_bundle)
    # What boxes with images for development believe.
    shutil.copytree(order.DEVELOPMENT_KEYS / keys.RELEASES, pair.public)
    held = signers.load(order.DEVELOPMENT_KEYS / keys.OF_RELEASES)
    publisher = Publisher(pair.public, [each for role in held.values() for each in role])
    began = 0.0
    for version, made in ((old.version, pair.old_bundle), (NEXT, pair.new_bundle)):
        began = time.monotonic()
        deltas.add(publisher, pair.name(version), made, _said(target, version, made), 1)
    pack_s = time.monotonic() - began
    publisher.publish()
    return pair, round(pack_s, 1)


def _said(target: str, version: str, made: Path) -> dict[str, Any]:
    return {
        "version": version,
        "class": SLOT_CLASS,
        "compatible": updates.compatible(target),
        "channel": "stable",
        "manifest": bundle.manifest_hash(made),
        "from": "0.0.0",
        "size": made.stat().st_size,
    }


def of_sizes(pair: Pair, scratch: Path) -> Figures:
    """Of the whole as it is fetched where there is no delta: packed, by us. Raises BuildError."""
    offered = pair.public / "targets"
    [whole] = offered.glob(f"*{pair.new}.{deltas.ALONE}")
    found = [*offered.glob(f"*{pair.new}.{deltas.FROM.format(pair.old.version)}")]
    # A delta that is no smaller than the whole is not offered.
    sizes = {"delta": min(each.stat().st_size for each in [whole, *found])}
    commands = {}
    for name, words in PEERS.items():
        places = {"old": str(pair.old_bundle), "new": str(pair.new_bundle), "delta": str(scratch / "delta")}
        program(*(word.format(**places) for word in words))
        sizes[name] = (scratch / "delta").stat().st_size
        commands[name] = shlex.join(words)
    sizes["rauc_adaptive"] = adaptive(pair.old_bundle, pair.new_bundle)
    base = whole.stat().st_size
    best = min(size for name, size in sizes.items() if name != "delta")
    return {
        "bundle_bytes": pair.new_bundle.stat().st_size,
        "whole_bytes": base,
        **{f"{name}_bytes": size for name, size in sizes.items()},
        **{f"{name}_percent": round(100 * size / base, 2) for name, size in sizes.items()},
        "ratio_to_best": round(sizes["delta"] / best, 3),
        "commands": commands,
    }


def adaptive(old: Path, new: Path) -> int:
    """Bytes that RAUC's adaptive mode (`block-hash-index`) would fetch, without what its requests cost.

    Source: RAUC's reference, "Adaptive Updates".
    """
    there = frozenset(_hashes(old))
    wanted = [*_hashes(new)]
    return len(wanted) * HASH + len(frozenset(wanted) - there) * BLOCK


def _hashes(path: Path) -> Sequence[bytes]:
    with path.open("rb") as file:
        return [hashlib.sha256(block).digest() for block in iter(lambda: file.read(BLOCK), b"")]


async def of_box(made: Machine, pair: Pair) -> Figures:
    """A new box with the older image takes the next one. Raises BenchError, BuildError."""
    made.make(pair.old.disk)
    try:
        async with booted(made) as box, _served(pair.public) as port:
            await box.until_well()
            size = pair.old.root.stat().st_size
            plain_s = int(await box.guest.run(PLAIN.format(size=size), LONG_S)) / 1e9
            await box.guest.put(SETTINGS.format(host=THIS_COMPUTER, port=port).encode(), "/etc/spoq/spoq.toml")
            await box.guest.run("systemctl restart spoq-otad")
            await box.guest.run(f"systemd-run --quiet sh -c {shlex.quote(WATCH)}")
            began = time.monotonic()
            await box.guest.run("spoq update install --json >/dev/null 2>&1 &")
            await _until_other_slot(box)
            await box.guest.run(TO_US, LONG_S)
            downtime_s = time.monotonic() - began
            await box.guest.until("spoq update history --json | grep -q outcome", LONG_S)
            [report] = json.loads(await box.guest.run("spoq update history --json"))["reports"]
            return figures(await box.guest.run(f"cat {PEAKS}"), report, plain_s, downtime_s)
    except TimeoutError as error:
        raise BenchError("The box did not get that far in time.") from error
    except CommandFailed as error:
        raise BenchError(f"In the box: {error}") from error


def figures(peaks: str, report: Mapping[str, Any], plain_s: float, downtime_s: float) -> Figures:
    """What the box told, put together. Raises BenchError: the update did not stay."""
    if report["outcome"] != "kept":
        raise BenchError(f"The update ended as {report['outcome']}. {report['why']}")
    peak = {unit: max(int(kb) for name, kb in PEAK.findall(peaks) if name == unit) for unit in ("spoq-otad", "rauc")}
    return {
        "way": report["way"],
        "fetched_bytes": report["bytes"],
        "plain_s": round(plain_s, 1),
        "install_s": round(report["seconds"], 1),
        "install_ratio": round(report["seconds"] / plain_s, 2),
        "apply_peak_mb": round(sum(peak.values()) * 1024 / 1e6, 1),
        "peak_mb": {unit: round(kb * 1024 / 1e6, 1) for unit, kb in peak.items()},
        "downtime_s": round(downtime_s, 1),
    }


async def _until_other_slot(box: Box) -> None:
    """It has restarted. Raises TimeoutError."""
    async with asyncio.timeout(INSTALL_S):
        while True:
            try:
                if await box.guest.run("sleep 2; cat /run/spoq/slot") == OTHER_SLOT:
                    return
            except (CommandFailed, OSError, ValueError):
                await box.until_up()


@asynccontextmanager
async def _served(folder: Path) -> AsyncIterator[int]:
    """The port of this computer's where the folder is, as any server of static files has it."""
    application = web.Application()
    application.router.add_static("/", folder)
    runner = web.AppRunner(application, access_log=None)
    await runner.setup()
    try:
        await web.TCPSite(runner, "127.0.0.1", 0).start()
        yield int(runner.addresses[0][1])
    finally:
        await runner.cleanup()
