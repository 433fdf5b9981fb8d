"""How words sound."""

from pathlib import Path

from inference.stt.lexicon import fsg_words, lexicon

DICTIONARY = "jarvis JH AA R V AH S\nstop S T AA P\n"


def test_what_remains_of_a_word_is_every_end_of_it(tmp_path: Path) -> None:
    dictionary = tmp_path / "words.dict"
    dictionary.write_text(DICTIONARY)
    known = lexicon(["++jarvis++", "stop"], dictionary)
    assert known["stop"] == (("S", "T", "AA", "P"),)
    assert known["++jarvis++"][0] == ("JH", "AA", "R", "V", "AH", "S")
    assert known["++jarvis++"][-1] == ("S",)
    assert len(known["++jarvis++"]) == 6


def test_the_words_of_a_grammar_are_those_on_its_ways() -> None:
    fsg = "FSG_BEGIN x\nT 0 1 0.5 stop\nT 0 1 0.5 ++jarvis++\nT 1 2 1.0\nFSG_END\n"
    assert fsg_words(fsg) == {"stop", "++jarvis++"}
