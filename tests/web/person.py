"""Somebody before a box of real daemons."""

from pathlib import Path

from bench.browser import Person
from pairing import factory
from tests.phone.computer import other
from tests.phone.conftest import RunningBox


def before(box: RunningBox, folder: Path, by_name: bool = False, **options: object) -> Person:
    """Somebody before this box. `by_name`: they open its page by its name at home, which no browser trusts."""
    host = f"{factory.read(box.home / 'factory').serial.host_name}.local" if by_name else "127.0.0.1"
    return Person(
        url=f"http://{host}:{box.pairing_port}/",
        folder=folder,
        code=box.code.digits,
        wrong=other(box.code).digits,
        options=options,
        flags=(f"--host-resolver-rules=MAP {host} 127.0.0.1",) if by_name else (),
    )
