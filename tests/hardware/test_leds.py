"""The bytes on the wire to WS2812 LEDs, and the device."""

import sys
from pathlib import Path
from types import ModuleType

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


class Spi:
    """A spidev that keeps what is written."""

    def __init__(self) -> None:
        self.place: tuple[int, int] | None = None
        self.max_speed_hz = 0
        self.written: list[bytes] = []
        self.closed = False

    def open(self, bus: int, select: int) -> None:
        self.place = (bus, select)

    def writebytes2(self, data: bytes) -> None:
        self.written.append(data)

    def close(self) -> None:
        self.closed = True


@pytest.fixture
def spi(monkeypatch: pytest.MonkeyPatch) -> Spi:
    """The board's driver, with one device."""
    device = Spi()
    module = ModuleType("spidev")
    module.SpiDev = lambda: device  # type: ignore[attr-defined]
    monkeypatch.setitem(sys.modules, "spidev", module)
    return device


def test_the_ring_on_a_board_goes_dark_at_the_end(spi: Spi, tmp_path: Path) -> None:
    path = tmp_path / "spidev1.2"
    path.touch()
    with opened(str(path), 1.0) as ring:
        ring.show((RED,))
        assert (spi.place, spi.max_speed_hz) == ((1, 2), leds.SPI_HZ)
        assert spi.written == [encoded((RED,))]
    assert set(spi.written[-1][: -len(LATCH)]) == set(encoded((BLACK,))[: -len(LATCH)])
    assert spi.closed


@pytest.mark.usefixtures("spi")
def test_a_box_without_the_device_has_no_ring(tmp_path: Path) -> None:
    with opened(str(tmp_path / "spidev0.0"), 1.0) as ring:
        assert isinstance(ring, NoLeds)


def test_a_box_without_the_driver_has_no_ring(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setitem(sys.modules, "spidev", None)
    (tmp_path / "spidev0.0").touch()
    with opened(str(tmp_path / "spidev0.0"), 1.0) as ring:
        assert isinstance(ring, NoLeds)
