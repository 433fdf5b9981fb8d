"""The label on a terminal or a console: both QR codes and their text, 67 columns by 22 rows.

Two rows of a code are one row of half blocks. Black on white is said in so many words (SGR 30;47), so that it reads
the same on a dark and on a light background.
"""

from collections.abc import Sequence
from itertools import zip_longest

import segno

from pairing.label import Label, hotspot_payload, pairing_payload

QUIET = 4
"""White modules around a code, as the standard wants."""
INK, PLAIN = "\x1b[30;47m", "\x1b[0m"
BLOCKS = {(False, False): " ", (True, False): "▀", (False, True): "▄", (True, True): "█"}
GAP = " "


def render(label: Label) -> str:
    """The label as lines with colours, each ending with a newline."""
    pairing, hotspot = code(pairing_payload(label)), code(hotspot_payload(label))
    width = _width(pairing)
    beside = [f"Code: {label.code.grouped}", "Serial · Seriennummer:", str(label.serial)]
    left = [*(inked(row) for row in pairing), *(["".ljust(width)] * (len(hotspot) - len(pairing) - len(beside)))]
    left += [line.ljust(width) for line in beside]
    rows = [f"{a}{GAP}{inked(b)}" for a, b in zip_longest(left, hotspot, fillvalue="")]
    wifi = ("Wi-Fi · WLAN:", f"{label.serial.hotspot_name}   {label.passphrase}")
    titles = f"{'Pair · Koppeln'.ljust(width)}{GAP}Set-up Wi-Fi · Einrichtungs-WLAN"
    return "".join(f"{line}\n" for line in (titles, *rows, *wifi))


def code(payload: str) -> list[str]:
    """The rows of a QR code as half blocks, with its quiet zone, without colours."""
    made = segno.make(payload, error="l", boost_error=False, micro=False)
    modules = [[bool(module) for module in row] for row in made.matrix_iter(border=QUIET)]
    if len(modules) % 2:
        modules.append([False] * len(modules[0]))
    return ["".join(BLOCKS[pair] for pair in zip(*rows, strict=True)) for rows in _pairs(modules)]


def _pairs(rows: Sequence[list[bool]]) -> list[tuple[list[bool], list[bool]]]:
    return list(zip(rows[::2], rows[1::2], strict=True))


def _width(rows: Sequence[str]) -> int:
    return len(rows[0])


def inked(row: str) -> str:
    return f"{INK}{row}{PLAIN}"
