"""A system is confirmed when it is well, and after an unclean end only when all of it was read."""

from collections.abc import Awaitable, Callable
from pathlib import Path

import pytest

from ota.confirming import Config, Mark, Unwell, until_well
from ota.slots import TRIES, Slot, Slots
from tests.fakes.firmware import SystemdBootBoard

CONFIG = Config(wait_s=0.05, steady_s=0.02, poll_s=0.01)


@pytest.fixture
def board(tmp_path: Path) -> SystemdBootBoard:
    """A box that was just started, from slot a."""
    board = SystemdBootBoard(tmp_path / "esp")
    board.power_on()
    return board


@pytest.fixture
def root(tmp_path: Path) -> Path:
    path = tmp_path / "root"
    path.write_bytes(b"a system")
    return path


def always(answer: bool) -> Callable[[], Awaitable[bool]]:
    async def well() -> bool:
        return answer

    return well


async def confirm(board: SystemdBootBoard, mark: Mark, well: Callable[[], Awaitable[bool]], root: Path) -> None:
    """As `python -m daemons.slots confirm` does it."""
    await until_well(mark, well, root, CONFIG)
    Slots(board.control()).confirm()


def tries(board: SystemdBootBoard) -> int:
    return Slots(board.control()).status().tries_left[Slot.A]


async def test_a_system_that_is_well_is_confirmed(board: SystemdBootBoard, root: Path, tmp_path: Path) -> None:
    await confirm(board, Mark(tmp_path / "mark"), always(True), root)
    assert tries(board) == TRIES


async def test_a_system_whose_daemons_stay_down_is_not(board: SystemdBootBoard, root: Path, tmp_path: Path) -> None:
    with pytest.raises(Unwell, match="daemons"):
        await confirm(board, Mark(tmp_path / "mark"), always(False), root)
    assert tries(board) == TRIES - 1


async def test_daemons_that_come_and_go_do_not_count(board: SystemdBootBoard, root: Path, tmp_path: Path) -> None:
    answers = [True, False] * 100

    async def well() -> bool:
        return answers.pop()

    with pytest.raises(Unwell):
        await confirm(board, Mark(tmp_path / "mark"), well, root)


async def test_after_an_unclean_end_the_whole_system_is_read_first(board: SystemdBootBoard, tmp_path: Path) -> None:
    Mark(tmp_path / "mark").set()
    with pytest.raises(Unwell, match="read"):
        await confirm(board, Mark(tmp_path / "mark"), always(True), tmp_path / "gone")
    assert tries(board) == TRIES - 1


async def test_after_an_end_in_order_it_is_not(board: SystemdBootBoard, tmp_path: Path) -> None:
    mark = Mark(tmp_path / "mark")
    mark.set()
    mark.clear()
    await confirm(board, Mark(tmp_path / "mark"), always(True), tmp_path / "gone")
    assert tries(board) == TRIES
    assert not Mark(tmp_path / "mark").ended_in_order


def until_up_with_locked_data(board: SystemdBootBoard, opens: Slot | None = None) -> list[Slot | None]:
    """The slots of the starts until the box stays up, as `daemons/slots.py` has it; `opens`: where data opens."""
    started: list[Slot | None] = []
    while len(started) < 3 * TRIES:
        started.append(board.power_on())
        if started[-1] is opens or not Slots(board.control()).doubt():
            Slots(board.control()).confirm()
            break
    return started


def test_an_update_that_does_not_open_the_data_gives_way_to_the_slot_before(board: SystemdBootBoard) -> None:
    Slots(board.control()).confirm()
    Slots(board.control()).activate(Slot.B)
    assert until_up_with_locked_data(board, opens=Slot.A) == [Slot.B, Slot.A]
    assert board.power_on() is Slot.A


def test_with_data_that_neither_slot_opens_the_box_stays_up(board: SystemdBootBoard) -> None:
    Slots(board.control()).confirm()
    for _ in range(3 * TRIES):
        assert until_up_with_locked_data(board)[-1] is Slot.B


def test_once_data_is_recovered_the_slots_are_as_they_were(board: SystemdBootBoard) -> None:
    Slots(board.control()).confirm()
    assert until_up_with_locked_data(board) == [Slot.A, Slot.B]
    for _ in range(TRIES + 1):
        assert board.power_on() is Slot.A
        Slots(board.control()).confirm()


def test_locked_data_does_not_start_a_slot_without_a_try(board: SystemdBootBoard) -> None:
    Slots(board.control()).retire(Slot.B)
    assert until_up_with_locked_data(board) == [Slot.A]
    assert board.power_on() is Slot.A


def test_a_disk_that_cannot_be_written_is_no_reason_to_give_the_slot_up(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    (tmp_path / "file").touch()
    Mark(tmp_path / "file/mark").set()
    assert "can't be written down" in caplog.text
