"""The data partition as LUKS2: looked at and acted on with cryptsetup, systemd-cryptenroll and mkfs.

Keys go through pipes and files that only root reads in memory (/run), never through arguments. The key is sealed to
what the firmware vouches for (PCR 7: Secure Boot and its keys) and to our signature over what the kernel image is
(PCR 11, signed in each image), so that every image of ours opens it, the next one too, and no other.

Neither is worth anything where the firmware starts whatever it is given: without Secure Boot nothing is made or opened.

Recovering checks the key first, then does one write of the header at a time, and tries with each TPM token what it
opens: whoever is interrupted begins again.

Source: cryptsetup(8), systemd-cryptenroll(1), systemd-cryptsetup of 252.
"""

import os
import secrets
import subprocess
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import ClassVar

from files import durable
from storage import firmware, tokens
from storage.errors import Locked, NoRecovery, StorageError, WrongRecoveryKey
from storage.recovery_key import RecoveryKey
from storage.vault import Recovery, Seals, Seen, Step, System, next_recovery, next_step, refusal

NAME = "spoq-data"
"""Of the finished header, and of the open device below /dev/mapper."""
CRYPTSETUP = "/usr/lib/systemd/systemd-cryptsetup"
KEY_BYTES = 32
RECOVERY = "recovery-key"
CIPHER = "aes-xts-plain64"
WISH = "reset-wanted"
LONGEST_STEP_S = 600.0
WRONG_KEY = 2
"""cryptsetup's exit code for it."""


@dataclass(frozen=True)
class Tpm:
    """How the key is sealed."""

    device: str = "auto"
    firmware_pcrs: str = "7"
    image_pcrs: str = "11"
    node: Path = Path("/dev/tpmrm0")
    public_key: Path = Path("/run/systemd/tpm2-pcr-public-key.pem")
    signature: Path = Path("/run/systemd/tpm2-pcr-signature.json")


@dataclass
class Vault:
    """The partition at `device`. `factory` is where the wish for a reset lies, None where that can't be read; `scratch`
    is in memory."""

    device: Path
    factory: Path | None
    scratch: Path
    tpm: Tpm = field(default_factory=Tpm)
    run: Callable[..., "subprocess.CompletedProcess[str]"] = subprocess.run
    is_vouched_for: Callable[[], bool] = firmware.vouches
    MAPPED: ClassVar[Path] = Path("/dev/mapper") / NAME

    def open(self) -> None:
        """All steps until the data can be mounted. Raises StorageError; Locked where only the recovery key helps."""
        before: Step | None = None
        while (step := next_step(self.look())) is not Step.READY:
            if step is before:
                raise StorageError(f"The data partition does not get ready: “{step.name}” changes nothing.")
            getattr(self, f"_{step.name.lower()}")()
            before = step

    def mount(self, place: Path) -> None:
        """The open partition, checked, at `place`. Raises StorageError."""
        # 0 and 1: clean, or put in order.
        checked = self.run(("e2fsck", "-p", str(self.MAPPED)), capture_output=True, text=True, check=False)
        if checked.returncode > 1:
            raise StorageError(f"The data's file system is damaged: {checked.stdout.strip()[-200:]}")
        self._do("mount", "-t", "ext4", "-o", "nosuid,nodev,noexec,noatime,commit=60", str(self.MAPPED), str(place))

    def look(self) -> Seen:
        """What is there now. Raises StorageError: it can't be told, which must not look like a new partition."""
        header = self._tells("cryptsetup", "isLuks", "--type", "luks2", str(self.device), no=1) is not None
        label = self._label() if header else ""
        return Seen(
            reset_wanted=self.factory is not None and os.path.lexists(self.factory / WISH),
            header=header,
            finished=label == NAME,
            opened=self.MAPPED.exists(),
        )

    def recover(self, ask: Callable[[], RecoveryKey]) -> None:
        """The data opens by itself here from the next start on; where a key can do something, `ask` gives it.

        Raises StorageError: NoRecovery, WrongRecoveryKey, what `ask` raises, and what does not work. Nothing is made or
        erased.
        """
        system = System(self.tpm.node.exists(), self.tpm.public_key.exists() and self.tpm.signature.exists())
        if reason := refusal(self.look(), system):
            raise NoRecovery(reason)
        with self._in_memory("recovery-key", ask().text.encode()) as key:
            self._check(key)
            before: Recovery | None = None
            while (step := next_recovery(seals := self._seals())) is not Recovery.DONE:
                if step is before:
                    self._rename(seals.elsewhere, tokens.TPM)
                    raise StorageError(f"The data does not open with this system's TPM: “{step.name}” changes nothing.")
                if step is Recovery.SEAL:
                    self._seal(key, seals.elsewhere)
                else:
                    self._forget(seals.elsewhere)
                before = step

    def want_reset(self) -> None:
        """From now on every start erases first, until it is done. Raises StorageError."""
        try:
            durable.write(self._wishes() / WISH, b"")
        except OSError as error:
            raise StorageError(f"The wish for a reset can't be written down: {error.strerror}.") from error

    def _erase(self) -> None:
        if self.MAPPED.exists():
            self._do("cryptsetup", "close", NAME)
        self._do("cryptsetup", "erase", "--batch-mode", str(self.device))
        self._do("wipefs", "--all", "--quiet", str(self.device))
        # Not every disk can; the keys are gone.
        self._works("blkdiscard", "--force", str(self.device))

    def _forget_wish(self) -> None:
        wishes = self._wishes()
        with suppress(FileNotFoundError):
            (wishes / "machine-id").unlink()
        (wishes / WISH).unlink()

    def _wishes(self) -> Path:
        if self.factory is None:
            raise StorageError("The factory partition can't be read: nobody knows whether a reset is wanted.")
        return self.factory

    def _check_firmware(self) -> None:
        if not self.is_vouched_for():
            raise StorageError("Secure Boot is off, so nothing vouches for what opens the data. Switch it on.")

    def _make(self) -> None:
        """Everything but the name first; the recovery key is inside before the passing key goes."""
        self._wishes()
        self._check_firmware()
        if not self.tpm.node.exists():
            raise StorageError("This computer has no TPM to seal a key to, so nothing is kept for the next start.")
        with self._in_memory("passing-key", secrets.token_bytes(KEY_BYTES)) as passing:
            key = ("--key-file", str(passing))
            if self.MAPPED.exists():
                self._do("cryptsetup", "close", NAME)
            # A key of full entropy needs no slow derivation.
            slow = ("--cipher", CIPHER, "--pbkdf", "pbkdf2", "--pbkdf-force-iterations", "1000")
            device = str(self.device)
            self._do(
                "cryptsetup", "luksFormat", "--batch-mode", "--type", "luks2", "--key-slot", "0", *slow, *key, device
            )
            self._enrol(passing, *self._sealed())
            recovery = self._enrol(passing, "--recovery-key").strip()
            self._do("cryptsetup", "open", *key, device, NAME)
            self._do("mkfs.ext4", "-q", "-L", "data", str(self.MAPPED))
            self._keep(recovery)
            self._do("cryptsetup", "close", NAME)
            self._do("cryptsetup", "luksRemoveKey", "--batch-mode", device, str(passing))
            self._do("cryptsetup", "config", device, "--label", NAME)

    @contextmanager
    def _in_memory(self, name: str, key: bytes) -> Iterator[Path]:
        """A file with this key, which only root reads, for as long as it is needed."""
        path = self.scratch / name
        path.touch(mode=0o600)
        try:
            path.write_bytes(key)
            yield path
        finally:
            path.unlink()

    def _sealed(self) -> tuple[str, ...]:
        return (
            f"--tpm2-device={self.tpm.device}",
            f"--tpm2-pcrs={self.tpm.firmware_pcrs}",
            f"--tpm2-public-key={self.tpm.public_key}",
            f"--tpm2-public-key-pcrs={self.tpm.image_pcrs}",
            f"--tpm2-signature={self.tpm.signature}",
        )

    def _enrol(self, passing: Path, *what: str) -> str:
        return self._do("systemd-cryptenroll", f"--unlock-key-file={passing}", *what, str(self.device))

    def _keep(self, recovery: str) -> None:
        """It waits on the data itself for the first owner."""
        mounted = self.scratch / "data"
        mounted.mkdir(exist_ok=True)
        self._do("mount", "-o", "nosuid,nodev,noexec", str(self.MAPPED), str(mounted))
        try:
            place = mounted / RECOVERY
            place.touch(mode=0o600)
            place.write_text(f"{recovery}\n")
        finally:
            self._do("umount", str(mounted))

    def _open(self) -> None:
        self._check_firmware()
        options = f"tpm2-device={self.tpm.device},tpm2-signature={self.tpm.signature},headless=1,discard"
        if not self._works(CRYPTSETUP, "attach", NAME, str(self.device), "-", options):
            raise Locked("The data is locked: this is not the system that sealed it. Its recovery key opens it.")
        # Somebody may have changed the header, under which the key is the same, to that of a partition in the clear.
        if f" {CIPHER}\n" not in self._do("cryptsetup", "status", NAME):
            self._do("cryptsetup", "close", NAME)
            raise StorageError("The data partition is not encrypted as this box does it: it is not opened.")

    def _check(self, key: Path) -> None:
        """Raises WrongRecoveryKey."""
        opens = ("cryptsetup", "open", "--test-passphrase", "--key-file", str(key), str(self.device))
        if self._tells(*opens, no=WRONG_KEY) is None:
            raise WrongRecoveryKey

    def _seals(self) -> Seals:
        """Each TPM token is tried: whatever does not open the data here, for whichever reason, is from elsewhere."""
        numbers = frozenset(token.number for token in self._tokens() if token.kind in (tokens.TPM, tokens.ASIDE))
        here = frozenset(number for number in numbers if self._works(*self._trial(number)))
        return Seals(here, numbers - here)

    def _trial(self, token: int) -> tuple[str, ...]:
        chosen = ("--token-only", "--token-id", str(token))
        return ("cryptsetup", "open", "--test-passphrase", *chosen, str(self.device))

    def _seal(self, key: Path, elsewhere: frozenset[int]) -> None:
        """The old seals are out of the way, but there.

        systemd-cryptenroll knows a seal by its policy, which is the same for another TPM behind the same firmware keys:
        it would find the old one and do nothing.
        """
        try:
            self._rename(elsewhere, tokens.ASIDE)
            self._enrol(key, *self._sealed())
        except StorageError:
            self._rename(elsewhere, tokens.TPM)
            raise

    def _rename(self, numbers: frozenset[int], kind: str) -> None:
        changed = self.scratch / "token.json"
        for number in sorted(numbers):
            chosen = ("--token-id", str(number))
            changed.write_text(
                tokens.renamed(self._do("cryptsetup", "token", "export", *chosen, str(self.device)), kind)
            )
            file = ("--token-replace", "--json-file", str(changed))
            self._do("cryptsetup", "token", "import", *chosen, *file, str(self.device))

    def _forget(self, numbers: frozenset[int]) -> None:
        """The key slots first: a token without any is found again."""
        for number in sorted(numbers):
            for slot in sorted(tokens.only_of(number, self._tokens())):
                self._do("cryptsetup", "luksKillSlot", "--batch-mode", str(self.device), str(slot))
            self._do("cryptsetup", "token", "remove", "--token-id", str(number), str(self.device))

    def _tokens(self) -> tuple[tokens.Token, ...]:
        return tokens.parse(self._do("cryptsetup", "luksDump", "--dump-json-metadata", str(self.device)))

    def _label(self) -> str:
        return (self._tells("blkid", "--probe", "-o", "value", "-s", "LABEL", str(self.device), no=2) or "").strip()

    def _tells(self, *command: str, no: int) -> str | None:
        """What a program says; None where it ends with `no`. Raises StorageError: it ends in any other way."""
        done = self.run(command, capture_output=True, text=True, check=False, timeout=LONGEST_STEP_S)
        if done.returncode not in (0, no):
            raise StorageError(f"{command[0]} can't read the data partition: {done.stderr.strip()[-200:]}")
        return done.stdout if done.returncode == 0 else None

    def _works(self, *command: str) -> bool:
        done = self.run(command, capture_output=True, text=True, check=False, timeout=LONGEST_STEP_S)
        return done.returncode == 0

    def _do(self, *command: str) -> str:
        done = self.run(command, capture_output=True, text=True, check=False, timeout=LONGEST_STEP_S)
        if done.returncode:
            raise StorageError(f"{command[0]} failed on the data partition: {done.stderr.strip()[-200:]}")
        return done.stdout
