"""The recovery key is typed without echo or comes on standard input, and no more of it is read than one can have."""

import io
import os
import pty
import subprocess
import sys

import pytest

from storage.asking import PROMPT, ask
from storage.errors import NoRecoveryKey
from storage.recovery_key import MOST_CHARACTERS, RecoveryKey
from tests.fakes.luks_partition import RECOVERY_KEY

ASKS = "from storage.asking import ask; print(len(ask().text), 'characters')"
READ_BYTES = 4096


class Pipe(io.BytesIO):
    """Standard input that is no terminal."""

    @property
    def buffer(self) -> "Pipe":
        return self


def given(monkeypatch: pytest.MonkeyPatch, content: bytes) -> Pipe:
    pipe = Pipe(content)
    monkeypatch.setattr(sys, "stdin", pipe)
    return pipe


def test_it_comes_on_standard_input(monkeypatch: pytest.MonkeyPatch) -> None:
    given(monkeypatch, f"{RECOVERY_KEY.upper()}\r\n".encode())
    assert ask() == RecoveryKey(RECOVERY_KEY)


@pytest.mark.parametrize("content", [b"", b"\xff\xfe", b"c" * 1_000_000, "ü".encode() * 100_000])
def test_anything_else_on_it_is_refused(monkeypatch: pytest.MonkeyPatch, content: bytes) -> None:
    pipe = given(monkeypatch, content)
    with pytest.raises(NoRecoveryKey):
        ask()
    assert pipe.tell() <= 4 * MOST_CHARACTERS + 1


def test_a_terminal_does_not_show_it() -> None:
    outside, inside = pty.openpty()
    command = [sys.executable, "-c", ASKS]
    # Without a session of its own it would ask on the terminal that the tests run in.
    with subprocess.Popen(command, stdin=inside, stdout=inside, stderr=inside, start_new_session=True) as asking:
        os.close(inside)
        shown = b""
        # Before the question the terminal would still show what is typed.
        while PROMPT.encode() not in shown:
            shown += os.read(outside, READ_BYTES)
        os.write(outside, f"{RECOVERY_KEY}\n".encode())
        while b"characters" not in shown:
            shown += os.read(outside, READ_BYTES)
        assert asking.wait() == 0
    os.close(outside)
    assert f"{len(RECOVERY_KEY)} characters" in shown.decode()
    assert RECOVERY_KEY[:8] not in shown.decode()
