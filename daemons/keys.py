"""The keys of the bus and its configuration: `python -m daemons.keys FOLDER`, once in each start of an image.

The folder is in memory: nothing but this start needs the keys, and a full or damaged disk has no part in them. Only
systemd reads it; it hands each daemon its own key (`LoadCredential`).
"""

import os
import sys
from pathlib import Path

from bus import server

PORT = 4222


def main() -> int:
    """The program; its exit code. Waits until the kernel has enough randomness."""
    folder = Path(sys.argv[1])
    os.getrandom(1)
    configuration = server.configuration(server.write_keys(folder), PORT)
    (folder / "nats.conf").write_text(configuration)
    return 0


if __name__ == "__main__":
    sys.exit(main())
