"""Improv Wi-Fi by Bluetooth LE: its service in the box's GATT table, and its states at work (`pairing/improv.py`)."""

import asyncio
import logging
import time
from collections.abc import Callable, Coroutine, Mapping, Sequence

from pairing import improv
from pairing.errors import Malformed, WifiError
from pairing.home_wifi import HomeWifi
from pairing.improv import Answer, Effect, Identify, Improv, InvalidFrame, Join, Pieces, Rename, Scan, Show
from pairing.wifi import Network, Security, Wanted
from systembus.client import Variant

log = logging.getLogger(__name__)

TICK_S = 1.0
MOST_VISITORS = 8
SECURITY = {Security.OPEN: "NO", Security.WPA2: "WPA2", Security.WPA3: "WPA3", Security.UNSUPPORTED: "WPA2 EAP"}


class ImprovRadio:
    """A service of the box's GATT table (`pairing/table.py`). `press` when somebody pressed the button.

    `notify` tells all who listen to a characteristic its value; `advertise` that what is advertised is another;
    `identify` has the box be heard; `page` is where somebody who has joined goes on.
    """

    uuid = improv.SERVICE
    characteristics: Mapping[str, Sequence[str]] = {
        improv.STATE: ["read", "notify"],
        improv.ERROR: ["read", "notify"],
        # improv-wifi-sdk waits for no response, and Apple's Bluetooth drops what a characteristic does not announce.
        improv.COMMAND: ["write", "write-without-response"],
        improv.RESULT: ["read", "notify"],
        improv.CAPABILITIES: ["read"],
    }

    def __init__(
        self,
        improv: Improv,
        wifi: HomeWifi,
        notify: Callable[[str, bytes], None],
        advertise: Callable[[], None],
        identify: Callable[[], None],
        page: Callable[[], str],
        monotonic_s: Callable[[], float] = time.monotonic,
    ) -> None:
        self._improv, self._wifi, self._notify, self._advertise = improv, wifi, notify, advertise
        self._identify, self._page, self._monotonic_s = identify, page, monotonic_s
        self._result = b""
        self._hostname = ""
        self._there = False
        self._pieces: dict[str, Pieces] = {}
        self._working: set[asyncio.Task[None]] = set()
        self._ticking: asyncio.TimerHandle | None = None
        wifi.listen(self._on_wifi)

    @property
    def advertised(self) -> Mapping[str, Variant] | None:
        """Nothing, where there is no Wi-Fi."""
        if not self._there:
            return None
        data = {improv.SERVICE_DATA: Variant("ay", self._improv.service_data)}
        return {"ServiceData": Variant("a{sv}", data)}

    def _on_wifi(self, in_network: bool | None) -> None:
        self._there = in_network is not None
        if in_network is not None:
            self._do(self._improv.is_in_a_network(in_network))
        self._advertise()

    async def _look(self) -> None:
        try:
            self._on_wifi(await self._wifi.joined() is not None)
        except WifiError:
            self._on_wifi(None)

    def press(self) -> None:
        """Somebody stands before the box."""
        self._work(self._look())
        self._do(self._improv.press(self._monotonic_s()))
        self._tick_soon()

    def read(self, visitor: str, characteristic: str, offset: int, mtu: int) -> bytes:
        """Raises Malformed."""
        values = {
            improv.STATE: bytes((self._improv.state,)),
            improv.ERROR: bytes((self._improv.error,)),
            improv.RESULT: self._result,
            improv.CAPABILITIES: bytes((improv.ALL,)),
        }
        value = values.get(characteristic)
        if value is None or not 0 <= offset <= len(value):
            raise Malformed
        return value[offset:]

    def write(self, visitor: str, characteristic: str, value: bytes, offset: int, mtu: int) -> None:
        """Raises Malformed."""
        if characteristic != improv.COMMAND or offset:
            raise Malformed
        if visitor not in self._pieces and len(self._pieces) >= MOST_VISITORS:
            raise Malformed
        now_s = self._monotonic_s()
        try:
            frame = self._pieces.setdefault(visitor, Pieces()).take(value, now_s)
        except InvalidFrame:
            self._do(self._improv.invalid())
            return
        if frame is not None:
            self._do(self._improv.take(frame, now_s))

    def gone(self, visitor: str) -> None:
        """It is not connected any more; what it asked for goes on."""
        self._pieces.pop(visitor, None)

    def close(self) -> None:
        """Nobody is connected."""
        self._pieces.clear()

    def _do(self, effects: Sequence[Effect]) -> None:
        for effect in effects:
            match effect:
                case Show(state, error):
                    self._notify(improv.STATE, bytes((state,)))
                    self._notify(improv.ERROR, bytes((error,)))
                    self._advertise()
                case Answer(frame):
                    self._result = frame
                    self._notify(improv.RESULT, frame)
                case Join(ssid, password):
                    self._work(self._join(ssid, password))
                case Scan():
                    self._work(self._scan())
                case Identify():
                    self._identify()
                case Rename(hostname):
                    self._hostname = hostname

    def _work(self, doing: Coroutine[None, None, None]) -> None:
        task = asyncio.get_running_loop().create_task(doing)
        self._working.add(task)
        task.add_done_callback(self._working.discard)

    async def _join(self, ssid: bytes, password: bytes) -> None:
        try:
            await self._wifi.join(Wanted(ssid, password, self._hostname))
        except WifiError as error:
            log.warning("somebody who chose a Wi-Fi network by Improv: %s", error)
            self._do(self._improv.failed(self._monotonic_s()))
        else:
            self._do(self._improv.joined(self._page()))
        self._tick_soon()

    async def _scan(self) -> None:
        try:
            found = await self._wifi.look()
        except WifiError as error:
            log.warning("somebody who looks for Wi-Fi networks by Improv: %s", error)
            found = []
        self._do(self._improv.scanned(_told(each) for each in found))

    def _tick_soon(self) -> None:
        """As long as there is something that ends with time."""
        if self._ticking is None and self._improv.waits:
            self._ticking = asyncio.get_running_loop().call_later(TICK_S, self._tick)

    def _tick(self) -> None:
        self._ticking = None
        self._do(self._improv.tick(self._monotonic_s()))
        self._tick_soon()


def _told(network: Network) -> improv.Network:
    """As Improv's clients know it: in decibels of a milliwatt, as NetworkManager made its hundredths of them."""
    return improv.Network(network.name, network.strength // 2 - 100, SECURITY[network.security])
