"""The label on a terminal: both codes can be scanned on any background, and everything can be read."""

import re

import pytest

from pairing import label_terminal
from pairing.label import Label, hotspot_payload, pairing_payload
from tests.fakes import camera

BLACK, WHITE, GREY = 0, 255, 128


@pytest.mark.parametrize("background", [BLACK, WHITE, GREY])
def test_both_codes_are_read_on_any_background(printed: Label, background: int) -> None:
    picture = camera.screen(label_terminal.render(printed), background)
    assert camera.read(picture) == [pairing_payload(printed), hotspot_payload(printed)]


def test_a_person_can_read_all_of_it(printed: Label) -> None:
    text = label_terminal.render(printed)
    shown = (printed.code.grouped, str(printed.serial), printed.serial.hotspot_name, printed.passphrase)
    assert [each for each in shown if each not in text] == []


def test_it_fits_a_console_of_80_by_24(printed: Label) -> None:
    lines = re.sub(r"\x1b\[[\d;]*m", "", label_terminal.render(printed)).splitlines()
    assert max(map(len, lines)) <= 80
    assert len(lines) <= 23, "and the prompt"


def test_no_colour_runs_on(printed: Label) -> None:
    for line in label_terminal.render(printed).splitlines():
        assert line.count(label_terminal.INK) == line.count(label_terminal.PLAIN)
