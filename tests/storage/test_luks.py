"""What can't be read is never taken for a new partition, which would be formatted."""

import subprocess
from pathlib import Path

import pytest

from storage.errors import StorageError
from storage.luks import CIPHER, NAME, WISH, Tpm, Vault


def vault(
    tmp_path: Path, codes: dict[str, int], label: str = NAME, cipher: str = CIPHER, vouched: bool = True
) -> Vault:
    """A vault whose programs end so. What they were is in `ran`, a file."""

    def run(command: tuple[str, ...], **_: object) -> subprocess.CompletedProcess[str]:
        with (tmp_path / "ran").open("a") as ran:
            ran.write(f"{' '.join(command)}\n")
        said = f"  cipher:  {cipher}\n" if command[:2] == ("cryptsetup", "status") else f"{label}\n"
        return subprocess.CompletedProcess(command, codes.get(command[0], 0), said, "an error")

    factory = tmp_path / "factory"
    factory.mkdir()
    tpm = Tpm(node=tmp_path / "tpm")
    tpm.node.touch()
    return Vault(tmp_path / "device", factory, tmp_path, tpm, run=run, is_vouched_for=lambda: vouched)


def ran(tmp_path: Path) -> str:
    return (tmp_path / "ran").read_text()


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


@pytest.mark.parametrize("label", [NAME, ""])
def test_without_secure_boot_nothing_is_opened_and_nothing_made(tmp_path: Path, label: str) -> None:
    with pytest.raises(StorageError, match="Secure Boot is off"):
        vault(tmp_path, {}, label=label, vouched=False).open()
    assert "attach" not in ran(tmp_path)
    assert "luksFormat" not in ran(tmp_path)


def test_a_header_that_somebody_changed_to_a_partition_in_the_clear_is_closed_again(tmp_path: Path) -> None:
    with pytest.raises(StorageError, match="not encrypted as this box does it"):
        vault(tmp_path, {}, cipher="cipher_null-ecb").open()
    assert "cryptsetup close" in ran(tmp_path)


def test_a_wish_for_a_reset_does_not_go_where_somebody_wants_it(tmp_path: Path) -> None:
    safe, elsewhere = vault(tmp_path, {}), tmp_path / "elsewhere"
    assert safe.factory is not None
    (safe.factory / WISH).symlink_to(elsewhere)
    assert safe.look().reset_wanted
    safe.want_reset()
    assert not elsewhere.exists()
    assert not (safe.factory / WISH).is_symlink()


def test_without_its_factory_partition_data_are_opened_and_never_made(tmp_path: Path) -> None:
    blind = vault(tmp_path, {})
    blind.factory = None
    assert not blind.look().reset_wanted
    with pytest.raises(StorageError, match="whether a reset is wanted"):
        blind.want_reset()
    (tmp_path / "empty").mkdir()
    empty = vault(tmp_path / "empty", {}, label="")
    empty.factory = None
    with pytest.raises(StorageError, match="whether a reset is wanted"):
        empty.open()
    assert "luksFormat" not in ran(tmp_path / "empty")


def test_without_a_tpm_nothing_is_made(tmp_path: Path) -> None:
    bare = vault(tmp_path, {}, label="")
    bare.tpm.node.unlink()
    with pytest.raises(StorageError, match="no TPM"):
        bare.open()
    assert "luksFormat" not in ran(tmp_path)
