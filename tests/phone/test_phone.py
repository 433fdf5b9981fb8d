"""A computer pairs with a box of real daemons, asks it, lets others in and throws them out; and what it is told when
something does not work."""

import json
import signal
from collections.abc import Callable

from tests.phone.computer import WORKS_S, Computer, ended, other
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


def test_a_wrong_code_is_told_and_the_right_one_pairs(box: RunningBox, computer: Computers) -> None:
    anna = computer("anna")
    assert anna.refused("pair", "--code", other(box.code).digits) == "That is not this box's code."
    assert anna.refused("pair", "--code", "1234") == "A set-up code has 8 digits."
    anna.pair(box.code)
    ben = computer("ben")
    assert "held for three seconds" in ben.refused("pair", "--code", box.code.digits)


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
    anna.said("let-in", "--profile", "2")
    assert "of Ben." in ben.pair(box.code)
    assert "Only a device of the owner's" in ben.refused("log")
    shown = anna.said("devices")
    assert [line.split()[0] for line in shown.splitlines() if not line.startswith(" ")] == ["1", "2"]
    assert ben.said("devices").splitlines()[0] == "2  Ben"


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
