"""What a box offers is found by another program of the network, under its new address, and not any more at the end."""

import asyncio
from collections.abc import AsyncIterator

import pytest
import pytest_asyncio
from zeroconf import IPVersion
from zeroconf.asyncio import AsyncServiceInfo, AsyncZeroconf

from lan.announcement import Announcement, Offer

KIND = "_spoq-test._tcp"
OFFER = Offer(KIND, "Spoq-X9RC", "spoq-x9rc", 7767, {"version": "1"})
SOON_S = 20.0


class Home:
    """Its addresses change."""

    def __init__(self) -> None:
        self.addresses: list[str] = []
        self.announcement = Announcement(OFFER, lambda: list(self.addresses))


@pytest_asyncio.fixture
async def home() -> AsyncIterator[Home]:
    home = Home()
    yield home
    await home.announcement.withdraw()


async def found(patience_s: float = SOON_S) -> AsyncServiceInfo | None:
    """What somebody finds who knows nothing yet."""
    asking = AsyncZeroconf(ip_version=IPVersion.V4Only)
    try:
        info = AsyncServiceInfo(f"{KIND}.local.", f"{OFFER.name}.{KIND}.local.")
        return info if await info.async_request(asking.zeroconf, patience_s * 1000) else None
    finally:
        await asking.async_close()


async def test_it_is_found_follows_its_address_and_goes(home: Home) -> None:
    await home.announcement.update()
    home.addresses = ["192.0.2.20"]
    await home.announcement.update()
    info = await found()
    assert info is not None
    assert (info.parsed_addresses(), info.port, info.server) == (["192.0.2.20"], 7767, "spoq-x9rc.local.")
    assert info.decoded_properties == {"version": "1"}
    home.addresses = ["192.0.2.21"]
    await home.announcement.update()
    async with asyncio.timeout(SOON_S):
        while (info := await found()) is None or info.parsed_addresses() != ["192.0.2.21"]:
            pass
    await home.announcement.withdraw()
    assert await found(0.5) is None


async def test_without_sockets_it_is_told_once_and_tried_again(
    home: Home, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    tried = 0

    def none(**_: object) -> AsyncZeroconf:
        nonlocal tried
        tried += 1
        raise OSError(1, "Operation not permitted")

    home.addresses = ["192.0.2.20"]
    monkeypatch.setattr("lan.announcement.AsyncZeroconf", none)
    for _ in range(3):
        await home.announcement.update()
        await asyncio.sleep(0)
    assert tried == 3
    assert caplog.text.count("Operation not permitted") == 1
