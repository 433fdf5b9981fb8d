"""Child processes that do not outlive us."""

PREFIX = ("setpriv", "--pdeathsig", "TERM", "--")


def dying_with_parent(*command: str) -> tuple[str, ...]:
    """`command`, which the kernel ends when its parent dies, however that happens (prctl(2), PR_SET_PDEATHSIG).

    setpriv (util-linux) replaces itself with the command. A `preexec_fn` would do the same, but runs Python between
    fork and exec of a process with threads, which Python 3.12 warns of.
    """
    return (*PREFIX, *command)
