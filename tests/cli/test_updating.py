"""`spoq update` on a box: over a real bus, with a real updater behind it."""

import asyncio
import json
import tarfile
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from bus import messages_pb2 as pb
from bus import subjects as s
from bus.client import Bus
from bus.envelope import Received
from bus.errors import NoAnswer
from cli import updating
from cli.errors import CommandError
from ota.policy import Moment
from ota.service import NOBODY_IS_ASKED, UpdateService
from ota.source import Folder, Server, Switch, session
from ota.update import Outcome, State
from tests.conftest import Connect
from tests.fakes.updating_box import UpdatingBox
from tests.ota.world import DAY, NEW, WAITS_FOR_THE_NIGHT, World, ended


class TellingBox(UpdatingBox):
    """Its updater is asked over the bus."""

    service: UpdateService

    def _on_told(self) -> None:
        self.service.tell()
        super()._on_told()


@dataclass
class Owner:
    """Somebody at the box's terminal."""

    bus: Bus
    capsys: pytest.CaptureFixture[str]

    async def reads(self, action: str) -> str:
        """What is printed. Raises CommandError."""
        await updating.do(self.bus, action, as_json=False)
        return self.capsys.readouterr().out

    async def reads_json(self, action: str) -> Any:
        await updating.do(self.bus, action, as_json=True)
        return json.loads(self.capsys.readouterr().out)


@asynccontextmanager
async def at_home(
    world: World,
    connect: Connect,
    capsys: pytest.CaptureFixture[str],
    has_server: bool = True,
    turn_to: Callable[[str], None] = lambda _: None,
) -> AsyncIterator[Owner]:
    async with connect("otad") as otad, connect("cli") as cli, asyncio.TaskGroup() as tasks:
        box = world.box
        assert isinstance(box, TellingBox)
        box.service = UpdateService(otad, has_server, turn_to)
        async with box.on():
            await box.shows(state=State.IDLE)
            await box.service.serve(box.updater)
            await otad.flush()
            telling = tasks.create_task(box.service.run())
            yield Owner(cli, capsys)
            telling.cancel()


@pytest.fixture
def world(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> World:
    monkeypatch.setattr("tests.ota.world.UpdatingBox", TellingBox)
    return World(tmp_path)


async def test_nothing_new_is_said_so(world: World, connect: Connect, capsys: pytest.CaptureFixture[str]) -> None:
    async with at_home(world, connect, capsys) as owner:
        assert await owner.reads("check") == "Version 1.0.0 runs.\nNothing is under way.\nNothing new is there.\n"
        assert await owner.reads("history") == "There was no update yet.\n"
        with pytest.raises(CommandError, match="could be skipped"):
            await owner.reads("skip")


async def test_what_is_new_waits_for_the_night_or_for_a_word(
    world: World, connect: Connect, capsys: pytest.CaptureFixture[str]
) -> None:
    world.box.doing = Moment(DAY)
    async with at_home(world, connect, capsys) as owner:
        world.offers(NEW, security=True, notes={"en": "It hears you better.", "de": "Sie hört besser."})
        await world.box.shows(state=State.READY, why=WAITS_FOR_THE_NIGHT)
        assert await owner.reads("status") == (
            "Version 1.0.0 runs.\nVersion 1.1.0 is there, which mends a hole in the security.\nIt hears you better.\n"
            "It is here, and waits to be installed.\nIt is installed at 3 o'clock in the night.\n"
        )
        await owner.reads("not-now")
        assert (await owner.reads_json("install"))["state"] in updating.ENDS
        await world.box.until(lambda: ended(world.box, Outcome.KEPT))


async def test_the_ring_shows_it_at_work(world: World, connect: Connect, capsys: pytest.CaptureFixture[str]) -> None:
    shown = asyncio.Event()

    def on_ring(message: Received[pb.RingWish]) -> None:
        if message.body.state == "updating":
            shown.set()

    async with connect("hardwared") as hardwared:
        await hardwared.subscribe(s.HARDWARE_RING_SET, on_ring)
        await hardwared.flush()
        async with at_home(world, connect, capsys):
            world.offers(NEW)
            async with asyncio.timeout(10.0):
                await shown.wait()


async def test_where_no_server_is_set_that_is_said(
    world: World, connect: Connect, capsys: pytest.CaptureFixture[str]
) -> None:
    async with at_home(world, connect, capsys, has_server=False) as owner:
        for action in ("check", "install"):
            with pytest.raises(CommandError, match=NOBODY_IS_ASKED):
                await owner.reads(action)
        refused = await owner.bus.request(s.UPDATE_WISH, pb.UpdateWish(action="dance"))
        assert refused.refusal == "This is nothing that can be wished for."


@pytest.mark.parametrize("packed", [False, True], ids=["folder", "tar file"])
async def test_what_is_at_hand_is_installed_without_any_server(
    tmp_path: Path, connect: Connect, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, packed: bool
) -> None:
    monkeypatch.setattr("tests.ota.world.UpdatingBox", TellingBox)
    (tmp_path / "nothing").mkdir()
    async with session() as connections:
        switch = Switch(Folder(tmp_path / "nothing"))

        def turn_to(address: str) -> None:
            switch.turn_to(Server(connections, address))

        world = World(tmp_path, switch)
        world.offers(NEW)
        stick = world.maker.folder
        if packed:
            stick = tmp_path / "carried.tar"
            with tarfile.open(stick, "w") as tar:
                tar.add(world.maker.folder, "releases")
        async with at_home(world, connect, capsys, has_server=False, turn_to=turn_to) as owner:
            await updating.asked(owner.bus, None, stick, as_json=True)
            assert json.loads(capsys.readouterr().out)["state"] in updating.ENDS
            await world.box.until(lambda: ended(world.box, Outcome.KEPT))


async def test_what_is_not_at_hand_is_not_installed(
    world: World, connect: Connect, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    (tmp_path / "empty").mkdir()
    (tmp_path / "film").write_bytes(bytes(2000))
    async with at_home(world, connect, capsys, has_server=False) as owner:
        for place, said in (("empty", "no releases"), ("film", "releases in it"), ("gone", "no tar file")):
            with pytest.raises(CommandError, match=f"{said}.*spoq-release"):
                await updating.asked(owner.bus, "install", tmp_path / place, as_json=False)
        with pytest.raises(CommandError, match="can only be installed"):
            await updating.asked(owner.bus, "check", tmp_path / "empty", as_json=False)
        for address in (
            "http://192.168.1.1:80/",
            "http://127.0.0.1:80/x",
            "file:///etc",
            "http://127.0.0.1:80@example.org/",
        ):
            refused = await owner.bus.request(s.UPDATE_WISH, pb.UpdateWish(action="install", at_hand=address))
            assert refused.refusal == "What is at hand has to be served by the box itself."


async def test_where_nobody_looks_after_updates_that_is_said(
    connect: Connect, capsys: pytest.CaptureFixture[str]
) -> None:
    async with connect("cli") as cli:
        with pytest.raises(NoAnswer):
            await Owner(cli, capsys).reads("status")


def test_what_became_of_updates_is_told_in_lines() -> None:
    report = {"unix_ms": 0, "outcome": "kept", "from": "1.0.0", "to": "1.1.0", "way": "whole", "bytes": 274_000_000}
    gone = {"unix_ms": 0, "outcome": "went back", "from": "1.0.0", "to": "1.2.0", "way": "", "bytes": 0}
    history = {"reports": [gone | {"seconds": 0, "why": "It is not well."}, report | {"seconds": 61.4, "why": ""}]}
    assert updating.reported(history) == [
        "1.0.0 → 1.2.0  went back",
        "    It is not well.",
        "1.0.0 → 1.1.0  kept  274.0 MB (whole), 61 s",
    ]
