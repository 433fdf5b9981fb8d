"""What the QR codes carry, and what is understood of what somebody scanned."""

from contextlib import suppress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pairing import label
from pairing.errors import NotALabel
from pairing.label import Label
from pairing.serial import Serial
from pairing.setup_code import SetupCode

ONE = Label(Serial("7K2MX9RC"), SetupCode("48217730"), "k7pm-x3dh-w4qn-8tcb")


def test_the_pairing_code_is_short_and_in_the_densest_characters() -> None:
    payload = label.pairing_payload(ONE)
    assert payload == "SPOQ:1.7K2MX9RC.48217730"
    assert set(payload) <= set("0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ $%*+-./:")


def test_the_hotspots_code_is_what_phones_know() -> None:
    assert label.hotspot_payload(ONE) == "WIFI:T:WPA;S:Spoq-Setup-X9RC;P:k7pm-x3dh-w4qn-8tcb;;"


def test_what_separates_is_escaped() -> None:
    assert label.escaped('a;b,c:d"e\\f') == 'a\\;b\\,c\\:d\\"e\\\\f'


@pytest.mark.parametrize("scanned", ["SPOQ:1.7K2MX9RC.48217730", "spoq:1.7k2mx9rc.48217730\n"])
def test_what_was_scanned_is_understood(scanned: str) -> None:
    scan = label.parse(scanned)
    assert (scan.serial, scan.code) == (ONE.serial, ONE.code)


@pytest.mark.parametrize(
    ("scanned", "said"),
    [
        ("", "not the code"),
        ("https://example.org", "not the code"),
        (label.hotspot_payload(ONE), "not the code"),
        ("SPOQ:1.7K2MX9RC.48217730" + " " * 100_000, "not the code"),
        ("SPOQ:2.7K2MX9RC.48217730.more", "newer"),
        ("SPOQ:1.7K2MX9RC.4821773", "not whole"),
        ("SPOQ:1.7K2MX9RC", "not whole"),
        ("SPOQ:1.7K2MX9RD.48217730", "not one"),
        ("SPOQ:1.7K2MX9RC.12345678", "not one"),
    ],
)
def test_what_is_none_of_ours_is_refused_with_the_reason(scanned: str, said: str) -> None:
    with pytest.raises(NotALabel, match=said) as caught:
        label.parse(scanned)
    assert "4821" not in str(caught.value)


@given(st.text(max_size=80) | st.from_regex(r"SPOQ:[0-9]{1,3}\.[0-9A-Z.]{0,20}", fullmatch=True))
def test_anything_that_a_camera_reads_is_understood_or_refused(scanned: str) -> None:
    # Any other error fails the test.
    with suppress(NotALabel):
        scan = label.parse(scanned)
        again = label.pairing_payload(Label(scan.serial, scan.code, ""))
        assert again == scanned.strip().upper()


def test_a_log_line_shows_the_serial_only() -> None:
    shown = f"{ONE!r} {label.parse(label.pairing_payload(ONE))!r}"
    assert "7K2MX9RC" in shown
    assert "4821" not in shown and "k7pm" not in shown
