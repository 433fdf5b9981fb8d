"""It takes an update from the offer to its end, by itself: what the record says is next, it does, and writes it down.

`ota/update.py` has the states, `ota/policy.py` says whether and when, `ota/gate.py` what stays. Whatever may fail on
the way is tried again later; the record says where to go on, whoever was killed meanwhile. What it works with is in
`ota/means.py`. Leaves to others: what the box is doing and how it is, and telling people.
"""

import asyncio
import logging
import math
import random
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import replace
from typing import Any

from ota import download, policy
from ota.download import File
from ota.errors import Damaged, KeeperFailed, NotInstalled, OtaError, WrongState
from ota.fetching import Fetched, Fetching
from ota.gate import AS_BEFORE, Gate, Verdict
from ota.journal import Entry
from ota.keeper_client import Told
from ota.means import Config, Means, Shown
from ota.news import latest
from ota.policy import YES, Answer, Decision, Moment, Settings, System
from ota.recording import Change, Recording
from ota.release import Release
from ota.update import OWNERS_WISH, Report, Running, State, Update, in_vain
from ota.wishes import Wishes, WishesFile

log = logging.getLogger(__name__)

MOST_DOUBLINGS = 10
SOMETHING_ELSE = "An update is under way. Try again when it has ended."
Decide = Callable[[Release, System, Settings, Moment, bool], Decision]
UNDER_WAY = "An update is being installed. It can't be changed any more."


class Updater:
    """One box's. `told` is called whenever `shown` is another."""

    def __init__(self, means: Means, config: Config, told: Callable[[], None] = lambda: None) -> None:
        self._means, self._config, self._told = means, config, told
        self._wishes_file = WishesFile(means.folder / "wishes")
        self._fetching = Fetching(means.offers, means.source, means.lend, means.folder, config.most_rate)
        self._record = Recording(means.folder / "journal", self._fetching.forget, means.box.unix_s)
        self._wishes = Wishes()
        self._system: Told | None = None
        self._release: Release | None = None
        self._woken = asyncio.Event()
        self._asked = self._check = self._begun = False
        self._next_check, self._failures, self._furthest = 0.0, 0, (0, 0)
        self._busy_since: float | None = None
        self.shown = Shown()

    # --- for people -----------------------------------------------------------------------------

    @property
    def entries(self) -> Sequence[Entry]:
        """What became of updates, the last one last."""
        return self._record.entries

    @property
    def _update(self) -> Update:
        return self._record.update

    async def check(self) -> None:
        """Somebody wants to know whether there is something new."""
        self._check = True
        self._show(fault="")
        self._woken.set()

    async def install(self) -> str:
        """Its owner wants what is new, now. Why not, as a sentence; empty where it goes on."""
        if self._update.state is not State.IDLE:
            return await self._wished(lambda update: update.wanted())
        self._asked = True
        await self.check()
        return ""

    async def not_now(self) -> str:
        """Not in the night that comes."""
        now = (await self._means.box.moment()).now
        if now is None:
            return "I don't know what time it is."
        await self._wish(replace(self._wishes, not_before=policy.not_now(now, self._config.hour)))
        self._asked = False
        return await self._wished(lambda update: update.put_off())

    async def skip(self) -> str:
        """The version that is offered is not installed by itself."""
        if self._release is None:
            return "Nothing new is there that could be skipped."
        if self._update.state not in (State.IDLE, State.DOWNLOADING, State.READY):
            return UNDER_WAY
        await self._wish(self._wishes.skipping(self._release.version))
        if self._update.state is not State.IDLE:
            return await self._wished(lambda update: update.dropped("Its owner skips it."))
        return ""

    async def go_back(self) -> str:
        """Its owner wants the system in the other slot."""
        if self._update.state is State.TRIAL:
            return await self._wished(lambda update: update.failed(OWNERS_WISH))
        if self._update.state is not State.IDLE or not self._begun:
            return SOMETHING_ELSE
        self._system = await self._means.ask("status")
        if not self._system.other_starts:
            return "There is no other system that would start."
        return await self._wished(lambda update: update.unwanted(self._running()))

    async def heard(self, news: str, taken_back: bool) -> None:
        """People were told of this, by its id, or did not hear it after all. What is not the latest is nothing new."""
        newest = self.shown.news.id if self.shown.news is not None else ""
        if news == (self._wishes.told if taken_back else newest):
            await self._wish(replace(self._wishes, told="" if taken_back else news))
            self._show()

    # --- what is next ---------------------------------------------------------------------------

    async def run(self) -> None:
        """Until cancelled."""
        steps = {
            State.IDLE: self._look,
            State.DOWNLOADING: self._download,
            State.READY: self._wait_for_its_time,
            State.INSTALLING: self._install,
            State.RESTARTING: self._restart,
            State.TRIAL: self._try,
            State.KEEPING: self._stay,
            State.GOING_BACK: self._leave,
        }
        while True:
            try:
                await (steps[self._update.state] if self._begun else self._begin)()
            except (OtaError, OSError) as error:
                words = str(error) if isinstance(error, OtaError) else f"The disk: {error.strerror or error}."
                log.warning("while an update is %s: %s", self._update.state, words)
                self._show(fault=words)
                await self._pause(self._until_again(error))

    def _until_again(self, error: Exception) -> float:
        """Each time twice as long, so that nobody has the box fetch the same again and again."""
        if not self._begun:
            return self._config.look_s
        first_s = self._config.damaged_s if isinstance(error, Damaged) else self._config.again_s
        self._failures = min(self._failures + 1, MOST_DOUBLINGS)
        return min(first_s * 2.0 ** (self._failures - 1), self._config.every_s)

    async def _begin(self) -> None:
        self._wishes = await asyncio.to_thread(self._wishes_file.read)
        system = await self._means.ask("status")
        if system.floor is None:
            # Whatever was installed before would be taken for what the box was flashed with.
            raise KeeperFailed("This start of the box was not seen well yet.")
        self._system = system
        update, reports = (await self._record.read()).started(self._running())
        await self._record.keep(update, reports)
        self._begun, self._failures = True, 0
        self._next_check = self._in(self._config.first_s) if self._config.server else math.inf
        self._show(per_cent=0, why="", fault="")
        with suppress(KeeperFailed):
            await self._note([each.report for each in self._record.entries])

    async def _look(self) -> None:
        """For something new, when it is time for that."""
        if not self._check and (wait_s := self._next_check - _time()) > 0:
            await self._pause(wait_s)
            return
        asked, self._check = self._asked, False
        # Where nobody answers, or the time is not known yet.
        self._next_check = self._in(self._config.again_s)
        release, decision = await self._best(await self._means.box.moment(), asked)
        self._next_check = self._in(self._config.every_s)
        self._release, self._asked = release, self._asked and not asked
        if release is not None and decision is YES:
            after, before = release.version, self._running().version
            await self._step(lambda update: update.taken(after, before, release.manifest, asked))
        self._show(why=decision.why, fault="", checked_s=self._means.box.unix_s())

    async def _download(self) -> None:
        file = await self._wanted(policy.take)
        if file is None:
            return
        began = _time()
        fetching = asyncio.ensure_future(self._fetch(file))
        fetching.add_done_callback(lambda _: self._woken.set())
        try:
            while not fetching.done() and self._update.state is State.DOWNLOADING:
                await self._woken.wait()
                self._woken.clear()
            if self._update.state is not State.DOWNLOADING:
                return
            fetched = fetching.result()
        finally:
            fetching.cancel()
            await asyncio.gather(fetching, return_exceptions=True)
        await self._step(lambda update: update.arrived(fetched.way, fetched.length, _time() - began))

    async def _fetch(self, file: File) -> Fetched:
        def came(here: int, of: int) -> None:
            if of != self._furthest[0] or here > self._furthest[1]:
                # A line that is only bad is tried again soon.
                self._furthest, self._failures = (of, here), 0
            self._show(per_cent=100 * here // of)

        release, now = self._release, (await self._means.box.moment()).now
        assert release is not None
        return await self._fetching.fetch(release, file, self._running().version, now, came)

    async def _wait_for_its_time(self) -> None:
        file = await self._wanted(policy.install)
        if file is None:
            return
        if not await asyncio.to_thread(download.is_whole, self._fetching.bundle, file):
            await self._step(lambda update: update.damaged())
            return
        worked = {name for name, well in (await self._means.box.seen()).items() if well} & AS_BEFORE
        await self._step(lambda update: update.begun(self._running(), worked))

    async def _install(self) -> None:
        began = _time()
        # Until all of it is written the other slot does not start.
        await self._ask("retire")
        try:
            await self._means.install(self._fetching.bundle, lambda per_cent: self._show(per_cent=per_cent))
        except NotInstalled as error:
            log.error("Version %s was not installed: %s", self._update.after, error)
            why = str(error)
            await self._step(lambda update: update.refused(why))
        else:
            await self._step(lambda update: update.written(_time() - began))

    async def _restart(self) -> None:
        if await self._is_quiet():
            await self._ask("activate")
            await self._ask("restart")
            await self._pause(self._config.every_s)

    async def _try(self) -> None:
        box, gate = self._means.box, Gate(self._config.gate, self._update.worked)
        while (verdict := gate.verdict(box.up_s())) is Verdict.OPEN and self._update.state is State.TRIAL:
            gate = gate.checked(await box.seen())
            self._show(per_cent=100 * gate.good // gate.config.wanted, why=gate.why if gate.failed else "")
            if gate.verdict(box.up_s()) is Verdict.OPEN:
                # Nobody shortens it by asking for something.
                await asyncio.sleep(gate.config.every_s)
        if self._update.state is not State.TRIAL:
            return
        if verdict is Verdict.PASSED:
            await self._step(lambda update: update.passed())
        else:
            await self._step(lambda update: update.failed(gate.why, gate.outage))

    async def _stay(self) -> None:
        await self._ask("keep")
        await self._step(lambda update: update.kept())

    async def _leave(self) -> None:
        if not await self._is_quiet():
            return
        try:
            # A system that was well is there again if the one before does not start.
            await self._ask("swap" if self._update.is_wish else "leave")
        except KeeperFailed:
            # A box with a system that is not well is more than one with none.
            await self._ask("stay")
            await self._step(lambda update: update.stayed())
            return
        await self._ask("restart")
        await self._pause(self._config.every_s)

    # --- what they share ------------------------------------------------------------------------

    async def _is_quiet(self) -> bool:
        """Nobody minds a restart; else it is later."""
        decision, since = policy.restart(await self._means.box.moment()), self._busy_since or _time()
        self._busy_since = since if decision is not YES else None
        if _time() - since > self._config.patience_s and self._update.state is State.GOING_BACK:
            # Who is not well may not know either whether somebody talks.
            return True
        if decision is not YES:
            self._show(why=decision.why)
            await self._pause(self._config.look_s)
        return decision is YES

    async def _best(self, moment: Moment, asked: bool) -> tuple[Release | None, Decision]:
        """The highest that may be taken; else the highest that there is for this box, and why not. Raises OtaError."""
        releases = await self._means.offers.releases(moment.now)
        best: tuple[Release | None, Decision] = (None, Decision(Answer.NEVER, "Nothing new is there."))
        for release in reversed(releases):
            decision = policy.take(release, self._about(), self._config.settings(self._wishes), moment, asked)
            if decision is YES:
                return release, decision
            if best[0] is None and decision.answer is not Answer.NEVER:
                best = release, decision
        return best

    async def _taken(self, moment: Moment) -> Release | None:
        """The release of which the record speaks; None: it is gone, and with it the update. Raises OtaError."""
        due = self._check or _time() >= self._next_check
        if due or self._release is None or self._release.version != self._update.after:
            self._check, self._next_check = False, self._in(self._config.again_s)
            best, decision = await self._best(moment, self._update.asked)
            self._next_check = self._in(self._config.every_s)
            after = self._update.after
            if best is not None and decision is YES and after is not None and best.version > after:
                self._check, self._asked = True, self._update.asked
                await self._drop("There is a newer one.")
                return None
            found, wanted = await self._means.offers.releases(moment.now), (after, self._update.manifest)
            self._release = next((each for each in found if (each.version, each.manifest) == wanted), None)
            if self._release is None:
                await self._drop("It is offered no more.")
                return None
            self._show(fault="", checked_s=self._means.box.unix_s())
        return self._release

    async def _wanted(self, decide: Decide) -> File | None:
        """The bundle of what the record speaks of, where the policy says so; None: it was dropped, or it is later."""
        moment = await self._means.box.moment()
        release = await self._taken(moment)
        if release is None:
            return None
        settings, asked = self._config.settings(self._wishes), self._update.asked
        decision = decide(release, self._about(), settings, moment, asked)
        if decision.answer is Answer.LATER:
            self._show(why=decision.why)
            await self._pause(self._config.look_s if asked else self._config.again_s)
            return None
        file = await self._means.offers.file(release.name, moment.now) if decision is YES else None
        if file is None:
            await self._drop(decision.why or "It is offered no more.")
        return file

    async def _drop(self, why: str) -> None:
        await self._step(lambda update: update.dropped(why))

    async def _ask(self, *words: str) -> None:
        self._system = await self._means.ask(*words)

    async def _step(self, change: Change) -> None:
        reports = await self._record.step(change)
        self._failures, self._furthest = 0, (0, 0)
        self._show(per_cent=0, why="", fault="")
        await self._note(reports)

    async def _note(self, reports: Sequence[Report]) -> None:
        """A reset forgets the record, and not this. Raises KeeperFailed."""
        for version in in_vain(reports):
            await self._ask("note", str(version))

    async def _wished(self, change: Change) -> str:
        """A step that its owner wants; why not, where the update was faster."""
        try:
            await self._step(change)
        except WrongState:
            return UNDER_WAY
        self._woken.set()
        return ""

    async def _wish(self, wishes: Wishes) -> None:
        await asyncio.to_thread(self._wishes_file.keep, wishes)
        self._wishes = wishes

    def _show(self, **changed: Any) -> None:
        changed |= {"version": self._system.version} if self._system is not None else {}
        changed |= {"state": self._update.state, "offered": self._release}
        now = replace(self.shown, news=latest(self._record.entries, self._wishes.told), **changed)
        if now != self.shown:
            self.shown = now
            self._told()

    def _running(self) -> Running:
        system = self._system
        assert system is not None
        return Running(system.running, system.version, self._means.boot, system.primary, system.floor or system.version)

    def _about(self) -> System:
        known = self._system.in_vain if self._system is not None else frozenset()
        return self._means.about(self._running(), known | in_vain(each.report for each in self._record.entries))

    async def _pause(self, seconds: float) -> None:
        """So long, or until somebody says something."""
        with suppress(TimeoutError):
            async with asyncio.timeout(seconds):
                await self._woken.wait()
        self._woken.clear()

    def _in(self, seconds: float) -> float:
        """A little earlier or later, so that not all boxes ask at once."""
        return _time() + seconds * (1.0 + self._config.jitter * random.uniform(-1.0, 1.0))  # noqa: S311


def _time() -> float:
    return asyncio.get_running_loop().time()
