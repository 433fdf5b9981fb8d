"""Who is calling: a connection by its certificate, a page by its session; and whether it still is let in.

`device` is asked for each request. `sweep` is called twice a second, and ends the connections of those who are not let
in any more, those that never said who they are, and those that are too many.
"""

import asyncio
import time
from collections import Counter
from collections.abc import Callable, Iterable
from ipaddress import ip_address

from aiohttp import web
from yarl import URL

from gateway.config import Config
from gateway.errors import NotFromThere, NotNow, NotPaired
from gateway.sessions import Sessions
from identity.errors import Unknown
from identity.records import BOX_NAME, Device
from identity.view import View, ViewStale, key_of

SWEEP_S = 0.5
UNKNOWN_S = 10.0
"""So long a connection may stay without saying who it is."""
BEARER = "Bearer "


class Callers:
    """Of one gateway. `names` are the box's, besides its addresses."""

    def __init__(
        self,
        view: View,
        sessions: Sessions,
        config: Config,
        names: Iterable[str],
        monotonic_s: Callable[[], float] = time.monotonic,
    ) -> None:
        self._view, self._sessions, self._config, self._monotonic_s = view, sessions, config, monotonic_s
        self._names = frozenset((BOX_NAME, *names))
        self._origins = frozenset(config.origins)
        self._keys: dict[asyncio.BaseTransport, bytes] = {}
        # For the sweep only: a connection is not who its last request was.
        self._pages: dict[asyncio.BaseTransport, bytes] = {}
        self._since_s: dict[asyncio.BaseTransport, float] = {}

    def check_where_from(self, request: web.Request) -> None:
        """Raises NotFromThere."""
        origin = request.headers.get("Origin")
        if (origin is not None and origin not in self._origins) or not self._is_ours(request.host):
            raise NotFromThere

    def device(self, request: web.Request) -> Device:
        """Who asks. Raises NotPaired, or NotNow."""
        transport = request.transport
        if transport is None:
            raise NotPaired
        token = request.headers.get("Authorization", "")
        if not token.startswith(BEARER):
            return self.known(self._key(transport))
        key = self._sessions.key(token.removeprefix(BEARER), self._monotonic_s())
        self._pages[transport] = key
        return self.known(key)

    def known(self, key: bytes) -> Device:
        """Whose key that is. Raises NotPaired, or NotNow."""
        try:
            return self._view.device(key)
        except Unknown as error:
            raise NotPaired from error
        except ViewStale as error:
            raise NotNow from error

    def sweep(self, connections: Iterable[asyncio.BaseTransport | None]) -> None:
        """End what should not be there any more."""
        now_s = self._monotonic_s()
        there = {each for each in connections if each is not None}
        self._keys = {each: key for each, key in self._keys.items() if each in there}
        self._pages = {each: key for each, key in self._pages.items() if each in there}
        self._since_s = {each: self._since_s.get(each, now_s) for each in there}
        of_one: Counter[str] = Counter()
        # The oldest first: who has many loses the newest.
        for transport in sorted(there, key=lambda each: self._since_s[each]):
            address = str((transport.get_extra_info("peername") or [""])[0])
            of_one[address] += 1
            if of_one[address] > self._config.connections_of_one or not self._may_stay(transport, now_s):
                _end(transport)

    def _may_stay(self, transport: asyncio.BaseTransport, now_s: float) -> bool:
        key = self._pages.get(transport) or self._key(transport)
        if not key:
            return now_s - self._since_s[transport] < UNKNOWN_S
        try:
            self.known(key)
        except (NotPaired, NotNow):
            return False
        return True

    def _key(self, transport: asyncio.BaseTransport) -> bytes:
        """Of its certificate; empty where it has none."""
        if transport not in self._keys:
            tls = transport.get_extra_info("ssl_object")
            certificate = tls.getpeercert(binary_form=True) if tls is not None else None
            if certificate is None:
                return b""
            try:
                self._keys[transport] = key_of(certificate)
            except Unknown:
                return b""
        return self._keys[transport]

    def _is_ours(self, host: str) -> bool:
        try:
            name = URL(f"https://{host}").host or ""
            return name in self._names or bool(ip_address(name))
        except ValueError:
            return False


def _end(transport: asyncio.BaseTransport) -> None:
    if isinstance(transport, asyncio.Transport):
        transport.abort()
    else:
        transport.close()
