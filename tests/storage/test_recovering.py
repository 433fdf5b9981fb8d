"""The recovery key brings data back that another main board has sealed; nothing else on the way is lost or made."""

from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from storage.errors import NoRecovery, StorageError, WrongRecoveryKey
from storage.luks import WISH, Tpm, Vault
from storage.recovery_key import RecoveryKey
from storage.vault import Recovery, Seals, Seen, Step, System, next_recovery, next_step, refusal
from tests.fakes.luks_partition import OTHER_KEY, READ_ONLY, RECOVERY_KEY, LuksPartition, PowerLost

WRITES = 5
"""Of the header: a token set aside, a key slot and a token more, a key slot and a token less."""
LOCKED = Seen(header=True, finished=True)


def vault(tmp_path: Path, partition: LuksPartition) -> Vault:
    """On a box with a TPM, whose kernel image brings our signature."""
    files = [tmp_path / name for name in ("tpmrm0", "public-key.pem", "signature.json")]
    for each in files:
        each.touch()
    return Vault(tmp_path / "device", tmp_path, tmp_path, Tpm("auto", "7", "11", *files), run=partition.run)


def entered(key: str = RECOVERY_KEY) -> Callable[[], RecoveryKey]:
    return lambda: RecoveryKey(key)


def nobody_is_asked() -> RecoveryKey:
    raise AssertionError("nobody should have been asked for a key")


def test_the_key_seals_the_data_to_this_system_alone(tmp_path: Path) -> None:
    partition = LuksPartition(sealed_to=("old", "older"))
    vault(tmp_path, partition).recover(entered())
    assert (partition.sealed(), partition.opens_by_itself()) == (["new"], True)
    assert RECOVERY_KEY in partition.slots.values()


def test_the_key_is_in_no_argument_and_in_no_file_that_stays(tmp_path: Path) -> None:
    partition = LuksPartition()
    vault(tmp_path, partition).recover(entered())
    assert RECOVERY_KEY not in " ".join(partition.arguments)
    assert all(RECOVERY_KEY not in path.read_text() for path in tmp_path.iterdir())


def test_a_wrong_key_changes_nothing(tmp_path: Path) -> None:
    partition = LuksPartition()
    with pytest.raises(WrongRecoveryKey, match="does not open"):
        vault(tmp_path, partition).recover(entered(OTHER_KEY))
    assert set(partition.ran) <= READ_ONLY
    assert not (tmp_path / "recovery-key").exists()


@pytest.mark.parametrize("writes", range(WRITES + 1))
def test_power_lost_at_any_write_leaves_data_that_can_be_recovered(tmp_path: Path, writes: int) -> None:
    partition = LuksPartition(power_after=writes)
    if writes < WRITES:
        with pytest.raises(PowerLost):
            vault(tmp_path, partition).recover(entered())
    assert partition.opens_by_itself() or "old" in partition.sealed()
    assert RECOVERY_KEY in partition.slots.values()
    partition.power_after = -1
    vault(tmp_path, partition).recover(entered())
    assert partition.sealed() == ["new"]


def test_a_tpm_that_refuses_leaves_the_old_seal_as_it_was(tmp_path: Path) -> None:
    partition = LuksPartition(tpm_refuses=True)
    before = repr(partition.tokens)
    with pytest.raises(StorageError, match="systemd-cryptenroll failed"):
        vault(tmp_path, partition).recover(entered())
    assert repr(partition.tokens) == before


def test_the_old_seal_stays_where_the_new_one_does_not_open(tmp_path: Path) -> None:
    partition = LuksPartition(tpm_forgets=True)
    with pytest.raises(StorageError, match="does not open with this system's TPM"):
        vault(tmp_path, partition).recover(entered())
    partition.tpm = "old"
    assert partition.opens_by_itself()


@pytest.mark.parametrize(
    ("away", "words"),
    [("tpmrm0", "no TPM"), ("public-key.pem", "not signed"), ("signature.json", "not signed")],
)
def test_without_a_tpm_or_our_signature_nobody_is_asked(tmp_path: Path, away: str, words: str) -> None:
    partition = LuksPartition()
    here = vault(tmp_path, partition)
    (tmp_path / away).unlink()
    with pytest.raises(NoRecovery, match=words):
        here.recover(nobody_is_asked)
    assert set(partition.ran) <= READ_ONLY


def test_nor_where_a_reset_is_wanted_or_no_data_was_ever_made(tmp_path: Path) -> None:
    with pytest.raises(NoRecovery, match="no data"):
        vault(tmp_path, LuksPartition(label="")).recover(nobody_is_asked)
    (tmp_path / WISH).touch()
    with pytest.raises(NoRecovery, match="reset"):
        vault(tmp_path, LuksPartition()).recover(nobody_is_asked)


def test_nor_for_data_that_is_open(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "mapped").touch()
    monkeypatch.setattr(Vault, "MAPPED", tmp_path / "mapped")
    with pytest.raises(NoRecovery, match="not locked"):
        vault(tmp_path, LuksPartition()).recover(nobody_is_asked)


# --- the decisions ------------------------------------------------------------------------------------

numbers = st.frozensets(st.integers(0, 31), max_size=4)


@given(numbers, numbers)
def test_what_is_sealed_elsewhere_is_forgotten_only_once_something_is_sealed_here(
    here: frozenset[int], elsewhere: frozenset[int]
) -> None:
    step = next_recovery(Seals(here, elsewhere - here))
    assert (step is Recovery.SEAL) == (not here)
    assert (step is Recovery.DONE) == (bool(here) and not elsewhere - here)


@given(st.builds(Seen, *[st.booleans()] * 4), st.builds(System, *[st.booleans()] * 2))
def test_a_key_is_asked_for_only_where_the_next_start_would_ask_the_tpm(seen: Seen, system: System) -> None:
    if not refusal(seen, system):
        assert next_step(seen) is Step.OPEN
        assert system == System()


def test_locked_data_may_be_recovered() -> None:
    assert refusal(LOCKED, System()) == ""
