"""A data partition and the programs that look at it and change it, as far as recovering asks for them.

Its faults: `power_after` so many writes of the header the power goes; `tpm_forgets`: what is sealed to the TPM does not
come back; `tpm_refuses`. A program that makes or erases anything is not known here, and ends the test.
"""

import json
import subprocess
from dataclasses import dataclass, field
from pathlib import Path

NAME = "spoq-data"
RECOVERY_KEY = "vutrnlkj-ihgfedbc-" * 3 + "vutrnlkj-ihgfedbc"
OTHER_KEY = RECOVERY_KEY.replace("c", "v")
WRONG_PASSPHRASE = 2
READ_ONLY = frozenset({"isLuks", "blkid", "luksDump", "open"})


class PowerLost(Exception):
    """The box is off."""


@dataclass
class Token:
    """Of the header; `tpm` is the name of the one that it was sealed to."""

    kind: str
    slots: set[int]
    tpm: str = ""


@dataclass
class LuksPartition:
    """Sealed to `sealed_to`, in a box whose TPM is `tpm`."""

    sealed_to: tuple[str, ...] = ("old",)
    tpm: str = "new"
    label: str = NAME
    power_after: int = -1
    tpm_forgets: bool = False
    tpm_refuses: bool = False
    slots: dict[int, str] = field(default_factory=dict)
    tokens: dict[int, Token] = field(default_factory=dict)
    ran: list[str] = field(default_factory=list)
    """The programs, or what cryptsetup was asked for, in their order."""
    arguments: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.slots[1] = RECOVERY_KEY
        self.tokens[0] = Token("systemd-recovery", {1})
        for number, name in enumerate(self.sealed_to, 2):
            self.slots[number] = f"sealed to {name}"
            self.tokens[number] = Token("systemd-tpm2", {number}, name)

    def opens_by_itself(self) -> bool:
        return any(self._opens(token) for token in self.tokens.values())

    def sealed(self) -> list[str]:
        """The TPMs that still have a seal, with a key slot behind it."""
        return [token.tpm for token in self.tokens.values() if token.tpm and token.slots]

    def run(self, command: tuple[str, ...], **_: object) -> "subprocess.CompletedProcess[str]":
        """As subprocess.run."""
        program, *arguments = command
        name = arguments[0] if program == "cryptsetup" else program
        self.ran.append(name)
        self.arguments += arguments
        code, said = getattr(self, f"_{name.replace('-', '_')}")(arguments)
        return subprocess.CompletedProcess(command, code, said, "an error")

    def _isLuks(self, _arguments: list[str]) -> tuple[int, str]:  # noqa: N802 - cryptsetup's name for it
        return 0, ""

    def _blkid(self, _arguments: list[str]) -> tuple[int, str]:
        return (0, f"{self.label}\n") if self.label else (2, "")

    def _luksDump(self, _arguments: list[str]) -> tuple[int, str]:  # noqa: N802
        listed = {
            str(number): {"type": token.kind, "keyslots": [str(slot) for slot in sorted(token.slots)]}
            for number, token in self.tokens.items()
        }
        return 0, json.dumps({"keyslots": {str(slot): {} for slot in self.slots}, "tokens": listed})

    def _open(self, arguments: list[str]) -> tuple[int, str]:
        assert "--test-passphrase" in arguments
        if "--token-id" in arguments:
            token = self.tokens[int(arguments[arguments.index("--token-id") + 1])]
            return (0 if self._opens(token) else 1), ""
        key = Path(arguments[arguments.index("--key-file") + 1]).read_text()
        return (0 if key in self.slots.values() else WRONG_PASSPHRASE), ""

    def _systemd_cryptenroll(self, arguments: list[str]) -> tuple[int, str]:
        options = dict(each.removeprefix("--").split("=", 1) for each in arguments if each.startswith("--"))
        assert Path(options["unlock-key-file"]).read_text() in self.slots.values()
        if any(token.kind == "systemd-tpm2" for token in self.tokens.values()):
            # “This PCR set is already enrolled, executing no operation.” It asks no TPM.
            return 0, ""
        if self.tpm_refuses:
            return 1, ""
        slot = min(set(range(32)) - set(self.slots))
        self._write()
        self.slots[slot] = f"sealed to {self.tpm}"
        self._write()
        number = min(set(range(32)) - set(self.tokens))
        self.tokens[number] = Token("systemd-tpm2", {slot}, "nobody" if self.tpm_forgets else self.tpm)
        return 0, ""

    def _luksKillSlot(self, arguments: list[str]) -> tuple[int, str]:  # noqa: N802
        slot = int(arguments[-1])
        self._write()
        del self.slots[slot]
        for token in self.tokens.values():
            token.slots.discard(slot)
        return 0, ""

    def _token(self, arguments: list[str]) -> tuple[int, str]:
        number = int(arguments[arguments.index("--token-id") + 1])
        token = self.tokens[number]
        if arguments[1] == "export":
            return 0, json.dumps({"type": token.kind, "keyslots": [str(slot) for slot in sorted(token.slots)]})
        self._write()
        if arguments[1] == "remove":
            del self.tokens[number]
        else:
            assert "--token-replace" in arguments
            token.kind = json.loads(Path(arguments[arguments.index("--json-file") + 1]).read_text())["type"]
        return 0, ""

    def _opens(self, token: Token) -> bool:
        return token.tpm == self.tpm and token.kind == "systemd-tpm2" and bool(token.slots)

    def _write(self) -> None:
        if self.power_after == 0:
            raise PowerLost
        self.power_after -= 1
