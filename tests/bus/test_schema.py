"""The message schema only grows: what landed last is compared with what is there now."""

from pathlib import Path

import pytest
from google.protobuf import text_format
from google.protobuf.descriptor_pb2 import FileDescriptorSet

from bus import generate
from bus.schema import breaking_changes

BEFORE = """
file {
  name: "m.proto"
  package: "p"
  message_type {
    name: "Turn"
    field { name: "phase" number: 1 type: TYPE_ENUM type_name: ".p.Phase" label: LABEL_OPTIONAL }
    field { name: "words" number: 2 type: TYPE_STRING label: LABEL_REPEATED }
    field { name: "took" number: 3 type: TYPE_MESSAGE type_name: ".p.Turn.Took" label: LABEL_OPTIONAL }
    reserved_range { start: 7 end: 9 }
    reserved_name: "mood"
    nested_type {
      name: "Took"
      field { name: "ms" number: 1 type: TYPE_DOUBLE label: LABEL_OPTIONAL }
    }
  }
  enum_type {
    name: "Phase"
    value { name: "UNKNOWN" number: 0 }
    value { name: "OPENED" number: 1 }
  }
}
"""
WORDS = 'field { name: "words" number: 2 type: TYPE_STRING label: LABEL_REPEATED }'


def schema(text: str) -> FileDescriptorSet:
    return text_format.Parse(text, FileDescriptorSet())


def changes(*replacements: tuple[str, str]) -> list[str]:
    """What breaks when BEFORE is changed so."""
    text = BEFORE
    for old, new in replacements:
        assert text.count(old) == 1
        text = text.replace(old, new)
    return breaking_changes(schema(BEFORE), schema(text))


def with_folders(root: Path) -> None:
    for proto in generate.PROTOS:
        (root / proto).parent.mkdir()


def test_the_current_schema_breaks_nothing_that_landed(tmp_path: Path) -> None:
    with_folders(tmp_path)
    generate.generate(tmp_path)
    landed, current = generate.schema(generate.ROOT / generate.SCHEMA), generate.schema(tmp_path / generate.SCHEMA)
    assert breaking_changes(landed, current) == []
    assert landed == current, "run `python -m bus.generate` and commit what it writes"


@pytest.mark.parametrize("proto", generate.PROTOS, ids=str)
@pytest.mark.parametrize("ending", ["_pb2.py", "_pb2.pyi"])
def test_the_generated_python_is_up_to_date(tmp_path: Path, proto: Path, ending: str) -> None:
    with_folders(tmp_path)
    generate.generate(tmp_path)
    name = f"{proto.with_suffix('')}{ending}"
    made, committed = (tmp_path / name).read_text(), (generate.ROOT / name).read_text()
    assert made == committed, "run `python -m bus.generate` and commit what it writes"


def test_growing_breaks_nothing() -> None:
    assert changes() == []
    assert changes((WORDS, f"{WORDS} {WORDS.replace('words', 'more').replace('2', '4')}")) == []
    assert changes(("enum_type {", 'enum_type { name: "Other" value { name: "NONE" number: 0 } } enum_type {')) == []
    assert changes(('value { name: "OPENED"', 'value { name: "CLOSED" number: 2 } value { name: "OPENED"')) == []


def test_a_field_that_leaves_its_number_and_name_reserved_breaks_nothing() -> None:
    assert changes((WORDS, 'reserved_range { start: 2 end: 3 } reserved_name: "words"')) == []


@pytest.mark.parametrize(
    ("change", "sentence"),
    [
        ((WORDS, ""), "p.Turn.words is gone, and its number 2 and its name are not both reserved"),
        ((WORDS, "reserved_range { start: 2 end: 3 }"), "p.Turn.words is gone, and its number 2 and its name"),
        ((WORDS, 'reserved_range { start: 1 end: 2 } reserved_name: "words"'), "p.Turn.words is gone"),
        (('"words" number: 2', '"words" number: 5'), "p.Turn.words had the number 2, now 5"),
        (('name: "words"', 'name: "text"'), "p.Turn: the number 2 was words's, now text's"),
        (("number: 2 type: TYPE_STRING", "number: 2 type: TYPE_BYTES"), "p.Turn.words has another type"),
        (("LABEL_REPEATED", "LABEL_OPTIONAL"), "p.Turn.words has another type"),
        (('".p.Turn.Took"', '".p.Turn"'), "p.Turn.took has another type"),
        ((WORDS, f'oneof_decl {{ name: "o" }} {WORDS.replace("}", "oneof_index: 0 }")}'), "words has another type"),
        (("start: 7 end: 9", "start: 8 end: 9"), "p.Turn: the numbers 7 to 8 are no longer reserved"),
        (('reserved_name: "mood"', ""), 'p.Turn: the name "mood" is no longer reserved'),
        (("number: 1 type: TYPE_DOUBLE", "number: 1 type: TYPE_INT64"), "p.Turn.Took.ms has another type"),
        (('value { name: "OPENED" number: 1 }', ""), "p.Phase.OPENED is gone"),
        (('"OPENED" number: 1', '"OPENED" number: 2'), "p.Phase.OPENED had the number 1, now 2"),
        (('name: "OPENED"', 'name: "BEGUN"'), "p.Phase: the number 1 was OPENED's, now BEGUN's"),
        (('name: "Turn"', 'name: "Talk"'), "message p.Turn is gone"),
        (('name: "Took"', 'name: "Took2"'), "message p.Turn.Took is gone"),
        (('name: "Phase"', 'name: "Step"'), "enum p.Phase is gone"),
        (('package: "p"', 'package: "q"'), "message p.Turn is gone"),
    ],
)
def test_breaking(change: tuple[str, str], sentence: str) -> None:
    assert any(sentence in each for each in changes(change))


def test_a_reserved_number_that_is_used_again() -> None:
    reused = (
        'field { name: "feeling" number: 7 type: TYPE_STRING label: LABEL_OPTIONAL } reserved_range { start: 8 end: 9 }'
    )
    assert changes(("reserved_range { start: 7 end: 9 }", reused)) == [
        "p.Turn: the numbers 7 to 8 are no longer reserved"
    ]


def test_two_fields_that_change_places() -> None:
    broken = changes(('"phase" number: 1', '"phase" number: 22'), ('"words" number: 2', '"words" number: 1'))
    assert {"p.Turn.phase had the number 1, now 22", "p.Turn.words had the number 2, now 1"} <= set(broken)


def test_a_breaking_schema_is_not_generated(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    with_folders(tmp_path)
    texts = {proto: (generate.ROOT / proto).read_text() for proto in generate.PROTOS}
    monkeypatch.setattr(generate, "ROOT", tmp_path)
    for proto, text in texts.items():
        (tmp_path / proto).write_text(text)
    generate.main()
    landed = (tmp_path / generate.SCHEMA).read_bytes()
    proto, text = next(iter(texts.items()))
    (tmp_path / proto).write_text(text.replace("string trace_id = 1;", "bytes trace_id = 1;"))
    with pytest.raises(SystemExit, match=r"spoq\.bus\.v1\.Envelope\.trace_id has another type"):
        generate.main()
    assert (tmp_path / generate.SCHEMA).read_bytes() == landed
