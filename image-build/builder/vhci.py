"""Runs in the box: its Bluetooth controller is one on another computer. `python vhci.py ADDRESS PORT`.

/dev/vhci takes and gives whole HCI packets, each with its kind in front (H4); so does the other end, as a stream.
Source: Linux, drivers/bluetooth/hci_vhci.c; Bluetooth Core 5.4, 4.A.2.
"""

import os
import selectors
import socket
import sys

VENDOR, PRIMARY = 0xFF, 0x00
HEADERS = {1: (3, 2, 1), 2: (4, 2, 2), 3: (3, 2, 1), 4: (2, 1, 1), 5: (4, 2, 2)}
"""By kind: the header's length, where its length field begins, and that field's length."""
MOST_BYTES = 4096


def main() -> None:
    device = os.open("/dev/vhci", os.O_RDWR)
    os.write(device, bytes((VENDOR, PRIMARY)))
    os.read(device, MOST_BYTES)
    other = socket.create_connection((sys.argv[1], int(sys.argv[2])))
    waiting = selectors.DefaultSelector()
    for file in (device, other.fileno()):
        waiting.register(file, selectors.EVENT_READ)
    stream = b""
    while True:
        for key, _ in waiting.select():
            if key.fd == device:
                other.sendall(os.read(device, MOST_BYTES))
                continue
            heard = other.recv(MOST_BYTES)
            if not heard:
                return
            stream += heard
            while packet := _first(stream):
                os.write(device, packet)
                stream = stream[len(packet) :]


def _first(stream: bytes) -> bytes:
    """The first whole packet; empty where there is more to come."""
    if not stream:
        return b""
    header, start, length = HEADERS[stream[0]]
    if len(stream) < 1 + header:
        return b""
    size = 1 + header + int.from_bytes(stream[1 + start : 1 + start + length], "little")
    return stream[:size] if len(stream) >= size else b""


if __name__ == "__main__":
    main()
