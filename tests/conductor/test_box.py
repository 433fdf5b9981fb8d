"""What the box finds out about itself."""

import ipaddress
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from conductor import box


def test_the_warmest_sensor_counts_and_a_broken_one_does_not(tmp_path: Path) -> None:
    for number, text in enumerate(("41500\n", "57250\n", "nonsense\n", "")):
        sensor = tmp_path / f"thermal_zone{number}"
        sensor.mkdir()
        (sensor / "temp").write_text(text)
    assert box._celsius(tmp_path) == 57.25


def test_a_box_without_a_sensor_has_no_temperature(tmp_path: Path) -> None:
    assert box._celsius(tmp_path) is None


def test_the_box_names_its_version_and_an_address_if_it_has_one() -> None:
    looked = box.looked_at("1.2.3")
    assert looked.version == "1.2.3"
    if looked.address:
        ipaddress.ip_address(looked.address)


def test_a_zone_that_is_named_is_taken() -> None:
    assert box.zone("Asia/Tokyo") == ZoneInfo("Asia/Tokyo")


@pytest.mark.parametrize(
    "name", ["", "Mars/Olympus", "../etc/passwd", "\0", "/etc/passwd", "Europe", ":/etc/localtime"]
)
def test_a_zone_that_is_none_is_this_computers_and_at_last_utc(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TZ", "America/New_York")
    assert box.zone(name) == ZoneInfo("America/New_York")
    monkeypatch.setenv("TZ", "")
    monkeypatch.setattr(box, "LOCALTIME", Path("/nonexistent"))
    assert box.zone(name) == ZoneInfo("UTC")


def test_this_computers_zone_is_read_from_its_link(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("TZ", "")
    link = tmp_path / "localtime"
    link.symlink_to("/usr/share/zoneinfo/Europe/Berlin")
    monkeypatch.setattr(box, "LOCALTIME", link)
    assert box.zone("").key == "Europe/Berlin"
