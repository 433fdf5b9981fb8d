"""spoq-identityd: who belongs to this box. It alone holds the box's own keys, and writes its records."""

import asyncio
import os
import sys
from contextlib import suppress
from datetime import UTC, datetime
from pathlib import Path

from conductor.clock import SystemClock, built_at
from daemons.runtime import CannotServe, Daemon, run
from identity import keys
from identity.errors import IdentityError
from identity.household import Limits
from identity.keys import Keys
from identity.service import Identity
from identity.store import Store
from identity.view import Shown
from pairing.config import Config as PairingConfig

OS_RELEASE = Path("/usr/lib/os-release")
RECORDS, RECOVERY_KEY = "identity.db", "recovery-key"


async def serve(daemon: Daemon) -> None:
    limits, window = daemon.config("identity", Limits), daemon.config("pairing", PairingConfig).window
    holds_s = window.open_s + window.run_s
    own = await asyncio.to_thread(_own_keys, daemon.state)
    with SystemClock() as clock:

        def unix_ms() -> int:
            now = clock.now()
            return round(now.wall * 1000) if now.known else 0

        shown = Shown(daemon.runtime)
        async with daemon.bus() as bus, asyncio.TaskGroup() as tasks:
            identity = Identity(bus, own, Store(daemon.state / RECORDS), _recovery_key, unix_ms, shown.show, holds_s)
            fault = await identity.serve(limits)
            showing = tasks.create_task(shown.run())
            daemon.ready(fault or f"knows who belongs to {own.fingerprint[:16]}", degraded=bool(fault))
            await daemon.stopped()
            showing.cancel()
            await identity.close()


def _own_keys(folder: Path) -> Keys:
    """Raises CannotServe."""
    try:
        return keys.ensure(folder, _built())
    except IdentityError as error:
        raise CannotServe(str(error)) from error


def _built() -> datetime:
    """When this system was built; in a checkout, this program."""
    with suppress(IdentityError, OSError):
        return keys.built_at(OS_RELEASE.read_text())
    return datetime.fromtimestamp(built_at(), UTC)


def _recovery_key() -> str:
    """The data's; "" where the data was not encrypted by this box. Read when it is wanted, and kept nowhere."""
    handed_over = os.environ.get("CREDENTIALS_DIRECTORY")
    with suppress(FileNotFoundError):
        return (Path(handed_over) / RECOVERY_KEY).read_text().strip() if handed_over else ""
    return ""


def main() -> int:
    return run("identityd", serve)


if __name__ == "__main__":
    sys.exit(main())
