"""A disk as an image is written to it: a GPT, and the partitions that matter to its factory data. Small."""

import os
import subprocess
from pathlib import Path

MIB = 1024 * 1024
ESP_MIB, FACTORY_MIB = 2, 4
FACTORY_AT = (1 + ESP_MIB) * MIB


def new_disk(path: Path, labels: tuple[str, ...] = ("esp", "factory"), factory_mib: int = FACTORY_MIB) -> Path:
    """An image file with blank partitions of these labels."""
    sizes = {"factory": factory_mib}
    table = "".join(f"size={sizes.get(label, ESP_MIB)}M, name={label}\n" for label in labels)
    with path.open("wb") as disk:
        disk.truncate((2 + sum(sizes.get(label, ESP_MIB) for label in labels)) * MIB)
    run("sfdisk", "--quiet", str(path), told=f"label: gpt\n{table}")
    return path


def factory_image(disk: Path) -> Path:
    """A copy of its factory partition, beside it."""
    copy = disk.with_suffix(".factory")
    copy.write_bytes(disk.read_bytes()[FACTORY_AT : FACTORY_AT + FACTORY_MIB * MIB])
    return copy


def run(*command: str, told: str = "") -> str:
    """What a program of the system folders prints."""
    path = os.pathsep.join([os.environ["PATH"], "/usr/sbin", "/sbin"])
    done = subprocess.run(
        command, input=told, capture_output=True, text=True, check=True, env={**os.environ, "PATH": path}
    )
    return done.stdout
