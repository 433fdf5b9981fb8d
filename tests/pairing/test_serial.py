"""The serial number: typed as people type, and wrong ones noticed."""

import random
from itertools import combinations

import pytest

from pairing import serial
from pairing.alphabet import UNAMBIGUOUS
from pairing.errors import NotASerial
from pairing.serial import Serial

ONE = Serial("7K2MX9RC")


def test_the_names_that_the_box_shows_end_in_its_last_four() -> None:
    assert str(ONE) == "SPQ-7K2M-X9RC"
    assert ONE.bluetooth_name == "Spoq-X9RC"
    assert ONE.hotspot_name == "Spoq-Setup-X9RC"


def test_every_new_one_fits_itself() -> None:
    chance = random.Random(2).randbytes
    made = {str(serial.make(chance)) for _ in range(500)}
    assert len(made) == 500
    assert {str(serial.parse(text)) for text in made} == made


@pytest.mark.parametrize("typed", ["SPQ-7K2M-X9RC", "spq-7k2m-x9rc", "7K2MX9RC", " 7k2m x9rc\n", "SPQ7K2MX9RC"])
def test_it_is_understood_as_people_type_it(typed: str) -> None:
    assert serial.parse(typed) == ONE


@pytest.mark.parametrize("place", range(8))
def test_one_wrong_character_is_noticed(place: int) -> None:
    for other in set(UNAMBIGUOUS) - {ONE.characters[place]}:
        with pytest.raises(NotASerial):
            Serial(ONE.characters[:place] + other + ONE.characters[place + 1 :])


@pytest.mark.parametrize(("first", "second"), list(combinations(range(8), 2)))
def test_two_that_were_swapped_are_noticed(first: int, second: int) -> None:
    swapped = list(ONE.characters)
    swapped[first], swapped[second] = swapped[second], swapped[first]
    with pytest.raises(NotASerial):
        Serial("".join(swapped))


@pytest.mark.parametrize("typed", ["", "SPQ-", "SPQ-7K2M", "SPQ-7K2M-X9RC-X9RC", "SPQ-OK2M-X9RC", "x" * 100_000])
def test_what_is_no_serial_is_refused(typed: str) -> None:
    with pytest.raises(NotASerial, match="look again"):
        serial.parse(typed)
