"""A computer pairs with a box of real daemons, asks it, lets others in and throws them out; and what it is told when
something does not work."""

import json
import signal
from collections.abc import Callable
from pathlib import Path

import pytest

from pairing.setup_code import SetupCode
from phone import pairing
from tests.phone.computer import WORKS_S, ZONE, Computer, ended, other
from tests.phone.conftest import RunningBox

Computers = Callable[[str], Computer]
PAIR_AGAIN = "The box does not know this computer any more. Pair it again."


def test_it_pairs_asks_and_is_answered(box: RunningBox, computer: Computers) -> None:
    anna = computer("anna")
    assert anna.refused("status") == "This computer is paired with no box. Begin with: spoq phone pair"
    assert "as “anna” of anna." in anna.pair(box.code)
    assert anna.said("ask", "what", "is", "seven", "times", "eight").strip() == "Seven times eight is fifty-six."
    status = json.loads(anna.said("status", "--json"))
    assert (status["device"]["name"], status["device"]["owner"], status["pairing"]) == ("anna", True, "closed")
    assert {each["unit"] for each in status["daemons"]} >= {"conductord", "identityd", "pairingd", "gatewayd"}
    [line] = anna.said("log").splitlines()
    assert line.split()[:2] == ["let", "in"] and "by label" in line


def test_the_box_is_where_its_first_owner_is_and_can_be_moved(box: RunningBox, computer: Computers) -> None:
    anna = computer("anna")
    anna.pair(box.code)
    assert anna.said("region") == f"The box is in the zone {ZONE}, and measures in Celsius.\n"
    told = anna.said("region", "--zone", "America/Chicago", "--units", "imperial")
    assert told == "The box is in the zone America/Chicago, and measures in Fahrenheit.\n"
    assert anna.refused("region", "--zone", "Mars/Olympus") == "The box knows no such time zone."
    assert json.loads(anna.said("region", "--json")) == {"zone": "America/Chicago", "imperial": True}


@pytest.mark.parametrize("zone", ["", ":/etc/localtime", "CET-1CEST,M3.5.0,M10.5.0/3", "/usr/share/zoneinfo/UTC"])
def test_a_zone_that_is_no_name_is_this_computers(zone: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    (tmp_path / "localtime").symlink_to("/usr/share/zoneinfo/Europe/Berlin")
    monkeypatch.setattr(pairing, "LOCALTIME", tmp_path / "localtime")
    monkeypatch.setenv("TZ", zone)
    assert pairing.zone() == "Europe/Berlin"
    monkeypatch.setenv("TZ", ":Asia/Tokyo")
    assert pairing.zone() == "Asia/Tokyo"


def test_a_wrong_code_is_told_and_the_right_one_pairs(box: RunningBox, computer: Computers) -> None:
    anna = computer("anna")
    assert anna.refused("pair", "--code", other(box.code).digits) == "That is not this box's code."
    assert anna.refused("pair", "--code", "1234") == "A set-up code has 8 digits."
    anna.pair(box.code)
    ben = computer("ben")
    assert "for three seconds" in ben.refused("pair", "--code", box.code.digits)


def test_a_box_without_wi_fi_says_so_and_the_computer_is_paired_all_the_same(
    box: RunningBox, computer: Computers
) -> None:
    anna = computer("anna")
    wifi = ("--code", box.code.digits, "--wifi", "Home")
    assert "has 8 to 63 characters" in anna.says("pair", *wifi, types="short\n").stderr
    done = anna.says("pair", *wifi, types="correct horse\n")
    assert done.returncode == 0 and "horse" not in done.stdout + done.stderr
    assert "It is not in “Home”: This box has no Wi-Fi" in done.stderr
    assert json.loads(anna.said("status", "--json"))["device"]["owner"]


def test_the_third_device_and_the_third_profile_are_refused_with_the_reason(
    box: RunningBox, computer: Computers
) -> None:
    anna, tablet, ben = computer("anna"), computer("tablet"), computer("ben")
    anna.pair(box.code)
    box.press("pair")
    tablet.pair(box.code)
    box.press("pair")
    full = "This box has all the devices that it takes. Its owner can remove one."
    assert ben.refused("pair", "--code", box.code.digits) == full
    anna.said("add-profile", "Ben")
    assert "all the people and devices" in anna.refused("add-profile", "Cleo")
    code = SetupCode(json.loads(anna.said("let-in", "--profile", "2", "--json"))["code"])
    assert ben.refused("pair", "--code", box.code.digits) == "That is not this box's code."
    assert "of Ben." in ben.pair(code)
    assert "Only a device of the owner's" in ben.refused("log")
    shown = anna.said("devices")
    assert [line.split()[0] for line in shown.splitlines() if not line.startswith(" ")] == ["1", "2"]
    assert ben.said("devices").splitlines()[0] == "2  Ben"
    anna.said("withhold", "2", "ask")
    assert "has not allowed you" in ben.refused("ask", "what", "time", "is", "it")
    assert ben.said("devices").splitlines()[0] == "2  Ben  (may not: ask)"
    assert "Only a device of the owner's" in ben.refused("allow", "2", "ask")
    anna.said("allow", "2", "ask")
    assert ben.said("ask", "what", "is", "two", "plus", "two") == "Two plus two is four.\n"


def test_a_removed_device_is_out_and_so_is_what_it_has_open(box: RunningBox, computer: Computers) -> None:
    anna, tablet = computer("anna"), computer("tablet")
    anna.pair(box.code)
    box.press("pair")
    tablet.pair(box.code)
    following = tablet.follow()
    anna.said("revoke", tablet.id())
    assert "does not answer" in ended(following)
    assert tablet.refused("status") == PAIR_AGAIN
    assert anna.said("devices").count("\n") == 2


def test_with_identityd_hanging_nobody_is_let_in(box: RunningBox, computer: Computers) -> None:
    anna = computer("anna")
    anna.pair(box.code)
    following = anna.follow()
    box.signal("identityd", signal.SIGSTOP)
    assert "does not answer" in ended(following)
    assert "can't say that just now" in anna.refused("status")
    box.signal("identityd", signal.SIGCONT)
    for _ in range(WORKS_S):
        if anna.says("status").returncode == 0:
            return
    raise AssertionError("it is not let in again")
