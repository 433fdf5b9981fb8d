"""What its first owner's phone tells a new box: what time it is, in which zone, and how its people measure."""

import asyncio
import logging
from collections.abc import Awaitable, Callable

from bus import messages_pb2 as pb
from bus import subjects as s
from bus.client import Bus
from bus.errors import BusError
from pairing.box_side import Newcomer

log = logging.getLogger(__name__)

TRIES = 5


async def settle(bus: Bus, owner: Newcomer, again_s: float) -> None:
    """Whoever keeps that may just be starting, and is asked again after `again_s`; what they refuse is left."""
    await _asked(lambda: bus.request(s.HARDWARE_CLOCK, pb.SetClock(unix_ms=owner.unix_ms)), again_s)
    await _asked(lambda: bus.request(s.REGION, pb.SetRegion(imperial=owner.imperial)), again_s)
    if owner.zone:
        await _asked(lambda: bus.request(s.REGION, pb.SetRegion(zone=owner.zone)), again_s)


async def _asked(ask: Callable[[], Awaitable[pb.Reply | pb.Region]], again_s: float) -> None:
    refusal = ""
    for left in reversed(range(TRIES)):
        try:
            refusal = (await ask()).refusal
            break
        except BusError as error:
            refusal = str(error)
        if left:
            await asyncio.sleep(again_s)
    if refusal:
        log.info("what the owner's phone said is not taken: %s", refusal)
