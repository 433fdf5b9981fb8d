"""What root does with the two systems of a box, `python -m daemons.slots …`:

confirm             the running system, once it is well; one above the floor stays on trial (docs/updates.md)
guard               one that is on trial for too long: the box restarts, and that start has taken a try
ended               the box ends in order
answer              one line of otad's, from its socket (`ota/keeper.py`)
take-kernel-image   for RAUC, which has written a root
"""

import asyncio
import fcntl
import logging
import os
import socket
import sys
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

from files.reserved import Reserved
from ota import board, boot_options, kernel_image
from ota.confirming import WELL, Config, Mark, Unwell, until_well
from ota.efivars import EfiVariables
from ota.errors import OtaError
from ota.floor import Floor
from ota.keeper import MOST_BYTES, Keeper
from ota.slots import Slots
from ota.systemd_boot import SystemdBoot
from ota.version import OS_RELEASE, Version, of_system
from storage import factory, fault
from storage.errors import StorageError

UNITS = ("bus", "audiod", "inferenced", "conductord", "hardwared", "pairingd")
WITH_DATA = "identityd"
"""It does not run where the data did not open."""
DATA = Path("/var/lib/spoq/ota")
MARK = DATA / "running"
FLOOR, LEND = "floor", b"lend"
ROOT = Path("/dev/mapper/root")
LOCK = Path("/run/spoq/slots.lock")
FAULT = fault.PLACE
"""What storage leaves where the data did not open."""

log = logging.getLogger("slots")


def main() -> int:
    """The program; its exit code."""
    logging.basicConfig(level=logging.INFO, format="%(message)s")
    words = {
        "confirm": _confirm,
        "guard": _guard,
        "ended": lambda: Mark(MARK).clear(),
        "answer": _answer,
        "take-kernel-image": _take_kernel_image,
    }
    if len(sys.argv) != 2 or sys.argv[1] not in words:
        log.error("Usage: python -m daemons.slots %s", " | ".join(words))
        return 2
    try:
        words[sys.argv[1]]()
    except OtaError as error:
        log.error("%s", error)
        return 1
    return 0


def _confirm() -> None:
    if (found := fault.found(FAULT)) is not None and found.locked:
        _doubt()
    try:
        asyncio.run(until_well(Mark(MARK), _daemons_are_up, ROOT, Config()))
    except Unwell:
        # It had its try: two more would only keep the box away for longer.
        _give_up_on_trial()
        with board.boot_control() as control:
            restart_helps = Slots(control).status().next_boot is not None
        # Without a try in either slot a restart would end in the rescue system: a box that half works is more.
        if restart_helps:
            board.restart()
        raise
    WELL.touch()
    with _floor() as floor, board.boot_control() as control:
        _confirm_or_leave(Slots(control), floor, _version())
        if isinstance(control, SystemdBoot) and boot_options.ensure(
            EfiVariables(boot_options.GUID), boot_options.wanted(boot_options.found(board.ESP), os.uname().machine)
        ):
            log.info("The firmware starts our loader first and our rescue system second.")


def _confirm_or_leave(slots: Slots, floor: Floor, version: Version) -> None:
    if _is_on_trial(floor, version):
        log.info("Version %s is on trial: above the floor nothing is confirmed unseen.", version)
        return
    slots.confirm()
    log.info("Slot %s is confirmed.", slots.status().running)
    if floor.spread().floor is None:
        # What a box was flashed with nobody has to try.
        floor.raised(version)


def _give_up_on_trial() -> bool:
    """Whether this system was on trial, and is not started any more."""
    try:
        with _floor() as floor, board.boot_control() as control:
            if not _is_on_trial(floor, _version()):
                return False
            Slots(control).give_up()
            return True
    except OtaError as error:
        log.error("%s", error)
        return False


def _is_on_trial(floor: Floor, version: Version) -> bool:
    known = floor.read().floor
    return known is not None and version > known


def _doubt() -> None:
    """Raises Unwell: the other system is started, because it may open the data."""
    if _give_up_on_trial():
        board.restart()
        raise Unwell("The data is locked under this new system: the one before is started.")
    with board.boot_control() as control:
        # On a Jetson nothing is sealed, and its count of tries may not outlive the way to the other slot.
        restart_helps = isinstance(control, SystemdBoot) and Slots(control).doubt()
    if restart_helps:
        board.restart()
        raise Unwell("The data is locked under this system: the other one is tried.")
    log.info("The data is locked under either system: this one is not to blame.")


def _guard() -> None:
    """Where otad itself is what does not run, nobody else ends the trial."""
    with _floor() as floor, board.boot_control() as control:
        on_trial, status = _is_on_trial(floor, _version()), Slots(control).status()
    # Where no other starts, this one stays (`ota/keeper.py`).
    if on_trial and status.tries_left[status.running.other]:
        log.error("The new system is on trial for too long: the box restarts.")
        board.restart()


def _answer() -> None:
    line = sys.stdin.buffer.readline(MOST_BYTES + 1).removesuffix(b"\n")
    with _floor() as floor, board.boot_control() as control:
        answer = Keeper(Slots(control), floor, _version(), board.restart).answer(line)
    with socket.socket(fileno=os.dup(sys.stdin.fileno())) as asked, ExitStack() as lent:
        files = [lent.enter_context(each) for each in board.lent()] if line == LEND else []
        socket.send_fds(asked, [answer], [file.fileno() for file in files])


def _take_kernel_image() -> None:
    slot = kernel_image.written_to(os.environ, board.started())
    # RAUC's room has no way to the other place; box-confirm has what it knows in this one, too.
    floor = Floor([Reserved(DATA / FLOOR)]).read().floor
    with board.start_up_partition() as esp:
        kernel_image.take(Path(os.environ[kernel_image.MOUNT]), esp, slot, floor)
    log.info("Slot %s has its kernel image.", slot)


def _version() -> Version:
    return of_system(OS_RELEASE.read_text())


@contextmanager
def _floor() -> Iterator[Floor]:
    """In both its places, one at a time: a reset erases the data, and a broken flash may have only one left."""
    with ExitStack() as stack, LOCK.open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        places = [Reserved(DATA / FLOOR)]
        try:
            places.append(Reserved(stack.enter_context(factory.mounted()) / FLOOR))
        except StorageError as error:
            log.error("A place of the floor is not there: %s", error)
        yield Floor(places)


def _wanted() -> list[str]:
    return [f"spoq-{unit}.service" for unit in (UNITS if FAULT.exists() else (*UNITS, WITH_DATA))]


async def _daemons_are_up() -> bool:
    asked = await asyncio.create_subprocess_exec("systemctl", "is-active", "--quiet", *_wanted())
    return await asked.wait() == 0


if __name__ == "__main__":
    sys.exit(main())
