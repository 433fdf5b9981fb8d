"""A virtual machine for an image: QEMU, its firmware with Secure Boot, a TPM, a watchdog; as a command line.

folder/disk.qcow2        what this machine writes, over the image that stays as it is
folder/variables.qcow2   the firmware's variables; empty ones take our keys at the first start
folder/tpm/              the state of its TPM (swtpm)
"""

import shutil
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from builder import accelerator
from builder.programs import run
from builder.target import Target

MEMORY_MIB = 2048
FIRMWARE = {
    "amd64": ("/usr/share/OVMF/OVMF_CODE_4M.secboot.fd", "/usr/share/OVMF/OVMF_VARS_4M.fd"),
    "arm64": ("/usr/share/AAVMF/AAVMF_CODE.fd", "/usr/share/AAVMF/AAVMF_VARS.fd"),
}
PROGRAMS = {"amd64": "qemu-system-x86_64", "arm64": "qemu-system-aarch64"}
SMM = ("-global", "driver=cfi.pflash01,property=secure,value=on", "-global", "ICH9-LPC.disable_s3=1")
BOARDS = {"amd64": ("-machine", "q35,smm=on", *SMM), "arm64": ("-machine", "virt")}
CPUS = {"amd64": "max", "arm64": "max,pauth-impdef=on"}
"""Emulated. Signing each return address as the architecture says costs half of the time."""
TPMS = {"amd64": ("-device", "tpm-crb,tpmdev=tpm0"), "arm64": ()}
"""Debian's kernel for arm64 has no driver for the one that QEMU has there."""
SOUND_CARD = ("-device", "intel-hda", "-device", "hda-duplex,audiodev=sound")
FORWARDED = "hostfwd=tcp:127.0.0.1:{0}-:{0}"
AGENT = "org.qemu.guest_agent.0"


@dataclass(frozen=True)
class Machine:
    """One machine's files, all in `folder`. `write_log`: where it is noted what it writes to its disk."""

    target: Target
    folder: Path
    write_log: Path | None = None

    @property
    def disk(self) -> Path:
        return self.folder / "disk.qcow2"

    @property
    def variables(self) -> Path:
        return self.folder / "variables.qcow2"

    @property
    def agent(self) -> Path:
        """The socket of the guest agent, where the image has one."""
        return self.folder / "agent.sock"

    @property
    def monitor(self) -> Path:
        """The socket of QEMU's own commands (QMP)."""
        return self.folder / "monitor.sock"

    def make(self, image: Path) -> None:
        """A new machine with `image` on its disk: nothing written, no keys in the firmware, an empty TPM."""
        self.folder.mkdir(parents=True, exist_ok=True)
        _, variables = FIRMWARE[self.target.architecture]
        run("qemu-img", "create", "-q", "-f", "qcow2", "-F", "raw", "-b", str(image.resolve()), str(self.disk))
        run("qemu-img", "convert", "-O", "qcow2", variables, str(self.variables))
        shutil.rmtree(self.folder / "tpm", ignore_errors=True)

    def start_tpm(self) -> None:
        """Its TPM, which ends with the machine; nothing where it has none."""
        if not TPMS[self.target.architecture]:
            return
        state = self.folder / "tpm"
        state.mkdir(exist_ok=True)
        self._tpm_socket.unlink(missing_ok=True)
        # It leaves the folder that it was started in, hence whole paths.
        run(
            *("swtpm", "socket", "--tpm2", "--daemon", "--terminate", "--tpmstate", f"dir={state.resolve()}"),
            *("--ctrl", f"type=unixio,path={self._tpm_socket}", "--log", f"file={(self.folder / 'tpm.log').resolve()}"),
        )

    @property
    def _tpm_socket(self) -> Path:
        return (self.folder / "tpm.sock").resolve()

    def command(self, serial: str, sound: str = "", ports: Sequence[int] = ()) -> list[str]:
        """QEMU's command line; `serial` is QEMU's name for where the console goes, `sound` for this computer's.

        Without `sound` the box has no card; one on USB can be plugged in. `ports` of the box are on this computer's
        loopback interface, too.
        """
        architecture, by = self.target.architecture, accelerator.best(self.target)
        code, _ = FIRMWARE[architecture]
        return [
            *(PROGRAMS[architecture], *BOARDS[architecture], "-nodefaults", "-display", "none"),
            *("-accel", by, "-cpu", "host" if by == "kvm" else CPUS[architecture], "-smp", "2"),
            *("-m", str(MEMORY_MIB), "-serial", serial),
            *("-drive", f"if=pflash,format=raw,unit=0,readonly=on,file={code}"),
            *("-drive", f"if=pflash,format=qcow2,unit=1,file={self.variables}"),
            *self._drive(),
            *("-device", "virtio-blk-pci,drive=disk,bootindex=1"),
            *self._tpm(),
            *("-device", "i6300esb", "-action", "watchdog=reset"),
            *("-netdev", ",".join(("user,id=net", *map(FORWARDED.format, ports)))),
            *("-device", "virtio-net-pci,netdev=net,romfile=", "-device", "virtio-rng-pci"),
            *("-device", "virtio-serial-pci", "-chardev", f"socket,id=agent,path={self.agent},server=on,wait=off"),
            *("-device", f"virtserialport,chardev=agent,name={AGENT}"),
            *("-chardev", f"socket,id=monitor,path={self.monitor},server=on,wait=off"),
            *("-mon", "chardev=monitor,mode=control"),
            *("-device", "qemu-xhci", "-audiodev", f"{sound or 'none'},id=sound", *(SOUND_CARD if sound else ())),
        ]

    def _drive(self) -> tuple[str, ...]:
        if self.write_log is None:
            return ("-drive", f"if=none,id=disk,file={self.disk},format=qcow2,discard=unmap")
        self.write_log.touch()
        disk = f"driver=qcow2,node-name=written,discard=unmap,file.driver=file,file.filename={self.disk}"
        log = f"driver=raw,node-name=log,file.driver=file,file.filename={self.write_log}"
        noted = "driver=blklogwrites,node-name=disk,file=written,log=log,log-sector-size=512"
        return ("-blockdev", disk, "-blockdev", log, "-blockdev", noted)

    def _tpm(self) -> tuple[str, ...]:
        device = TPMS[self.target.architecture]
        if not device:
            return ()
        socket = f"socket,id=tpm,path={self._tpm_socket}"
        return ("-chardev", socket, "-tpmdev", "emulator,id=tpm0,chardev=tpm", *device)
