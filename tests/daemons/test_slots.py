"""`python -m daemons.slots`: what it does with what it finds."""

import os
import socket
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from daemons import slots as program
from files.reserved import Reserved
from ota import boot_options, keeper_client
from ota.confirming import Unwell
from ota.floor import Floor
from ota.slots import TRIES, Slot, Slots
from ota.systemd_boot import SystemdBoot
from ota.version import Version
from storage import fault
from tests.fakes.firmware import SystemdBootBoard

OLD, VERSION = Version(1, 0, 0), Version(1, 1, 0)


class Box:
    """A box of version 1.1.0 that was started so often without a confirmation; how often it was to `restart`."""

    def __init__(self, folder: Path, starts: int, monkeypatch: pytest.MonkeyPatch) -> None:
        self.board = SystemdBootBoard(folder / "esp")
        for _ in range(starts):
            self.board.power_on()
        self.restarts = 0
        self.floor = Floor([Reserved(folder / "floor")])
        self.well = folder / "well"

        @contextmanager
        def boot_control() -> Iterator[SystemdBoot]:
            yield self.board.control()

        @contextmanager
        def floor() -> Iterator[Floor]:
            yield self.floor

        monkeypatch.setattr("ota.board.boot_control", boot_control)
        monkeypatch.setattr("ota.board.restart", self._restart)
        monkeypatch.setattr(program, "_floor", floor)
        monkeypatch.setattr(program, "_version", lambda: VERSION)
        monkeypatch.setattr(program, "WELL", self.well)
        monkeypatch.setattr(program, "FAULT", folder / "data-fault")
        monkeypatch.setattr(boot_options, "ensure", lambda *_: False)
        monkeypatch.setattr(boot_options, "found", lambda _: None)
        monkeypatch.setattr(boot_options, "wanted", lambda *_: None)
        self._monkeypatch = monkeypatch
        self.is_asked_to("confirm")

    def is_asked_to(self, word: str) -> None:
        self._monkeypatch.setattr("sys.argv", ["slots", word])

    def answers(self, line: bytes) -> tuple[bytes, list[bytes]]:
        """Its answer, and what is in the files that came along."""
        here, there = socket.socketpair()
        self.is_asked_to("answer")
        with here, there, there.makefile("r") as stdin:
            here.sendall(line)
            self._monkeypatch.setattr("sys.stdin", stdin)
            assert program.main() == 0
            answer, lent, _, _ = socket.recv_fds(here, 65536, 2)
        contents = []
        for each in lent:
            with os.fdopen(each, "rb") as file:
                contents.append(file.read())
        return answer, contents

    def _restart(self) -> None:
        self.restarts += 1

    def tries(self) -> dict[Slot, int]:
        return Slots(self.board.control()).status().tries_left


def finding(well: bool) -> Callable[..., Awaitable[None]]:
    async def until_well(*_: object) -> None:
        if not well:
            raise Unwell("The daemons are not up.")

    return until_well


def test_a_system_that_is_well_has_its_tries_back(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    box = Box(tmp_path, 2, monkeypatch)
    monkeypatch.setattr(program, "until_well", finding(well=True))
    assert program.main() == 0
    assert (box.tries()[Slot.A], box.restarts, box.well.exists()) == (TRIES, 0, True)


@pytest.mark.parametrize(("starts", "restarts"), [(1, 1), (TRIES, 1), (2 * TRIES, 0)])
def test_one_that_is_not_well_restarts_while_that_may_help(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, starts: int, restarts: int
) -> None:
    """With its own next try or in the other slot; with none left it stays up as it is."""
    box = Box(tmp_path, starts, monkeypatch)
    before = box.tries()
    monkeypatch.setattr(program, "until_well", finding(well=False))
    assert program.main() == 1
    assert (box.tries(), box.restarts, box.well.exists()) == (before, restarts, False)


def test_data_that_is_locked_has_the_other_slot_tried(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    box = Box(tmp_path, 1, monkeypatch)
    (tmp_path / "data-fault").write_text(f"The data is locked.\n{fault.LOCKED}\n")
    monkeypatch.setattr(program, "until_well", finding(well=True))
    assert (program.main(), box.restarts, box.board.power_on()) == (1, 1, Slot.B)


@pytest.mark.parametrize(
    ("floor", "confirmed"), [(None, True), (VERSION, True), (Version(1, 2, 0), True), (OLD, False)]
)
def test_above_the_floor_nothing_is_confirmed_unseen(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, floor: Version | None, confirmed: bool
) -> None:
    """And a box that has no floor takes what it was flashed with."""
    box = Box(tmp_path, 1, monkeypatch)
    if floor is not None:
        box.floor.raised(floor)
    monkeypatch.setattr(program, "until_well", finding(well=True))
    assert program.main() == 0
    assert box.tries()[Slot.A] == (TRIES if confirmed else TRIES - 1)
    assert box.floor.read().floor == (floor or VERSION)
    assert box.well.exists()


def test_one_that_is_not_well_on_trial_has_no_second_try(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    box = Box(tmp_path, 1, monkeypatch)
    box.floor.raised(OLD)
    monkeypatch.setattr(program, "until_well", finding(well=False))
    primary = Slots(box.board.control()).status().primary
    assert (program.main(), box.restarts, box.tries()[Slot.A]) == (1, 1, 0)
    # Whoever had it tried sees that it was.
    assert Slots(box.board.control()).status().primary is primary is Slot.A
    assert box.board.power_on() is Slot.B


def test_locked_data_on_trial_gives_the_system_up(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    box = Box(tmp_path, 1, monkeypatch)
    box.floor.raised(OLD)
    (tmp_path / "data-fault").write_text(f"The data is locked.\n{fault.LOCKED}\n")
    assert (program.main(), box.restarts, box.tries()[Slot.A]) == (1, 1, 0)
    assert Slots(box.board.control()).status().primary is Slot.A
    assert box.board.power_on() is Slot.B


def test_a_trial_where_no_other_starts_is_left_alone(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    box = Box(tmp_path, 1, monkeypatch)
    box.floor.raised(OLD)
    Slots(box.board.control()).retire(Slot.B)
    box.is_asked_to("guard")
    assert (program.main(), box.restarts) == (0, 0)


@pytest.mark.parametrize(("floor", "restarts"), [(None, 0), (VERSION, 0), (OLD, 1)])
def test_a_trial_without_an_end_ends_in_a_restart(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, floor: Version | None, restarts: int
) -> None:
    box = Box(tmp_path, 1, monkeypatch)
    if floor is not None:
        box.floor.raised(floor)
    box.is_asked_to("guard")
    assert (program.main(), box.restarts) == (0, restarts)


def test_a_line_of_otads_is_answered(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    box = Box(tmp_path, 1, monkeypatch)
    line, lent = box.answers(b"keep\nkeep\n")
    told = keeper_client.parse(line)
    assert (told.running, told.floor, box.tries()[Slot.A], lent) == (Slot.A, VERSION, TRIES, [])


def test_what_runs_is_lent_to_be_read(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    box = Box(tmp_path, 1, monkeypatch)
    root = tmp_path / "root"
    root.write_bytes(b"the root")
    monkeypatch.setattr("ota.board.lent", lambda: [root.open("rb")])
    line, lent = box.answers(b"lend\n")
    assert keeper_client.parse(line).running is Slot.A
    assert lent == [b"the root"]


def test_what_nobody_does_is_said(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    box = Box(tmp_path, 1, monkeypatch)
    box.is_asked_to("dance")
    assert program.main() == 2
