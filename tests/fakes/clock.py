"""A box's two clocks on the event loop's time: the wall clock can be set, in both directions, while somebody waits."""

import asyncio

from conductor.clock import Instant


class BoxClock:
    """A `conductor.clock.Clock`. `floor`: what it was told to believe; `asked_s`: how long each wait wanted to be."""

    def __init__(self, wall: float, known: bool = True, boot: str = "first boot") -> None:
        self.known = known
        self.boot = boot
        self.floor = 0.0
        self.asked_s: list[float] = []
        self._ahead_s = wall - self._elapsed()
        self._was_set = asyncio.Event()

    def now(self) -> Instant:
        return Instant(self._elapsed() + self._ahead_s, self._elapsed(), self.boot, self.known)

    def believe(self, saved_wall: float) -> None:
        self.floor = max(self.floor, saved_wall)

    async def wait(self, seconds: float) -> None:
        self.asked_s.append(seconds)
        self._was_set.clear()
        try:
            async with asyncio.timeout(seconds):
                await self._was_set.wait()
        except TimeoutError:
            return

    def set_to(self, wall: float, known: bool = True) -> None:
        """Somebody sets the wall clock; whoever waits is woken, as by TFD_TIMER_CANCEL_ON_SET."""
        self._ahead_s = wall - self._elapsed()
        self.known = known
        self._was_set.set()

    @staticmethod
    def _elapsed() -> float:
        return asyncio.get_running_loop().time()
