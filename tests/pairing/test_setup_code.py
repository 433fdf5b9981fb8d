"""The set-up code: eight digits that nobody would try first, read and said in groups."""

import random
from collections import Counter

import pytest

from pairing import setup_code
from pairing.alphabet import DIGITS, UNAMBIGUOUS, draw
from pairing.errors import BadRandomness, NotACode
from pairing.setup_code import SetupCode


def test_it_is_printed_in_two_groups() -> None:
    assert SetupCode("48217730").grouped == "4821 7730"


def test_it_is_said_digit_by_digit() -> None:
    assert SetupCode("48217730").spoken("en") == "four eight two one, seven seven three zero."
    assert SetupCode("48217730").spoken("de") == "vier acht zwo eins, sieben sieben drei null."


def test_in_a_language_that_is_not_known_it_is_said_in_english() -> None:
    assert SetupCode("48217730").spoken("tlh") == SetupCode("48217730").spoken("en")


@pytest.mark.parametrize("typed", ["48217730", "4821 7730", "4821-7730", " 48 21 77 30\n"])
def test_it_is_understood_as_people_type_it(typed: str) -> None:
    assert setup_code.parse(typed) == SetupCode("48217730")


@pytest.mark.parametrize("typed", ["", "4821", "482177301", "4821773o", "４８２１７７３０", "4821 7730" * 1000])
def test_what_is_no_code_is_refused(typed: str) -> None:
    with pytest.raises(NotACode, match="8 digits"):
        setup_code.parse(typed)


@pytest.mark.parametrize(
    "digits",
    ["00000000", "11111111", "99999999", "12345678", "01234567", "87654321", "78901234", "12121212", "48214821"],
)
def test_what_anybody_would_try_first_is_refused(digits: str) -> None:
    with pytest.raises(NotACode, match="try first"):
        SetupCode(digits)


def test_few_codes_are_refused() -> None:
    """One in ten thousand: a guess gains nothing by it."""
    chance = random.Random(1)
    drawn = [f"{chance.randrange(10**8):08}" for _ in range(50_000)]
    assert sum(map(setup_code.trivial, drawn)) < 20


def test_a_trivial_draw_is_drawn_again() -> None:
    draws = iter([bytes(8), b"\x04\x08\x02\x01\x07\x07\x03\x00"])
    assert setup_code.make(lambda _: next(draws)) == SetupCode("48217730")


def test_a_source_that_gives_the_same_for_ever_is_noticed() -> None:
    with pytest.raises(BadRandomness):
        setup_code.make(bytes)
    with pytest.raises(BadRandomness):
        setup_code.make(lambda count: b"\xff" * count)


def test_it_is_in_no_log() -> None:
    assert "4821" not in f"{SetupCode('48217730')!r} {SetupCode('48217730')}"


@pytest.mark.parametrize("alphabet", [DIGITS, UNAMBIGUOUS])
def test_each_character_is_as_likely_as_any_other(alphabet: str) -> None:
    """Each byte once: the ones that would favour a character are not used."""
    every = bytes(range(256))
    counts = Counter(draw(alphabet, 256 - 256 % len(alphabet), lambda _: every))
    assert set(counts.values()) == {256 // len(alphabet)}
    assert set(counts) == set(alphabet)
