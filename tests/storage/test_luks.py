"""What can't be read is never taken for a new partition, which would be formatted."""

import subprocess
from pathlib import Path

import pytest

from storage.errors import StorageError
from storage.luks import NAME, Vault


def vault(tmp_path: Path, codes: dict[str, int], label: str = NAME) -> Vault:
    """A vault whose programs end so."""

    def run(command: tuple[str, ...], **_: object) -> subprocess.CompletedProcess[str]:
        return subprocess.CompletedProcess(command, codes.get(command[0], 0), f"{label}\n", "an error")

    return Vault(tmp_path / "device", tmp_path, tmp_path, run=run)


def test_a_finished_partition_is_seen(tmp_path: Path) -> None:
    seen = vault(tmp_path, {}).look()
    assert (seen.header, seen.finished) == (True, True)


def test_an_empty_partition_is_seen(tmp_path: Path) -> None:
    assert not vault(tmp_path, {"cryptsetup": 1}).look().header


def test_a_header_without_a_name_is_not_finished(tmp_path: Path) -> None:
    seen = vault(tmp_path, {"blkid": 2}, label="").look()
    assert (seen.header, seen.finished) == (True, False)


@pytest.mark.parametrize("codes", [{"cryptsetup": 4}, {"blkid": 4}, {"cryptsetup": -9}])
def test_a_partition_that_cannot_be_read_is_left_alone(tmp_path: Path, codes: dict[str, int]) -> None:
    with pytest.raises(StorageError, match="can't read"):
        vault(tmp_path, codes).open()
