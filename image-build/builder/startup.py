"""The start-up partition's files: the loader, one entry and kernel image a slot, and the rescue image.

EFI/BOOT/BOOTX64.EFI     systemd-boot, and its copy in EFI/spoq/loader.efi
EFI/spoq/a.efi, b.efi    the slots' kernel images: the same, on a new disk
EFI/spoq/rescue.efi      the same kernel and initrd with another command line; it opens no data
loader/entries/          who starts, and how often it may be tried (ota/systemd_boot.py)
"""

from pathlib import Path

from builder import initrd, inventory, uki
from builder import keys as signing
from builder.job import Job
from builder.verity import Sealed
from ota.systemd_boot import LOADER_FOLDER, RESCUE, RESCUE_PATH, SPARE_LOADER_PATH, first_entries

COMMAND_LINE = "ro quiet loglevel=4 panic=1 systemd.show_status=auto systemd.gpt_auto=0 systemd.import_credentials=0"
"""Partitions and credentials that somebody adds are none of this system's."""
RESCUE_LINE = "quiet loglevel=4 panic=30"
SETTINGS = "timeout 0\nconsole-mode keep\neditor no\nauto-entries no\nauto-firmware no\nsecure-boot-enroll force\n"
SLOT = "slot.efi"
KERNEL_IMAGES = ("EFI/spoq/a.efi", "EFI/spoq/b.efi")


def files(job: Job, sealed: Sealed, keys: uki.Keys) -> dict[str, Path]:
    """All of them by their path. Raises BuildError."""
    target, scratch = job.order.target, job.scratch
    slot = slot_image(job, sealed, keys)
    rescue = _kernel_image(job, f"spoq.rescue={job.order.image.stem} {RESCUE_LINE}", keys, "rescue.efi", opens=False)
    program, name = inventory.LOADERS[target.architecture]
    loader = scratch / name
    uki.sign(job.tree / inventory.BOOT_FILES / program, keys, job.source.epoch, loader)
    texts = {"loader/loader.conf": SETTINGS, f"loader/entries/{RESCUE.name}": RESCUE.text}
    texts |= {f"loader/entries/{entry.name}": entry.text for entry in first_entries()}
    return {
        **dict.fromkeys(KERNEL_IMAGES, slot),
        RESCUE_PATH: rescue,
        f"{LOADER_FOLDER}/{name}": loader,
        SPARE_LOADER_PATH: loader,
        **{path: _written(text, scratch / Path(path).name) for path, text in texts.items()},
        # Firmware that has no keys of its own yet takes these at the first start.
        **{f"loader/keys/auto/{name}.auth": keys.boot_key.parent / f"{name}.auth" for name in signing.FIRMWARE},
    }


def slot_image(job: Job, sealed: Sealed, keys: uki.Keys) -> Path:
    """The signed kernel image of this root. Raises BuildError."""
    target, scratch = job.order.target, job.scratch
    initrd.build(job.tree, target.machine, target.board, scratch, scratch / "initrd.img")
    verified = f"spoq.root_hash={sealed.root_hash} spoq.hash_offset={sealed.hash_offset} {COMMAND_LINE}"
    return _kernel_image(job, verified, keys, SLOT)


def command_line(kernel_image: Path) -> Path:
    """The file with the one that is in this image."""
    return kernel_image.with_name(f"{kernel_image.name}.command-line")


def _kernel_image(job: Job, line: str, keys: uki.Keys, name: str, opens: bool = True) -> Path:
    """`opens`: the TPM gives it the key of the data."""
    scratch, target = job.scratch, job.order.target
    whole = f"console={target.console} {line} {target.arguments}".strip()
    written = _written(whole, command_line(scratch / name))
    pieces = uki.Parts(scratch / "vmlinuz", scratch / "initrd.img", written, job.tree / "usr/lib/os-release")
    stub = job.tree / inventory.BOOT_FILES / uki.STUBS[target.architecture]
    uki.build(pieces, stub, keys, job.source.epoch, scratch, scratch / name, opens=opens)
    return scratch / name


def _written(text: str, to: Path) -> Path:
    to.write_text(text)
    return to
