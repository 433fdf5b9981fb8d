"""The gateway's port: open on a box that has an owner, closed on any other; and the sweeping of its connections."""

import asyncio
from typing import Protocol

from gateway.callers import SWEEP_S, Callers
from gateway.config import Config
from gateway.events import Events
from identity.records import Service
from identity.view import View, ViewStale
from lan.announcement import Announcement
from lan.site import Site


class Tell(Protocol):
    """How the daemon says how it is."""

    def __call__(self, text: str, degraded: bool = False) -> None: ...


class Server:
    """`run` until cancelled."""

    def __init__(
        self,
        site: Site,
        view: View,
        callers: Callers,
        events: Events,
        announcement: Announcement,
        tell: Tell,
        config: Config,
    ) -> None:
        self._view, self._callers, self._announcement, self._tell = view, callers, announcement, tell
        self._site, self._events, self._config = site, events, config

    async def run(self) -> None:
        """Serve until cancelled."""
        try:
            while True:
                await self._look()
                await asyncio.sleep(SWEEP_S)
        finally:
            await self._close()

    async def _look(self) -> None:
        try:
            owned = self._view.household().owned
        except ViewStale:
            # Nobody knows: nobody is let in, but the port stays as it is.
            owned = self._site.is_open
        if owned and self._config.port:
            await self._open()
        else:
            await self._close()
            self._tell("waits for an owner" if self._config.port else "is switched off by its settings")
        self._callers.sweep(self._site.transports)
        self._events.sweep(lambda device: self._callers.may(device, Service.FOLLOW))

    async def _open(self) -> None:
        try:
            await self._site.open()
        except OSError as error:
            self._tell(f"can't listen on port {self._config.port}: {error.strerror}", degraded=True)
            return
        self._tell("answers paired devices")
        await self._announcement.update()

    async def _close(self) -> None:
        if self._site.is_open:
            await self._site.close()
            await self._announcement.withdraw()
