"""The printed label: what is on it can be scanned and read, and nothing touches anything else."""

import io
import re
import struct

import pytest
from PIL import Image

from pairing import label_print
from pairing.alphabet import UNAMBIGUOUS
from pairing.errors import NotASerial
from pairing.label import Label, hotspot_payload, pairing_payload
from pairing.label_print import DPI, HEIGHT_MM, LEFT_MM, MARGIN_MM, RIGHT_MM, WIDTH_MM, dots
from pairing.serial import Serial
from pairing.setup_code import SetupCode
from tests.fakes import camera


def widest() -> Label:
    """A label with the widest letters there are."""
    for last in UNAMBIGUOUS:
        try:
            return Label(Serial("WWWMWWW" + last), SetupCode("40804698"), "mmmm-wwww-mmmm-wwww")
        except NotASerial:
            continue
    raise AssertionError


def picture_in(pdf: bytes) -> Image.Image:
    """The one picture of a PDF, which is compressed as a fax is: the same bytes as a TIFF."""
    width, height = (int(re.search(rb"/%b (\d+)" % name, pdf)[1]) for name in (b"Width", b"Height"))  # type: ignore[index]
    found = re.search(rb"/Filter \[? ?/CCITTFaxDecode.*?stream\r?\n(.*?)\r?\nendstream", pdf, re.DOTALL)
    assert found is not None
    black_is_1 = b"/BlackIs1 true" in pdf
    tags = {256: width, 257: height, 258: 1, 259: 4, 262: int(black_is_1), 273: 8, 278: height, 279: len(found[1])}
    directory = struct.pack("<H", len(tags)) + b"".join(struct.pack("<HHII", tag, 4, 1, tags[tag]) for tag in tags)
    return Image.open(io.BytesIO(struct.pack("<2sHI", b"II", 42, 8 + len(found[1])) + found[1] + directory + bytes(4)))


@pytest.mark.parametrize("dpi", [600, 300, 203])
def test_both_codes_are_read_as_label_printers_print_them(printed: Label, dpi: int) -> None:
    picture = Image.open(io.BytesIO(label_print.png(printed)))
    smaller = picture.resize((round(picture.width * dpi / DPI), round(picture.height * dpi / DPI)))
    assert camera.read(smaller) == [pairing_payload(printed), hotspot_payload(printed)]


def test_both_codes_are_read_in_the_pdf(printed: Label) -> None:
    assert camera.read(picture_in(label_print.pdf(printed))) == [pairing_payload(printed), hotspot_payload(printed)]


def test_both_have_the_size_of_the_label(printed: Label) -> None:
    picture = Image.open(io.BytesIO(label_print.png(printed)))
    assert picture.info["dpi"] == pytest.approx((DPI, DPI), abs=0.1)
    assert picture.size == (dots(WIDTH_MM), dots(HEIGHT_MM))
    box = re.search(rb"/MediaBox \[ ?0 0 ([\d.]+) ([\d.]+)", label_print.pdf(printed))
    assert box is not None
    assert [float(side) * 25.4 / 72 for side in box.groups()] == pytest.approx([WIDTH_MM, HEIGHT_MM], abs=0.1)


def test_both_labels_say_the_same(printed: Label) -> None:
    grey = Image.open(io.BytesIO(label_print.png(printed)))
    sharp = picture_in(label_print.pdf(printed)).convert("L")
    assert grey.point(lambda each: 255 if each > 127 else 0).tobytes() == sharp.tobytes()


@pytest.mark.parametrize("which", ["usual", "widest"])
def test_nothing_is_cut_off_at_the_edge(printed: Label, which: str) -> None:
    picture = label_print.draw(printed if which == "usual" else widest())
    margin = dots(MARGIN_MM) - 2
    inside = picture.crop((margin, margin // 2, picture.width - margin, picture.height - margin // 2))
    picture.paste(255, (margin, margin // 2, margin + inside.width, margin // 2 + inside.height))
    assert picture.getextrema() == (255, 255)


@pytest.mark.parametrize("which", ["usual", "widest"])
def test_around_each_code_it_is_white(printed: Label, which: str) -> None:
    label = printed if which == "usual" else widest()
    picture = label_print.draw(label)
    for x, payload in ((LEFT_MM, pairing_payload(label)), (RIGHT_MM, hotspot_payload(label))):
        module, modules = label_print.grid(payload)
        quiet, side = 4 * module, module * len(modules)
        left, top = dots(x), dots(label_print.CODES_MM)
        around = picture.crop((max(0, left - quiet), top - quiet, left + side + quiet, top + side + quiet))
        around.paste(255, (min(left, quiet), quiet, min(left, quiet) + side, quiet + side))
        assert around.getextrema() == (255, 255)


def test_each_line_of_text_stays_in_its_half() -> None:
    """With the widest letters; the line in the middle of the label is the border."""
    picture = label_print.draw(widest())
    top = dots(label_print.CODES_MM)
    border = dots(label_print.MIDDLE_MM)
    for strip in ((border - 12, border - 1), (border + 6, border + 18)):
        assert picture.crop((strip[0], top, strip[1], picture.height)).getextrema() == (255, 255)
