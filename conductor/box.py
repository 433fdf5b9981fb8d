"""What the box can find out about itself: its address, its temperature, its zone. Reads the system, sends nothing."""

import os
import socket
from pathlib import Path
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from conductor.world import Box

SOMEWHERE = ("192.0.2.1", 9)
"""An address of nobody (RFC 5737): asking for the way there tells which of our addresses would be used."""
THERMAL = Path("/sys/class/thermal")
LOCALTIME = Path("/etc/localtime")


def looked_at(version: str) -> Box:
    """The box as it is now."""
    return Box(version, _address(), _celsius(THERMAL))


def zone(name: str) -> ZoneInfo:
    """The zone of that name; this computer's where it is empty, UTC where that is unknown."""
    for key in (name, os.environ.get("TZ", ""), _linked()):
        try:
            if key:
                return ZoneInfo(key)
        except (ZoneInfoNotFoundError, ValueError, OSError):
            continue
    return ZoneInfo("UTC")


def _address() -> str:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
        try:
            probe.connect(SOMEWHERE)  # no packet leaves: UDP only looks up the route
        except OSError:
            return ""
        address: str = probe.getsockname()[0]
        return address


def _celsius(folder: Path) -> float | None:
    """The warmest sensor."""
    readings = []
    for sensor in folder.glob("thermal_zone*/temp"):
        try:
            readings.append(int(sensor.read_text()) / 1000)
        except (OSError, ValueError):
            continue
    return max(readings, default=None)


def _linked() -> str:
    try:
        return str(LOCALTIME.readlink()).partition("zoneinfo/")[2]
    except OSError:
        return ""
