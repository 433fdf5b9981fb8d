"""The bytes on the wire to WS2812 LEDs, and the device."""

import sys
from pathlib import Path

import pytest

from hardware import leds
from hardware.leds import LATCH, NoLeds, encoded, opened

WHITE, BLACK, RED = (255, 255, 255), (0, 0, 0), (255, 0, 0)


def bits(data: bytes) -> str:
    return "".join(f"{byte:08b}" for byte in data)


def test_each_bit_becomes_three_and_green_comes_first() -> None:
    wire = bits(encoded(((0b10000001, 0b11110000, 0b00000000),))[: -len(LATCH)])
    high, low = "110", "100"
    assert wire == high * 4 + low * 4 + high + low * 6 + high + low * 8


def test_a_picture_is_latched_by_silence_longer_than_50_us() -> None:
    data = encoded((BLACK,) * 12)
    assert data.endswith(LATCH)
    assert not any(LATCH)
    assert len(LATCH) * 8 / leds.SPI_HZ > 50e-6
    assert len(data) == 12 * 9 + len(LATCH)


@pytest.mark.parametrize(("brightness", "level"), [(1.0, 255), (0.5, 128), (0.0, 0), (-1.0, 0), (7.0, 255)])
def test_brightness_scales_and_is_bounded(brightness: float, level: int) -> None:
    assert encoded((WHITE,), brightness) == encoded(((level, level, level),))


@pytest.fixture
def speeds(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """What the driver was told; a file stands for the device, which keeps what is written."""
    told: list[int] = []

    def ioctl(_handle: int, request: int, argument: bytes) -> None:
        assert request == 1 << 30 | 4 << 16 | ord("k") << 8 | 4
        told.append(int.from_bytes(argument, sys.byteorder))

    monkeypatch.setattr("fcntl.ioctl", ioctl)
    return told


def test_the_ring_on_a_board_goes_dark_at_the_end(speeds: list[int], tmp_path: Path) -> None:
    device = tmp_path / "spidev1.2"
    device.touch()
    with opened(str(device), 1.0) as ring:
        ring.show((RED,))
        assert (speeds, device.read_bytes()) == ([leds.SPI_HZ], encoded((RED,)))
    after = device.read_bytes().removeprefix(encoded((RED,)))
    assert after == encoded((BLACK,) * 24)


def test_a_box_without_the_device_has_no_ring(tmp_path: Path) -> None:
    with opened(str(tmp_path / "spidev0.0"), 1.0) as ring:
        assert isinstance(ring, NoLeds)


@pytest.mark.parametrize("kind", ["mkdir", "touch"])
def test_what_is_no_such_device_is_no_ring_and_no_crash(
    kind: str, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    device = tmp_path / "spidev0.0"
    getattr(device, kind)()
    with opened(str(device), 1.0) as ring:
        assert isinstance(ring, NoLeds)
    assert "stays dark" in caplog.text
