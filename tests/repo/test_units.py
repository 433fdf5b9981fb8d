"""What every daemon's unit says, by reading the files as systemd does: drop-ins over the unit, an empty line resets."""

import re
from collections import defaultdict

import pytest

from tests.repo.repository import ROOT

SYSTEM = ROOT / "rootfs/usr/lib/systemd/system"
DAEMONS = sorted(path.stem for path in SYSTEM.glob("spoq-*.service"))
SECONDS = {"s": 1, "min": 60, "h": 3600}


def unit(name: str) -> dict[str, list[str]]:
    files = [SYSTEM / f"{name}.service", *(SYSTEM / "spoq-.service.d").iterdir()]
    own = SYSTEM / f"{name}.service.d"
    said: defaultdict[str, list[str]] = defaultdict(list)
    for path in [*files, *(own.iterdir() if own.exists() else ())]:
        for line in path.read_text().splitlines():
            if match := re.match(r"(\w+)=(.*)", line):
                said[match[1]] = [*said[match[1]], match[2]] if match[2] else []
    return said


def seconds(text: str) -> float:
    match = re.fullmatch(r"(\d+)(\w*)", text)
    assert match is not None, text
    return int(match[1]) * SECONDS[match[2] or "s"]


@pytest.mark.parametrize("name", DAEMONS)
def test_a_daemon_has_an_own_user_limits_and_an_end(name: str) -> None:
    said = unit(name)
    assert (said["User"], said["Restart"]) == (["%p"], ["always"])
    assert all(said[key] for key in ("MemoryHigh", "MemoryMax", "TasksMax", "LoadCredential", "RestartSec"))
    assert said["OnFailure"] == ["box-failed@%p.service"]


@pytest.mark.parametrize("name", [each for each in DAEMONS if each != "spoq-bus"])
def test_our_own_say_when_they_are_ready_and_are_watched(name: str) -> None:
    """nats-server, another project's program, does neither."""
    said = unit(name)
    assert (said["Type"][-1], said["StateDirectory"]) == ("notify", ["spoq/%j"])
    assert seconds(said["WatchdogSec"][-1]) > 0


@pytest.mark.parametrize("name", DAEMONS)
def test_whatever_way_a_daemon_fails_it_reaches_its_limit(name: str) -> None:
    """One that hangs is ended by the watchdog, one that never gets ready by the time that a start may take."""
    said = unit(name)
    longest = max(seconds(said["TimeoutStartSec"][-1]), seconds(said["WatchdogSec"][-1]))
    one = longest + seconds(said["TimeoutStopSec"][-1]) + seconds(said["RestartSec"][-1])
    assert seconds(said["StartLimitIntervalSec"][-1]) > int(said["StartLimitBurst"][-1]) * one
