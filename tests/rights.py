"""Root's rights for tests that need them: by sudo, where whoever tests is not root."""

import os
import subprocess
import threading
from collections.abc import Callable

REFRESHED_S = 120.0
"""sudo forgets a password after five minutes or later."""


def as_root(*command: str, **variables: str) -> list[str]:
    """A command line that has root run this one, with these variables."""
    given = ["env", *(f"{name}={value}" for name, value in variables.items()), *command]
    return given if os.geteuid() == 0 else ["sudo", *given]


def keep() -> Callable[[], None]:
    """Has sudo ask for a password now and not in the middle; until what is returned is called it knows it."""
    subprocess.run(as_root("true"), check=True)
    ended = threading.Event()

    def refresh() -> None:
        while not ended.wait(REFRESHED_S):
            subprocess.run(("sudo", "--non-interactive", "true"), check=False, stderr=subprocess.DEVNULL)

    refreshing = threading.Thread(target=refresh, daemon=True)
    refreshing.start()

    def end() -> None:
        ended.set()
        refreshing.join()

    return end
