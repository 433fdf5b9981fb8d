"""What a box tells about itself becomes figures; the words are a box's own, shortened, some numbers changed."""

from typing import Any

import pytest

from bench import costs
from bench.costs import OTHERS, TARGETS, Start
from bench.errors import BenchError
from bench.image import of_build
from bench.targets import table, unmet
from bench.why import reasons

STAT = """\
cpu  6026 0 3202 1467 58 0 42 0 0 0
cpu0 2791 0 1635 915 30 0 24 0 0 0
cpu1 3235 0 1567 551 28 0 18 0 0 0
ctxt 47688
"""
DISKSTATS = """\
 254       0 vda 2994 3194 285879 3151 271 74 6806 410 0 3136 3595 0 0 0 0 56 34
 254       5 vda5 236 7 9364 131 223 73 6736 370 0 212 502 0 0 0 0 0 0
 253       0 dm-0 2466 0 258072 8936 0 0 0 0 0 7804 8936 0 0 0 0 0 0
"""
ROLLUPS = """\
/proc/1/smaps_rollup:Pss:                6370 kB
/proc/407/smaps_rollup:Pss:              221361 kB
/proc/457/smaps_rollup:Pss:                8194 kB
/proc/366/smaps_rollup:Pss:                 322 kB
/proc/584/smaps_rollup:Pss:                 312 kB
"""
GROUPS = """\
/proc/1/cgroup:0::/init.scope
/proc/2/cgroup:0::/
/proc/407/cgroup:0::/system.slice/spoq-inferenced.service
/proc/457/cgroup:0::/system.slice/spoq-inferenced.service
/proc/366/cgroup:0::/system.slice/system-serial\\x2dgetty.slice/serial-getty@ttyS0.service
"""
SECURITY = """\
UNIT                                 EXPOSURE PREDICATE HAPPY
NetworkManager.service                    7.8 EXPOSED   :-(
spoq-audiod.service                       1.4 OK        :-)
spoq-bus.service                          1.1 OK        :-)
"""
OPEN = """\
  NAME                                 DESCRIPTION                                      EXPOSURE
✓ SystemCallFilter=~@swap              System call allow list defined for service
✗ RestrictAddressFamilies=~AF_UNIX     Service may allocate local sockets                    0.1
✗ PrivateNetwork=                      Service has access to the host's network              0.5
→ Overall exposure level for spoq-bus.service: 1.1 OK 🙂
"""
CPU = """\
CPUUsageNSec=21621182000
Id=spoq-inferenced.service

CPUUsageNSec=[not set]
Id=box-reset.service

CPUUsageNSec=18446744073709551615
Id=box-first-start.service
"""
USAGE = "400\t/usr/lib/python\n300\t/usr/lib/modules\n700\t/usr/lib\n90\t/usr/bin\n800\t/usr\n"


def test_a_core_that_waits_is_not_busy() -> None:
    assert costs.busy_s(STAT) == 92.7


def test_what_a_guest_used_is_not_counted_twice() -> None:
    assert costs.busy_s("cpu  100 0 0 0 0 0 0 0 100 0") == 1.0


def test_written_is_told_by_device() -> None:
    assert costs.written_mb(DISKSTATS, "vda5") == pytest.approx(6736 * 512 / 1e6)
    assert costs.written_mb(DISKSTATS, "dm-0") == 0.0


def test_memory_is_told_by_unit_and_what_has_none_is_counted() -> None:
    found = costs.pss_mb(ROLLUPS, GROUPS)
    assert found == {"init": 6.5, "spoq-inferenced": 235.1, "serial-getty@ttyS0": 0.3, "kernel": 0.3}
    memory = costs.of_memory(found)
    assert (memory["ours"], memory["everything"]) == (235.1, 242.2)
    assert next(iter(memory["units"])) == "spoq-inferenced"


def test_what_ended_meanwhile_takes_its_writes_along() -> None:
    assert costs.difference({"a": 5, "gone": 3}, {"a": 7, "new": 2}) == {"a": 2, "new": 2}
    assert costs.difference({"a": 5}, {"a": 1}) == {"a": 0}


def test_a_few_minutes_are_extrapolated_to_a_day() -> None:
    assert costs.per_day(0.5, 600.0) == 72.0


def test_our_daemons_are_told_from_the_list_of_all() -> None:
    assert costs.exposures(SECURITY) == {"spoq-audiod": 1.4, "spoq-bus": 1.1}


def test_each_daemon_has_a_target_of_its_own() -> None:
    figures: dict[str, Any] = {"exposure": costs.exposures(SECURITY)}
    assert unmet(figures, costs.targets(figures)) == ["exposure.spoq-bus"]
    assert "exposure.spoq-bus" in reasons(figures, costs.targets(figures))


def test_what_leaves_a_daemon_open_is_the_reason() -> None:
    found = costs.openings(OPEN)
    assert list(found.items()) == [("PrivateNetwork", 0.5), ("RestrictAddressFamilies=~AF_UNIX", 0.1)]
    figures: dict[str, Any] = {"exposure": {"spoq-bus": 1.1}, "openings": {"spoq-bus": found}}
    told = reasons(figures, costs.targets(figures))
    assert told == {"exposure.spoq-bus": "PrivateNetwork 0.5, RestrictAddressFamilies=~AF_UNIX 0.1."}


def test_what_did_not_run_used_nothing() -> None:
    assert costs.cpu_s_of_units(CPU) == {"spoq-inferenced": 21.62}


def test_our_units_are_masked_and_nobody_elses() -> None:
    listed = "spoq-bus.service enabled enabled\nbox-failed@.service static -\nbox-reset.path enabled enabled\n"
    assert costs.without_us(listed) == (
        "systemd.mask=spoq-bus.service systemd.mask=box-reset.path systemd.volatile=state"
    )


def test_the_largest_folders_are_not_within_each_other() -> None:
    assert costs.largest(USAGE, 3) == {"/usr/lib/python": 0.4, "/usr/lib/modules": 0.3, "/usr/bin": 0.1}
    assert costs.largest("", 3) == {}


@pytest.mark.parametrize(
    "nothing",
    [
        lambda: costs.busy_s(""),
        lambda: costs.written_mb(DISKSTATS, "vdb"),
        lambda: costs.pss_mb("", GROUPS),
        lambda: costs.exposures("UNIT EXPOSURE\n"),
    ],
)
def test_a_box_that_tells_nothing_is_an_error(nothing: Any) -> None:
    with pytest.raises(BenchError):
        nothing()


def starts(*cpu_s: float) -> list[Start]:
    return [Start(each, each * 2, each * 3) for each in cpu_s]


def document() -> dict[str, Any]:
    """As `spoq bench image` writes it."""
    about = {name: name for name in ("target", "version", "variant", "commit", "root_hash")}
    measured = of_build({**about, "seconds": {"Sealing the root": 72.1}, "root_mb": 357.8, "build_min": 2.29})
    measured |= costs.of_starts(starts(40.0, 90.0, 41.0), starts(20.0, 21.0, 19.0))
    measured["boot"]["ours"]["units_cpu_s"] = {"spoq-bus": 1.0, "spoq-inferenced": 9.5, "box-keys": 0.0}
    measured |= {"idle_writes_mb_per_day": 72.0, "idle_writes": {"units_mb_per_day": {"systemd-journald": 70.0}}}
    return measured | {"root_parts_mb": {"/usr/lib/spoq": 200.0}, "resume_s": 3.5}


def test_one_slow_start_changes_no_median() -> None:
    measured = document()
    assert measured["boot_cpu_ratio"] == 2.05
    assert measured["boot"]["ours"]["cpu_s_each"] == [40.0, 90.0, 41.0]


def test_every_target_that_is_not_met_has_its_reason() -> None:
    assert reasons(document(), TARGETS) == {
        "root_mb": "The largest, compressed: /usr/lib/spoq 200 MB.",
        "boot_cpu_ratio": "spoq-inferenced 9.5 s, spoq-bus 1 s.",
        "idle_writes_mb_per_day": "systemd-journald 70 MB a day.",
    }


def test_the_table_has_the_peer_and_what_has_no_target() -> None:
    shown = table(document(), TARGETS, OTHERS).splitlines()
    assert any(line.startswith("boot.masked.cpu_s") and "20" in line and "the peer" in line for line in shown)
    assert any(line.startswith("guest_pss_mb.ours") and "–" in line for line in shown)
    assert len(shown) == 1 + len(TARGETS) + len(OTHERS)
