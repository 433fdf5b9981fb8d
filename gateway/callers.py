"""Who is calling: a connection by its certificate, a page by its session; and whether it still is let in.

`device` is asked for each request. `sweep` is called twice a second, and ends the connections of those who are not let
in any more, and those that never said who they are.
"""

import asyncio
import time
from collections.abc import Callable, Iterable

from aiohttp import web

from gateway.config import Config
from gateway.errors import NotFromThere, NotNow, NotPaired, Withheld
from gateway.sessions import Sessions
from identity.errors import Unknown
from identity.records import BOX_NAME, Device, Service
from identity.view import View, ViewStale, key_of
from lan.site import is_ours

SWEEP_S = 0.5
UNKNOWN_S, MOST_UNKNOWN = 10.0, 16
"""So long a connection may stay without saying who it is, and so many."""
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
        self._pages: dict[asyncio.BaseTransport, str] = {}
        self._since_s: dict[asyncio.BaseTransport, float] = {}

    def check_where_from(self, request: web.Request) -> None:
        """Raises NotFromThere."""
        origin = request.headers.get("Origin")
        if (origin is not None and origin not in self._origins) or not is_ours(request.host, self._names):
            raise NotFromThere

    def device(self, request: web.Request) -> Device:
        """Who asks. Raises NotPaired, or NotNow."""
        transport = request.transport
        if transport is None:
            raise NotPaired
        token = request.headers.get("Authorization", "")
        if not token.startswith(BEARER):
            return self.known(self._key(transport))
        session = token.removeprefix(BEARER)
        self._pages[transport] = session
        return self.known(self._sessions.key(session, self._monotonic_s()))

    def known(self, key: bytes) -> Device:
        """Whose key that is. Raises NotPaired, or NotNow."""
        try:
            return self._view.device(key)
        except Unknown as error:
            raise NotPaired from error
        except ViewStale as error:
            raise NotNow from error

    def check(self, device: Device, service: Service) -> None:
        """Raises Withheld, or NotNow."""
        try:
            if not self._view.may(device, service):
                raise Withheld
        except ViewStale as error:
            raise NotNow from error

    def may(self, device: Device, service: Service) -> bool:
        """Whether it may use that now."""
        try:
            self.check(device, service)
        except (Withheld, NotNow):
            return False
        return True

    def sweep(self, connections: Iterable[asyncio.Transport]) -> None:
        """End what should not be there any more."""
        now_s = self._monotonic_s()
        there = set(connections)
        self._keys = {each: key for each, key in self._keys.items() if each in there}
        self._pages = {each: session for each, session in self._pages.items() if each in there}
        self._since_s = {each: self._since_s.get(each, now_s) for each in there}
        nobody = []
        for transport in there:
            if not self._is_somebody(transport):
                nobody.append(transport)
            elif not self._may_stay(transport, now_s):
                transport.abort()
        # Those who say nothing keep nobody away: the oldest give their places up.
        nobody.sort(key=lambda each: self._since_s[each])
        for number, transport in enumerate(reversed(nobody)):
            if number >= MOST_UNKNOWN or now_s - self._since_s[transport] >= UNKNOWN_S:
                transport.abort()

    def _is_somebody(self, transport: asyncio.BaseTransport) -> bool:
        return transport in self._pages or bool(self._key(transport))

    def _may_stay(self, transport: asyncio.BaseTransport, now_s: float) -> bool:
        """Everybody who has been asking on it is still let in."""
        try:
            if transport in self._pages:
                self.known(self._sessions.key(self._pages[transport], now_s))
            if key := self._key(transport):
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
