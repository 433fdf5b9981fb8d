"""What this computer offers, told to the home's network by mDNS and DNS-SD (RFC 6762, 6763)."""

import asyncio
import logging
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from ipaddress import ip_address

from zeroconf import Error, IPVersion, ServiceInfo
from zeroconf.asyncio import AsyncZeroconf

log = logging.getLogger(__name__)
# A network that goes away is no news: the box is told of in the next one.
logging.getLogger("zeroconf").setLevel(logging.ERROR)


@dataclass(frozen=True)
class Offer:
    """`kind`, as `_spoq._tcp`; `name`, what people see; `host`, the computer's name without `.local`."""

    kind: str
    name: str
    host: str
    port: int
    properties: Mapping[str, str] = field(default_factory=dict)


class Announcement:
    """Of one offer. `update` begins it, and begins it anew where the addresses are others than before."""

    def __init__(self, offer: Offer, addresses: Callable[[], list[str]]) -> None:
        self._offer, self._addresses = offer, addresses
        self._announced: list[str] = []
        self._telling: asyncio.Task[None] | None = None
        self._trouble = ""

    async def update(self) -> None:
        """Returns at once; who is asked whether the name is free takes his time."""
        found = self._addresses()
        if found == self._announced and self._telling is not None and not self._telling.done():
            return
        await self.withdraw()
        if found:
            self._announced = found
            self._telling = asyncio.create_task(self._tell(found), name="announcement")

    async def withdraw(self) -> None:
        """Nobody finds it any more."""
        telling, self._telling, self._announced = self._telling, None, []
        if telling is not None:
            telling.cancel()
            await asyncio.wait({telling})

    async def _tell(self, addresses: list[str]) -> None:
        """Until cancelled. What can't be told is tried again at the next update."""
        offer = self._offer
        kind = f"{offer.kind}.local."
        info = ServiceInfo(
            kind,
            f"{offer.name}.{kind}",
            port=offer.port,
            properties=dict(offer.properties),
            server=f"{offer.host}.local.",
            addresses=[ip_address(each).packed for each in addresses],
        )
        try:
            # Addresses of IPv6 are told as well; who speaks only that does not hear it.
            network = AsyncZeroconf(ip_version=IPVersion.V4Only)
        except OSError as error:
            self._warn(str(error.strerror))
            return
        try:
            # The name is the serial's: another one of this name is nobody's box, and is not given way to.
            await (await network.async_register_service(info, cooperating_responders=True))
            self._trouble = ""
            log.info("the home's network knows %s", info.name)
            await asyncio.Future()
        except (OSError, Error) as error:
            self._warn(str(error))
        finally:
            with suppress(OSError, Error):
                await network.async_close()

    def _warn(self, trouble: str) -> None:
        """Once for each."""
        if trouble != self._trouble:
            log.warning("the home's network is not told of this box: %s", trouble)
        self._trouble = trouble
