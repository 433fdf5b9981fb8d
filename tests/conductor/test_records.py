"""Records: written and read as they were, taken back by their differences, and refused where they are damaged."""

import json
from collections.abc import Sequence

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from conductor.effects import HouseholdEffect
from conductor.errors import DamagedRecord
from conductor.records import KINDS, MAX_RECORD_CHARACTERS, Records, differences, from_json, kind_of, reverted, to_json
from tests.fakes.records import after, effects, records

ANY_JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3),
    max_leaves=6,
)
TIMER = (
    '{"id":"1","seconds":60,"due":{"wall":1800000060.0,"elapsed":160.0,"boot":"b","known":true,"guessed":false},'
    '"name":"","state":"waiting","rang":null}'
)
ALARM = (
    '{"id":"1","hour":7,"minute":0,"done_until":"2027-01-10","days":[],"on":"2027-01-11","state":"waiting",'
    '"rang":null,"snoozed":null}'
)
MISSED = '{"id":"1","kind":"timer","due":1800000060.0,"name":"","seconds":60,"unanswered":false}'


@given(records)
def test_what_was_written_is_read_as_it_was(state: Records) -> None:
    for record in state.by_key.values():
        assert from_json(kind_of(record), to_json(record)) == record


@given(records, st.lists(effects, max_size=8))
def test_undoing_any_effects_leaves_what_was_before(before: Records, performed: Sequence[HouseholdEffect]) -> None:
    then = after(before, performed, first_id=50)
    assert reverted(then, differences(before, then)) == before


@given(records, st.lists(effects, max_size=4), st.lists(effects, max_size=4))
def test_undoing_leaves_alone_what_others_did_since(
    before: Records, first: Sequence[HouseholdEffect], second: Sequence[HouseholdEffect]
) -> None:
    then = after(before, first, first_id=50)
    later = after(then, second, first_id=90)
    undone = reverted(later, differences(before, then))
    touched = {(change.kind, change.id) for change in differences(before, then)}
    for key in {*later.by_key, *undone.by_key} - touched:
        assert undone.by_key.get(key) == later.by_key.get(key)


@given(st.sampled_from(sorted(KINDS)), st.text(max_size=60) | ANY_JSON.map(json.dumps))
@example("timer", "[" * (MAX_RECORD_CHARACTERS - 1))
@example("item", '{"id":"1","list":"l","text":"' + "x" * MAX_RECORD_CHARACTERS + '","place":1}')
def test_what_is_no_record_is_damaged_and_nothing_else(kind: str, text: str) -> None:
    with pytest.raises(DamagedRecord):
        from_json(kind, text)


@given(records, st.data())
def test_a_record_with_any_field_replaced_is_either_a_record_or_damaged(state: Records, data: st.DataObject) -> None:
    record = data.draw(st.sampled_from(list(state.by_key.values())))
    fields = json.loads(to_json(record))
    fields[data.draw(st.sampled_from(sorted(fields)))] = data.draw(ANY_JSON)
    try:
        read = from_json(kind_of(record), json.dumps(fields))
    except DamagedRecord:
        return
    assert from_json(kind_of(read), to_json(read)) == read


@pytest.mark.parametrize(
    ("kind", "whole", "part", "instead"),
    [
        ("timer", TIMER, "1800000060.0", "NaN"),
        ("timer", TIMER, "1800000060.0", "1e300"),
        ("timer", TIMER, '"seconds":60', '"seconds":0'),
        ("timer", TIMER, '"seconds":60', '"seconds":1' + "0" * 400),
        ("timer", TIMER, '"seconds":60', '"seconds":true'),
        ("timer", TIMER, '"known":true', '"known":"no"'),
        ("timer", TIMER, '"name":""', '"name":"\\ud800"'),
        ("timer", TIMER, '"waiting"', '"gone"'),
        ("alarm", ALARM, '"hour":7', '"hour":24'),
        ("alarm", ALARM, '"hour":7', '"hour":7.0'),
        ("alarm", ALARM, '"on":"2027-01-11"', '"on":null'),
        ("alarm", ALARM, "2027-01-10", "9999-12-31"),
        ("alarm", ALARM, '"days":[]', '"days":"01"'),
        ("missed", MISSED, '"kind":"timer"', '"kind":"birthday"'),
        ("missed", MISSED, "1800000060.0", "Infinity"),
        ("missed", MISSED, '"seconds":60', '"seconds":"60"'),
        ("time", '{"wall":1800000060.0,"id":"saved"}', "1800000060.0", "1e300"),
    ],
)
def test_values_that_nobody_could_reckon_with_are_damaged(kind: str, whole: str, part: str, instead: str) -> None:
    from_json(kind, whole)
    assert part in whole
    with pytest.raises(DamagedRecord):
        from_json(kind, whole.replace(part, instead))


def test_a_record_of_a_kind_that_nobody_knows_is_damaged() -> None:
    with pytest.raises(DamagedRecord, match="can't be read"):
        from_json("birthday", MISSED)
