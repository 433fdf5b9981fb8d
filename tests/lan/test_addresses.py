"""By which addresses a box is reached: those that somebody else can use, and the short ones first."""

from ipaddress import ip_address

import pytest

from lan.addresses import at_home, best_first


@pytest.mark.parametrize(
    ("found", "wanted"),
    [
        ([], []),
        (["127.0.0.1", "::1", "fe80::1", "169.254.3.4", "0.0.0.0"], []),
        (["192.168.1.20", "127.0.0.1"], ["192.168.1.20"]),
        (["2001:db8:1::5", "fd00::2", "10.0.0.9"], ["10.0.0.9", "2001:db8:1::5", "fd00::2"]),
        (["2600::5", "fd00::2", "93.184.216.34", "10.0.0.9"], ["10.0.0.9", "93.184.216.34", "fd00::2", "2600::5"]),
        (["10.0.0.10", "10.0.0.9", "10.0.0.9"], ["10.0.0.9", "10.0.0.10"]),
    ],
)
def test_private_ones_first_and_none_that_nobody_reaches(found: list[str], wanted: list[str]) -> None:
    assert best_first(map(ip_address, found)) == wanted


def test_this_computers_own_can_be_read() -> None:
    assert all(not ip_address(each).is_loopback for each in at_home())
