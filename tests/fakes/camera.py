"""A phone's camera: what it reads in a picture, by a decoder that has nothing to do with how our codes are made."""

import re

import zxingcpp
from PIL import Image

MODULE_DOTS = 6
COLOURED = re.compile(r"\x1b\[30;47m(.*?)\x1b\[0m")
UPPER, LOWER = "▀█", "▄█"


def read(picture: Image.Image) -> list[str]:
    """All QR codes in it, from left to right."""
    found = [code for code in zxingcpp.read_barcodes(picture) if code.format == zxingcpp.BarcodeFormat.QRCode]
    return [code.text for code in sorted(found, key=lambda code: code.position.top_left.x)]


def screen(text: str, background: int) -> Image.Image:
    """What a terminal shows of lines in which black on white is said by SGR 30;47, on a dark or light background."""
    lines = text.splitlines()
    width = max(len(re.sub(r"\x1b\[[\d;]*m", "", line)) for line in lines)
    small = Image.new("L", (width + 4, 2 * len(lines) + 4), background)
    for row, line in enumerate(lines):
        plain_before = 0
        for match in COLOURED.finditer(line):
            column = len(re.sub(r"\x1b\[[\d;]*m", "", line[: match.start()]))
            for across, block in enumerate(match[1], column + 2):
                small.putpixel((across, 2 * row + 2), 0 if block in UPPER else 255)
                small.putpixel((across, 2 * row + 3), 0 if block in LOWER else 255)
            plain_before = match.end()
        assert "\x1b" not in line[plain_before:], "a colour that this terminal does not know"
    return small.resize((small.width * MODULE_DOTS, small.height * MODULE_DOTS), Image.Resampling.NEAREST)
