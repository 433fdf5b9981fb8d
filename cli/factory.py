"""`spoq-factory`: gives a new box its factory data, and prints their label.

    spoq-factory DISK --label FOLDER

DISK is a device, or the image of a disk, to which a Spoq image was written. The set-up code is on the label and on this
terminal, and nowhere else. The label is drawn before the disk is written and gets its name afterwards: `label.png` in
FOLDER means that the disk has what it says.

Errors are one clear line and exit code 1; wrong usage is exit code 2.
"""

import argparse
import csv
import io
import json
import os
import secrets
import sys
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from datetime import UTC, datetime
from pathlib import Path

from cli.errors import CommandError
from files import durable
from pairing import disk, factory, label_terminal
from pairing import label as labels
from pairing.disk import FactoryPartition, File
from pairing.errors import FactoryDataError, LabelError, PairingError, PartitionDamaged
from pairing.label import Label

NAMES = ("label.png", "label.pdf")
DRAFT = ".part"
ANEW = "anew"
COLUMNS = ("serial", "made")


def main() -> int:
    """The program; its exit code."""
    arguments = _parser().parse_args()
    try:
        if arguments.again:
            label = _draw(arguments.disk, arguments.label)
        else:
            label = _flash(arguments.disk, arguments.label, arguments.serials, arguments.anew)
    except (CommandError, PairingError) as error:
        print(f"spoq-factory: {error}", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        return 130
    if arguments.json:
        print(json.dumps(_document(arguments.disk, arguments.label, label), indent=2, ensure_ascii=False))
    else:
        print(label_terminal.render(label), end="")
    return 0


def _flash(path: Path, folder: Path, serials: Path | None, anew: bool) -> Label:
    """Makes the data, draws their label, writes the disk; then the label has its name and the serial is noted."""
    known = _known(serials)
    _check_folder(folder)
    with disk.opened(path) as partition:
        kept = _kept(partition, anew)
        new = factory.make(secrets.token_bytes, keep_code=False)
        if str(new.data.serial) in known:
            raise CommandError(
                f"{new.data.serial} is another box's already, by chance. Nothing was written: begin again."
            )
        label = labels.of(new.data, new.code)
        with _label_files(label, folder):
            partition.replace({**kept, factory.NAME: File(factory.document(new.data), factory.MODE)})
    if serials is not None:
        _note(label, serials, first=not known)
    return label


def _draw(path: Path, folder: Path) -> Label:
    """The label of a box that made its data itself. Nothing of the disk is written."""
    _check_folder(folder)
    with disk.opened(path) as partition:
        files = partition.files()
    if factory.NAME not in files:
        raise CommandError("This disk has no factory data yet, and so no label.")
    data = factory.parse(files[factory.NAME].content)
    if data.code is None:
        raise CommandError(f"{data.serial} does not know its own set-up code: it is on its label only.")
    label = labels.of(data, data.code)
    with _label_files(label, folder):
        return label


def _kept(partition: FactoryPartition, anew: bool) -> dict[str, File]:
    """What is on the partition beside factory data. Raises CommandError: there are some, and nobody wants them gone."""
    try:
        files = partition.files()
    except PartitionDamaged as error:
        _ask(f"{error} All of it would be lost.", anew)
        return {}
    if factory.NAME in files:
        try:
            whose = f"This disk is {factory.parse(files[factory.NAME].content).serial} already"
        except FactoryDataError as error:
            whose = f"This disk has factory data already, which can't be read ({error})"
        _ask(f"{whose}. Its label would be worthless.", anew)
    return {name: file for name, file in files.items() if name.removesuffix(durable.DRAFT) != factory.NAME}


def _ask(what: str, anew: bool) -> None:
    """Raises CommandError: it was not wanted in so many words."""
    if not anew:
        raise CommandError(f"{what} Nothing was written. `--anew` asks for a new one.")
    print(f"{what}\nType “{ANEW}” to go on: ", end="", file=sys.stderr, flush=True)
    if sys.stdin.readline().strip().lower() != ANEW:
        raise CommandError("Nothing was written.")


# --- the label's files ------------------------------------------------------------------------------


def _check_folder(folder: Path) -> None:
    """Raises LabelError: another label lies there."""
    if any((folder / name).exists() for name in NAMES):
        raise LabelError(f"There is a label in {folder} already: take another folder, or remove it first.")


@contextmanager
def _label_files(label: Label, folder: Path) -> Iterator[None]:
    """The label lies in `folder` once the block has ended well, and not otherwise. Raises LabelError."""
    try:
        from pairing import label_print
    except ImportError as error:
        raise LabelError("Pillow is missing: it comes with .venv/bin/spoq-factory of a checkout") from error
    contents = dict(zip(NAMES, (label_print.png(label), label_print.pdf(label)), strict=True))
    try:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        for name, content in contents.items():
            durable.write(folder / f"{name}{DRAFT}", content, 0o600)
    except OSError as error:
        _remove_drafts(folder)
        raise LabelError(f"The label can't be kept in {folder}: {error.strerror}.") from error
    try:
        yield
    except BaseException:
        _remove_drafts(folder)
        raise
    try:
        for name in NAMES:
            (folder / f"{name}{DRAFT}").rename(folder / name)
    except OSError as error:
        raise LabelError(f"The disk is written; its label is in {folder}, still named “{DRAFT}”.") from error


def _remove_drafts(folder: Path) -> None:
    for name in NAMES:
        with suppress(OSError):
            (folder / f"{name}{DRAFT}").unlink(missing_ok=True)


# --- for a production line --------------------------------------------------------------------------


def _known(serials: Path | None) -> frozenset[str]:
    """The serials in the list so far. Raises CommandError: it can't be read, or written to later."""
    if serials is None:
        return frozenset()
    try:
        with serials.open("a+", newline="", encoding="ascii") as file:
            file.seek(0)
            return frozenset(row[0] for row in csv.reader(file) if row)
    except (OSError, ValueError, csv.Error) as error:
        raise CommandError(f"The list of serials {serials} can't be used: {error}.") from error


def _note(label: Label, serials: Path, first: bool) -> None:
    """One more line, without the code. Raises CommandError."""
    line = io.StringIO()
    rows = csv.writer(line, lineterminator="\n")
    if first:
        rows.writerow(COLUMNS)
    rows.writerow((str(label.serial), datetime.now(UTC).isoformat(timespec="seconds")))
    try:
        with serials.open("a", newline="", encoding="ascii") as file:
            file.write(line.getvalue())
            file.flush()
            os.fsync(file.fileno())
    except OSError as error:
        raise CommandError(f"{label.serial} is finished, but not noted in {serials}: {error.strerror}.") from error


def _document(path: Path, folder: Path, label: Label) -> dict[str, object]:
    """What a program may know; no code, no passphrase."""
    files = [str(folder / name) for name in NAMES]
    return {"serial": str(label.serial), "hotspot": label.serial.hotspot_name, "disk": str(path), "label": files}


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="spoq-factory", description="Give the box on DISK its serial number and set-up code, and draw its label."
    )
    parser.add_argument("disk", metavar="DISK", type=Path, help="a device or an image file, with a Spoq image on it")
    parser.add_argument("--label", metavar="FOLDER", type=Path, required=True, help="where label.png and .pdf go")
    parser.add_argument("--serials", metavar="FILE.csv", type=Path, help="a list to which the serial is added")
    which = parser.add_mutually_exclusive_group()
    which.add_argument("--anew", action="store_true", help="replace factory data that are there, once asked in words")
    which.add_argument("--again", action="store_true", help="only draw the label of a box that made its data itself")
    parser.add_argument("--json", action="store_true", help="print JSON, without the code, and no label")
    return parser


if __name__ == "__main__":
    sys.exit(main())
