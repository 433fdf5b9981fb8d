"""Updates for those who ask over the bus: how far one is, what became of others, and what their owner wants."""

import asyncio
import re
from collections.abc import Callable

from bus import messages_pb2 as pb
from bus import subjects as s
from bus.client import Bus
from bus.envelope import Received
from ota.errors import OtaError
from ota.means import Shown
from ota.update import State
from ota.updater import Updater

SOURCE = "otad"
HERE = re.compile(r"http://127\.0\.0\.1:[0-9]{1,5}/", re.ASCII)
AT_WORK = frozenset({State.INSTALLING, State.RESTARTING, State.GOING_BACK})
NOBODY_IS_ASKED = "No server is set that updates would come from."


class UpdateService:
    """`serve` once; `tell` whenever something is another; `run` until cancelled. `turn_to` an address: what is served
    there is at hand, and comes first."""

    def __init__(self, bus: Bus, has_server: bool, turn_to: Callable[[str], None]) -> None:
        self._bus, self._has_server, self._turn_to = bus, has_server, turn_to
        self._changed = asyncio.Event()
        self._updater: Updater

    async def serve(self, updater: Updater) -> None:
        self._updater = updater
        await self._bus.serve(s.UPDATE_STATUS, lambda _: self._state())
        await self._bus.serve(s.UPDATE_TOLD, self._on_told)
        await self._bus.serve(s.UPDATE_WISH, self._on_wish)
        await self._bus.serve(s.UPDATE_HISTORY, self._on_history)

    def tell(self) -> None:
        self._changed.set()

    async def run(self) -> None:
        """Tells everybody, and has the ring show it."""
        ring = ""
        while True:
            await self._changed.wait()
            self._changed.clear()
            shown = self._updater.shown
            wanted = "updating" if shown.state in AT_WORK else ""
            if wanted != ring:
                await self._bus.publish(s.HARDWARE_RING_SET, pb.RingWish(source=SOURCE, state=wanted))
                ring = wanted
            await self._bus.publish(s.UPDATE_STATE, self._state())

    def _state(self) -> pb.UpdateState:
        return message(self._updater.shown, self._has_server)

    async def _on_wish(self, received: Received[pb.UpdateWish]) -> pb.Reply:
        updater, wish = self._updater, received.body
        wishes = {"install": updater.install, "not_now": updater.not_now, "skip": updater.skip}
        try:
            match wish.action:
                case "install" if wish.at_hand:
                    return pb.Reply(refusal=await self._install_from(wish.at_hand))
                case "check" | "install" if not self._has_server:
                    return pb.Reply(refusal=NOBODY_IS_ASKED)
                case "check":
                    await updater.check()
                    return pb.Reply()
                case "rollback":
                    return pb.Reply(refusal=await updater.go_back())
                case action if action in wishes:
                    return pb.Reply(refusal=await wishes[action]())
        except OtaError as error:
            return pb.Reply(refusal=str(error))
        except OSError as error:
            return pb.Reply(refusal=f"It can't be written down: {error.strerror}.")
        return pb.Reply(refusal="This is nothing that can be wished for.")

    async def _install_from(self, address: str) -> str:
        # Nobody has the box fetch things from elsewhere.
        if not HERE.fullmatch(address):
            return "What is at hand has to be served by the box itself."
        self._turn_to(address)
        refusal = await self._updater.install()
        await self._updater.check()
        return refusal

    async def _on_told(self, received: Received[pb.UpdateTold]) -> pb.Reply:
        told = received.body
        try:
            await self._updater.heard(told.id, told.taken_back)
        except OSError as error:
            return pb.Reply(refusal=f"It can't be written down: {error.strerror}.")
        return pb.Reply()

    def _on_history(self, _: Received[pb.UpdateRequest]) -> pb.UpdateReports:
        reports = [
            pb.UpdateReport(
                outcome=each.report.outcome,
                before=str(each.report.before),
                after=str(each.report.after),
                way=each.report.way,
                bytes=each.report.fetched,
                seconds=each.report.seconds,
                why=each.report.why,
                unix_ms=each.unix_s * 1000,
            )
            for each in reversed(self._updater.entries)
        ]
        return pb.UpdateReports(reports=reports)


def message(shown: Shown, has_server: bool) -> pb.UpdateState:
    """What is shown, for the bus."""
    offered, news = shown.offered, shown.news
    return pb.UpdateState(
        state=shown.state,
        version=str(shown.version or ""),
        offered=str(offered.version) if offered else "",
        security=offered is not None and offered.security,
        notes=dict(offered.notes) if offered else {},
        per_cent=shown.per_cent,
        why=shown.why,
        fault=shown.fault,
        checked_unix_ms=shown.checked_s * 1000,
        news=pb.UpdateNews(id=news.id, outcome=news.outcome, version=str(news.version)) if news else None,
        has_server=has_server,
    )
