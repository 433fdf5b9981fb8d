"""The keys of the bus and its configuration, made at the first start of an image: `python -m daemons.keys FOLDER`.

Only systemd reads the folder; it hands each daemon its own key (`LoadCredential`). The configuration is written anew at
each start: it carries the authorisation matrix of this version.
"""

import os
import sys
from pathlib import Path

from bus import server
from files import durable

PORT = 4222


def main() -> int:
    """The program; its exit code. Waits until the kernel has enough randomness."""
    folder = Path(sys.argv[1])
    os.getrandom(1)
    configuration = server.configuration(server.write_keys(folder), PORT)
    durable.write(folder / "nats.conf", configuration.encode())
    return 0


if __name__ == "__main__":
    sys.exit(main())
