"""What the box is doing, and how it is, as an updater wants to know it: asked over the bus, and of the machine."""

import asyncio
import time
from collections.abc import Awaitable, Callable, Mapping
from contextlib import suppress
from datetime import datetime
from pathlib import Path
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from bus import messages_pb2 as pb
from bus import subjects as s
from bus.client import Bus
from bus.envelope import Received
from bus.errors import BusError
from ota.confirming import WELL
from ota.policy import Moment

DAEMONS = frozenset({"audiod", "conductord", "hardwared", "inferenced", "pairingd", "identityd"})
UP = frozenset({"ready", "degraded"})
QUESTIONS = {"de": "wie spät ist es"}
QUESTION = "what time is it"
"""Nobody hears the answer."""
GATEWAY = 7768
ANSWER_S, CONNECT_S = 10.0, 10.0
ATTEMPTS, BETWEEN_S = 5, 2.0
"""The conductor may just be starting."""
LONGEST_TURN_S = 600.0
"""A turn that is told no end of by then has lost whoever would tell it."""
OVER = frozenset({pb.CLOSED, pb.CANCELLED})


class Home:
    """`follow` once. `clock` gives the Unix time, None where nobody knows it; `metered`: whether the line costs money;
    `online`: whether there is a way out of the home's network, whoever answers there."""

    def __init__(
        self,
        clock: Callable[[], float | None],
        metered: Callable[[], Awaitable[bool]],
        online: Callable[[], Awaitable[bool]],
        language: str,
        well: Path = WELL,
    ) -> None:
        self._clock, self._metered, self._online, self._well = clock, metered, online, well
        self._question = QUESTIONS.get(language, QUESTION)
        self._turn_since: float | None = None
        self._answered: set[str] = set()
        self._heard = asyncio.Event()
        self._bus: Bus

    async def follow(self, bus: Bus) -> None:
        self._bus = bus
        await bus.subscribe(s.TURN_STATE, self._on_turn)
        await bus.subscribe(s.NODE_HEALTH, self._on_health)

    def up_s(self) -> float:
        return time.clock_gettime(time.CLOCK_BOOTTIME)

    def unix_s(self) -> int:
        return int(self._clock() or 0)

    async def moment(self) -> Moment:
        now_s, since = self._clock(), self._turn_since
        return Moment(
            now=datetime.fromtimestamp(now_s, await self._zone()) if now_s is not None else None,
            metered=await self._metered(),
            turn=since is not None and time.monotonic() - since < LONGEST_TURN_S,
            alarm_in_s=await self._alarm_in_s(),
        )

    async def seen(self) -> Mapping[str, bool]:
        """By the names of `ota/gate.py`."""
        daemons, turn, gateway, network = await asyncio.gather(
            self._daemons_answer(), self._answers_a_question(), _listens("127.0.0.1", GATEWAY), self._online()
        )
        return {
            "daemons": daemons,
            "bus": self._bus.connected_now,
            "turn": turn,
            "system": self._well.exists(),
            "gateway": gateway,
            "network": network,
        }

    async def _daemons_answer(self) -> bool:
        self._answered.clear()
        with suppress(TimeoutError, BusError):
            async with asyncio.timeout(ANSWER_S):
                await self._bus.publish(s.NODE_HEALTH_REQUEST, pb.HealthRequest())
                while not self._answered >= DAEMONS:
                    self._heard.clear()
                    await self._heard.wait()
        return self._answered >= DAEMONS

    async def _answers_a_question(self) -> bool:
        # What people have missed waits for them.
        question = pb.Ask(text=self._question, unheard=True)
        try:
            answer = await self._bus.request(s.NLU_REQUEST, question, timeout_s=ANSWER_S)
        except BusError:
            return False
        return bool(answer.text) and not answer.refusal

    async def _zone(self) -> ZoneInfo:
        with suppress(BusError, ZoneInfoNotFoundError, ValueError):
            return ZoneInfo((await self._bus.request(s.REGION, pb.SetRegion())).zone)
        return ZoneInfo("UTC")

    async def _alarm_in_s(self) -> float | None:
        """Where nobody answers nobody rings."""
        for _ in range(ATTEMPTS):
            try:
                timers = (await self._bus.request(s.TIMERS_LIST, pb.TimersRequest())).timers
            except BusError:
                await asyncio.sleep(BETWEEN_S)
                continue
            remaining = (0.0 if each.state == "ringing" else each.remaining_ms / 1000 for each in timers)
            return min(remaining, default=None)
        return None

    def _on_turn(self, message: Received[pb.TurnState]) -> None:
        self._turn_since = None if message.body.phase in OVER else time.monotonic()

    def _on_health(self, message: Received[pb.Health]) -> None:
        if message.body.state in UP:
            self._answered.add(message.body.unit)
        self._heard.set()


async def _listens(host: str, port: int) -> bool:
    try:
        async with asyncio.timeout(CONNECT_S):
            _, writer = await asyncio.open_connection(host, port)
    except (OSError, TimeoutError):
        return False
    writer.close()
    return True
