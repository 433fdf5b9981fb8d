"""The printed label: 60 x 40 mm at 600 dpi, as PNG and as PDF. For the computer that flashes boxes, not for the box.

    ┌──────────────────────────────────────────────┐
    │ Spoq                           SPQ-XXXX-XXXX │
    │──────────────────────────────────────────────│
    │ ▄▄▄▄▄▄  Pair           │ ▄▄▄▄▄▄  Set-up      │
    │ ██████  Koppeln        │ ██████  Wi-Fi       │
    │ ▀▀▀▀▀▀                 │ ▀▀▀▀▀▀  …           │
    │ Set-up code            │ Network             │
    │ 4821 7730              │ Spoq-Setup-XXXX …   │
    └──────────────────────────────────────────────┘

Every module of a code is a whole number of dots. The PDF has the same dots in black and white only, as label printers
want it, and its page is the label.
"""

import io
from dataclasses import dataclass
from functools import cache
from importlib.util import find_spec
from pathlib import Path

import segno
from PIL import Image, ImageDraw, ImageFont

from pairing.errors import LabelError
from pairing.label import Label, hotspot_payload, pairing_payload

DPI = 600
WIDTH_MM, HEIGHT_MM = 60.0, 40.0
FONTS = "font_source_sans_pro"
BOLD, REGULAR = "SourceSansPro-Bold.ttf", "SourceSansPro-Regular.ttf"
BLACK, WHITE = 0, 255
QUIET_MODULES = 4
"""White around a code, as the standard wants; the distances below leave it."""
CODE_MM = 14.4
"""A QR code is at most so wide."""
MARGIN_MM, LEFT_MM, RIGHT_MM, HALF_MM = 2.6, 2.6, 31.8, 25.6
"""The edge, where the two halves begin, and how wide they are."""
HEAD_MM, RULE_MM, CODES_MM = 5.9, 7.5, 10.0
FOOT_MM = (28.2, 31.1, 34.3, 37.2)
"""Base lines of what is below the codes."""
LINE_MM = 0.15
MIDDLE_MM = 29.8


@dataclass(frozen=True)
class Style:
    """A font, and its size in mm."""

    font: str
    size_mm: float


NAME, SERIAL = Style(BOLD, 4.8), Style(BOLD, 3.5)
TITLE, SUBTITLE = Style(BOLD, 2.9), Style(REGULAR, 2.3)
CAPTION, VALUE, CODE = Style(REGULAR, 2.1), Style(BOLD, 2.8), Style(BOLD, 5.8)


def png(label: Label) -> bytes:
    """The label as a picture in shades of grey. Raises LabelError."""
    return _encoded(draw(label), "PNG", dpi=(DPI, DPI))


def pdf(label: Label) -> bytes:
    """The label as a page of its size. Raises LabelError."""
    sharp = draw(label).point(lambda grey: WHITE if grey > WHITE // 2 else BLACK).convert("1")
    return _encoded(sharp, "PDF", resolution=DPI, title=f"{label.serial}")


def draw(label: Label) -> Image.Image:
    """The label in shades of grey. Raises LabelError."""
    sheet = Sheet()
    sheet.text(MARGIN_MM, HEAD_MM, NAME, "Spoq", within=HALF_MM)
    sheet.text(WIDTH_MM - MARGIN_MM, HEAD_MM, SERIAL, str(label.serial), within=HALF_MM, right=True)
    sheet.box(MARGIN_MM, RULE_MM, WIDTH_MM - 2 * MARGIN_MM, LINE_MM)
    sheet.box(MIDDLE_MM, CODES_MM, LINE_MM, FOOT_MM[-1] - CODES_MM)
    _pairing(sheet, label)
    _hotspot(sheet, label)
    return sheet.image


def _pairing(sheet: "Sheet", label: Label) -> None:
    first, second, _, last = FOOT_MM
    beside = sheet.code(LEFT_MM, CODES_MM, pairing_payload(label))
    sheet.lines(beside, CODES_MM, LEFT_MM + HALF_MM, (TITLE, "Pair"), (SUBTITLE, "Koppeln"))
    sheet.text(LEFT_MM, first, CAPTION, "Set-up code", within=HALF_MM)
    sheet.text(LEFT_MM, second, CAPTION, "Einrichtungscode", within=HALF_MM)
    sheet.text(LEFT_MM, last, CODE, label.code.grouped, within=HALF_MM)


def _hotspot(sheet: "Sheet", label: Label) -> None:
    first, second, third, last = FOOT_MM
    beside = sheet.code(RIGHT_MM, CODES_MM, hotspot_payload(label))
    lines = (TITLE, "Set-up"), (TITLE, "Wi-Fi"), (SUBTITLE, "WLAN zum"), (SUBTITLE, "Einrichten")
    sheet.lines(beside, CODES_MM, RIGHT_MM + HALF_MM, *lines)
    sheet.text(RIGHT_MM, first, CAPTION, "Network · Netz", within=HALF_MM)
    sheet.text(RIGHT_MM, second, VALUE, label.serial.hotspot_name, within=HALF_MM)
    sheet.text(RIGHT_MM, third, CAPTION, "Password · Passwort", within=HALF_MM)
    sheet.text(RIGHT_MM, last, VALUE, label.passphrase, within=HALF_MM)


class Sheet:
    """A white label; everything on it is in mm from its upper left corner."""

    def __init__(self) -> None:
        self.image = Image.new("L", (dots(WIDTH_MM), dots(HEIGHT_MM)), WHITE)
        self._draw = ImageDraw.Draw(self.image)

    def text(self, x: float, y: float, style: Style, text: str, *, within: float, right: bool = False) -> None:
        """One line with its base at `y`, smaller where it would be wider than `within`; `right`: it ends at `x`."""
        too_wide = _font(style).getlength(text) / dots(within)
        font = _font(style if too_wide <= 1 else Style(style.font, style.size_mm / too_wide))
        self._draw.text((dots(x), dots(y)), text, BLACK, font, anchor="rs" if right else "ls")

    def lines(self, x: float, y: float, end: float, *lines: tuple[Style, str]) -> None:
        """Some below each other, the first one's capitals level with a code at `y`; none goes beyond `end`."""
        y -= lines[0][0].size_mm * 0.5
        for style, text in lines:
            y += style.size_mm * 1.16
            self.text(x, y, style, text, within=end - x)

    def box(self, x: float, y: float, width: float, height: float) -> None:
        left, top = dots(x), dots(y)
        self._draw.rectangle((left, top, left + dots(width) - 1, top + max(1, dots(height)) - 1), BLACK)

    def code(self, x: float, y: float, payload: str) -> float:
        """A QR code with its corner there; where something else may begin to its right."""
        module, rows = grid(payload)
        for down, row in enumerate(rows):
            for across, dark in enumerate(row):
                if dark:
                    left, top = dots(x) + across * module, dots(y) + down * module
                    self._draw.rectangle((left, top, left + module - 1, top + module - 1), BLACK)
        return x + module * (len(rows) + QUIET_MODULES) / DPI * 25.4 + LINE_MM


def grid(payload: str) -> tuple[int, list[list[bool]]]:
    """How many dots a module of this code has, and its modules by row."""
    rows = [[bool(dark) for dark in row] for row in segno.make(payload, error="m", micro=False).matrix_iter(border=0)]
    return dots(CODE_MM) // len(rows), rows


def dots(mm: float) -> int:
    """How many at `DPI`."""
    return round(mm / 25.4 * DPI)


@cache
def _font(style: Style) -> ImageFont.FreeTypeFont:
    found = find_spec(FONTS)
    if found is None or found.origin is None:
        raise LabelError("The font of the label is missing: it comes with .venv/bin/spoq-factory of a checkout")
    return ImageFont.truetype(str(Path(found.origin).parent / "files" / style.font), dots(style.size_mm))


def _encoded(image: Image.Image, form: str, **options: object) -> bytes:
    written = io.BytesIO()
    image.save(written, form, **options)
    return written.getvalue()
