"""Whether an offer is taken and when it is installed: by itself, on the owner's word, or not at all."""

from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from ota.policy import Answer, Moment, Settings, System, install, not_now, restart, take, turn_of
from ota.release import WHOLE, Channel, Release
from ota.version import Version

BERLIN = ZoneInfo("Europe/Berlin")
NIGHT = datetime(2026, 12, 1, 3, 20, tzinfo=BERLIN)
RELEASE = Release(
    "spoq.raucb", 1000, Version(1, 2, 0), "spoq-qemu-x86-64", Channel.STABLE, "ab" * 32, Version(1, 0, 0), 5000
)
SYSTEM = System("SPQ-7K2M-X9RC", "spoq-qemu-x86-64", Version(1, 1, 0), Version(1, 0, 0), 10_000)
AT_NIGHT = Moment(NIGHT)
BEFORE = {"on its own": False, "on the owner's word": True}


@pytest.mark.parametrize("asked", BEFORE.values(), ids=BEFORE)
def test_a_newer_release_is_fetched_and_installed_at_night(asked: bool) -> None:
    assert take(RELEASE, SYSTEM, Settings(), AT_NIGHT, asked).answer is Answer.YES
    assert install(RELEASE, SYSTEM, Settings(), AT_NIGHT, asked).answer is Answer.YES


@pytest.mark.parametrize("asked", BEFORE.values(), ids=BEFORE)
@pytest.mark.parametrize(
    ("release", "why"),
    [
        ({"compatible": "spoq-jetson"}, "another kind of box"),
        ({"version": SYSTEM.version}, "running already"),
        ({"version": Version(1, 0, 9)}, "older than what is running"),
        ({"size": 10_001}, "too large"),
    ],
)
def test_what_is_none_for_this_box_is_never_installed(release: Mapping[str, Any], why: str, asked: bool) -> None:
    decision = take(replace(RELEASE, **release), SYSTEM, Settings(), AT_NIGHT, asked)
    assert (decision.answer, why in decision.why) == (Answer.NEVER, True)
    # What was fetched before that was known is not installed either.
    assert install(replace(RELEASE, **release), SYSTEM, Settings(), AT_NIGHT, asked) == decision


def test_what_may_just_be_installed_is() -> None:
    just = replace(RELEASE, oldest=SYSTEM.version, size=SYSTEM.room)
    at_the_floor = replace(SYSTEM, floor=RELEASE.version)
    assert take(just, at_the_floor, Settings(), AT_NIGHT, asked=False).answer is Answer.YES
    needs_another = take(replace(RELEASE, oldest=Version(1, 1, 1)), SYSTEM, Settings(), AT_NIGHT, asked=True)
    assert (needs_another.answer, "1.1.1" in needs_another.why) == (Answer.LATER, True)


def test_nothing_below_the_floor_is_installed_even_where_it_is_newer_than_what_runs() -> None:
    """After the box went back to the slot before."""
    above = replace(SYSTEM, floor=Version(1, 3, 0))
    assert take(RELEASE, above, Settings(), AT_NIGHT, asked=True).answer is Answer.NEVER


@pytest.mark.parametrize(
    ("release", "settings", "moment", "system", "answer"),
    [
        ({}, {"automatic": False}, {}, {}, Answer.NOT_BY_ITSELF),
        ({}, {"skipped": {RELEASE.version}}, {}, {}, Answer.NOT_BY_ITSELF),
        ({"channel": Channel.BETA}, {}, {}, {}, Answer.NOT_BY_ITSELF),
        ({}, {}, {"metered": True}, {}, Answer.NOT_BY_ITSELF),
        ({"share": 0}, {}, {}, {}, Answer.LATER),
        ({}, {}, {}, {"in_vain": {RELEASE.version}}, Answer.NOT_BY_ITSELF),
    ],
)
def test_what_is_not_fetched_by_itself_is_on_the_owners_word(
    release: Mapping[str, Any],
    settings: Mapping[str, Any],
    moment: Mapping[str, Any],
    system: Mapping[str, Any],
    answer: Answer,
) -> None:
    args = (replace(RELEASE, **release), replace(SYSTEM, **system), Settings(**settings), replace(AT_NIGHT, **moment))
    alone = take(*args, asked=False)
    assert alone.answer is answer and alone.why
    assert take(*args, asked=True).answer is Answer.YES
    # What was fetched before waits likewise, but for the line: it is here.
    if not moment:
        assert install(*args, asked=False) == alone


def test_a_beta_goes_to_who_wants_it_and_so_does_everything_else() -> None:
    beta = Settings(channel=Channel.BETA)
    assert take(replace(RELEASE, channel=Channel.BETA), SYSTEM, beta, AT_NIGHT, asked=False).answer is Answer.YES
    assert take(RELEASE, SYSTEM, beta, AT_NIGHT, asked=False).answer is Answer.YES


@pytest.mark.parametrize("asked", BEFORE.values(), ids=BEFORE)
def test_without_the_time_it_waits(asked: bool) -> None:
    lost = Moment(None)
    assert take(RELEASE, SYSTEM, Settings(), lost, asked).answer is Answer.LATER
    assert install(RELEASE, SYSTEM, Settings(), lost, asked).answer is Answer.LATER


@pytest.mark.parametrize("asked", BEFORE.values(), ids=BEFORE)
@pytest.mark.parametrize("busy", [{"turn": True}, {"call": True}, {"alarm_in_s": 29 * 60.0}])
def test_nobody_is_interrupted(busy: Mapping[str, Any], asked: bool) -> None:
    assert install(RELEASE, SYSTEM, Settings(), replace(AT_NIGHT, **busy), asked).answer is Answer.LATER


def test_by_day_it_waits_for_the_night_or_the_owner() -> None:
    by_day = Moment(NIGHT + timedelta(hours=9), alarm_in_s=3600.0)
    decision = install(RELEASE, SYSTEM, Settings(), by_day, asked=False)
    assert (decision.answer, decision.why) == (Answer.LATER, "It is installed at 3 o'clock in the night.")
    assert install(RELEASE, SYSTEM, Settings(), by_day, asked=True).answer is Answer.YES


def test_half_an_hour_before_an_alarm_is_early_enough() -> None:
    assert restart(replace(AT_NIGHT, alarm_in_s=30 * 60.0)).answer is Answer.YES
    assert restart(replace(AT_NIGHT, alarm_in_s=0.0)).answer is Answer.LATER


def test_what_was_put_off_under_a_wrong_clock_is_not_put_off_for_years() -> None:
    put_off = Settings(not_before=not_now(NIGHT.replace(year=2036), 3))
    assert install(RELEASE, SYSTEM, put_off, AT_NIGHT, asked=False).answer is Answer.YES


@pytest.mark.parametrize("said_at", [NIGHT - timedelta(hours=9), NIGHT, NIGHT - timedelta(minutes=30)])
def test_not_now_holds_for_the_night_that_comes_and_no_longer(said_at: datetime) -> None:
    put_off = Settings(not_before=not_now(said_at, 3))
    assert install(RELEASE, SYSTEM, put_off, AT_NIGHT, asked=False).answer is Answer.LATER
    assert install(RELEASE, SYSTEM, put_off, AT_NIGHT, asked=True).answer is Answer.YES
    next_night = Moment(NIGHT + timedelta(days=1))
    assert install(RELEASE, SYSTEM, put_off, next_night, asked=False).answer is Answer.YES


@pytest.mark.parametrize("day", [datetime(2027, 3, 28, tzinfo=BERLIN), datetime(2026, 10, 25, tzinfo=BERLIN)])
def test_every_night_has_its_hour_also_when_the_clocks_change(day: datetime) -> None:
    moments = [Moment(datetime.fromtimestamp(day.timestamp() + 600 * step, BERLIN)) for step in range(144)]
    assert any(install(RELEASE, SYSTEM, Settings(), each, asked=False).answer is Answer.YES for each in moments)


def test_a_share_of_boxes_has_its_turn_and_not_the_same_ones_each_time() -> None:
    serials = [f"SPQ-{number:04}-ABCD" for number in range(2000)]
    first = {each for each in serials if turn_of(each, RELEASE.version) < WHOLE // 10}
    assert 150 < len(first) < 250
    assert len(first & {each for each in serials if turn_of(each, Version(1, 3, 0)) < WHOLE // 10}) < 60
    assert all(turn_of(each, RELEASE.version) < WHOLE for each in serials)
