"""What a camera sees, as a file that Chromium takes for one: a QR code on white paper, all the time."""

import io
from pathlib import Path

import numpy as np
import segno
from PIL import Image

WIDTH, HEIGHT = 640, 480
DOT = 8
NO_COLOUR = 128


def of_code(payload: str, path: Path) -> Path:
    """YUV4MPEG2, two pictures."""
    drawn = io.BytesIO()
    segno.make(payload, micro=False).save(drawn, kind="png", scale=DOT)
    code = Image.open(drawn).convert("L")
    picture = Image.new("L", (WIDTH, HEIGHT), 255)
    picture.paste(code, ((WIDTH - code.width) // 2, (HEIGHT - code.height) // 2))
    colours = np.full(WIDTH * HEIGHT // 2, NO_COLOUR, np.uint8).tobytes()
    frame = b"FRAME\n" + np.asarray(picture, np.uint8).tobytes() + colours
    path.write_bytes(f"YUV4MPEG2 W{WIDTH} H{HEIGHT} F10:1 Ip A1:1 C420jpeg\n".encode() + 2 * frame)
    return path
