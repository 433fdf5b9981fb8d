"""The firmware's variables, through Linux' efivarfs: numbers, and bytes.

A file there holds four bytes of attributes and then the value, both little-endian. The kernel marks the files of
unknown vendors immutable, so that nobody deletes them by accident; writing takes the mark off first and puts it back.

Source: Linux, Documentation/filesystems/efivarfs.rst; UEFI 2.10, section 8.2.
"""

import array
import fcntl
import os
import struct
from contextlib import suppress
from pathlib import Path
from typing import Protocol

from ota.errors import BootControlError

NON_VOLATILE, BOOT_SERVICE, RUNTIME = 1, 2, 4
ATTRIBUTES = NUMBER = struct.Struct("<I")
FS_IOC_GETFLAGS, FS_IOC_SETFLAGS = 0x80086601, 0x40086602
FS_IMMUTABLE_FL = 0x10


class Variables(Protocol):
    """Unsigned 32-bit numbers by name. Everything here raises BootControlError."""

    def get(self, name: str) -> int | None:
        """None where there is no such variable."""

    def set(self, name: str, value: int) -> None: ...

    def delete(self, name: str) -> None:
        """Nothing to do where there is none."""


class EfiVariables:
    """The variables of one vendor (`guid`) in `folder`."""

    def __init__(self, guid: str, folder: Path = Path("/sys/firmware/efi/efivars")) -> None:
        self._guid = guid
        self._folder = folder

    def get(self, name: str) -> int | None:
        content = self.read(name)
        if content is None:
            return None
        if len(content) != NUMBER.size:
            raise BootControlError(
                f"The firmware's variable {name} has {len(content)} bytes; {NUMBER.size} belong there."
            )
        return int(NUMBER.unpack(content)[0])

    def set(self, name: str, value: int) -> None:
        self.write(name, NUMBER.pack(value))

    def read(self, name: str) -> bytes | None:
        """The bytes of a variable; None where there is none. Raises BootControlError."""
        try:
            return self._path(name).read_bytes()[ATTRIBUTES.size :]
        except FileNotFoundError:
            return None
        except OSError as error:
            raise BootControlError(f"The firmware's variable {name} can't be read: {error.strerror}.") from error

    def write(self, name: str, content: bytes) -> None:
        """Raises BootControlError."""
        path = self._path(name)
        try:
            _make_mutable(path)
            # One write: efivarfs takes each write as the whole variable.
            handle = os.open(path, os.O_WRONLY | os.O_CREAT, 0o600)
            try:
                os.write(handle, ATTRIBUTES.pack(NON_VOLATILE | BOOT_SERVICE | RUNTIME) + content)
            finally:
                os.close(handle)
        except OSError as error:
            raise BootControlError(f"The firmware's variable {name} can't be written: {error.strerror}.") from error

    def delete(self, name: str) -> None:
        path = self._path(name)
        try:
            _make_mutable(path)
            path.unlink(missing_ok=True)
        except OSError as error:
            raise BootControlError(f"The firmware's variable {name} can't be deleted: {error.strerror}.") from error

    def _path(self, name: str) -> Path:
        return self._folder / f"{name}-{self._guid}"


def _make_mutable(path: Path) -> None:
    """File systems without such marks have nothing to take off."""
    with suppress(FileNotFoundError):
        handle = os.open(path, os.O_RDONLY)
        try:
            flags = array.array("L", [0])
            with suppress(OSError):
                fcntl.ioctl(handle, FS_IOC_GETFLAGS, flags)
                if flags[0] & FS_IMMUTABLE_FL:
                    flags[0] &= ~FS_IMMUTABLE_FL
                    fcntl.ioctl(handle, FS_IOC_SETFLAGS, flags)
        finally:
            os.close(handle)
