"""TOML to frozen dataclasses, strictly: what nobody knows is an error in a sentence."""

from dataclasses import FrozenInstanceError, dataclass, field
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from daemons.settings import MAX_BYTES, SettingsError, fill, merged, parse, section


@dataclass(frozen=True)
class Word:
    model: str = ""
    threshold: float = 0.5


@dataclass(frozen=True)
class Config:
    words: tuple[Word, ...] = ()
    names: dict[str, str] = field(default_factory=dict)
    rate: int = 16_000
    gain: float | None = None
    device: str | int = ""
    dictation: bool = True
    wake: Word = field(default_factory=Word)


def configured(text: str) -> Config:
    return fill(Config, parse(text.encode(), "spoq.toml"), "audio")


def test_what_is_not_named_has_its_default() -> None:
    assert configured("") == Config()


def test_every_kind_of_value() -> None:
    text = """
    rate = 48000
    gain = 3
    device = 2
    dictation = false
    names = { en = "en-us" }
    [wake]
    threshold = 0.7
    [[words]]
    model = "alexa"
    """
    assert configured(text) == Config(
        (Word("alexa"),), {"en": "en-us"}, 48_000, 3.0, 2, dictation=False, wake=Word(threshold=0.7)
    )


def test_the_result_is_frozen() -> None:
    with pytest.raises(FrozenInstanceError):
        configured("").rate = 8000  # type: ignore[misc]


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("rat = 1", "Unknown setting audio.rat. Known here: device, dictation, gain, names, rate, wake, words."),
        ("wake.treshold = 1.0", "Unknown setting audio.wake.treshold. Known here: model, threshold."),
        ("[[words]]\nmodl = 'x'", "Unknown setting audio.words.modl. Known here: model, threshold."),
        ("rate = 16000.0", "The setting audio.rate should be a whole number, and is a number."),
        ("rate = true", "The setting audio.rate should be a whole number, and is true or false."),
        ("rate = 'hidden'", "The setting audio.rate should be a whole number, and is text."),
        ("dictation = 1", "The setting audio.dictation should be true or false, and is a whole number."),
        ("gain = 'hidden'", "The setting audio.gain can't be text."),
        ("device = []", "The setting audio.device can't be a list."),
        ("wake = 'hidden'", "The setting audio.wake should be a table, and is text."),
        ("words = {}", "The setting audio.words should be a list, and is a table."),
        ("words = [1]", "The setting audio.words should be a table, and is a whole number."),
        ("names = []", "The setting audio.names should be a table, and is a list."),
        ("names = { en = 1 }", "The setting audio.names.en should be text in quotes, and is a whole number."),
        ("rate = 1979-05-27", "The setting audio.rate should be a whole number, and is a date or time."),
        ("wake.threshold = inf", "The setting audio.wake.threshold should be a finite number."),
        ("wake.threshold = nan", "The setting audio.wake.threshold should be a finite number."),
    ],
)
def test_a_wrong_setting_is_a_sentence_that_does_not_repeat_it(text: str, sentence: str) -> None:
    with pytest.raises(SettingsError) as refused:
        configured(text)
    assert str(refused.value) == sentence


@pytest.mark.parametrize("text", [b"rate = ", b"rate = 1\nrate = 2", b"\xff\xfe", b"x" * (MAX_BYTES + 1)])
def test_a_file_that_is_no_toml_is_a_sentence_with_its_name(text: bytes) -> None:
    with pytest.raises(SettingsError, match=r"^spoq\.toml is "):
        parse(text, "spoq.toml")


def refusal(text: bytes) -> str:
    """The sentence with which it is refused; empty where it is a table. Any other exception is a fault."""
    try:
        parse(text, "spoq.toml")
    except SettingsError as error:
        return str(error)
    return ""


@given(st.binary(max_size=400))
def test_junk_is_a_table_or_a_sentence(junk: bytes) -> None:
    sentence = refusal(junk)
    assert not sentence or sentence.startswith("spoq.toml is ")


def test_deep_nesting_is_a_sentence() -> None:
    assert refusal(b"a = " + b"[" * 50_000 + b"]" * 50_000) == "spoq.toml is nested too deeply for a configuration."


def test_a_section_that_is_no_table_is_a_sentence() -> None:
    with pytest.raises(SettingsError, match=r"^The setting audio\.wake should be a table, and is a whole number\.$"):
        section({"audio": {"wake": 3}}, "audio.wake")


def test_a_section_that_is_not_there_is_empty() -> None:
    assert section({"audio": {}}, "audio.wake.word") == {}


def test_the_owner_overrides_single_keys() -> None:
    vendor = {"audio": {"rate": 16_000, "wake": {"model": "alexa", "threshold": 0.5}}, "hardware": {"ring": "a"}}
    owner = {"audio": {"wake": {"threshold": 0.7}}, "conductor": {"language": "de"}}
    assert merged(vendor, owner) == {
        "audio": {"rate": 16_000, "wake": {"model": "alexa", "threshold": 0.7}},
        "hardware": {"ring": "a"},
        "conductor": {"language": "de"},
    }
    assert vendor["audio"]["wake"] == {"model": "alexa", "threshold": 0.5}  # type: ignore[index]


def test_the_vendors_file_can_be_read() -> None:
    path = Path(__file__).parent.parent.parent / "rootfs/usr/lib/spoq/spoq.toml"
    assert isinstance(parse(path.read_bytes(), str(path)), dict)
