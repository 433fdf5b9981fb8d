"""Child processes that do not outlive us."""

import asyncio
import contextlib
import signal

PREFIX = ("setpriv", "--pdeathsig", "TERM", "--")


def dying_with_parent(*command: str) -> tuple[str, ...]:
    """`command`, which the kernel ends when its parent dies, however that happens (prctl(2), PR_SET_PDEATHSIG).

    setpriv (util-linux) replaces itself with the command. A `preexec_fn` would do the same, but runs Python between
    fork and exec of a process with threads, which Python 3.12 warns of.
    """
    return (*PREFIX, *command)


async def ended(
    process: asyncio.subprocess.Process, patience_s: float, number: signal.Signals = signal.SIGTERM
) -> bool:
    """It has ended afterwards: asked to by a signal or, which makes this False, killed when that took too long."""
    with contextlib.suppress(ProcessLookupError):
        process.send_signal(number)
    try:
        # asyncio.timeout would not do in a task that is being cancelled: with Debian 12's Python (3.11.2) what is left
        # then is the cancellation, and nobody kills anything.
        await asyncio.wait_for(process.wait(), patience_s)
    except TimeoutError:
        process.kill()
        await process.wait()
        return False
    return True
