"""Root does a few things for otad, each of them safe, and says what is so afterwards."""

import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from files.reserved import Reserved
from ota.floor import Floor
from ota.keeper import MOST_BYTES, Keeper
from ota.slots import TRIES, Slot, Slots
from ota.version import Version
from tests.fakes.firmware import SystemdBootBoard


class Box:
    """It runs slot a, in a start that nobody has confirmed."""

    def __init__(self, folder: Path) -> None:
        self.board = SystemdBootBoard(folder / "esp")
        self.board.power_on()
        self.restarts = 0
        floor = Floor([Reserved(folder / "floor")])
        self._keeper = Keeper(Slots(self.board.control()), floor, Version(1, 2, 0), self._restart)

    def asked(self, line: str | bytes) -> dict[str, Any]:
        answer = self._keeper.answer(line.encode() if isinstance(line, str) else line)
        assert answer.endswith(b"\n") and answer.count(b"\n") == 1
        told: dict[str, Any] = json.loads(answer)
        return told

    def _restart(self) -> None:
        self.restarts += 1


@pytest.fixture
def box(tmp_path: Path) -> Box:
    return Box(tmp_path)


def test_an_update_from_the_first_line_to_the_last(box: Box) -> None:
    assert box.asked("status") == {
        "error": "",
        "running": "a",
        "primary": "a",
        "tries": {"a": TRIES - 1, "b": TRIES},
        "version": "1.2.0",
        "floor": "",
        "in_vain": [],
    }
    # The old system is confirmed, as a box that runs is.
    assert box.asked("keep")["floor"] == "1.2.0"
    assert box.asked("retire")["tries"] == {"a": TRIES, "b": 0}
    told = box.asked("activate")
    assert (told["primary"], told["tries"]["b"], told["error"]) == ("b", TRIES, "")
    assert box.asked("restart")["error"] == "" and box.restarts == 1
    assert box.board.power_on() is Slot.B


def test_who_does_not_stay_says_so_and_goes(box: Box) -> None:
    assert box.asked("note 1.3.0")["in_vain"] == ["1.3.0"]
    told = box.asked("leave")
    assert (told["primary"], told["tries"]["a"]) == ("b", 0)
    assert box.board.power_on() is Slot.B


def test_the_other_one_is_tried_first_and_this_one_where_it_does_not_start(box: Box) -> None:
    box.asked("keep")
    told = box.asked("swap")
    assert (told["primary"], told["tries"], told["error"]) == ("b", {"a": TRIES, "b": TRIES}, "")
    starts = [box.board.power_on() for _ in range(TRIES + 1)]
    assert starts == [*[Slot.B] * TRIES, Slot.A]


def test_nobody_is_left_without_a_system(box: Box) -> None:
    box.asked("retire")
    told = box.asked("leave")
    assert told["error"] and told["primary"] == "a"


def test_who_has_nowhere_to_go_stays_and_raises_no_floor(box: Box) -> None:
    told = box.asked("stay")
    assert told["error"] and told["tries"]["a"] == TRIES - 1
    box.asked("retire")
    told = box.asked("stay")
    assert (told["error"], told["tries"], told["floor"]) == ("", {"a": TRIES, "b": 0}, "")
    assert box.restarts == 0 and box.board.power_on() is Slot.A


@pytest.mark.parametrize("line", ["", "activate a", "keep 9.9.9", "note", "note 1.2", "note 1.2.0 1.3.0", "KEEP"])
def test_what_nobody_does(line: str, box: Box) -> None:
    before = box.asked("status")
    told = box.asked(line)
    assert told.pop("error") and before.pop("error") == ""
    assert told == before


@given(line=st.binary(max_size=2 * MOST_BYTES))
def test_whatever_comes_has_an_answer(line: bytes, tmp_path_factory: pytest.TempPathFactory) -> None:
    told = Box(tmp_path_factory.mktemp("box")).asked(line)
    assert told["version"] == "1.2.0"
