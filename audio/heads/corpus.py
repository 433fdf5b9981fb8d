"""What is said to train and test the stop word, and by whom: synthetic voices of espeak-ng and flite.

Voices are split by name, three ways: those that the weights are trained on, those that decide when training ends and
where the threshold lies, and those that are only ever tested.
"""

import functools
import random
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass
from enum import Enum
from pathlib import Path

import numpy as np
import pocketsphinx
import soxr
from numpy.typing import NDArray

RATE = 16_000
Pcm = NDArray[np.float32]


class Side(Enum):
    """Which voices: one side of the split."""

    TRAINING = "training"
    VALIDATION = "validation"
    TEST = "test"


LANGUAGES = {
    Side.TRAINING: ("en-us", "en-us", "en-gb", "en-gb-x-rp", "en-gb-scotland", "en-us-nyc", "en-gb-x-gbcwmd"),
    Side.VALIDATION: ("en-us", "en-us", "en-gb", "en-gb-scotland", "en-gb-x-gbclan"),
    Side.TEST: ("en-us", "en-us", "en-gb", "en-gb-x-gbclan", "en-029"),
}
VARIANTS = {
    Side.TRAINING: (
        "", "", "m1", "m2", "m3", "m5", "m6", "m8", "f1", "f2", "f3", "adam", "Alex", "Alicia", "belinda", "benjamin",
        "boris", "david", "Denis", "Diogo", "ed", "Gene", "Henrique", "Hugo", "Jacky", "john", "marcelo", "Marco",
        "Mario", "max", "miguel", "pablo", "pedro", "quincy", "rob", "robert", "anika", "grandpa", "klatt", "klatt2",
        "klatt3", "norbert", "sandro",
    ),
    Side.VALIDATION: ("m4", "f4", "Andrea", "caleb", "edward", "iven", "Lee", "Mike", "paul", "steph", "shelby"),
    Side.TEST: ("m7", "f5", "Annie", "Michael", "klatt4", "linda", "zac", "Andy", "travis", "victor", "steph2"),
}  # fmt: skip
FLITE = {Side.TRAINING: ("kal16", "rms", "slt"), Side.VALIDATION: ("kal",), Side.TEST: ("awb",)}
SHARE_OF_FLITE = {Side.TRAINING: 0.4, Side.VALIDATION: 0.2, Side.TEST: 0.2}


@dataclass(frozen=True)
class Word:
    """What a detector is for: the phrase, what ends or starts with it, and what is mistaken for it.

    `says_yes_ms`: hops that end in this time after the phrase are the word; those in `may_say_yes_ms` are either.
    `looks_at`: embeddings 80 ms apart, `rows`: of the mel spectrogram, that the detector is given. `over_playback`: how
    often the box itself makes a sound meanwhile, `noise_below_db`: how far the noise of a room is below the speech's
    peaks, `alone`: how often nothing follows it.
    """

    phrase: str
    ending: tuple[str, ...]
    starting: tuple[str, ...]
    confusable: tuple[str, ...]
    unseen: tuple[str, ...]
    says_yes_ms: tuple[int, int]
    may_say_yes_ms: tuple[int, int]
    looks_at: int
    rows: int
    over_playback: float
    noise_below_db: tuple[float, float] = (25, 50)
    alone: float = 0.75


STOP = Word(
    phrase="stop",
    ending=("stop", "stop", "stop", "stop!", "please stop", "okay stop", "hey, stop", "now stop", "and stop"),
    starting=("stop it", "stop please", "stop now", "stop that", "stop the alarm", "stop talking", "stop this"),
    confusable=(
        "top", "shop", "stock", "step", "spot", "stuff", "set up", "the shop is open", "star", "start", "store",
        "stone", "stand", "stay", "still", "stay up", "sit up", "step up", "hop", "pop", "drop", "crop", "swap", "stab",
        "stub", "stoop", "stack", "stick", "stuck", "talk", "tap", "tape", "type", "tip", "cup", "shut up", "sort",
        "spa", "sock", "sob", "snob", "slot", "scott", "shot", "sharp", "staff", "stamp", "storm", "strong", "street",
        "steep", "sleep", "soap", "snap", "ship", "sheep", "chop", "job", "mop", "cop", "got", "not", "what", "a lot",
        "on top", "hip hop", "laptop", "start up", "soft", "song", "south", "stairs", "study", "station", "yes", "no",
        "okay", "good", "thanks",
    ),
    unseen=("slop", "stalk", "stove", "swamp", "store up", "spock", "the top", "a prop", "best of", "storage"),
    says_yes_ms=(-30, 120),
    may_say_yes_ms=(-70, 760),
    looks_at=4,
    rows=60,
    over_playback=0.75,
)  # fmt: skip
CORE_CONFUSABLE = ("top", "shop", "stock", "step", "spot", "stuff", "set up", "the shop is open")
"""The ones that must never be taken for the stop word."""

REQUESTS = (
    "set a timer for five minutes",
    "what time is it",
    "turn it down",
    "stop",
    "add milk to my list",
    "good night",
)


def _wake(phrase: str, confusable: tuple[str, ...], unseen: tuple[str, ...]) -> Word:
    ending = (phrase, phrase, phrase, f"okay, {phrase}", f"{phrase}?")
    starting = tuple(f"{phrase}, {request}" for request in REQUESTS)
    return Word(phrase, ending, starting, confusable, unseen, (-120, 480), (-700, 1300), 16, 0, 0.25, (18, 50), 0.5)


HEY_JARVIS = _wake(
    "hey jarvis",
    (
        "hey jervis", "a service", "jar is", "hey service", "the jar is full", "hey Travis", "hey, Jeeves",
        "hay harvest", "hey Janice", "hey Jarrod", "a harvest", "hey nervous", "hey java is", "hey, charge it",
        "Charles is here",
        "the garden is nice", "they serve us", "hey there", "hey Google", "hey Siri", "jars of jam", "Jar Jar is here",
        "hey Davis", "hey Mavis", "hey Elvis", "hey Jason", "hey Jasmine", "hey garbage", "hey Harvey", "hey Charlie",
        "hey Carla", "hey Marvin", "hey John", "hey Joe", "hey George", "hey jacket", "say jars", "hey doctor", "a jar",
        "they charge us", "play jazz", "hey Judas", "hey Jamie", "pay service", "hey artist", "hey Darwin",
        "hey, are you",
        "day service", "hey Jordan", "the chart is", "a marvellous day", "hey Travis, what time is it", "hey jealous",
        "hey chairs", "paid surface", "hey surface", "hey purpose", "hey Curtis", "hey Larvus", "hey Tavis", "the jury",
        "hey Jacob", "hey Jared", "hey Jerry", "hey Gerald", "hey Jeffrey", "hey Julius", "hey Charlotte",
        "hey Chester",
        "hey Carter", "hey Barbara", "hey Marcus", "hey Martin", "hey Arthur", "hey Harris", "hey Charlene", "hey Java",
        "hey charmer", "hey darling", "hey Garvey", "hey jaguar", "a jar of honey", "may serve us", "they jar us",
        "hey Jobs", "say Jarrow", "hey Chavez, stop", "a chart of it", "hey Jaws", "hey jive is", "hey jar of it",
        "hey jar", "hey Bob", "hey you", "hey mister", "okay computer", "hey Janet, set a timer",
    ),
    ("hey Chavez", "hey Marvis", "a large vista", "say service", "hey Jarvey", "hey Gervase", "hey charges",
     "hay carvers"),
)  # fmt: skip
ALEXA = _wake(
    "alexa",
    (
        "a lexicon", "Alexander", "a lecture", "elections", "Alexis is here", "electric", "I like salsa",
        "a legs a day", "Alicia", "a lesser evil", "a lesson", "a letter", "Alaska", "a lectern",
        "flex a muscle", "collects a stamp",
        "Alec", "the next one", "annex", "axle", "election day", "a leg", "complexity", "perplexed", "reflects a light",
        "lexical", "Lexington", "Texas", "a sec", "a lemon", "I let her", "a lab", "a flexible", "Alice", "Alonso",
        "the ledger", "eggs and bacon", "excel", "a lettuce", "a lens", "the lexicographer", "selects a", "I left a",
        "all extra", "relax", "dyslexia", "Mexico", "less of a", "left a message", "Eleanor", "Alessia", "elected",
        "an ax",
        "by taxi", "the taxes", "a Tesla", "Electra", "I lick the", "a lesser", "a lot of extra", "a list of",
        "Alexandria",
        "electrical", "a lexis", "a leg so", "my license", "I like to", "a lucky", "let us see", "all exact", "a lax",
        "Felix a bit", "a Rolex", "hey Lex", "the lexis", "duplex a", "Alec said", "I elect a",
        "eclectic", "collecting", "Olympics", "a legend", "the legs", "legs of lamb", "electron",
    ),
    ("a Lexus", "relax a bit", "a lexical", "Alexei", "elects a", "a lecher", "collects all", "a legacy"),
)  # fmt: skip
WORDS = {"stop": STOP, "hey_jarvis": HEY_JARVIS, "alexa": ALEXA}

SENTENCES = (
    "what time is it", "set a timer for five minutes", "how long is left on the pasta timer", "cancel the timer",
    "wake me up at seven tomorrow", "turn the volume up", "turn it down a bit", "what is twelve times nine",
    "how many miles are ten kilometres", "add milk to the shopping list", "what is on my list", "good night",
    "what can you do", "say that again", "never mind", "the weather is lovely today", "did you feed the cat",
    "dinner is almost ready", "we should go to the station soon", "I left my coat at the shop",
    "the stock market fell again", "that was the best step to take", "put it on top of the shelf",
    "she got a spot in the front row", "all that stuff is still in the box", "let us set up the table",
    "the storm will pass by tomorrow", "a cup of strong coffee", "he started to study history", "it is not that hard",
    "stay here for a while", "the stairs are steep", "I stood at the door", "my staff are on holiday",
    "which street is it", "just a small sip", "the post office is shut", "one step at a time", "best of luck",
    "the last pop song", "what a lot of people", "first of all we need a plan", "is the shop still open",
    "most of the time it works", "chop the onions", "let it drop", "a sharp knife", "the top of the page",
    "this is a test", "the boss took a job", "cross the road", "the soup is hot", "please speak slower",
    "they lost the match", "it costs forty dollars", "my phone is on the desk", "where are the scissors",
    "you said it would rain", "it is the first of the month", "a sock and a shoe", "sorry I did not get that",
)  # fmt: skip


@dataclass(frozen=True)
class Voice:
    """One synthetic speaker. `pitch` is 0 to 99, `words_per_minute` its speed."""

    engine: str
    name: str
    pitch: int
    words_per_minute: int

    def say(self, text: str) -> Pcm:
        """Speech at 16 kHz in the scale of int16, cut to where it can be heard."""
        command = self._espeak(text) if self.engine == "espeak" else self._flite(text)
        output = subprocess.run(command, capture_output=True, check=True).stdout
        rate = int.from_bytes(output[24:28], "little")
        data = output[output.index(b"data") + 8 :]
        pcm = np.frombuffer(data[: len(data) // 2 * 2], "<i2").astype(np.float32)
        return cut(pcm if rate == RATE else soxr.resample(pcm, rate, RATE).astype(np.float32))

    def _espeak(self, text: str) -> list[str]:
        return ["espeak-ng", "-v", self.name, "-p", str(self.pitch), "-s", str(self.words_per_minute), "--stdout", text]

    def _flite(self, text: str) -> list[str]:
        stretch, height = 165 / self.words_per_minute, 80 + 1.4 * self.pitch
        settings = ["--setf", f"duration_stretch={stretch:.2f}", "--setf", f"int_f0_target_mean={height:.0f}"]
        return ["flite", "-voice", self.name, *settings, "-t", text, "-o", "/dev/stdout"]


OWN_VOICE = Voice("espeak", "en-us", 50, 165)


def voices(side: Side, dice: random.Random) -> Iterator[Voice]:
    """Speakers without end, from one side of the split."""
    while True:
        pitch, speed = dice.randint(20, 85), dice.randint(125, 215)
        if dice.random() < SHARE_OF_FLITE[side]:
            yield Voice("flite", dice.choice(FLITE[side]), pitch, speed)
        else:
            language, variant = dice.choice(LANGUAGES[side]), dice.choice(VARIANTS[side])
            yield Voice("espeak", f"{language}+{variant}" if variant else language, pitch, speed)


def cut(pcm: Pcm, quiet: float = 0.01) -> Pcm:
    """Without what is quieter than `quiet` of the loudest sample, in front and behind."""
    loud = np.flatnonzero(np.abs(pcm) > quiet * np.max(np.abs(pcm), initial=1.0))
    return pcm[loud[0] : loud[-1] + 1] if loud.size else pcm


@functools.cache
def _words() -> tuple[str, ...]:
    """Every word of a large dictionary, names of people and places among them."""
    dictionary = Path(pocketsphinx.get_model_path("en-us")) / "cmudict-en-us.dict"
    words = (line.partition(" ")[0] for line in dictionary.read_text(encoding="utf-8").splitlines())
    return tuple(word for word in words if word.isalpha())


def any_words(word: Word, dice: random.Random) -> str:
    """What makes no sense, and is not the word."""
    stems = {part[:5] for part in word.phrase.split() if len(part) > 3}
    drawn = (dice.choice(_words()) for _ in range(dice.randint(2, 7)))
    return " ".join(each for each in drawn if each[:5] not in stems) or "hello"


def own_answer(dice: random.Random) -> str:
    """Something the box says, as its skills do."""
    hour, minute, number, other = dice.randint(1, 12), dice.randint(0, 59), dice.randint(2, 59), dice.randint(2, 999)
    name = dice.choice(("pasta", "pizza", "tea", "egg", "laundry", "second", "bread"))
    thing = dice.choice(("milk", "eggs", "bread", "apples", "soap", "coffee", "chocolate", "batteries"))
    day = dice.choice(("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday", "tomorrow"))
    place = dice.choice(("Tokyo", "New York", "Berlin", "London", "Sydney", "Paris", "Boston"))
    return dice.choice(
        (
            f"It is {hour} {minute:02d} in the afternoon.",
            f"In {place} it is {hour} {minute:02d}.",
            f"Timer set for {number} minutes.",
            f"The {name} timer is set: {number} minutes.",
            f"There are {number} minutes and {minute} seconds left on the {name} timer.",
            f"The {name} timer has been cancelled.",
            f"Your alarm is set for {day} at {hour} {minute:02d}.",
            f"I put {thing} on the shopping list.",
            f"On your shopping list: {thing}, cheese, and {number} potatoes.",
            f"{number} times {other} is {number * other}.",
            f"Your {name} timer is done.",
            f"The alarm at {hour} {minute:02d} is off. You have {number} timers.",
            f"I took {thing} off the shopping list.",
            f"The shop opens at {hour}, and the top shelf has {number} boxes of {thing} in stock.",
            f"{number} miles are {number * 1.609:.1f} kilometres.",
            f"The volume is at {number} percent.",
            "You can ask me for the time, set timers and alarms, keep lists, and do sums. Try: set a timer.",
            "Sorry, I did not understand that. Please say it again.",
            "I cannot call anyone. Please use a phone and call one one two.",
            f"This box is version {hour} point {minute}, and its address is one nine two dot {other} dot {number}.",
            f"Good night. Your next alarm is {day} at {hour} {minute:02d}.",
            f"Today is {day}, the {number}th. It is a good day to start something new, or to stay at home.",
        )
    )
