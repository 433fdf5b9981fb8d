"""`python -m storage open` opens the data partition and binds the writable places; `reset` wants it erased; `recover`
takes the recovery key and seals it to this system.
"""

import logging
import sys

from storage import asking, partition
from storage.errors import StorageError

log = logging.getLogger("storage")


def main() -> int:
    """The program; its exit code."""
    logging.basicConfig(level=logging.INFO, format="%(message)s")
    command = sys.argv[1:]
    try:
        if command == ["open"]:
            partition.open_and_bind()
        elif command == ["reset"]:
            partition.want_reset()
        elif command == ["recover"]:
            partition.recover(asking.ask)
            log.info("The data opens by itself from the next start on: restart the box.")
        else:
            log.error("Usage: python -m storage open | reset | recover")
            return 2
    except StorageError as error:
        log.error("%s", error)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
