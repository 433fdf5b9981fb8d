"""Any effect, and any records that effects can make: strategies for hypothesis."""

from collections.abc import Sequence
from datetime import date, timedelta
from itertools import count

from hypothesis import strategies as st

from conductor.clock import Instant
from conductor.effects import (
    AlarmCancel,
    AlarmSet,
    Dismiss,
    HouseholdEffect,
    ListAdd,
    ListClear,
    ListRemove,
    MissedTold,
    Snooze,
    TimerAdd,
    TimerCancel,
    TimerSet,
    applied,
)
from conductor.records import Records, SavedTime
from conductor.timers import LONGEST_TIMER_S, Missed

NOW = Instant(1_800_000_000.0, 100.0, "boot", True)

_ids = st.integers(1, 6).map(str)
_some_ids = st.lists(_ids, max_size=3).map(tuple)
_days = st.dates(date(2026, 1, 1), date(2030, 1, 1))
_times = {"hour": st.integers(0, 23), "minute": st.integers(0, 59)}
_lists = st.sampled_from(("shopping", "to do"))
_words = st.text(st.characters(codec="utf-8"), max_size=12)

effects: st.SearchStrategy[HouseholdEffect] = st.one_of(
    st.builds(TimerSet, st.integers(1, LONGEST_TIMER_S), _words),
    st.builds(TimerCancel, _some_ids),
    st.builds(TimerAdd, _ids, st.integers(-7200, 7200)),
    st.builds(AlarmSet, **_times, done_until=_days, days=st.sets(st.integers(0, 6), min_size=1).map(tuple)),
    st.builds(lambda day, hour, minute: AlarmSet(hour, minute, day - timedelta(days=1), on=day), _days, **_times),
    st.builds(AlarmCancel, _some_ids),
    st.builds(Snooze, _some_ids, st.integers(1, 3600)),
    st.builds(Dismiss, _some_ids),
    st.builds(ListAdd, _lists, st.lists(_words, max_size=3).map(tuple)),
    st.builds(ListRemove, _some_ids),
    st.builds(ListClear, _lists),
    st.builds(MissedTold, _some_ids),
)
_missed = st.builds(
    Missed,
    _ids,
    st.sampled_from(("timer", "alarm", "damaged")),
    st.floats(0, 4e9),
    _words,
    st.integers(0, LONGEST_TIMER_S),
    st.booleans(),
)


def after(records: Records, performed: Sequence[HouseholdEffect], first_id: int = 1) -> Records:
    """`records` once all of these are done; new ids count up."""
    ids = count(first_id)
    for effect in performed:
        records = applied(records, effect, NOW, lambda: str(next(ids)))
    return records


records: st.SearchStrategy[Records] = st.builds(
    lambda performed, missed, wall: after(Records(), performed).with_(*missed, SavedTime(wall)),
    st.lists(effects, max_size=8),
    st.lists(_missed, max_size=3),
    st.floats(0, 4e9),
)
