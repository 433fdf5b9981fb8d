"""What the radio sees, what NetworkManager is told, and why a network was not joined."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pairing import errors, outcomes, wifi
from pairing import messages_pb2 as pb
from pairing.errors import JoinFailed, NotANetwork, UnsupportedNetwork, WifiError, WrongPassword
from pairing.messages import MOST_NETWORKS
from pairing.wifi import Network, Security, Wanted

PSK, ENTERPRISE, SAE, OWE = 0x100, 0x200, 0x400, 0x800
CCMP = 0x88


def access_point(ssid: bytes = b"Home", strength: int = 50, /, **flags: int) -> dict[str, Any]:
    return {"Ssid": ssid, "Strength": strength, "Flags": 0, "WpaFlags": 0, "RsnFlags": 0} | flags


def seen(ssid: bytes, security: Security = Security.WPA2, hidden: bool = False) -> Network:
    return Network(ssid, 50, security, hidden)


@pytest.mark.parametrize(
    ("flags", "security"),
    [
        ({}, Security.OPEN),
        ({"Flags": 1, "RsnFlags": PSK | CCMP}, Security.WPA2),
        ({"Flags": 1, "WpaFlags": PSK | CCMP}, Security.WPA2),
        ({"Flags": 1, "RsnFlags": PSK | SAE | CCMP}, Security.WPA2),
        ({"Flags": 1, "RsnFlags": SAE | CCMP}, Security.WPA3),
        ({"Flags": 1, "RsnFlags": ENTERPRISE | CCMP}, Security.UNSUPPORTED),
        ({"Flags": 1, "RsnFlags": OWE | CCMP}, Security.UNSUPPORTED),
        # WEP.
        ({"Flags": 1}, Security.UNSUPPORTED),
    ],
)
def test_what_keeps_others_out_is_told_from_the_access_points_flags(flags: dict[str, int], security: Security) -> None:
    found = wifi.network(access_point(**flags))
    assert found == Network(b"Home", 50, security)


@pytest.mark.parametrize("ssid", [b"", bytes(4), b"x" * 33])
def test_who_does_not_say_its_name_is_not_listed(ssid: bytes) -> None:
    assert wifi.network(access_point(ssid)) is None


def test_each_name_is_listed_once_the_strongest_first() -> None:
    networks = [
        Network(b"Home", 30, Security.WPA2),
        Network(b"Next door", 40, Security.WPA2),
        Network(b"Home", 70, Security.WPA2),
    ]
    assert [(each.ssid, each.strength) for each in wifi.best(networks)] == [(b"Home", 70), (b"Next door", 40)]


def test_who_tells_its_name_only_when_it_is_asked_is_hidden() -> None:
    def point(ssid: bytes, address: str) -> dict[str, Any]:
        return access_point(ssid) | {"HwAddress": address}

    found = wifi.networks([point(b"", "02::1"), point(b"Home", "02::2"), point(b"Attic", "02::1"), point(b"", "02::3")])
    assert {each.name: each.hidden for each in found} == {"Home": False, "Attic": True}
    for each in found:
        told = wifi.settings(Wanted(each.ssid, b"correct horse"), each)
        assert told["802-11-wireless"]["hidden"] == ("b", each.hidden)


@pytest.mark.parametrize("ssid", ["Küche".encode(), "🏠".encode(), b"caf\xe9", b"a b;c,\"'\\"])
def test_a_name_may_be_any_bytes(ssid: bytes) -> None:
    told = wifi.settings(Wanted(ssid, b"correct horse"), seen(ssid))
    assert told["802-11-wireless"]["ssid"] == ("ay", ssid)
    assert told["802-11-wireless-security"] == {"key-mgmt": ("s", "wpa-psk"), "psk": ("s", "correct horse")}


def test_the_network_is_told_what_somebody_calls_the_box() -> None:
    told = wifi.settings(Wanted(b"Home", b"correct horse", "kitchen"), seen(b"Home"))
    assert told["ipv4"]["dhcp-hostname"] == told["ipv6"]["dhcp-hostname"] == ("s", "kitchen")


def test_an_open_network_has_no_password_and_wpa3_has_its_own_way() -> None:
    assert "802-11-wireless-security" not in wifi.settings(Wanted(b"Cafe", b""), seen(b"Cafe", Security.OPEN))
    of_wpa3 = wifi.settings(Wanted(b"Home", b"correct horse"), seen(b"Home", Security.WPA3))
    assert of_wpa3["802-11-wireless-security"]["key-mgmt"] == ("s", "sae")


@pytest.mark.parametrize(
    ("ssid", "password"),
    [
        (b"", b""),
        (b"x" * 33, b""),
        (b"Home", b"short"),
        (b"Home", b"x" * 65),
        (b"Home", b"x" * 64),
        (b"Home", b"correct\0horse"),
        (b"Home", b"correct\xffhorse"),
    ],
)
def test_what_no_network_can_have_is_refused_before_anybody_tries(ssid: bytes, password: bytes) -> None:
    with pytest.raises(NotANetwork):
        Wanted(ssid, password)


def test_a_key_in_hexadecimal_is_one_too() -> None:
    assert Wanted(b"Home", b"0123456789abcdefABCDEF0123456789abcdefABCDEF0123456789abcdefABCD"[:64])


def test_no_password_is_said_in_what_is_printed() -> None:
    assert "horse" not in repr(Wanted(b"Home", b"correct horse"))


def test_a_network_that_wants_more_than_a_password_is_told_before_it_is_tried() -> None:
    with pytest.raises(UnsupportedNetwork):
        wifi.check(Wanted(b"Work", b"correct horse"), Network(b"Work", 50, Security.UNSUPPORTED))
    with pytest.raises(WrongPassword, match="wants a password"):
        wifi.check(Wanted(b"Home", b""), Network(b"Home", 50, Security.WPA2))
    wifi.check(Wanted(b"Cafe", b""), Network(b"Cafe", 50, Security.OPEN))


@pytest.mark.parametrize(
    ("reason", "error"),
    [
        (7, errors.WrongPassword),
        (53, errors.NetworkNotFound),
        (5, errors.NoAddress),
        (17, errors.NoAddress),
        (8, errors.JoinFailed),
        (0, errors.JoinFailed),
    ],
)
def test_why_is_told_from_networkmanagers_reason(reason: int, error: type[JoinFailed]) -> None:
    assert type(wifi.failure(reason)) is error


def every_error() -> list[type[WifiError]]:
    found, waiting = [], [WifiError]
    while waiting:
        kind = waiting.pop()
        found.append(kind)
        waiting += kind.__subclasses__()
    return found


@pytest.mark.parametrize("kind", every_error())
def test_each_error_reaches_the_device_as_what_it_is(kind: type[WifiError]) -> None:
    told = outcomes.of(kind())
    with pytest.raises(WifiError) as caught:
        outcomes.check(told)
    assert type(caught.value) is (JoinFailed if kind is WifiError else kind)
    assert str(caught.value)


def test_the_list_for_a_device_is_bounded_and_comes_back_as_it_was() -> None:
    networks = [Network(f"{number}".encode(), 100 - number, Security.WPA2) for number in range(MOST_NETWORKS + 1)]
    assert outcomes.networks(outcomes.seen(networks)) == networks[:MOST_NETWORKS]


def test_a_list_that_could_not_be_made_is_its_error() -> None:
    with pytest.raises(errors.NoRadio):
        outcomes.networks(pb.WifiSeen(outcome=pb.NO_RADIO))


@given(
    st.dictionaries(st.sampled_from(["Ssid", "Strength", "Flags", "WpaFlags", "RsnFlags"]), st.integers(0, 2**32 - 1)),
    st.binary(max_size=64),
)
def test_whatever_an_access_point_says_is_a_network_or_none(flags: dict[str, int], ssid: bytes) -> None:
    found = wifi.network({**flags, "Ssid": ssid})
    assert found is None or (0 < len(found.ssid) <= wifi.MOST_SSID and 0 <= found.strength <= 100 and found.name)
