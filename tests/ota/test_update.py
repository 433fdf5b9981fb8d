"""An update ends in a system that runs and in one report, wherever the power goes and however the new system is."""

import json
from collections.abc import Iterator
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from ota.errors import NoRecord, SlotRefused, WrongState
from ota.slots import Slot, Slots
from ota.update import Outcome, Report, Running, State, Update, decoded, encoded
from ota.version import Version
from tests.fakes.firmware import SystemdBootBoard

OLD, NEW = Version(1, 0, 0), Version(1, 1, 0)
MANIFEST = "ab" * 32
LONGEST = 100
"""Starts, and steps of one: what takes longer never ends."""
NOT_WELL = "not well: turn (30 times)"


class Home:
    """One box with one update on offer, step by step; `new` is well, not well, or dies before anything of ours runs."""

    def __init__(self, folder: Path, new: str) -> None:
        self.board, self.new = SystemdBootBoard(folder), new
        self.systems: dict[Slot, Version | None] = {Slot.A: OLD, Slot.B: OLD}
        self.floor = OLD
        self.starts = 0
        self.running = Running(Slot.A, OLD, "")
        # One file: nothing of it is without the rest.
        self._disk: tuple[bytes, tuple[Report, ...]] = (encoded(Update()), ())

    @property
    def reports(self) -> tuple[Report, ...]:
        return self._disk[1]

    @property
    def state(self) -> State:
        return decoded(self._disk[0]).state

    def start(self, steps: int) -> None:
        """From power on until so many steps were done, and the power goes; or until it restarts, or rests."""
        for number, _ in enumerate(self._start()):
            if number == steps:
                return
            assert number < LONGEST

    def _start(self) -> Iterator[None]:
        self.starts += 1
        slot = self.board.power_on()
        assert slot is not None, "no slot starts"
        version = self.systems[slot]
        assert version is not None, "a slot that is half written was started"
        if version == NEW and self.new == "dies":
            return
        self.running = Running(slot, version, f"start {self.starts}")
        yield
        update, report = decoded(self._disk[0]).started(self.running)
        self._keep(update, report)
        yield
        if update.state in (State.IDLE, State.DOWNLOADING, State.READY):
            # A system that is not on trial is confirmed at each start.
            self._slots.confirm()
            yield
        while update.state is not State.IDLE or not self.reports:
            for step in self._work(update):
                yield
                update = step
            if update.state in (State.RESTARTING, State.GOING_BACK):
                return

    def _work(self, update: Update) -> Iterator[Update]:
        match update.state:
            case State.IDLE:
                update = update.taken(NEW, self.running.version, MANIFEST, 1_700_000_000)
            case State.DOWNLOADING:
                update = update.arrived("whole", 100)
            case State.READY:
                update = update.begun(self.running.slot.other, self.running.boot, {"network"})
            case State.INSTALLING:
                other = self.running.slot.other
                self._slots.retire(other)
                yield update
                self.systems[other] = None
                yield update
                self.systems[other] = NEW
                yield update
                self._slots.activate(other)
                yield update
                update = update.written()
            case State.TRIAL:
                update = update.passed() if self.new == "well" else update.failed(NOT_WELL)
            case State.KEEPING:
                self._slots.confirm()
                yield update
                self.floor = max(self.floor, self.running.version)
                yield update
                update, report = update.kept()
                self._keep(update, report)
                yield update
                return
            case State.GOING_BACK:
                self._slots.retire(self.running.slot)
        self._keep(update)
        yield update

    def _keep(self, update: Update, report: Report | None = None) -> None:
        self._disk = (encoded(update), (*self.reports, report) if report else self.reports)

    @property
    def _slots(self) -> Slots:
        return Slots(self.board.control())


CUTS = st.lists(st.integers(0, 20), max_size=12)


@given(cuts=CUTS, new=st.sampled_from(["well", "not well", "dies"]))
@example(cuts=[], new="well")
def test_wherever_the_power_goes_it_ends_in_a_system_and_one_report(cuts: list[int], new: str) -> None:
    with TemporaryDirectory() as folder:
        home = Home(Path(folder), new)
        for steps in cuts:
            home.start(steps)
        while home.state is not State.IDLE or not home.reports:
            home.start(LONGEST)
            assert home.starts < LONGEST
        [report] = home.reports
        assert (report.before, report.after, report.way) == (OLD, NEW, "whole")
        if report.outcome is Outcome.KEPT:
            assert (home.new, home.running.version, home.floor) == ("well", NEW, NEW)
        else:
            assert report.outcome is Outcome.WENT_BACK
            assert (home.running.version, home.floor) == (OLD, OLD)
        # And so it stays.
        before = home.running.version
        for _ in range(5):
            home.start(LONGEST)
            assert home.running.version == before


@pytest.mark.parametrize(
    ("new", "outcome", "why"),
    [
        ("well", Outcome.KEPT, ""),
        ("not well", Outcome.WENT_BACK, NOT_WELL),
        ("dies", Outcome.WENT_BACK, "The new system did not start."),
    ],
)
def test_with_power_all_the_time_the_report_says_what_happened(
    new: str, outcome: Outcome, why: str, tmp_path: Path
) -> None:
    home = Home(tmp_path, new)
    while not home.reports:
        home.start(LONGEST)
    [report] = home.reports
    assert (report.outcome, report.why, report.fetched, report.began_unix_s) == (outcome, why, 100, 1_700_000_000)


def ready() -> Update:
    return Update().taken(NEW, OLD, MANIFEST, 0).arrived("delta", 10)


def test_a_daemon_that_is_started_anew_in_the_same_start_of_the_box_goes_on() -> None:
    here = Running(Slot.A, OLD, "one")
    restarting = ready().begun(Slot.B, "one", set()).written()
    assert restarting.started(here) == (restarting, None)
    # What it was writing it begins anew.
    assert ready().begun(Slot.B, "one", {"network"}).started(here) == (ready(), None)


def test_who_has_taken_the_version_by_another_way_has_it() -> None:
    update, report = ready().started(Running(Slot.A, NEW, "one"))
    assert update == Update()
    assert report is not None
    assert (report.outcome, report.why) == (Outcome.DROPPED, "It is running already.")


def test_what_rauc_refuses_or_its_owner_drops_is_reported() -> None:
    assert ready().begun(Slot.B, "one", set()).refused("signature")[1].outcome is Outcome.REFUSED
    update, report = ready().dropped("withdrawn")
    assert (update, report.outcome, report.why) == (Update(), Outcome.DROPPED, "withdrawn")
    assert ready().damaged().state is State.DOWNLOADING


def test_a_step_that_can_not_follow_is_no_step() -> None:
    for step in (Update().written, Update().passed, Update().kept, ready().passed, ready().written):
        with pytest.raises(WrongState):
            step()
    with pytest.raises(WrongState):
        ready().begun(Slot.B, "one", set()).taken(NEW, OLD, MANIFEST, 0)


def test_the_slot_that_runs_is_never_the_one_that_is_given_up_without_another(tmp_path: Path) -> None:
    home = Home(tmp_path, "well")
    home.start(LONGEST)
    slots = Slots(home.board.control())
    slots.retire(home.running.slot.other)
    with pytest.raises(SlotRefused):
        slots.retire(home.running.slot)


ALL = [
    Update(),
    Update().taken(NEW, OLD, MANIFEST, 5),
    ready(),
    ready().begun(Slot.B, "one", {"network", "tunnel"}),
    ready().begun(Slot.B, "one", set()).written(),
    ready().begun(Slot.B, "one", set()).written().started(Running(Slot.B, NEW, "two"))[0],
]


@pytest.mark.parametrize("update", ALL, ids=lambda each: each.state.value)
def test_what_is_on_the_disk_is_read_as_it_was(update: Update) -> None:
    assert decoded(encoded(update)) == update
    for cut in range(len(encoded(update))):
        with pytest.raises(NoRecord):
            decoded(encoded(update)[:cut])


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(),
    lambda below: st.lists(below) | st.dictionaries(st.text(), below),
)


@given(changed=st.dictionaries(st.sampled_from(list(json.loads(encoded(ALL[3])))), JSON, min_size=1))
def test_a_record_that_makes_no_sense_is_none(changed: dict[str, object]) -> None:
    said = json.loads(encoded(ALL[3])) | changed
    try:
        found = decoded(json.dumps(said).encode())
    except NoRecord:
        return
    assert decoded(encoded(found)) == found
