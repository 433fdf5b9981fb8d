"""Where the household lives: its time zone, and how it measures. Its first owner's phone says it; one file keeps it.

The zone is the first of these that there is: `zone` in the settings, what was said, this computer's, UTC.
"""

import asyncio
import json
import logging
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from bus import messages_pb2 as pb
from bus import subjects as s
from bus.client import Bus
from bus.envelope import Received
from conductor import box
from files import durable

log = logging.getLogger(__name__)

MOST_ZONE, MOST_FILE = 64, 1024
SETTLED = "The box's own settings say in which zone it is."
UNKNOWN = "The box knows no such time zone."


@dataclass(frozen=True)
class Region:
    """`imperial`: in Fahrenheit."""

    zone: ZoneInfo
    imperial: bool = False


class Regional:
    """`serve` once. `file` keeps what was said; `settled`: the zone of the settings; `moved` hears of each change."""

    def __init__(self, file: Path, settled: str, moved: Callable[[Region], None]) -> None:
        self._file, self._settled, self._moved = file, settled, moved
        zone, imperial = _read(file)
        self.region = Region(box.zone(settled or zone), imperial)

    async def serve(self, bus: Bus) -> None:
        await bus.serve(s.REGION, self._on_set)

    async def _on_set(self, message: Received[pb.SetRegion]) -> pb.Region:
        asked, region = message.body, self.region
        if asked.HasField("zone"):
            if self._settled:
                return _told(region, SETTLED)
            if (zone := _known(asked.zone)) is None:
                return _told(region, UNKNOWN)
            region = Region(zone, region.imperial)
        if asked.HasField("imperial"):
            region = Region(region.zone, asked.imperial)
        if region != self.region:
            document = {"zone": region.zone.key, "imperial": region.imperial}
            try:
                await asyncio.to_thread(durable.write, self._file, json.dumps(document).encode())
            except OSError as error:
                return _told(self.region, f"The box can't write that down: {error.strerror}.")
            self.region = region
            self._moved(region)
        return _told(region)


def _told(region: Region, refusal: str = "") -> pb.Region:
    return pb.Region(refusal=refusal, zone=region.zone.key, imperial=region.imperial)


def _known(zone: str) -> ZoneInfo | None:
    try:
        return ZoneInfo(zone) if len(zone) <= MOST_ZONE else None
    except (ZoneInfoNotFoundError, ValueError, OSError):
        return None


def _read(file: Path) -> tuple[str, bool]:
    """What was said; nothing, where nobody has said it."""
    try:
        with file.open("rb") as opened:
            document = json.loads(opened.read(MOST_FILE))
        return str(document["zone"]), document["imperial"] is True
    except FileNotFoundError:
        pass
    except (OSError, ValueError, KeyError, TypeError) as error:
        log.warning("where the household lives can't be read any more: %s", type(error).__name__)
    return "", False
