"""NVIDIA's Linux_for_Tegra as far as our script uses it: a working stand-in for their flashing tool, and its board.

folder/                  what a person has unpacked and set up
folder/../device/        the board afterwards: a file for each partition of its disk, and `about.json`

It takes images as theirs does: by NVIDIA's own names, an older raw one first, and it refuses what does not fit.
Run as a program it is `l4t_initrd_flash.sh`, for the options that we use.
"""

import getopt
import json
import os
import re
import shutil
import sys
from pathlib import Path
from xml.etree import ElementTree

PLACEHOLDERS = {"APPFILE": "system.img", "APPFILE_b": "system.img_b", "ESP_FILE": "esp.img"}
LONG_OPTIONS = ["external-device=", "network=", "uefi-keys=", "showlogs", "erase-all"]
TOOL = "tools/kernel_flash/l4t_initrd_flash.sh"
GEN_KEYS = """#!/bin/sh
cd "$(dirname "$1")" || exit 1
. "./$(basename "$1")"
for each in "$UEFI_DB_1_KEY_FILE" "$UEFI_DB_1_CERT_FILE" "$UEFI_DEFAULT_PK_ESL" "$UEFI_DEFAULT_KEK_ESL_0" \
    "$UEFI_DEFAULT_DB_ESL_0"; do
    [ -s "$each" ] || exit 1
done
cat "$UEFI_DEFAULT_PK_ESL" "$UEFI_DEFAULT_KEK_ESL_0" "$UEFI_DEFAULT_DB_ESL_0" >UefiDefaultSecurityKeys.dtbo
"""


class LinuxForTegra:
    """One of these folders, and what is on the board that it flashes."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.bootloader = folder / "bootloader"
        self.write("nv_tegra/bsp_version", "BSP_BRANCH=39\nBSP_MAJOR=2\nBSP_MINOR=0\n")
        self.write("rootfs/etc/nv_tegra_release", "# R39\n")
        self.write("bootloader/eks_t234.img", "NVIDIA's public keys")
        self.write("bootloader/generic/cfg/flash_t234_qspi.xml", "<partition_layout/>")
        self.write("tools/gen_uefi_keys_dts.sh", GEN_KEYS).chmod(0o755)
        self.write(TOOL, f'#!/bin/sh\nexec {sys.executable} {Path(__file__).resolve()} "$@"\n').chmod(0o755)

    def write(self, path: str, text: str) -> Path:
        place = self.folder / path
        place.parent.mkdir(parents=True, exist_ok=True)
        place.write_text(text)
        return place

    def board_disconnected(self) -> None:
        """Their tool finds no board from now on."""
        (self.folder / "no-board").touch()

    @property
    def was_used(self) -> bool:
        return (self.folder.parent / "device").exists()

    @property
    def about(self) -> dict[str, str]:
        """How the board was flashed last."""
        return dict(json.loads((self.folder.parent / "device/about.json").read_text()))

    def partition(self, name: str) -> Path:
        return self.folder.parent / "device" / name


def main() -> None:
    """Flashes."""
    pairs, (board, root) = getopt.gnu_getopt(sys.argv[1:], "c:p:u:", LONG_OPTIONS)
    options = dict(pairs)
    if Path("no-board").exists():
        sys.exit("no board in recovery mode")
    device = Path("../device")
    if "--erase-all" in options:
        shutil.rmtree(device, ignore_errors=True)
    device.mkdir(exist_ok=True)
    uefi_keys = options.get("--uefi-keys")
    keys = Path(uefi_keys).parent / "UefiDefaultSecurityKeys.dtbo" if uefi_keys else None
    Path("bootloader/esp.img").write_text("NVIDIA's launcher" + (", signed" if keys else ""))
    (device / "keys").write_bytes(keys.read_bytes() if keys else b"")
    shutil.copy("bootloader/eks_t234.img", device / "eks")
    for name, size, file in layout(Path(options["-c"]).read_text()):
        _write(device / name, size, PLACEHOLDERS.get(file, file))
    about = {
        "board": board,
        "root": root,
        "firmware": options["-p"],
        "disk": options["--external-device"],
        "fuses": options.get("-u", ""),
        **{name: os.environ.get(name, "") for name in ("ROOTFS_AB", "ROOTFS_RETRY_COUNT_MAX", "EXTOPTIONS")},
        "first": os.environ.get("ADDITIONAL_DTB_OVERLAY_OPT", ""),
    }
    (device / "about.json").write_text(json.dumps(about))


def layout(text: str) -> list[tuple[str, int, str]]:
    """Name, size and file of each partition that has a number."""
    root = ElementTree.fromstring(text)
    return [
        (each.attrib["name"], int(_value(each, "size")), _value(each, "filename"))
        for each in root.iter("partition")
        if re.fullmatch(r"\d+", each.attrib.get("id", ""))
    ]


def _write(partition: Path, size: int, file: str) -> None:
    if not file:
        partition.touch()
        return
    source = Path("bootloader", file)
    raw = source.with_name(f"{source.name}.raw")
    content = (raw if raw.exists() else source).read_bytes()
    if len(content) > size:
        sys.exit(f"{file} does not fit into {partition.name}")
    partition.write_bytes(content)


def _value(element: ElementTree.Element, name: str) -> str:
    return (element.findtext(name) or "").strip()


if __name__ == "__main__":
    main()
