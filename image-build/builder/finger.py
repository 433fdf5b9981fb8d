"""Runs in the box: presses a key of a virtual keyboard (uinput). `python finger.py CODE SECONDS`.

Source: Linux, Documentation/input/uinput.rst; the numbers are those of uinput.h and input-event-codes.h.
"""

import fcntl
import os
import struct
import sys
import time

UI_SET_EVBIT, UI_SET_KEYBIT, UI_DEV_SETUP, UI_DEV_CREATE = 0x40045564, 0x40045565, 0x405C5503, 0x5501
EV_SYN, EV_KEY = 0, 1
SETUP = struct.Struct("@HHHH80sI")
EVENT = struct.Struct("@llHHi")
FOUND_S = 6.0
"""hardwared looks for new devices now and then."""


def main() -> None:
    code, seconds = int(sys.argv[1]), float(sys.argv[2])
    device = os.open("/dev/uinput", os.O_WRONLY)
    fcntl.ioctl(device, UI_SET_EVBIT, EV_KEY)
    fcntl.ioctl(device, UI_SET_KEYBIT, code)
    fcntl.ioctl(device, UI_DEV_SETUP, SETUP.pack(3, 1, 1, 1, b"Spoq buttons", 0))
    fcntl.ioctl(device, UI_DEV_CREATE)
    time.sleep(FOUND_S)
    for value, then_s in ((1, seconds), (0, 0.2)):
        os.write(device, EVENT.pack(0, 0, EV_KEY, code, value) + EVENT.pack(0, 0, EV_SYN, 0, 0))
        time.sleep(then_s)


if __name__ == "__main__":
    main()
