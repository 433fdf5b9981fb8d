"""How a grammar is weighted for the acoustic model at hand."""

from inference.stt.sphinx import OFTENER, reweighted

GRAMMAR = "T 0 1 0.00100 fifteen\nT 0 1 0.00100 fifty\nT 1 2 0.90000 fifteen\nT 2 3 0.50000\n"


def test_a_word_that_the_model_misses_is_expected_more() -> None:
    often = 0.001 * OFTENER["fifteen"]
    assert reweighted(GRAMMAR) == (
        f"T 0 1 {often:.5f} fifteen\nT 0 1 0.00100 fifty\nT 1 2 1.00000 fifteen\nT 2 3 0.50000\n"
    )
