"""Whatever happens to the slots, the box starts: one suite for both kinds of firmware."""

from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

import pytest

from ota import systemd_boot
from ota.errors import BootControlError, NotArmed, SlotRefused
from ota.slots import TRIES, BootControl, Slot, Slots
from tests.fakes.firmware import Board, JetsonBoard, SystemdBootBoard

A, B = Slot.A, Slot.B


@pytest.fixture(params=["systemd-boot", "jetson", "jetson, counting in a register"])
def board(request: pytest.FixtureRequest, tmp_path: Path) -> Board:
    """A new box: the same system in both slots."""
    if request.param == "systemd-boot":
        return SystemdBootBoard(tmp_path)
    return JetsonBoard(tmp_path, in_variables=request.param == "jetson")


def slots(board: Board) -> Slots:
    """What the system that runs now sees."""
    return Slots(board.control())


def start(board: Board, times: int) -> list[Slot | None]:
    """The slots of so many starts that nobody confirms."""
    return [board.power_on() for _ in range(times)]


def test_a_new_box_starts_from_a(board: Board) -> None:
    assert board.power_on() is A
    status = slots(board).status()
    assert (status.running, status.primary, status.next_boot) == (A, A, A)


def test_three_starts_without_a_confirmation_end_in_the_other_slot(board: Board) -> None:
    assert start(board, TRIES + 1) == [A, A, A, B]


def test_a_confirmed_slot_starts_for_ever(board: Board) -> None:
    for _ in range(5 * TRIES):
        assert board.power_on() is A
        slots(board).confirm()


def test_a_slot_that_dies_long_after_it_was_confirmed_falls_back_too(board: Board) -> None:
    for _ in range(20):
        board.power_on()
        slots(board).confirm()
    assert start(board, TRIES + 1) == [A, A, A, B]


def test_a_confirmation_leaves_the_other_slot_as_it_is(board: Board) -> None:
    start(board, TRIES + 1)
    slots(board).confirm()
    assert slots(board).status().tries_left == {A: 0, B: TRIES}


def test_what_was_written_starts_next(board: Board) -> None:
    board.power_on()
    slots(board).confirm()
    slots(board).activate(B)
    assert slots(board).status().next_boot is B
    assert board.power_on() is B
    assert slots(board).status().running is B


def test_an_update_that_never_comes_up_ends_in_the_slot_before(board: Board) -> None:
    board.power_on()
    slots(board).confirm()
    slots(board).activate(B)
    assert start(board, TRIES + 1) == [B, B, B, A]
    slots(board).confirm()
    assert start(board, 1) == [A]


def test_updates_go_back_and_forth(board: Board) -> None:
    running = board.power_on()
    for _ in range(4):
        assert running is not None
        slots(board).confirm()
        slots(board).activate(running.other)
        assert board.power_on() is running.other
        running = running.other


def test_a_slot_that_was_used_up_is_tried_again_once_it_was_written(board: Board) -> None:
    start(board, TRIES + 1)
    slots(board).confirm()
    slots(board).activate(A)
    assert board.power_on() is A


def test_both_slots_used_up_end_in_the_rescue_system(board: Board) -> None:
    assert start(board, 2 * TRIES + 1) == [A, A, A, B, B, B, None]


def test_a_retired_slot_does_not_start(board: Board) -> None:
    board.power_on()
    slots(board).retire(A)
    assert slots(board).status().tries_left[A] == 0
    assert start(board, 2) == [B, B]


def test_the_last_slot_is_not_retired(board: Board) -> None:
    board.power_on()
    slots(board).retire(B)
    with pytest.raises(SlotRefused, match="nothing would"):
        slots(board).retire(A)
    assert board.power_on() is A


def test_the_running_slot_is_no_update(board: Board) -> None:
    board.power_on()
    with pytest.raises(SlotRefused, match="runs now"):
        slots(board).activate(A)


class PowerLost(Exception):
    """Nothing happens any more."""


class Cut:
    """A control whose power goes before its nth write."""

    WRITES = ("set_primary", "refill", "use_up")

    def __init__(self, control: BootControl, after: int) -> None:
        self._control, self._left = control, after

    def __getattr__(self, name: str) -> object:
        if name in self.WRITES:
            if not self._left:
                raise PowerLost
            self._left -= 1
        return getattr(self._control, name)


CHANGES: dict[str, Callable[[Slots], object]] = {
    "confirm": Slots.confirm,
    "activate": lambda slots: slots.activate(B),
    "retire": lambda slots: slots.retire(A),
    "doubt": Slots.doubt,
}


@pytest.mark.parametrize("change", CHANGES)
@pytest.mark.parametrize("after", range(3))
def test_power_that_goes_between_two_writes_leaves_a_box_that_starts(board: Board, change: str, after: int) -> None:
    board.power_on()
    with suppress(PowerLost):
        CHANGES[change](Slots(Cut(board.control(), after)))  # type: ignore[arg-type]
    board.power_cut()
    assert board.power_on() is not None


@pytest.mark.parametrize("change", CHANGES)
@pytest.mark.parametrize("after", range(6))
def test_power_that_goes_between_two_changes_of_the_folder_leaves_a_box_that_starts(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, change: str, after: int
) -> None:
    board, left = SystemdBootBoard(tmp_path), after
    board.power_on()

    def cut(step: Callable[..., object]) -> Callable[..., object]:
        def stepping(*arguments: object, **named: object) -> object:
            nonlocal left
            if not left:
                raise PowerLost
            left -= 1
            return step(*arguments, **named)

        return stepping

    with monkeypatch.context() as patch:
        for name in ("replace", "unlink", "open"):
            patch.setattr(Path, name, cut(getattr(Path, name)))
        with suppress(PowerLost):
            CHANGES[change](slots(board))
    assert board.power_on() is not None
    slots(board).confirm()
    slots(board).activate(slots(board).status().running.other)
    assert board.power_on() is not None


class Deaf:
    """Firmware that does nothing and says nothing."""

    def __init__(self, control: BootControl) -> None:
        self._control = control

    def __getattr__(self, name: str) -> object:
        return (lambda *_: None) if name in Cut.WRITES else getattr(self._control, name)


def test_firmware_that_ignores_a_switch_is_noticed(board: Board) -> None:
    board.power_on()
    with pytest.raises(BootControlError, match="ignores"):
        Slots(Deaf(board.control())).activate(B)  # type: ignore[arg-type]


def test_a_jetson_that_was_flashed_with_one_system_refuses_with_the_reason(tmp_path: Path) -> None:
    board = JetsonBoard(tmp_path, in_variables=True, armed=False)
    with pytest.raises(NotArmed, match="ROOTFS_AB"):
        slots(board).activate(B)
    assert board.power_on() is A


def test_a_stale_status_does_not_block_a_switch(tmp_path: Path) -> None:
    board = JetsonBoard(tmp_path, in_variables=True)
    board.variables.set("BootChainFwStatus", 4)
    slots(board).activate(B)
    assert board.power_on() is B


@pytest.mark.parametrize("name", ["spoq-a+3.conf", "spoq-b+1-2.conf", "SPOQ-A+0-3.CONF"])
def test_a_name_is_read_as_the_loader_writes_it(name: str) -> None:
    entry = systemd_boot.parse(name, "sort-key spoq-5\n")
    assert entry is not None
    assert entry.name == name.lower()


@pytest.mark.parametrize("name", ["spoq-c+3.conf", "spoq-a.conf", "spoq-a+.conf", "spoq-a+999.conf", "other.conf"])
def test_other_files_are_left_alone(name: str) -> None:
    assert systemd_boot.parse(name, "sort-key spoq-5\n") is None
