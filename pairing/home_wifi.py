"""The box's Wi-Fi as everybody here uses it: whoever joins a network sees it on the ring, and hears it."""

import asyncio
import logging
from collections.abc import Callable
from contextlib import AbstractAsyncContextManager, suppress
from typing import Protocol

from bus import messages_pb2 as pb
from bus import subjects as s
from bus.client import Bus
from pairing import wifi
from pairing.errors import AlreadyJoining, WifiError
from pairing.hotspot import Hotspot
from pairing.voice import Voice
from pairing.wifi import Network, Wanted

log = logging.getLogger(__name__)

SOURCE = "pairingd.wifi"
AGAIN_S = 30.0
MOST_LOOKS = 4

Told = Callable[[bool | None], None]
"""Whether the box is in a network; None: it has no radio."""


class Radio(Protocol):
    """NetworkManager, or one in a test. Its methods raise WifiError."""

    async def look(self) -> list[Network]: ...

    async def joined(self) -> Network | None: ...

    async def join(self, wanted: Wanted) -> None: ...

    def watched(self) -> AbstractAsyncContextManager[asyncio.Event]:
        """Set when there may be another radio, or one in another state."""


class HomeWifi:
    """One box's. Its methods raise WifiError."""

    def __init__(self, bus: Bus, radio: Radio, hotspot: Hotspot, voice: Voice) -> None:
        self._bus, self._radio, self._hotspot, self._voice = bus, radio, hotspot, voice
        self._seen: list[Network] = []
        self._wanted: bool | None = None
        self._listeners: list[Told] = []
        self._joining = asyncio.Lock()
        self._changing: asyncio.Task[bool] | None = None
        self._saying: set[asyncio.Task[None]] = set()

    def listen(self, told: Told) -> None:
        """It is told when the window is opened, and when a radio is found later."""
        self._listeners.append(told)

    async def look(self) -> list[Network]:
        """What there is to join, the strongest first; takes some seconds. While the radio is a hotspot it sees nothing:
        what it saw before is what there is."""
        self._seen = await self._look() or self._seen
        return self._seen

    async def let_in(self, wanted: bool) -> None:
        """Whether somebody may pair; returns at once. What was left behind by an end that nobody expected goes, too."""
        if wanted == self._wanted:
            return
        self._wanted = wanted
        if self._changing is not None:
            self._changing.cancel()
        changing = self._open() if wanted else self._hotspot.let_in(False)
        self._changing = asyncio.get_running_loop().create_task(changing)

    async def _open(self) -> bool:
        """Returns once there is a radio: it may be slow to start, or be plugged in."""
        blind = 0
        async with self._radio.watched() as changed:
            while True:
                changed.clear()
                in_network, looked = await self._find()
                for told in self._listeners:
                    told(in_network)
                # A radio that has not looked around yet is no hotspot: it would see nothing any more. It has two tries.
                blind += in_network is not None and not looked
                if (looked or blind > 1) and await self._hotspot.let_in(True):
                    return True
                with suppress(TimeoutError):
                    async with asyncio.timeout(AGAIN_S):
                        await changed.wait()

    async def _find(self) -> tuple[bool | None, bool]:
        """Whether the box is in a network, None without a radio; and whether it knows what there is to join."""
        in_network = None
        try:
            in_network = await self._radio.joined() is not None
            if not in_network:
                await self._look_well()
        except WifiError:
            return in_network, False
        return in_network, True

    async def _look_well(self) -> None:
        """A hotspot sees nothing any more, and one look misses some: until another finds no more. Raises WifiError."""
        found: dict[bytes, Network] = {}
        for _ in range(MOST_LOOKS):
            seen = await self._look()
            new = [each for each in seen if each.ssid not in found]
            found |= {each.ssid: each for each in seen}
            if found and not new:
                break
        self._seen = wifi.best(found.values())

    async def _look(self) -> list[Network]:
        """While it goes up or down, a radio sees the hotspot that it is itself."""
        return [each for each in await self._radio.look() if each.ssid != self._hotspot.ssid]

    async def joined(self) -> Network | None:
        """What the box is in."""
        return await self._radio.joined()

    async def join(self, wanted: Wanted) -> None:
        """Takes up to a minute; the network is known from then on. One at a time."""
        if self._joining.locked():
            raise AlreadyJoining
        async with self._joining:
            await self._show("joining")
            try:
                async with self._hotspot.away():
                    await self._radio.join(wanted)
            finally:
                await self._show("")
        # Whose it is stays between the box and its people.
        log.info("a Wi-Fi network was joined")
        saying = asyncio.get_running_loop().create_task(self._voice.say("joined"))
        self._saying.add(saying)
        saying.add_done_callback(self._saying.discard)

    async def _show(self, state: str) -> None:
        await self._bus.publish(s.HARDWARE_RING_SET, pb.RingWish(source=SOURCE, state=state))
