"""An update ends in a system that runs and in one report, wherever the power goes and however the new system is."""

import json
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from ota.errors import NoRecord, WrongState
from ota.slots import TRIES, Slot, Slots
from ota.update import MOST_ATTEMPTS, MOST_OUTAGES, Outcome, Report, Running, State, Update, decoded, encoded, in_vain
from ota.version import Version
from tests.fakes.firmware import SystemdBootBoard

OLD, NEW, OTHER = Version(1, 0, 0), Version(1, 1, 0), Version(1, 1, 1)
MANIFEST = "ab" * 32
LONGEST = 200
"""Starts, and steps of one: what takes longer never ends."""
NOT_WELL = "These were not well: turn (30 times)."
KINDS = ["well", "not well", "dies", "dies later", "is another"]


class Home:
    """One box with an update on offer, step by step. `new`: how the new system is."""

    def __init__(self, folder: Path, new: str) -> None:
        self.board, self.new = SystemdBootBoard(folder), new
        self.systems: dict[Slot, Version | None] = {Slot.A: OLD, Slot.B: OLD}
        self.floor = OLD
        self.starts = 0
        # One file: nothing of it is without the rest.
        self._record = encoded(Update())
        self.reports: tuple[Report, ...] = ()
        self._slot: Slot | None = None

    @property
    def running(self) -> Running:
        """What a daemon finds that starts now."""
        assert self._slot is not None
        version = self.systems[self._slot]
        assert version is not None, "a slot that is half written was started"
        return Running(self._slot, version, f"start {self.starts}", self._slots.status().primary, self.floor)

    @property
    def update(self) -> Update:
        return decoded(self._record)

    def go(self, steps: int, then: str) -> None:
        """So many steps of whatever comes next; then the power goes, the daemon, or with both all that is known."""
        if self._power_on():
            for number, _ in enumerate(self._daemon()):
                if number == steps:
                    break
        if then != "daemon":
            self._slot = None
        if then == "record":
            self._record, self.reports = encoded(Update()), ()

    def rest(self) -> None:
        """Nothing happens to it, until it has no more to do."""
        while True:
            assert self.starts < LONGEST, "it never rests"
            if not self._power_on():
                continue
            if not self._wants_something():
                return
            for number, _ in enumerate(self._daemon()):
                assert number < LONGEST, "it goes on for ever"

    def rests_for_days(self) -> None:
        """Somebody pulls its plug now and then."""
        for _ in range(TRIES + 2):
            self.rest()
            self.go(LONGEST, "power")
        self.rest()

    def _power_on(self) -> bool:
        """Whether a daemon starts."""
        if self._slot is not None:
            return True
        self.starts += 1
        slot = self.board.power_on()
        if slot is None:
            self.board.rescue()
            return False
        dies = self.new == "dies" or (self.new == "dies later" and self.floor == NEW)
        if self.systems[slot] is None or (self.systems[slot] == NEW and dies):
            return False
        self._slot = slot
        return True

    def _wants_something(self) -> bool:
        update, reports = self.update.started(self.running)
        return bool(reports) or update.state is not State.IDLE or self._takes_it()

    def _takes_it(self) -> bool:
        return self.running.version < NEW and NEW not in in_vain(self.reports)

    def _daemon(self) -> Iterator[None]:
        """Ends where there is nothing to do, or with a restart."""
        update, reports = self.update.started(self.running)
        self._keep(update, *reports)
        yield
        if update.state in (State.IDLE, State.DOWNLOADING, State.READY):
            # A system that is not on trial is confirmed at each start.
            self._confirm()
            yield
        while self._slot is not None and (update.state is not State.IDLE or self._takes_it()):
            for step in self._work(update):
                yield
                update = step

    def _work(self, update: Update) -> Iterator[Update]:
        running = self.running
        match update.state:
            case State.IDLE:
                update = update.taken(NEW, running.version, MANIFEST)
            case State.DOWNLOADING:
                update = update.arrived("whole", 100, 7.0)
            case State.READY:
                update = update.begun(running, {"network"})
            case State.INSTALLING:
                self._slots.retire(running.slot.other)
                yield update
                self.systems[running.slot.other] = None
                yield update
                self.systems[running.slot.other] = OTHER if self.new == "is another" else NEW
                yield update
                update = update.written(5.0)
            case State.RESTARTING:
                self._slots.activate(running.slot.other)
                yield update
                self._slot = None
            case State.TRIAL:
                update = update.failed(NOT_WELL) if self.new == "not well" else update.passed()
            case State.KEEPING:
                self._confirm()
                yield update
                self.floor = max(self.floor, running.version)
                yield update
                update, report = update.kept()
                self._keep(update, report)
                yield update
                return
            case State.GOING_BACK:
                self._slots.retire(running.slot)
                yield update
                self._slot = None
        self._keep(update)
        yield update

    def _keep(self, update: Update, *reports: Report) -> None:
        self._record, self.reports = encoded(update), (*self.reports, *reports)

    def _confirm(self) -> None:
        proven = self.running.version <= self.floor
        assert proven or self.update.state is State.KEEPING, "nobody has seen it well for long enough"
        self._slots.confirm()

    @property
    def _slots(self) -> Slots:
        assert self._slot is not None
        return Slots(self.board.control())


def events(*kinds: str) -> st.SearchStrategy[list[tuple[int, str]]]:
    return st.lists(st.tuples(st.integers(0, 20), st.sampled_from(kinds)), max_size=12)


@given(happens=events("power", "daemon"), new=st.sampled_from(KINDS))
@example(happens=[(20, "power"), (4, "power"), (0, "power"), (0, "power"), (0, "power")], new="well")
@example(happens=[(9, "daemon"), (2, "power")], new="well")
def test_whatever_happens_it_ends_in_a_system_and_a_report(happens: list[tuple[int, str]], new: str) -> None:
    with TemporaryDirectory() as folder:
        home = Home(Path(folder), new)
        for steps, then in happens:
            home.go(steps, then)
        home.rests_for_days()
        first, *later = home.reports
        stayed = first.outcome is Outcome.KEPT
        assert stayed == (home.floor == NEW)
        if stayed:
            assert (first.before, first.after, first.way, first.fetched) == (OLD, NEW, "whole", 100)
            assert first.seconds >= 12.0
            assert new in ("well", "dies later")
        else:
            assert first.outcome in (Outcome.WENT_BACK, Outcome.REFUSED)
        if new == "well" and stayed and not later:
            assert home.running.version == NEW
        else:
            # It runs what it ran before, has said so, and does not try again for ever.
            assert home.running.version == OLD
            assert home.reports[-1].outcome is not Outcome.KEPT
            assert NEW in in_vain(home.reports)
        reports = home.reports
        home.rests_for_days()
        assert home.reports == reports


@example(happens=[(5, "power"), (0, "power"), (0, "power"), (0, "power"), (0, "power")], new="well")
@given(happens=events("power", "daemon", "record"), new=st.sampled_from(["well", "not well", "is another"]))
def test_a_system_is_never_confirmed_unseen_even_where_the_record_is_lost(
    happens: list[tuple[int, str]], new: str
) -> None:
    """A Jetson keeps no data, and a reset erases it: `Home` looks at each confirmation."""
    with TemporaryDirectory() as folder:
        home = Home(Path(folder), new)
        for steps, then in happens:
            home.go(steps, then)
        assert home.floor == OLD or new != "not well"


@pytest.mark.parametrize(
    ("new", "outcomes", "why"),
    [
        ("well", [Outcome.KEPT], ""),
        ("not well", [Outcome.WENT_BACK], NOT_WELL),
        ("dies", [Outcome.WENT_BACK], "The new system did not start."),
        ("is another", [Outcome.WENT_BACK], "It says that it is version 1.1.1, and should be 1.1.0."),
    ],
)
def test_with_power_all_the_time_the_report_says_what_happened(
    new: str, outcomes: list[Outcome], why: str, tmp_path: Path
) -> None:
    home = Home(tmp_path, new)
    home.rest()
    assert [each.outcome for each in home.reports] == outcomes
    assert home.reports[0].why == why


def test_a_system_that_dies_after_it_was_kept_is_told_and_not_taken_again(tmp_path: Path) -> None:
    home = Home(tmp_path, "dies later")
    home.rests_for_days()
    assert [each.outcome for each in home.reports] == [Outcome.KEPT, Outcome.WENT_BACK]
    assert home.reports[1].why == "It ended again and again, long after the update."
    assert (home.reports[1].before, home.reports[1].after) == (OLD, NEW)


HERE = Running(Slot.A, OLD, "one", Slot.A, OLD)


def ready() -> Update:
    return Update(runs=OLD).taken(NEW, OLD, MANIFEST).arrived("delta", 10, 1.0)


def installing() -> Update:
    return ready().begun(HERE, {"network", "tunnel"})


def on_trial() -> Update:
    return installing().written(1.0).started(Running(Slot.B, NEW, "two", Slot.B, OLD))[0]


def test_a_daemon_that_is_started_anew_in_the_same_start_of_the_box_goes_on() -> None:
    restarting = installing().written(1.0)
    assert restarting.started(HERE) == (restarting, ())
    # What it was writing it begins anew, so often.
    again, reports = installing().started(HERE)
    assert (again.state, again.attempts, reports) == (State.READY, 1, ())
    for _ in range(MOST_ATTEMPTS - 1):
        again, reports = again.begun(HERE, set()).started(HERE)
    assert again == Update(runs=OLD)
    assert [each.outcome for each in reports] == [Outcome.REFUSED]


def test_what_is_damaged_on_the_disk_again_and_again_is_given_up() -> None:
    update, report = ready(), None
    for _ in range(MOST_ATTEMPTS):
        update = update if update.state is State.READY else update.arrived("whole", 100, 1.0)
        update, report = update.damaged()
    assert update == Update(runs=OLD)
    assert report is not None and report.outcome is Outcome.REFUSED


def test_what_never_starts_first_is_given_up() -> None:
    """As where the data does not open under it, and the one before is started at once."""
    update, reports = ready(), tuple[Report, ...]()
    for number in range(MOST_ATTEMPTS):
        assert update.state is State.READY
        update = update.begun(HERE, set()).written(1.0)
        update, reports = update.started(replace(HERE, boot=f"another {number}"))
    assert (update, [each.outcome for each in reports]) == (Update(runs=OLD), [Outcome.REFUSED])
    assert NEW in in_vain(reports)


@pytest.mark.parametrize("version", [NEW, OTHER])
def test_what_came_by_another_way_is_not_gone_back_from(version: Version) -> None:
    """Somebody wrote the box anew from a stick. Nobody has seen that well yet."""
    update, [report] = ready().started(Running(Slot.A, version, "two", Slot.A, OLD))
    assert (update.state, update.after, update.slot) == (State.TRIAL, version, Slot.A)
    assert (report.outcome, report.why) == (Outcome.DROPPED, "It is not newer than what is running.")


def test_what_rauc_refuses_or_its_owner_drops_is_reported() -> None:
    assert installing().refused("signature")[1].outcome is Outcome.REFUSED
    update, report = ready().dropped("withdrawn")
    assert (update, report.outcome, report.why) == (Update(runs=OLD), Outcome.DROPPED, "withdrawn")


def test_the_owner_may_have_the_one_before_long_after() -> None:
    here = Running(Slot.B, NEW, "one", Slot.B, NEW)
    back = Update(runs=NEW).unwanted(here)
    assert back.started(here) == (back, ())
    update, [report] = back.started(Running(Slot.A, OLD, "two", Slot.A, NEW))
    assert (update, report.before, report.after) == (Update(runs=OLD), OLD, NEW)
    assert report.why == "Its owner wanted the one before."
    assert in_vain([report]) == {NEW}


def test_an_outage_does_not_condemn_a_release_at_once() -> None:
    failed = on_trial().failed("These were not well: network (30 times).", outage=True)
    _, [report] = failed.started(HERE)
    assert (report.outcome, report.outage) == (Outcome.WENT_BACK, True)
    assert in_vain([report]) == set()
    assert in_vain([report] * MOST_OUTAGES) == {NEW}


def test_a_step_that_can_not_follow_is_no_step() -> None:
    for step in (Update().kept, Update().passed, ready().passed, ready().kept):
        with pytest.raises(WrongState):
            step()
    with pytest.raises(WrongState):
        ready().written(1.0)
    with pytest.raises(WrongState):
        installing().taken(NEW, OLD, MANIFEST)


ALL = [
    Update(),
    Update(runs=OLD).taken(NEW, OLD, MANIFEST).wanted(),
    ready(),
    installing(),
    installing().written(1.5),
    on_trial(),
    on_trial().passed(),
    on_trial().failed(NOT_WELL, outage=True),
]


def test_every_state_is_here() -> None:
    assert {each.state for each in ALL} == set(State)


@pytest.mark.parametrize("update", ALL, ids=lambda each: each.state.value)
def test_what_is_on_the_disk_is_read_as_it_was(update: Update) -> None:
    assert decoded(encoded(update)) == update
    for cut in range(len(encoded(update))):
        with pytest.raises(NoRecord):
            decoded(encoded(update)[:cut])


WRONG = {
    "state": "lost",
    "after": "",
    "runs": "1",
    "slot": "c",
    "worked": "network",
    "fetched": -1,
    "seconds": float("nan"),
    "attempts": True,
    "asked": "yes",
    "boot": None,
}


@pytest.mark.parametrize("field", WRONG)
def test_a_record_that_makes_no_sense_is_none(field: str) -> None:
    with pytest.raises(NoRecord):
        decoded(json.dumps(json.loads(encoded(installing())) | {field: WRONG[field]}).encode())


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda below: st.lists(below) | st.dictionaries(st.text(), below),
)


@given(changed=st.dictionaries(st.sampled_from(list(json.loads(encoded(ALL[3])))), JSON, min_size=1))
def test_whatever_is_on_the_disk_is_a_record_or_none(changed: dict[str, object]) -> None:
    try:
        found = decoded(json.dumps(json.loads(encoded(ALL[3])) | changed).encode())
    except NoRecord:
        return
    assert decoded(encoded(found)) == found
