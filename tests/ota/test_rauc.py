"""A bundle is written by RAUC, or it is said why not; nobody else says that it was."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest
import pytest_asyncio

from ota.errors import InstallerAway, NotInstalled
from ota.rauc import install
from tests.fakes.bluez import dbus
from tests.fakes.rauc import Rauc

BUNDLE = Path("/var/lib/new.raucb")


@pytest_asyncio.fixture
async def rauc(monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Rauc]:
    async with dbus() as address:
        monkeypatch.setenv("DBUS_SYSTEM_BUS_ADDRESS", address)
        rauc = await Rauc.started(address)
        yield rauc
        await rauc.stop()


async def test_it_is_written_and_told_how_far_it_is(rauc: Rauc) -> None:
    told: list[int] = []
    await install(BUNDLE, told.append)
    assert (rauc.installed, told) == ([str(BUNDLE)], [0, 40, 100])


async def test_it_says_why_not_and_a_stranger_does_not_count(rauc: Rauc) -> None:
    rauc.refuses = "signature verification failed"
    with pytest.raises(NotInstalled, match="signature verification failed"):
        await install(BUNDLE)


async def test_it_dies_in_the_middle(rauc: Rauc) -> None:
    rauc.dies = True
    with pytest.raises(NotInstalled, match="ended"):
        await install(BUNDLE)


async def test_it_is_at_something_else(rauc: Rauc) -> None:
    rauc.operation = "installing"
    with pytest.raises(InstallerAway, match="already"):
        await install(BUNDLE)
    assert not rauc.installed


async def test_it_is_not_there(rauc: Rauc) -> None:
    await rauc.stop()
    with pytest.raises(InstallerAway):
        await install(BUNDLE)
