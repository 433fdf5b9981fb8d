"""A computer that is a device of a box, by its command line."""

import json
import os
import subprocess
import sys
from pathlib import Path

from pairing.setup_code import SetupCode

WORKS_S = 60
ZONE = "Pacific/Auckland"


class Computer:
    """Somebody's in New Zealand, that says `spoq phone …`; what it keeps is in `home`."""

    def __init__(self, home: Path, pairing_port: int, gateway_port: int) -> None:
        self._home, self._pairing_port, self._gateway_port = home, pairing_port, gateway_port

    def command(self, name: str, *words: str) -> tuple[str, ...]:
        port = self._pairing_port if name == "pair" else self._gateway_port
        return (sys.executable, "-m", "cli.main", "phone", name, "--at", f"127.0.0.1:{port}", *words)

    @property
    def environment(self) -> dict[str, str]:
        return {**os.environ, "SPOQ_PHONE": str(self._home), "TZ": ZONE}

    def says(self, name: str, *words: str, types: str = "") -> subprocess.CompletedProcess[str]:
        command = self.command(name, *words)
        return subprocess.run(
            command, input=types, env=self.environment, capture_output=True, text=True, timeout=WORKS_S, check=False
        )

    def said(self, name: str, *words: str) -> str:
        """What comes of it; it works."""
        done = self.says(name, *words)
        assert done.returncode == 0, done.stderr
        return done.stdout

    def refused(self, name: str, *words: str) -> str:
        """The sentence; it does not work."""
        done = self.says(name, *words)
        assert done.returncode == 1, (done.stdout, done.stderr)
        return done.stderr.strip().splitlines()[-1].removeprefix("spoq: ")

    def pair(self, code: SetupCode) -> str:
        return self.said("pair", "--code", code.digits, "--name", self._home.name)

    def id(self) -> str:
        """By what the box calls it."""
        return str(json.loads(self.said("status", "--json"))["device"]["id"])

    def follow(self) -> subprocess.Popen[str]:
        """Its `spoq phone events`, which are being told."""
        following = subprocess.Popen(
            self.command("events"), env=self.environment, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
        )
        assert following.stdout is not None
        assert following.stdout.readline().startswith("pairing ")
        return following


def ended(following: subprocess.Popen[str]) -> str:
    """What `spoq phone events` says at its end, which nobody on this side asked for."""
    _, told = following.communicate(timeout=WORKS_S)
    assert following.returncode == 1
    return told


def other(code: SetupCode) -> SetupCode:
    """A wrong one, that looks much like it."""
    return SetupCode(code.digits[:-1] + str((int(code.digits[-1]) + 1) % 10))
