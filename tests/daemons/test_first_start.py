"""A first start makes what no factory has made, once; a later one finds it."""

import os
from pathlib import Path

import pytest

from daemons import first_start
from pairing import factory
from pairing.errors import FactoryDataDamaged


@pytest.fixture
def partition(tmp_path: Path) -> Path:
    place = tmp_path / "factory"
    place.mkdir()
    return place


def test_the_data_are_made_once_and_their_code_is_kept(partition: Path) -> None:
    made = factory.ensure(partition)
    assert made.code is not None
    assert factory.ensure(partition) == made


def test_those_of_a_factory_stay(partition: Path) -> None:
    from_a_factory = factory.make(os.urandom, keep_code=False).data
    factory.write(partition, from_a_factory)
    assert factory.ensure(partition) == from_a_factory


def test_damaged_ones_are_never_replaced(partition: Path) -> None:
    (partition / factory.NAME).write_bytes(b"{")
    with pytest.raises(FactoryDataDamaged):
        factory.ensure(partition)
    assert (partition / factory.NAME).read_bytes() == b"{"


def test_they_are_handed_over_for_root_only(partition: Path, tmp_path: Path) -> None:
    data = factory.ensure(partition)
    for _ in range(2):
        first_start.hand_over(partition, tmp_path / "run", data.serial)
    assert factory.read(tmp_path / "run") == data
    assert (tmp_path / "run").stat().st_mode & 0o777 == 0o700


def test_the_machine_id_of_the_first_start_is_kept(partition: Path, tmp_path: Path) -> None:
    current = tmp_path / "machine-id"
    current.write_text("0123456789abcdef0123456789abcdef\n")
    first_start.keep_machine_id(partition, current)
    current.write_text("another\n")
    first_start.keep_machine_id(partition, current)
    assert (partition / "machine-id").read_text() == "0123456789abcdef0123456789abcdef\n"


def test_a_box_of_its_own_making_shows_its_label(partition: Path, tmp_path: Path) -> None:
    data = factory.ensure(partition)
    assert data.code is not None
    first_start.show(data, tmp_path / "console")
    shown = (tmp_path / "console").read_text()
    assert data.code.grouped in shown
    assert str(data.serial) in shown


def test_one_from_a_factory_does_not(partition: Path, tmp_path: Path) -> None:
    from_a_factory = factory.make(os.urandom, keep_code=False).data
    first_start.show(from_a_factory, tmp_path / "console")
    assert not (tmp_path / "console").exists()
