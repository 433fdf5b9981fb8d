"""What NVIDIA's flashing tools are told of a box: its partitions, what their launcher starts, the settings. Pure.

The launcher (L4TLauncher) knows a slot by the partition APP or APP_b, so those are the start-up partitions of slots a
and b: a small ext4 with extlinux.conf and the signed kernel image. Behind them are the roots, under our own names. No
kernel partition is there: the launcher would go on to it where the kernel image is refused, and take no try.

Source: NVIDIA, edk2-nvidia, L4TLauncher; Jetson Linux developer guide, "Partition Configuration"; flash.sh of R39.2.
"""

import shlex
from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType

from builder.target import Flash, Target
from ota.slots import TRIES

MIB = 1024 * 1024
SECTOR = 512
ALIGNMENT = 16384
ESP_TYPE, LINUX_TYPE = "C12A7328-F81F-11D2-BA4B-00A0C93EC93B", "0FC63DAF-8483-4772-8E79-3D69D8477DE4"
FIXED, GROWING = "8", "0x808"
MASTER_BOOT_RECORD, TABLE, REST = "512", "19968", "0xFFFFFFFFFFFFFFFF"
ROOT_FILE, FACTORY_FILE, BOOT_FILE = "spoq-root.img", "spoq-factory.img", "boot.img"
KERNEL, CONF = "boot/spoq.efi", "boot/extlinux/extlinux.conf"
FIRST = "BootOrderNvme.dtbo"
"""An overlay of NVIDIA's: this disk is the first that the firmware looks at."""


@dataclass(frozen=True)
class Part:
    """One partition. `file` is NVIDIA's placeholder or a file beside their bootloader; "" leaves it empty."""

    name: str
    size_mib: int
    file: str = ""
    kind: str = LINUX_TYPE
    allocation: str = FIXED


def parts(target: Target, flash: Flash) -> tuple[Part, ...]:
    """All partitions in their order. The last one takes what is left of the disk."""
    sizes = target.partitions
    return (
        Part("APP", flash.boot_mib, "APPFILE"),
        Part("APP_b", flash.boot_mib, "APPFILE_b"),
        Part("esp", sizes.esp_mib, "ESP_FILE", ESP_TYPE),
        Part("root-a", sizes.root_mib, ROOT_FILE),
        Part("root-b", sizes.root_mib, ROOT_FILE),
        Part("factory", sizes.factory_mib, FACTORY_FILE),
        Part("data", sizes.data_mib, allocation=GROWING),
    )


def layout(target: Target, flash: Flash) -> str:
    """The partition layout, in the form that flash.sh edits with sed: one element a line, spaces around its value."""
    all_parts = parts(target, flash)
    sectors = (sum(each.size_mib for each in all_parts) + 2) * MIB // SECTOR
    lines = [
        '<?xml version="1.0"?>',
        "<!-- Written by the image builder: the disk of a Spoq box. -->",
        '<partition_layout version="01.00.0000">',
        f'    <device type="external" instance="0" sector_size="{SECTOR}" num_sectors="{sectors}">',
        *_element('name="master_boot_record" type="protective_master_boot_record"', MASTER_BOOT_RECORD),
        *_element('name="primary_gpt" type="primary_gpt"', TABLE),
    ]
    for number, each in enumerate(all_parts, 1):
        lines += _element(
            *(f'name="{each.name}" id="{number}" type="data"', str(each.size_mib * MIB), each.allocation),
            {
                "align_boundary": str(ALIGNMENT),
                **({"filename": each.file} if each.file else {}),
                "partition_type_guid": each.kind,
            },
        )
    lines += _element('name="secondary_gpt" type="secondary_gpt"', REST)
    return "\n".join([*lines, "    </device>", "</partition_layout>", ""])


def _element(
    attributes: str, size: str, allocation: str = FIXED, more: Mapping[str, str] = MappingProxyType({})
) -> list[str]:
    values = {
        "allocation_policy": "sequential",
        "filesystem_type": "basic",
        "size": size,
        "file_system_attribute": "0",
        "allocation_attribute": allocation,
        "percent_reserved": "0",
        **more,
    }
    inner = [f"            <{name}> {value} </{name}>" for name, value in values.items()]
    return [f"        <partition {attributes}>", *inner, "        </partition>"]


def extlinux(command_line: str) -> str:
    """The launcher's one entry: no menu, no waiting.

    The command line is inside the kernel image, too, and that one counts under Secure Boot. The launcher wants one here
    in any case, and without Secure Boot the stub takes it.
    """
    return (
        f"TIMEOUT 0\nDEFAULT spoq\n\nLABEL spoq\n      MENU LABEL Spoq\n"
        f"      LINUX /{KERNEL}\n      APPEND {command_line.strip()}\n"
    )


def uefi_keys() -> str:
    """What the firmware is told to believe, for NVIDIA's tools: files beside this one, named as in builder/keys.py."""
    return (
        'UEFI_DB_1_KEY_FILE="db.key"\nUEFI_DB_1_CERT_FILE="db.pem"\n'
        'UEFI_DEFAULT_PK_ESL="PK.esl"\nUEFI_DEFAULT_KEK_ESL_0="KEK.esl"\nUEFI_DEFAULT_DB_ESL_0="db.esl"\n'
    )


def settings(flash: Flash, release: bool) -> str:
    """What the script `flash` reads: names for itself, and the environment of NVIDIA's tool."""
    values = {
        "IMAGE_KIND": "release" if release else "dev",
        "BSP_RELEASE": flash.release,
        "BOARD": flash.board,
        "STORAGE": flash.storage,
        "ROOTFS_AB": "1",
        "ROOTFS_RETRY_COUNT_MAX": str(TRIES),
        "ADDITIONAL_DTB_OVERLAY_OPT": FIRST,
    }
    return "".join(f"{name}={shlex.quote(value)}\n" for name, value in values.items())
