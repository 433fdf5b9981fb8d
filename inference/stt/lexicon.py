"""How words sound: pronunciations in the phones of CMUdict for every word of a grammar.

A word that the dictionary lacks gets its pronunciation from espeak-ng (in a process of its own: it is GPL), and where
that is not installed from plain letter rules, so that no word is ever dropped.
"""

import logging
import re
import subprocess
from collections.abc import Callable, Iterable, Mapping, Sequence
from pathlib import Path

log = logging.getLogger(__name__)

Pronunciation = tuple[str, ...]
Lexicon = Mapping[str, tuple[Pronunciation, ...]]
Guess = Callable[[list[str]], dict[str, Pronunciation]]

WORD = re.compile(r"[^\s;=|*+<>()\[\]{}/\"\\]+")
MAX_WORD_CHARACTERS = 40
ESPEAK_TIMEOUT_S = 10.0
REMAINS = "++"
"""`++word++` in a grammar is what remains of a word whose beginning was cut off: it sounds, and is not told."""

# espeak-ng's mnemonics (its docs/phonemes.md) for English, in CMU phones; longest first when read.
ESPEAK_PHONES: Mapping[str, str] = {
    "aI@": "AY ER", "aI3": "AY ER", "aU@": "AW ER", "i@3": "IH R", "i@": "IH R", "I@": "IH R", "e@": "EH R",
    "E@": "EH R",
    "A@": "AA R", "o@": "AO R", "O@": "AO R", "U@": "UH R", "aI": "AY", "aU": "AW", "eI": "EY", "OI": "OY", "oU": "OW",
    "i:": "IY", "u:": "UW", "A:": "AA", "O:": "AO", "3:": "ER", "@L": "AH L", "@2": "AH", "@5": "AH", "I2": "IH",
    "I#": "IH", "a#": "AH", "E#": "EH", "a": "AE", "A": "AA", "e": "EH", "E": "EH", "i": "IY", "I": "IH", "o": "OW",
    "O": "AO", "u": "UW", "U": "UH", "V": "AH", "0": "AA", "@": "AH", "3": "ER", "y": "IH",
    "tS": "CH", "dZ": "JH", "n-": "AH N", "l-": "AH L", "r-": "R", "t#": "T", "d#": "D", "z#": "Z", "w#": "W",
    "b": "B", "d": "D", "f": "F", "g": "G", "h": "HH", "j": "Y", "k": "K", "l": "L", "m": "M", "n": "N", "N": "NG",
    "p": "P", "r": "R", "R": "R", "s": "S", "S": "SH", "t": "T", "T": "TH", "D": "DH", "v": "V", "w": "W", "x": "K",
    "z": "Z", "Z": "ZH", "C": "CH", "?": "T",
}  # fmt: skip

# Letters by rule of thumb, longest first when read.
LETTER_PHONES: Mapping[str, str] = {
    "tion": "SH AH N", "sch": "SH", "igh": "AY", "eau": "OW", "ch": "CH", "sh": "SH", "th": "TH", "ph": "F", "wh": "W",
    "ck": "K", "qu": "K W", "ng": "NG", "ee": "IY", "ea": "IY", "oo": "UW", "ou": "AW", "ow": "OW", "ai": "EY",
    "ay": "EY",
    "oi": "OY", "oy": "OY", "au": "AO", "aw": "AO", "ie": "IY", "ei": "AY", "ar": "AA R", "er": "ER", "or": "AO R",
    "ir": "ER", "ur": "ER", "ll": "L", "ss": "S", "tt": "T", "nn": "N", "mm": "M", "pp": "P", "rr": "R", "ff": "F",
    "a": "AE", "b": "B", "c": "K", "d": "D", "e": "EH", "f": "F", "g": "G", "h": "HH", "i": "IH", "j": "JH", "k": "K",
    "l": "L", "m": "M", "n": "N", "o": "AA", "p": "P", "q": "K", "r": "R", "s": "S", "t": "T", "u": "AH", "v": "V",
    "w": "W", "x": "K S", "y": "IY", "z": "Z", "ä": "EH", "ö": "ER", "ü": "UW", "ß": "S", "é": "EY", "è": "EH",
    "ñ": "N Y",
    "0": "Z IH R OW", "1": "W AH N", "2": "T UW", "3": "TH R IY", "4": "F AO R", "5": "F AY V", "6": "S IH K S",
    "7": "S EH V AH N", "8": "EY T", "9": "N AY N",
}  # fmt: skip


def fsg_words(fsg: str) -> frozenset[str]:
    """The words on the transitions of a grammar in Sphinx's FSG format."""
    rows = (line.split() for line in fsg.splitlines() if line.startswith("T"))
    return frozenset(row[4] for row in rows if len(row) == 5 and len(row[4]) <= MAX_WORD_CHARACTERS)


def grammar_words(jsgf: str) -> frozenset[str]:
    """The words that a JSGF grammar can produce (tags, weights, comments and rule names are none)."""
    text = re.sub(r"//[^\n]*|/\*.*?\*/", " ", jsgf, flags=re.DOTALL)
    text = re.sub(r"^\s*(#JSGF|grammar|import)\b[^;]*;", " ", text, flags=re.MULTILINE)
    text = re.sub(r"\{[^}]*\}|/[0-9.eE+-]+/|<[^>]*>\s*=|<[^>]*>|\bpublic\b", " ", text)
    return frozenset(word for word in WORD.findall(text) if len(word) <= MAX_WORD_CHARACTERS)


def lexicon(words: Iterable[str], dictionary: Path, guess: Guess | None = None) -> Lexicon:
    """A pronunciation or more for every one of `words`; `guess` says how those sound that `dictionary` lacks."""
    every = frozenset(words)
    cut = {word for word in every if is_remains(word)}
    wanted = {word.strip(REMAINS) for word in every}
    found = _look_up(wanted, dictionary)
    missing = sorted(wanted - found.keys())
    guessed = (guess or guess_pronunciations)(missing) if missing else {}
    for word in missing:
        found[word] = [guessed.get(word) or spell(word)]
    for word in cut:
        whole = found[word.strip(REMAINS)]
        found[word] = list(dict.fromkeys(phones[at:] for phones in whole for at in range(len(phones))))
    return {word: tuple(found[word]) for word in sorted(every)}


def is_remains(word: str) -> bool:
    """Whether this is what is left of a word, and nothing that anybody is told."""
    return word.startswith(REMAINS) and word.endswith(REMAINS)


def as_dictionary(lexicon: Lexicon) -> str:
    """The lexicon as the text of a pocketsphinx dictionary."""
    lines = []
    for word, pronunciations in lexicon.items():
        for name, phones in zip(names(word, pronunciations), pronunciations, strict=True):
            lines.append(f"{name} {' '.join(phones)}\n")
    return "".join(lines)


def names(word: str, pronunciations: Sequence[Pronunciation]) -> Sequence[str]:
    """What each pronunciation of a word is called in a dictionary: `read`, `read(2)`."""
    return [word if number == 1 else f"{word}({number})" for number in range(1, len(pronunciations) + 1)]


def _look_up(wanted: set[str], dictionary: Path) -> dict[str, list[Pronunciation]]:
    """Entries look like `read R EH D` and `read(2) R IY D`."""
    found: dict[str, list[Pronunciation]] = {}
    by_lower = {word.lower(): word for word in wanted}
    with dictionary.open(encoding="utf-8") as lines:
        for line in lines:
            name, _, phones = line.rstrip().partition(" ")
            word = by_lower.get(name.partition("(")[0])
            if word is not None:
                found.setdefault(word, []).append(tuple(phones.split()))
    return found


def guess_pronunciations(words: list[str]) -> dict[str, Pronunciation]:
    """What espeak-ng says, or nothing for the words it cannot speak."""
    try:
        spoken = subprocess.run(
            ["espeak-ng", "-q", "-x", "-v", "en-us", "--stdin"],
            input="\n".join(words).encode(),
            capture_output=True,
            timeout=ESPEAK_TIMEOUT_S,
            check=True,
        ).stdout.decode(errors="replace")
    except (OSError, subprocess.SubprocessError) as error:
        log.info("espeak-ng gives no pronunciations (%s): letter rules do", type(error).__name__)
        return {}
    lines = [line.strip() for line in spoken.splitlines() if line.strip()]
    if len(lines) != len(words):
        return {}
    return {word: phones for word, line in zip(words, lines, strict=True) if (phones := from_espeak(line))}


def from_espeak(mnemonics: str) -> Pronunciation:
    """CMU phones of one word as `espeak-ng -x` writes it; stress, length and pauses are dropped."""
    return _transcribe(mnemonics, ESPEAK_PHONES)


def spell(word: str) -> Pronunciation:
    """CMU phones by letter rules; never empty."""
    return _transcribe(word.lower(), LETTER_PHONES) or ("AH",)


def _transcribe(text: str, table: Mapping[str, str]) -> Pronunciation:
    longest = max(map(len, table))
    phones: list[str] = []
    at = 0
    while at < len(text):
        for length in range(min(longest, len(text) - at), 0, -1):
            if text[at : at + length] in table:
                phones += table[text[at : at + length]].split()
                at += length
                break
        else:
            at += 1
    return tuple(phones)
