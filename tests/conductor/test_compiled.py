"""The grammar that is made once and kept in a file: read when it is as good as new, made anew when not."""

import shutil
from pathlib import Path

import pytest

from conductor import compiled
from conductor.automaton import determinised
from conductor.compiled import Compiled, kept, made_of
from conductor.intents import Recognizer
from conductor.lookup import Lookup
from conductor.net import End, Net, Phrase

CONDUCTOR = Path(compiled.__file__).parent
OF, NEWER = b"these templates", b"newer templates"


def small(version: str) -> Compiled:
    """A grammar of two sentences."""
    net = Net()
    net.final[net.choose(net.node(), [Phrase("stop"), Phrase("good night")])] = frozenset((End("Stop", open=False),))
    return Compiled(Lookup.of(determinised(net)), b"fsg", version)


class Maker:
    """Makes small grammars: version 1, 2, …"""

    def __init__(self) -> None:
        self.made = 0

    def __call__(self, language: str) -> bytes:
        assert language == "en"
        self.made += 1
        return small(str(self.made)).packed()


def test_it_is_made_once_and_then_read(tmp_path: Path) -> None:
    make = Maker()
    for _ in range(3):
        assert kept("en", tmp_path, OF, make) == small("1")
    assert make.made == 1


def test_one_that_was_made_of_something_else_is_made_anew(tmp_path: Path) -> None:
    make = Maker()
    assert [kept("en", tmp_path, of, make).version for of in (OF, NEWER, NEWER, OF)] == ["1", "2", "2", "3"]


@pytest.mark.parametrize("damage", ["emptied", "cut_short", "one_bit", "another_first_line", "gone", "unreadable"])
def test_one_that_is_damaged_is_made_anew(tmp_path: Path, damage: str) -> None:
    make = Maker()
    kept("en", tmp_path, OF, make)
    [file] = tmp_path.iterdir()
    whole = file.read_bytes()
    match damage:
        case "emptied":
            file.write_bytes(b"")
        case "cut_short":
            file.write_bytes(whole[:-5])
        case "one_bit":
            file.write_bytes(whole[:-5] + bytes([whole[-5] ^ 1]) + whole[-4:])
        case "another_first_line":
            file.write_bytes(b"0" + whole[1:] if whole[:1] != b"0" else b"1" + whole[1:])
        case "gone":
            file.unlink()
        case "unreadable":
            file.unlink()
            file.mkdir()
    assert kept("en", tmp_path, OF, make) == small("2")
    if damage != "unreadable":
        assert kept("en", tmp_path, OF, make) == small("2")


def test_one_that_came_with_the_program_is_read(tmp_path: Path) -> None:
    built, state, make = tmp_path / "built", tmp_path / "state", Maker()
    for folder in (built, state):
        folder.mkdir()
    kept("en", built, OF, make, built)
    assert kept("en", state, OF, make, built) == small("1")
    assert not list(state.iterdir())
    assert kept("en", state, NEWER, make, built) == small("2")


def test_the_ones_for_the_program_are_made_of_what_it_is(tmp_path: Path) -> None:
    compiled.build(["de"], tmp_path)
    never = Maker()
    assert kept("de", tmp_path, made_of("de"), never, tmp_path).version == Recognizer.for_language("de").version
    assert not never.made


def test_where_nothing_can_be_kept_it_is_made_each_time(tmp_path: Path) -> None:
    make = Maker()
    assert [kept("en", tmp_path / "no folder", OF, make).version for _ in range(2)] == ["1", "2"]


def test_it_is_made_anew_after_a_change_of_templates_or_code_and_only_then(tmp_path: Path) -> None:
    copy = tmp_path / "conductor"
    shutil.copytree(CONDUCTOR, copy, ignore=shutil.ignore_patterns("__pycache__"))
    seen = [made_of("en", CONDUCTOR), made_of("de", CONDUCTOR)]
    assert [made_of("en", copy), made_of("de", copy)] == seen
    for changed in ("templates/en_lists.yaml", "templates/en.yaml", "numbers.py", "sentences.py"):
        with (copy / changed).open("a") as file:
            file.write("\n")
        assert made_of("en", copy) not in seen
        seen.append(made_of("en", copy))
    shutil.copy(CONDUCTOR / "numbers.py", copy)
    shutil.copy(CONDUCTOR / "sentences.py", copy)
    assert made_of("de", copy) == made_of("de", CONDUCTOR), "the other language's templates are its own"


def test_made_by_another_process_it_is_the_same(tmp_path: Path) -> None:
    here, elsewhere = Recognizer.for_language("de"), Recognizer.for_language("de", tmp_path)
    assert (elsewhere.version, elsewhere.fsg, elsewhere.vocabulary) == (here.version, here.fsg, here.vocabulary)
    for text in ("stelle einen", "stelle einen timer auf fünf minuten", "danke", "ganz etwas anderes"):
        assert (elsewhere.standing(text), elsewhere.understand(text)) == (here.standing(text), here.understand(text))


def test_a_language_without_templates_is_refused(tmp_path: Path) -> None:
    with pytest.raises(KeyError):
        Recognizer.for_language("xx", tmp_path)
    assert list(tmp_path.iterdir()) == []
