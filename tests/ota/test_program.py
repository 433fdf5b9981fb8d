"""`python -m ota confirm`: what it does with what it finds."""

from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from ota import __main__ as program
from ota import boot_options
from ota.confirming import Unwell
from ota.slots import TRIES, Slot, Slots
from ota.systemd_boot import SystemdBoot
from tests.fakes.firmware import SystemdBootBoard

RESTARTS = ("systemctl", "reboot", "--no-block")


class Box:
    """A box that was started so often without a confirmation; `asked` is what it has other programs do."""

    def __init__(self, folder: Path, starts: int, monkeypatch: pytest.MonkeyPatch) -> None:
        self.board = SystemdBootBoard(folder / "esp")
        for _ in range(starts):
            self.board.power_on()
        self.asked: list[tuple[str, ...]] = []

        @contextmanager
        def boot_control() -> Iterator[SystemdBoot]:
            yield self.board.control()

        monkeypatch.setattr(program, "_boot_control", boot_control)
        monkeypatch.setattr(program, "_run", lambda *command: self.asked.append(command))
        monkeypatch.setattr(program, "FAULT", folder / "data-fault")
        monkeypatch.setattr(boot_options, "ensure", lambda *_: False)
        monkeypatch.setattr(boot_options, "found", lambda _: None)
        monkeypatch.setattr(boot_options, "wanted", lambda *_: None)
        monkeypatch.setattr("sys.argv", ["ota", "confirm"])

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
    assert (box.tries()[Slot.A], box.asked) == (TRIES, [])


@pytest.mark.parametrize(("starts", "asked"), [(1, [RESTARTS]), (TRIES, [RESTARTS]), (2 * TRIES, [])])
def test_one_that_is_not_well_restarts_while_that_may_help(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, starts: int, asked: list[tuple[str, ...]]
) -> None:
    """With its own next try or in the other slot; with none left it stays up as it is."""
    box = Box(tmp_path, starts, monkeypatch)
    before = box.tries()
    monkeypatch.setattr(program, "until_well", finding(well=False))
    assert program.main() == 1
    assert (box.tries(), box.asked) == (before, asked)


def test_data_that_is_locked_has_the_other_slot_tried(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    box = Box(tmp_path, 1, monkeypatch)
    (tmp_path / "data-fault").write_text(f"The data is locked.\n{program.LOCKED}\n")
    monkeypatch.setattr(program, "until_well", finding(well=True))
    assert (program.main(), box.asked, box.board.power_on()) == (1, [RESTARTS], Slot.B)
