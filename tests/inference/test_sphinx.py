"""A grammar as pocketsphinx gets it."""

from inference.stt.sphinx import OFTENER, pronounced

GRAMMAR = "T 0 1 0.00100 fifteen\nT 0 1 0.00100 fifty\nT 1 2 0.90000 fifteen\nT 2 3 0.50000\n"
SOUNDS = {"fifteen": (("F", "IH"),), "fifty": (("F", "IH"),), "read": (("R", "EH", "D"), ("R", "IY", "D"))}


def test_a_word_that_the_model_misses_is_expected_more() -> None:
    often = 0.001 * OFTENER["fifteen"]
    assert pronounced(GRAMMAR, SOUNDS) == (
        f"T 0 1 {often:.5f} fifteen\nT 0 1 0.00100 fifty\nT 1 2 1.00000 fifteen\nT 2 3 0.50000\n"
    )


def test_every_pronunciation_is_as_likely_as_its_word() -> None:
    assert pronounced("T 0 1 0.5 read\n", SOUNDS) == "T 0 1 0.5 read\nT 0 1 0.5 read(2)\n"


def test_a_word_without_a_pronunciation_stays_for_pocketsphinx_to_refuse() -> None:
    assert pronounced("T 0 1 0.5 antidisestablishmentarian\n", SOUNDS) == "T 0 1 0.5 antidisestablishmentarian\n"
