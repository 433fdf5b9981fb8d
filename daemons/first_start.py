"""`python -m daemons.first_start`: what a box has to know about itself before anybody meets it.

Factory data are made where no factory has made any, and the machine id of a first start is kept; both on the factory
partition, which a reset does not touch. Then the data lie in /run for whom systemd hands them to. A box that made its
own shows its label on the console, unless its data did not open: then it says that, and is no new box.
"""

import logging
import os
import shutil
import sys
from contextlib import suppress
from pathlib import Path

from files import durable
from pairing import factory, label, label_terminal
from pairing.errors import PairingError
from pairing.factory import FactoryData
from pairing.serial import Serial
from storage import fault
from storage.errors import StorageError
from storage.factory import mounted

HANDED_OVER, SERIAL = Path("/run/spoq/factory"), "serial"
MACHINE_ID, KEPT_MACHINE_ID = Path("/etc/machine-id"), "machine-id"
CONSOLE = Path("/dev/console")

log = logging.getLogger("first start")


def main() -> int:
    """The program; its exit code. Waits until the kernel has enough randomness."""
    logging.basicConfig(level=logging.INFO, format="%(message)s")
    os.getrandom(1)
    try:
        with mounted() as partition:
            data = factory.ensure(partition)
            hand_over(partition, HANDED_OVER, data.serial)
            keep_machine_id(partition, MACHINE_ID)
    except (StorageError, PairingError, OSError) as error:
        log.error("%s", error)
        return 1
    if wrong := fault.found():
        _tell(wrong.sentence, CONSOLE)
    else:
        show(data, CONSOLE)
    return 0


def hand_over(partition: Path, folder: Path, serial: Serial) -> None:
    """Copies for systemd's credentials, in memory and for root only; the serial alone for whoever needs no more."""
    folder.mkdir(mode=0o700, exist_ok=True)
    shutil.copy(partition / factory.NAME, folder / factory.NAME)
    (folder / SERIAL).write_text(f"{serial}\n")


def keep_machine_id(partition: Path, current: Path) -> None:
    """The next start has the same machine id as this one; of a start that erased everything it is a new one."""
    kept = partition / KEPT_MACHINE_ID
    if not kept.exists():
        durable.write(kept, current.read_bytes())


def show(data: FactoryData, console: Path) -> None:
    """The label, on the console of a box that has no paper one."""
    if data.code is not None:
        _tell(label_terminal.render(label.of(data, data.code)), console)


def _tell(text: str, console: Path) -> None:
    # A box without a console has nobody in front of one.
    with suppress(OSError):
        console.write_text(f"\n{text}\n")


if __name__ == "__main__":
    sys.exit(main())
