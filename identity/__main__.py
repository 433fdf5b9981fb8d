"""`python -m identity FOLDER` makes the box's own keys there, where there are none. Waits for enough randomness."""

import logging
import os
import sys
from pathlib import Path

from identity import keys
from identity.errors import IdentityError

OS_RELEASE = Path("/usr/lib/os-release")

log = logging.getLogger("identity")


def main() -> int:
    """The program; its exit code."""
    logging.basicConfig(level=logging.INFO, format="%(message)s")
    os.getrandom(1)
    try:
        made = keys.ensure(Path(sys.argv[1]), keys.built_at(OS_RELEASE.read_text()))
    except IdentityError as error:
        log.error("%s", error)
        return 1
    log.info("This box is %s.", made.fingerprint[:16])
    return 0


if __name__ == "__main__":
    sys.exit(main())
