"""Boxes in the home's network, by what they say of themselves (mDNS)."""

import asyncio
from dataclasses import dataclass

from zeroconf import IPVersion, ServiceStateChange, Zeroconf
from zeroconf.asyncio import AsyncServiceBrowser, AsyncServiceInfo, AsyncZeroconf

from gateway import config as gateway
from pairing import config as pairing
from phone.errors import NotFound

PAIRS, SERVES = f"{pairing.ANNOUNCED}.local.", f"{gateway.ANNOUNCED}.local."
LOOK_S, ANSWER_MS = 3.0, 2000.0


@dataclass(frozen=True)
class Found:
    """A box, its host name without `.local`, and where it answers."""

    name: str
    host: str
    address: str
    port: int


async def boxes(kind: str, look_s: float = LOOK_S) -> list[Found]:
    """All that say so within that time."""
    names: set[str] = set()

    def on_change(zeroconf: Zeroconf, service_type: str, name: str, state_change: ServiceStateChange) -> None:
        if state_change is not ServiceStateChange.Removed:
            names.add(name)

    try:
        network = AsyncZeroconf(ip_version=IPVersion.V4Only)
    except (OSError, RuntimeError) as error:
        raise NotFound("This computer is in no network.") from error
    try:
        browser = AsyncServiceBrowser(network.zeroconf, kind, handlers=[on_change])
        await asyncio.sleep(look_s)
        await browser.async_cancel()
        infos = [AsyncServiceInfo(kind, name) for name in sorted(names)]
        answered = await asyncio.gather(*(each.async_request(network.zeroconf, ANSWER_MS) for each in infos))
        return [_found(each, kind) for each, there in zip(infos, answered, strict=True) if there and each.port]
    finally:
        await network.async_close()


async def the_only(kind: str, host: str | None = None) -> Found:
    """The box with this host name; without one the only box. Raises NotFound."""
    found = [each for each in await boxes(kind) if host in (None, each.host)]
    if len(found) > 1:
        names = ", ".join(f"{each.name} ({each.address})" for each in found)
        raise NotFound(f"There are several: {names}. Say which: --at ADDRESS.")
    if not found:
        raise NotFound
    return found[0]


def _found(info: AsyncServiceInfo, kind: str) -> Found:
    addresses = info.parsed_addresses()
    host = (info.server or "").removesuffix(".local.")
    return Found(info.name.removesuffix(f".{kind}"), host, addresses[0] if addresses else "", info.port or 0)
