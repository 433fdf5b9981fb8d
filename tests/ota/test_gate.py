"""A new system is kept when it was well for long enough, and the box goes back when it was not."""

from ota.gate import AS_BEFORE, MUST_WORK, Config, Gate, Verdict

CONFIG = Config(every_s=60.0, wanted=3, most_bad=4, longest_s=1000.0)
WELL = dict.fromkeys(MUST_WORK | AS_BEFORE, True)


def gate(*worked: str) -> Gate:
    return Gate(CONFIG, frozenset(worked))


def test_it_passes_after_so_many_good_checks_in_a_row() -> None:
    on_trial = gate()
    for _ in range(CONFIG.wanted):
        assert on_trial.verdict(10.0) is Verdict.OPEN
        on_trial = on_trial.checked(WELL)
    assert on_trial.verdict(10.0) is Verdict.PASSED


def test_a_bad_check_begins_the_row_anew() -> None:
    on_trial = gate().checked(WELL).checked(WELL).checked(WELL | {"turn": False}).checked(WELL).checked(WELL)
    assert on_trial.verdict(10.0) is Verdict.OPEN
    assert on_trial.checked(WELL).verdict(10.0) is Verdict.PASSED


def test_too_many_bad_ones_fail_and_say_why() -> None:
    on_trial = gate()
    for _ in range(CONFIG.most_bad):
        on_trial = on_trial.checked(WELL).checked(WELL | {"bus": False})
    assert (on_trial.verdict(10.0), on_trial.outage) == (Verdict.FAILED, False)
    assert on_trial.checked(WELL | {"turn": False}).why == "These were not well: bus (4 times), turn (1 times)."


def test_nobody_stays_on_trial_for_ever() -> None:
    assert gate().checked(WELL).verdict(CONFIG.longest_s) is Verdict.FAILED
    assert gate().checked(WELL).verdict(CONFIG.longest_s - 1.0) is Verdict.OPEN
    assert gate().why == "It was not seen well for long enough."


def test_what_did_not_work_before_is_no_fault_of_the_new_system() -> None:
    offline = WELL | dict.fromkeys(AS_BEFORE, False)
    assert gate().checked(offline).good == 1
    without = gate("network").checked(offline)
    assert (without.failed, without.outage) == ({"network": 1}, True)
    assert not without.checked(WELL | {"bus": False}).outage
    assert gate("network", "what nobody checks").checked(WELL).good == 1


def test_what_a_check_does_not_tell_of_was_not_well() -> None:
    assert gate().checked({}).failed == dict.fromkeys(MUST_WORK, 1)


def test_it_takes_a_quarter_of_an_hour() -> None:
    config = Config()
    assert config.every_s * config.wanted == 15 * 60
    assert config.every_s * (config.most_bad + config.wanted) < config.longest_s
