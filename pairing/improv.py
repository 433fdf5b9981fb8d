"""Improv Wi-Fi over Bluetooth LE, the open standard that phone apps and browsers speak: one gadget's side. Pure.

    AUTHORIZATION_REQUIRED ── press ──▶ AUTHORIZED ── settings ──▶ PROVISIONING ── joined ──▶ PROVISIONED
        ▲                                │    ▲                      │                          │
        └──────── a minute has gone ─────┘    └── could not join ────┘        press: AUTHORIZED ◀┘

The Wi-Fi password travels in the clear: it is taken within a minute of the button, or of an attempt that failed, and
nothing else is given for it. Clients that lose their connection meanwhile send it once more: that is no other attempt,
and the answer is given again.
Times are seconds of a clock that never goes back. Source: improv-wifi.com/ble, and its clients where that is silent.
"""

import math
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from enum import IntEnum, IntFlag

SERVICE = "00467768-6228-2272-4663-277478268000"
STATE, ERROR, COMMAND, RESULT, CAPABILITIES = (f"00467768-6228-2272-4663-27747826800{number}" for number in range(1, 6))
SERVICE_DATA = "00004677-0000-1000-8000-00805f9b34fb"
MOST_DATA = 255
AUTHORIZED_S, JOINS_S, PIECES_S = 60.0, 45.0, 5.0
"""How long a press holds, how long joining may take, and how long a frame may be on its way."""
LONGEST_S = 600.0
"""Each attempt that failed gives its person another minute, and no press more than this."""
MOST_SSID = 32
PASSWORD = range(8, 65)
"""Bytes; an open network has none."""
HOSTNAME = re.compile(rb"[A-Za-z0-9](?:[A-Za-z0-9-]{0,61}[A-Za-z0-9])?")


class State(IntEnum):
    AUTHORIZATION_REQUIRED = 1
    AUTHORIZED = 2
    PROVISIONING = 3
    PROVISIONED = 4


class Error(IntEnum):
    NONE = 0
    INVALID_RPC = 1
    UNKNOWN_RPC = 2
    UNABLE_TO_CONNECT = 3
    NOT_AUTHORIZED = 4
    BAD_HOSTNAME = 5
    UNKNOWN = 255


class Rpc(IntEnum):
    WIFI = 1
    IDENTIFY = 2
    DEVICE_INFO = 3
    SCAN = 4
    HOSTNAME = 5


class Capability(IntFlag):
    IDENTIFY = 1
    DEVICE_INFO = 2
    SCAN = 4
    HOSTNAME = 8


ALL = Capability.IDENTIFY | Capability.DEVICE_INFO | Capability.SCAN | Capability.HOSTNAME


@dataclass(frozen=True)
class About:
    """What the gadget says of itself."""

    firmware: str
    version: str
    hardware: str
    name: str
    hostname: str


@dataclass(frozen=True)
class Network:
    """One that the radio sees. `security`: WEP, WPA, WPA2, WPA3 or NO."""

    ssid: str
    rssi: int
    security: str


@dataclass(frozen=True)
class Show:
    """What the characteristics hold from now on; whoever listens is notified."""

    state: State
    error: Error


@dataclass(frozen=True)
class Answer:
    """A result frame."""

    frame: bytes


@dataclass(frozen=True)
class Join:
    """Somebody has to join this network; `joined` or `failed` follows. The password is empty for an open one."""

    ssid: bytes
    password: bytes = field(repr=False)


@dataclass(frozen=True)
class Identify:
    """The box has to be heard or seen."""


@dataclass(frozen=True)
class Scan:
    """Somebody has to look for networks; `scanned` follows."""


@dataclass(frozen=True)
class Rename:
    """The box is to be called so in the network."""

    hostname: str


Effect = Show | Answer | Join | Identify | Scan | Rename


class InvalidFrame(Exception):
    """This is no frame of Improv's."""


class Pieces:
    """A frame of one client, which may come in several writes. Says nothing of its content."""

    def __init__(self) -> None:
        self._held = bytearray()
        self._since_s = -math.inf

    def take(self, piece: bytes, now_s: float) -> bytes | None:
        """The frame that this piece completes; None where there is more to come. Raises InvalidFrame."""
        if now_s - self._since_s >= PIECES_S:
            self._held.clear()
        if not self._held:
            self._since_s = now_s
        self._held += piece
        if len(self._held) < 2 or len(self._held) < self._held[1] + 3:
            return None
        frame, extra = bytes(self._held[: self._held[1] + 3]), len(self._held) - self._held[1] - 3
        self._held.clear()
        if extra:
            raise InvalidFrame
        return frame


class Improv:
    """One gadget's. `provisioned`: it is in a network already. What methods return is done in that order."""

    def __init__(self, about: About, provisioned: bool) -> None:
        self.state = State.PROVISIONED if provisioned else State.AUTHORIZATION_REQUIRED
        self.error = Error.NONE
        self._about = about
        self._provisioned = provisioned
        self._until_s = -math.inf
        self._longest_until_s = -math.inf
        self._asked: Join | None = None
        self._where = Answer(b"")

    @property
    def waits(self) -> bool:
        """Something ends with time."""
        return self._is_set_up or self._asked is not None

    @property
    def _is_set_up(self) -> bool:
        return self.state in (State.AUTHORIZED, State.PROVISIONING)

    @property
    def service_data(self) -> bytes:
        """For the advertisement."""
        return bytes((self.state, ALL, 0, 0, 0, 0))

    def is_in_a_network(self, provisioned: bool) -> list[Effect]:
        """As it was found, while nobody has been setting it up."""
        if self._is_set_up or provisioned == self._provisioned:
            return []
        self._provisioned, self._asked = provisioned, None
        return self._show(State.PROVISIONED if provisioned else State.AUTHORIZATION_REQUIRED, self.error)

    def press(self, now_s: float) -> list[Effect]:
        """Somebody pressed the button, and stands before the box."""
        if self.state is State.PROVISIONING:
            return []
        self._asked = None
        self._until_s = now_s + AUTHORIZED_S
        self._longest_until_s = now_s + LONGEST_S
        return self._show(State.AUTHORIZED, Error.NONE)

    def tick(self, now_s: float) -> list[Effect]:
        """Time has passed."""
        if now_s < self._until_s:
            return []
        if self.state is State.PROVISIONING:
            return self.failed(now_s)
        if self.state is State.AUTHORIZED:
            return self._show(State.PROVISIONED if self._provisioned else State.AUTHORIZATION_REQUIRED, self.error)
        if now_s >= self._until_s + AUTHORIZED_S:
            self._asked = None
        return []

    def take(self, frame: bytes, now_s: float) -> list[Effect]:
        """A client sent a whole frame."""
        before = self.tick(now_s)
        try:
            number, data = parsed(frame)
        except InvalidFrame:
            return [*before, *self._show(self.state, Error.INVALID_RPC)]
        return [*before, *self._done(number, data, now_s)]

    def invalid(self) -> list[Effect]:
        """A client sent what is no frame."""
        return self._show(self.state, Error.INVALID_RPC)

    def joined(self, url: str) -> list[Effect]:
        """The network that was asked for is joined; a phone goes on there."""
        self._provisioned = True
        self._where = Answer(result(Rpc.WIFI, (url,)))
        return self._joined()

    def failed(self, now_s: float) -> list[Effect]:
        """It could not be joined: the client may try again at once."""
        if self.state is not State.PROVISIONING:
            return []
        self._asked = None
        self._until_s = min(now_s + AUTHORIZED_S, self._longest_until_s)
        return self._show(State.AUTHORIZED, Error.UNABLE_TO_CONNECT)

    def scanned(self, networks: Iterable[Network]) -> list[Effect]:
        """What the radio sees."""
        return [Answer(result(Rpc.SCAN, tuple(_told(networks))))]

    def _done(self, number: int, data: bytes, now_s: float) -> list[Effect]:
        match number:
            case Rpc.WIFI:
                return self._wifi(data, now_s)
            case Rpc.IDENTIFY if not data:
                return [*self._show(self.state, Error.NONE), Identify()]
            case Rpc.DEVICE_INFO if not data:
                about = self._about
                said = result(Rpc.DEVICE_INFO, (about.firmware, about.version, about.hardware, about.name))
                return [*self._show(self.state, Error.NONE), Answer(said)]
            case Rpc.SCAN if not data:
                return [*self._show(self.state, Error.NONE), Scan()]
            case Rpc.HOSTNAME:
                return self._hostname(data)
            case Rpc.IDENTIFY | Rpc.DEVICE_INFO | Rpc.SCAN:
                return self._show(self.state, Error.INVALID_RPC)
        return self._show(self.state, Error.UNKNOWN_RPC)

    def _wifi(self, data: bytes, now_s: float) -> list[Effect]:
        try:
            ssid, password = strings(data)
        except (InvalidFrame, ValueError):
            return self._show(self.state, Error.INVALID_RPC)
        asked = Join(ssid, password)
        match self.state:
            case State.PROVISIONING if asked == self._asked:
                return self._show(self.state, Error.NONE)
            case State.PROVISIONED if asked == self._asked:
                return self._joined()
            case State.AUTHORIZED:
                pass
            case _:
                return self._show(self.state, Error.NOT_AUTHORIZED)
        if not 0 < len(ssid) <= MOST_SSID or (password and len(password) not in PASSWORD):
            return self._show(self.state, Error.UNABLE_TO_CONNECT)
        self._asked = asked
        self._until_s = now_s + JOINS_S
        return [*self._show(State.PROVISIONING, Error.NONE), asked]

    def _joined(self) -> list[Effect]:
        # improv-wifi-sdk leads its person on to the address only where that comes before the state.
        return [self._where, *self._show(State.PROVISIONED, Error.NONE)]

    def _hostname(self, data: bytes) -> list[Effect]:
        if not data:
            return [*self._show(self.state, Error.NONE), Answer(result(Rpc.HOSTNAME, (self._about.hostname,)))]
        try:
            (name,) = strings(data)
        except (InvalidFrame, ValueError):
            return self._show(self.state, Error.INVALID_RPC)
        if self.state is not State.AUTHORIZED:
            return self._show(self.state, Error.NOT_AUTHORIZED)
        if not HOSTNAME.fullmatch(name):
            return self._show(self.state, Error.BAD_HOSTNAME)
        hostname = name.decode("ascii")
        return [*self._show(self.state, Error.NONE), Rename(hostname), Answer(result(Rpc.HOSTNAME, (hostname,)))]

    def _show(self, state: State, error: Error) -> list[Effect]:
        self.state, self.error = state, error
        return [Show(state, error)]


def parsed(frame: bytes) -> tuple[int, bytes]:
    """The command and its data. Raises InvalidFrame."""
    if len(frame) < 3 or len(frame) != frame[1] + 3 or frame[-1] != sum(frame[:-1]) & 0xFF:
        raise InvalidFrame
    return frame[0], frame[2:-1]


def framed(command: int, data: bytes) -> bytes:
    """A command, or a result, with its length and its sum. Raises ValueError: more than 255 bytes."""
    head = bytes((command, len(data))) + data
    return head + bytes((sum(head) & 0xFF,))


def result(command: int, said: Sequence[str]) -> bytes:
    """A frame with these strings."""
    return framed(command, b"".join(_string(each) for each in said))


def strings(data: bytes) -> list[bytes]:
    """Each behind its length. Raises InvalidFrame."""
    found, at = [], 0
    while at < len(data):
        end = at + 1 + data[at]
        if end > len(data):
            raise InvalidFrame
        found.append(data[at + 1 : end])
        at = end
    return found


def _string(text: str) -> bytes:
    encoded = text.encode()
    return bytes((len(encoded),)) + encoded


def _told(networks: Iterable[Network]) -> Iterable[str]:
    """The strongest first, each once, as many as one frame holds."""
    room, seen = MOST_DATA, {""}
    for network in sorted(networks, key=lambda each: -each.rssi):
        said = (network.ssid, str(network.rssi), network.security)
        size = sum(len(_string(each)) for each in said)
        if network.ssid in seen or size > room:
            continue
        seen.add(network.ssid)
        room -= size
        yield from said
