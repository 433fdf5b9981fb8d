"""Improv's side of a gadget: every command, state and error, and what its users complain of elsewhere."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pairing.improv import (
    ALL,
    AUTHORIZED_S,
    JOINS_S,
    MOST_DATA,
    PIECES_S,
    About,
    Answer,
    Effect,
    Error,
    Identify,
    Improv,
    InvalidFrame,
    Join,
    Network,
    Pieces,
    Rename,
    Rpc,
    Scan,
    Show,
    State,
    framed,
    parsed,
    result,
    strings,
)

ABOUT = About("Spoq", "0.1.0", "QEMU", "Spoq-X9RC", "spoq-x9rc")
PAGE = "http://spoq-x9rc.local/"
NOW_S = 100.0


def wifi(ssid: bytes = b"Home", password: bytes = b"opensesame") -> bytes:
    return framed(Rpc.WIFI, bytes((len(ssid),)) + ssid + bytes((len(password),)) + password)


def pressed(provisioned: bool = False) -> Improv:
    improv = Improv(ABOUT, provisioned)
    improv.press(NOW_S)
    return improv


def shown(effects: list[Effect]) -> tuple[str, str]:
    """The state and error that they end with."""
    last = [each for each in effects if isinstance(each, Show)][-1]
    return last.state.name, last.error.name


def test_the_settings_of_the_standards_example_are_read() -> None:
    frame = wifi(b"MyWirelessAP", b"mysecurepassword")
    assert frame[:3] == bytes((0x01, 0x1E, 0x0C))
    assert pressed().take(frame, NOW_S) == [
        Show(State.PROVISIONING, Error.NONE),
        Join(b"MyWirelessAP", b"mysecurepassword"),
    ]


def test_without_a_press_no_password_is_taken() -> None:
    improv = Improv(ABOUT, provisioned=False)
    assert improv.take(wifi(), NOW_S) == [Show(State.AUTHORIZATION_REQUIRED, Error.NOT_AUTHORIZED)]


def test_a_press_holds_for_a_minute() -> None:
    improv = pressed()
    assert improv.tick(NOW_S + AUTHORIZED_S - 0.1) == []
    assert shown(improv.take(wifi(), NOW_S + AUTHORIZED_S)) == ("AUTHORIZATION_REQUIRED", "NOT_AUTHORIZED")


def test_joined_ends_with_the_address_where_the_phone_goes_on() -> None:
    improv = pressed()
    improv.take(wifi(), NOW_S)
    assert improv.joined(PAGE) == [
        Answer(result(Rpc.WIFI, ("http://spoq-x9rc.local/",))),
        Show(State.PROVISIONED, Error.NONE),
    ]


def test_after_a_failure_the_next_attempt_works_without_a_press() -> None:
    improv = pressed()
    improv.take(wifi(password=b"wrong password"), NOW_S)
    assert improv.failed(NOW_S + 20) == [Show(State.AUTHORIZED, Error.UNABLE_TO_CONNECT)]
    late = NOW_S + 20 + AUTHORIZED_S - 1
    assert shown(improv.take(wifi(), late)) == ("PROVISIONING", "NONE")


def test_nobody_is_stuck_in_provisioning() -> None:
    improv = pressed()
    improv.take(wifi(), NOW_S)
    assert improv.tick(NOW_S + JOINS_S) == [Show(State.AUTHORIZED, Error.UNABLE_TO_CONNECT)]
    assert improv.failed(NOW_S + JOINS_S + 1) == []


def test_while_it_joins_nothing_else_is_begun() -> None:
    improv = pressed()
    improv.take(wifi(), NOW_S)
    assert improv.press(NOW_S) == []
    other = wifi(password=b"another password")
    assert improv.take(other, NOW_S) == [Show(State.PROVISIONING, Error.NOT_AUTHORIZED)]


def test_who_lost_the_answer_asks_again_and_is_given_it_without_another_attempt() -> None:
    improv = pressed()
    improv.take(wifi(), NOW_S)
    assert improv.take(wifi(), NOW_S + 1) == [Show(State.PROVISIONING, Error.NONE)]
    joined = improv.joined(PAGE)
    late = NOW_S + JOINS_S + AUTHORIZED_S
    assert improv.take(wifi(), late - 1) == joined
    assert improv.take(wifi(password=b"another password"), late - 1) == [Show(State.PROVISIONED, Error.NOT_AUTHORIZED)]
    assert improv.take(wifi(), late) == [Show(State.PROVISIONED, Error.NOT_AUTHORIZED)]
    assert not improv.waits


def test_what_could_not_be_joined_is_another_attempt_when_it_is_asked_again() -> None:
    improv = pressed()
    improv.take(wifi(), NOW_S)
    improv.failed(NOW_S + 20)
    assert shown(improv.take(wifi(), NOW_S + 21)) == ("PROVISIONING", "NONE")


def test_another_network_later_needs_a_press_and_no_reset() -> None:
    improv = Improv(ABOUT, provisioned=True)
    assert improv.take(wifi(), NOW_S) == [Show(State.PROVISIONED, Error.NOT_AUTHORIZED)]
    improv.press(NOW_S)
    assert shown(improv.take(wifi(), NOW_S)) == ("PROVISIONING", "NONE")
    unused = pressed(provisioned=True)
    assert shown(unused.tick(NOW_S + AUTHORIZED_S)) == ("PROVISIONED", "NONE")


def test_an_open_network_has_an_empty_password_and_names_may_be_anything() -> None:
    assert pressed().take(wifi(b"\xff\x00", b""), NOW_S)[-1] == Join(b"\xff\x00", b"")
    assert pressed().take(wifi("Café 🛜".encode()), NOW_S)[-1] == Join("Café 🛜".encode(), b"opensesame")


@pytest.mark.parametrize(
    ("ssid", "password"), [(b"", b"opensesame"), (b"x" * 33, b""), (b"x", b"short"), (b"x", b"x" * 65)]
)
def test_what_can_be_no_network_is_not_tried(ssid: bytes, password: bytes) -> None:
    assert pressed().take(wifi(ssid, password), NOW_S) == [Show(State.AUTHORIZED, Error.UNABLE_TO_CONNECT)]


def test_the_box_says_what_it_is_to_anybody() -> None:
    improv = Improv(ABOUT, provisioned=False)
    assert improv.take(framed(Rpc.IDENTIFY, b""), NOW_S)[-1] == Identify()
    assert improv.take(framed(Rpc.SCAN, b""), NOW_S)[-1] == Scan()
    said = improv.take(framed(Rpc.DEVICE_INFO, b""), NOW_S)[-1]
    assert isinstance(said, Answer)
    assert strings(parsed(said.frame)[1]) == [b"Spoq", b"0.1.0", b"QEMU", b"Spoq-X9RC"]


def test_its_name_in_the_network_is_told_and_changed_after_a_press() -> None:
    name, new = framed(Rpc.HOSTNAME, b""), framed(Rpc.HOSTNAME, b"\x07kitchen")
    improv = Improv(ABOUT, provisioned=False)
    assert improv.take(name, NOW_S)[-1] == Answer(result(Rpc.HOSTNAME, ("spoq-x9rc",)))
    assert shown(improv.take(new, NOW_S)) == ("AUTHORIZATION_REQUIRED", "NOT_AUTHORIZED")
    assert Rename("kitchen") in pressed().take(new, NOW_S)
    for wrong in (b"a b", b"-a", b"a-", b"\xc3\xa4", b"a.b", b"x" * 64):
        frame = framed(Rpc.HOSTNAME, bytes((len(wrong),)) + wrong)
        assert shown(pressed().take(frame, NOW_S)) == ("AUTHORIZED", "BAD_HOSTNAME")


def test_networks_are_told_once_the_strongest_first_and_in_one_frame() -> None:
    many = [Network(f"network {number % 30}", -40 - number, "WPA2") for number in range(60)]
    [answer] = Improv(ABOUT, provisioned=False).scanned([*many, Network("", -10, "NO"), Network("Home", -30, "WPA3")])
    assert isinstance(answer, Answer)
    number, data = parsed(answer.frame)
    told = strings(data)
    assert (number, len(data) <= MOST_DATA) == (Rpc.SCAN, True)
    assert told[:6] == [b"Home", b"-30", b"WPA3", b"network 0", b"-40", b"WPA2"]
    assert len(set(told[::3])) == len(told[::3]) > 10


@pytest.mark.parametrize(
    ("frame", "error"),
    [
        (b"", "INVALID_RPC"),
        (b"\x01\x00", "INVALID_RPC"),
        (b"\x02\x00\x03", "INVALID_RPC"),
        (wifi() + b"\0", "INVALID_RPC"),
        (wifi()[:-1], "INVALID_RPC"),
        (framed(Rpc.WIFI, b""), "INVALID_RPC"),
        (framed(Rpc.WIFI, b"\x01a"), "INVALID_RPC"),
        (framed(Rpc.WIFI, b"\x01a\x01b\x01c"), "INVALID_RPC"),
        (framed(Rpc.WIFI, b"\x09a"), "INVALID_RPC"),
        (framed(Rpc.IDENTIFY, b"x"), "INVALID_RPC"),
        (framed(99, b""), "UNKNOWN_RPC"),
    ],
)
def test_nonsense_is_an_error_and_the_next_settings_are_taken(frame: bytes, error: str) -> None:
    improv = pressed()
    assert shown(improv.take(frame, NOW_S)) == ("AUTHORIZED", error)
    assert shown(improv.take(wifi(), NOW_S)) == ("PROVISIONING", "NONE")


def test_what_is_advertised_says_the_state_and_what_it_can() -> None:
    assert Improv(ABOUT, provisioned=False).service_data == bytes((1, 15, 0, 0, 0, 0))
    assert pressed().service_data[:2] == bytes((State.AUTHORIZED, ALL))


@given(st.lists(st.integers(1, 20), min_size=1, max_size=40))
def test_a_frame_may_come_in_pieces_of_any_size(sizes: list[int]) -> None:
    pieces, rest, found = Pieces(), wifi(b"MyWirelessAP", b"mysecurepassword"), None
    for size in (*sizes, len(rest)):
        assert found is None
        found = pieces.take(rest[:size], NOW_S)
        rest = rest[size:]
        if not rest:
            break
    assert found == wifi(b"MyWirelessAP", b"mysecurepassword")


def test_half_a_frame_is_forgotten_and_more_than_one_refused() -> None:
    pieces = Pieces()
    assert pieces.take(wifi()[:7], NOW_S) is None
    assert pieces.take(wifi(), NOW_S + PIECES_S) == wifi()
    with pytest.raises(InvalidFrame):
        pieces.take(wifi() + b"\0", NOW_S + PIECES_S)
    assert pieces.take(wifi(), NOW_S + PIECES_S) == wifi()


@given(st.lists(st.tuples(st.integers(0, 4), st.binary(max_size=30), st.floats(0, 50)), max_size=20))
def test_whatever_comes_a_press_and_the_right_settings_join(deeds: list[tuple[int, bytes, float]]) -> None:
    improv, now_s = Improv(ABOUT, provisioned=False), NOW_S
    for deed, content, seconds in deeds:
        now_s += seconds
        match deed:
            case 0:
                improv.take(content, now_s)
            case 1:
                improv.take(framed(content[0] if content else 1, content[1:]), now_s)
            case 2:
                improv.press(now_s)
            case 3:
                improv.failed(now_s)
            case 4:
                improv.tick(now_s)
    now_s += JOINS_S
    improv.tick(now_s)
    improv.press(now_s)
    assert shown(improv.take(wifi(), now_s)) == ("PROVISIONING", "NONE")
