"""Which requests are spoken by whom, in which noise, with which pauses: drawn once from a recorded seed."""

import random
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from bench.clips import Pause
from bench.requests import Request
from bench.speakers import SPEAKERS, Speaker

SEED = 20261121
SNRS: tuple[float | None, ...] = (None, 20.0, 10.0)
PAUSE_S = (0.3, 0.8)


@dataclass(frozen=True)
class Trial:
    """One turn to be measured. `snr_db` None: a quiet room."""

    number: int
    request: Request
    speaker: Speaker
    snr_db: float | None
    pause: Pause | None

    @property
    def noise(self) -> str:
        return "clean" if self.snr_db is None else f"snr{self.snr_db:.0f}"

    @property
    def pauses_when_complete(self) -> bool:
        """The pause is where English would let the request end."""
        return self.pause is not None and self.pause.after_words in self.request.complete_at


def drawn(requests: Sequence[Request], count: int, seed: int = SEED) -> Sequence[Trial]:
    """`count` trials: every request equally often, every third with a pause where it has a word boundary."""
    dice = random.Random(seed)
    return list(_drawn(requests, count, dice))


def _drawn(requests: Sequence[Request], count: int, dice: random.Random) -> Iterator[Trial]:
    waiting: list[Request] = []
    for number in range(count):
        if not waiting:
            waiting = dice.sample(list(requests), len(requests))
        request = waiting.pop()
        speaker = dice.choice(SPEAKERS)
        pause = None
        if number % 3 == 2 and len(request.words) > 1:
            pause = Pause(dice.randrange(1, len(request.words)), dice.uniform(*PAUSE_S))
        yield Trial(number, request, speaker, SNRS[number // 3 % len(SNRS)], pause)
