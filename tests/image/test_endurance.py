"""What happens to a box in a home: a daemon dies, the bus dies, the disk is full, the clock is wrong."""

import pytest

from builder.box import PYTHON, Box
from builder.target import PROJECT

pytestmark = [pytest.mark.asyncio(loop_scope="session"), pytest.mark.timeout(1800)]

QUESTION, ANSWER = "spoq ask what is seven times eight", "Seven times eight is fifty-six.\n"
UP_AGAIN_S = 240.0
"""A daemon takes half a minute to start in an emulated box."""
ALL_UP = "! systemctl list-jobs | grep ' spoq-' && systemctl is-active --quiet 'spoq-*.service'"
FAILED = "box-failed@.service"
WATCH_THE_RING = """
import asyncio
from bus import subjects as s
from cli.connection import connected

async def main():
    async with connected() as bus:
        await bus.subscribe(s.HARDWARE_RING, lambda shown: print(shown.body.state, flush=True))
        await bus.flush()
        print("watching", flush=True)
        await asyncio.Event().wait()

asyncio.run(main())
"""


async def killed(box: Box, unit: str) -> None:
    """The unit's process ends at once, and another is up."""
    pid = (await box.guest.run(f"systemctl show -P MainPID {unit}")).strip()
    await box.guest.run(f"kill -KILL {pid}")
    another = f'systemctl is-active --quiet {unit} && [ "$(systemctl show -P MainPID {unit})" != {pid} ]'
    await box.guest.until(another, UP_AGAIN_S)


@pytest.mark.parametrize("unit", ["spoq-conductord", "spoq-bus"])
async def test_what_is_killed_comes_back_and_the_box_answers(box: Box, unit: str) -> None:
    await killed(box, unit)
    await box.guest.until(f"{QUESTION} >/run/answer", UP_AGAIN_S)
    assert await box.guest.run("cat /run/answer") == ANSWER


async def test_a_daemon_that_does_not_stay_up_is_seen_and_gets_another_go(box: Box) -> None:
    unit = "spoq-conductord"
    sooner = (PROJECT / "rootfs/usr/lib/systemd/system" / FAILED).read_text().replace("sleep 300", "sleep 20")
    await box.guest.run(f"mkdir -p /run/systemd/system/{unit}.service.d")
    await box.guest.put(sooner.encode(), f"/run/systemd/system/{FAILED}")
    await box.guest.put(b"[Unit]\nStartLimitBurst=1\n", f"/run/systemd/system/{unit}.service.d/limit.conf")
    await box.guest.put(WATCH_THE_RING.encode(), "/run/watch.py")
    await box.guest.run(f"systemctl daemon-reload; {PYTHON} /run/watch.py >/run/shown 2>&1 &")
    await box.guest.until("grep watching /run/shown", UP_AGAIN_S)
    await killed(box, unit)
    await box.guest.run(f"systemctl kill --signal KILL {unit}")
    await box.guest.until(f"test -e /run/spoq/failed/{unit} && grep attention /run/shown", UP_AGAIN_S)
    await box.guest.until(f"{QUESTION} >/run/answer", UP_AGAIN_S)
    assert await box.guest.run("ls /run/spoq/failed") == ""
    await box.guest.until("tail -n 1 /run/shown | grep ready_to_pair", UP_AGAIN_S)


async def test_a_full_data_partition_leaves_the_box_answering(box: Box) -> None:
    await fill(box)
    assert await box.guest.run(QUESTION) == ANSWER
    assert await failed(box) == ""


@pytest.mark.matrix
async def test_on_a_full_data_partition_every_daemon_starts_anew(box: Box) -> None:
    await fill(box)
    # All of them: they need what this makes.
    await box.guest.run("systemctl restart --no-block box-keys.service")
    await box.guest.until(ALL_UP, UP_AGAIN_S)
    await box.guest.until(f"{QUESTION} >/run/answer", UP_AGAIN_S)
    assert await box.guest.run("cat /run/answer") == ANSWER
    assert await failed(box) == ""


async def fill(box: Box) -> None:
    """The data partition, to its last byte."""
    await box.guest.outcome(
        "fallocate -l $(($(df --output=avail -B1 /data | tail -1) - 10000000)) /var/lib/spoq/filler; "
        "dd if=/dev/zero of=/var/filler bs=1k; sync"
    )
    assert int((await box.guest.run("df --output=avail /data | tail -1")).strip()) == 0


async def failed(box: Box) -> str:
    """The units that have."""
    return await box.guest.run("systemctl --failed --no-legend --plain; ls /run/spoq/failed 2>/dev/null; true")


async def test_the_clock_may_be_at_1970_and_be_set_again(box: Box) -> None:
    await box.guest.run("timedatectl set-ntp false; now=$(date +%s) && date -s @86400 && echo $now > /run/now")
    assert await box.guest.run(QUESTION) == ANSWER
    assert "don't know the time" in await box.guest.run("spoq ask what time is it")
    await box.guest.run("date -s @$(cat /run/now)")
    assert await box.guest.run(QUESTION) == ANSWER
    assert await box.guest.run("systemctl --failed --no-legend --plain") == ""
