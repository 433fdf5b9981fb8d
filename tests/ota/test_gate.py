"""A new system is kept when it was well for long enough, and the box goes back when it was not."""

from ota.gate import AS_BEFORE, MUST_WORK, Config, Gate, Verdict

CONFIG = Config(every_s=60.0, wanted=3, most_bad=4, longest_s=1000.0)
WELL = dict.fromkeys(MUST_WORK | AS_BEFORE, True)


def gate(*worked: str) -> Gate:
    return Gate(CONFIG, 0.0, frozenset(worked))


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
        on_trial = on_trial.checked(WELL).checked(WELL | {"bus": False, "daemons": False})
    assert on_trial.verdict(10.0) is Verdict.FAILED
    assert on_trial.reason == "not well: bus, daemons (4 times)"


def test_nobody_stays_on_trial_for_ever() -> None:
    assert gate().checked(WELL).verdict(CONFIG.longest_s) is Verdict.FAILED
    assert gate().reason == "it was not seen well for long enough"


def test_what_did_not_work_before_is_no_fault_of_the_new_system() -> None:
    offline = WELL | dict.fromkeys(AS_BEFORE, False)
    assert gate().checked(offline).good == 1
    assert gate("network").checked(offline).failing == ("network",)
    assert gate("network", "what nobody checks").checked(WELL).good == 1


def test_what_a_check_does_not_tell_of_was_not_well() -> None:
    assert gate().checked({}).failing == ("bus", "daemons", "turn")
