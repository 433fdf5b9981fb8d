"""Why the data did not open is told to whoever comes later."""

from pathlib import Path

import pytest

from hardware import attention
from storage import fault
from storage.errors import Locked, StorageError
from storage.fault import Fault


@pytest.mark.parametrize("locked", [True, False])
def test_what_was_left_is_found(tmp_path: Path, locked: bool) -> None:
    error = Locked("It is locked.") if locked else StorageError("It is broken.")
    fault.leave(error, tmp_path / "fault")
    assert fault.found(tmp_path / "fault") == Fault(str(error), locked)


def test_open_data_has_none(tmp_path: Path) -> None:
    assert fault.found(tmp_path / "fault") is None


def test_a_torn_one_is_one_all_the_same(tmp_path: Path) -> None:
    (tmp_path / "fault").touch()
    assert fault.found(tmp_path / "fault") == Fault("", locked=False)


def test_whoever_looks_for_it_by_himself_looks_where_it_is() -> None:
    """No room imports its neighbour: it knows the file by its name."""
    assert fault.PLACE in attention.SIGNS
