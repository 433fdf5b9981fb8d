"""A box starts without its data, and the TPM gives their key to nobody once they are open."""

import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest

from storage import fault, partition
from storage.errors import Locked, StorageError


class Start:
    """One start; `steps` is what happened in it."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch, folder: Path) -> None:
        self.steps: list[str] = []
        self.fails: dict[str, Exception] = {}
        self.fault = folder / "fault"
        for name, step in (("_open", "open"), ("measure_data_phase", "measure"), ("_mount", "mount")):
            monkeypatch.setattr(partition, name, self._step(step))
        monkeypatch.setattr(partition, "mount", lambda *arguments: self.steps.append(arguments[1]))
        monkeypatch.setattr(partition, "WRITABLE", folder / "writable")
        (folder / "writable").write_text("")
        monkeypatch.setattr(fault, "leave", lambda error: self.fault.write_text(str(error)))

    def _step(self, name: str) -> Callable[[], None]:
        def act() -> None:
            self.steps.append(name)
            if name in self.fails:
                raise self.fails[name]

        return act


@pytest.fixture
def start(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Start:
    return Start(monkeypatch, tmp_path)


def test_the_tpm_is_told_before_anything_on_the_data_is_seen(start: Start) -> None:
    partition.open_and_bind()
    assert start.steps == ["open", "measure", "mount"]
    assert not start.fault.exists()


@pytest.mark.parametrize(
    ("failing", "error", "steps"),
    [
        ("open", StorageError("damaged"), ["open", "measure", "tmpfs"]),
        ("open", Locked("locked"), ["open", "tmpfs"]),
        ("open", IsADirectoryError(21, "Is a directory"), ["open", "measure", "tmpfs"]),
        ("open", subprocess.TimeoutExpired("cryptsetup", 600), ["open", "measure", "tmpfs"]),
        ("measure", StorageError("no"), ["open", "measure", "tmpfs"]),
        ("mount", StorageError("no"), ["open", "measure", "mount", "tmpfs"]),
    ],
)
def test_whatever_is_wrong_the_box_starts_and_knows_why(
    start: Start, failing: str, error: Exception, steps: list[str]
) -> None:
    start.fails[failing] = error
    partition.open_and_bind()
    assert start.steps == steps
    assert start.fault.read_text()
