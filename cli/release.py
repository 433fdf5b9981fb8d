"""`spoq-release`: what a maker of boxes publishes, and how they are told of it (docs/releasing.md).

    spoq-release keys KEYS --name NAME             all keys that a maker has
    spoq-release begin FOLDER --keys KEYS          an empty repository in FOLDER; boxes are built to believe it
    spoq-release add FOLDER TARGET --keys KEYS     the image that `make image` built is offered, as a draft
    spoq-release share FOLDER VERSION 100 …        so many of a thousand boxes take it unasked; 0: none from now on
    spoq-release withdraw FOLDER VERSION …         it is offered no more
    spoq-release rotate FOLDER ROLE --new NEW …    other keys for root, targets, snapshot or timestamp
    spoq-release extend FOLDER ROLE …              root or targets as they are, for another year or two
    spoq-release sign FOLDER --keys KEYS           drafts get the signatures of these keys, too
    spoq-release publish FOLDER --keys KEYS        drafts are what is offered
    spoq-release renew FOLDER --keys KEYS          what is offered is still the newest: once a week
    spoq-release status FOLDER

Any server of static files serves FOLDER. Errors are one clear line and exit code 1; wrong usage is exit code 2.
"""

import argparse
import fcntl
import json
import re
import sys
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.table import Table
from securesystemslib.signer import CryptoSigner

from builder import bundle, deltas, tools, updates
from builder import keys as boot_keys
from builder import release as releases
from builder import target as targets
from builder.errors import BuildError
from builder.order import Order, Wish
from cli.errors import CommandError
from files import durable
from ota import signers as tuf_keys
from ota.errors import OtaError
from ota.publishing import DAYS, OFFLINE, Publisher
from ota.release import SLOT_CLASS, WHOLE, Channel, parse
from ota.version import Version

NAME = re.compile(r"[A-Za-z0-9 .-]{1,40}")


def main() -> int:
    """The program; its exit code."""
    asked = _parser().parse_args()
    try:
        with _alone(asked):
            asked.run(asked)
    except (CommandError, BuildError, OtaError) as error:
        print(f"spoq-release: {error}", file=sys.stderr)
        return 1
    except OSError as error:
        print(f"spoq-release: {error.filename or 'this machine'}: {error.strerror or error}", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        return 130
    return 0


# --- commands ---------------------------------------------------------------------------------------


def _keys(asked: argparse.Namespace) -> None:
    tools.check(tools.RELEASE)
    folder: Path = asked.folder
    if not NAME.fullmatch(asked.name):
        raise CommandError("A name has letters (a to z), digits, spaces, points and dashes, forty at most.")
    if folder.exists() and any(folder.iterdir()):
        raise CommandError(f"{folder} is not empty. Nothing was written.")
    (folder / boot_keys.OF_RELEASES).mkdir(parents=True, mode=0o700)
    folder.chmod(0o700)
    boot_keys.make(folder, asked.name)
    bundle.make_keys(asked.name, folder)
    tuf_keys.make(folder / boot_keys.OF_RELEASES)
    print(
        f"{folder} has the keys of “{asked.name}” now. Whoever has them speaks for every box that is built with them:\n"
        f"keep root-*.pem and targets-*.pem of {folder / boot_keys.OF_RELEASES} on media that are locked away, "
        "and nowhere else;\n"
        "any two of each three are enough to sign."
    )


def _begin(asked: argparse.Namespace) -> None:
    signers = _signers(asked.keys)
    if missing := [role for role, ours in signers.items() if len(ours) < tuf_keys.KEYS[role]]:
        raise CommandError(f"To begin, all keys have to be there. Some are missing for: {', '.join(missing)}.")
    first_root = asked.keys[0] / boot_keys.FIRST_ROOT
    if first_root.exists():
        raise CommandError(f"{asked.keys[0]} has a repository already: boxes that were built with it believe no other.")
    publisher = Publisher(asked.folder, _all(signers))
    publisher.begin(tuf_keys.roles(signers), _whose(asked.keys))
    publisher.publish()
    durable.write(first_root, (asked.folder / "metadata/1.root.json").read_bytes())
    print(f"{asked.folder} can be served. Images that are built with KEYS={asked.keys[0]} take their releases from it.")


def _add(asked: argparse.Namespace) -> None:
    tools.check(tools.RELEASE)
    order = Order(asked.target, targets.read(asked.target), Wish(asked.release, asked.keys[0], asked.images.absolute()))
    about = _about(order)
    keys = bundle.found(asked.keys[0])
    if about["keys"] != boot_keys.fingerprint(asked.keys[0]):
        raise CommandError(f"{order.image.stem} was not built with the keys in {asked.keys[0]}: boxes would refuse it.")
    if about["variant"] == "release":
        _refuse_test_keys(asked.keys)
    version = Version.parse(about["version"].partition("-")[0])
    name, compatible = f"spoq-{asked.target}-{version}.raucb", updates.compatible(asked.target)
    made = asked.folder.with_name(f"{asked.folder.name}.{name}")
    try:
        with Console(stderr=True).status(f"Making {name}"):
            bundle.make(order.root, order.kernel_image, compatible, str(version), keys, about["epoch"], made)
        custom: dict[str, Any] = {
            "version": str(version),
            "class": SLOT_CLASS,
            "compatible": compatible,
            "channel": asked.channel,
            "manifest": bundle.manifest_hash(made),
            "from": str(asked.oldest),
            "size": order.root.stat().st_size,
            "share": asked.share,
            "security": asked.security,
            "notes": _notes(asked.note),
        }
        publisher = _publisher(asked)
        # What a box would not take is not offered.
        parse(name, made.stat().st_size, json.dumps(custom).encode())
        with Console(stderr=True).status(f"Packing {name}"):
            deltas.add(publisher, name, made, custom, asked.deltas)
    finally:
        made.unlink(missing_ok=True)
    print(f"{name} is a draft. “sign”, wherever other keys are, and “publish” offer it.")


def _share(asked: argparse.Namespace) -> None:
    for name in _named(asked):
        _publisher(asked).say(name, share=asked.share)


def _withdraw(asked: argparse.Namespace) -> None:
    publisher = _publisher(asked)
    for release in _named(asked):
        for name in [each for each in publisher.offered() if each == release or each.startswith(f"{release}.")]:
            publisher.withdraw(name)


def _rotate(asked: argparse.Namespace) -> None:
    new = tuf_keys.load(asked.new / boot_keys.OF_RELEASES)[asked.role]
    if len(new) < tuf_keys.KEYS[asked.role]:
        raise CommandError(
            f"All {tuf_keys.KEYS[asked.role]} keys for {asked.role} have to be in {asked.new / boot_keys.OF_RELEASES}."
        )
    _publisher(asked, *new).change_keys(tuf_keys.roles({asked.role: new}))
    print("The change is a draft. “sign” with old and new keys, wherever they are, and “publish” make it so.")


def _extend(asked: argparse.Namespace) -> None:
    _publisher(asked).extend(asked.role)


def _sign(asked: argparse.Namespace) -> None:
    publisher = _publisher(asked)
    publisher.sign()
    print("\n".join(("Signed:", *publisher.changes())))


def _publish(asked: argparse.Namespace) -> None:
    _publisher(asked).publish()


def _renew(asked: argparse.Namespace) -> None:
    publisher = _publisher(asked)
    publisher.renew()
    for role in publisher.fading():
        print(f"The {role} expires soon, and people have to sign it: “extend”, “sign”, “publish”.", file=sys.stderr)


def _status(asked: argparse.Namespace) -> None:
    publisher = _publisher(asked)
    offered = {name: target.custom for name, target in publisher.offered().items() if target.custom}
    expires = {role: publisher.open(role).signed.expires for role in DAYS}
    if asked.json:
        told = {"offered": offered, "expires": {role: f"{when:%Y-%m-%dT%H:%M:%SZ}" for role, when in expires.items()}}
        print(json.dumps(told, indent=2, ensure_ascii=False))
        return
    console = Console()
    table = Table("release", "channel", "boxes", "security", box=None)
    for name, said in offered.items():
        share = f"{said.get('share', WHOLE) / 10:g} %"
        table.add_row(name, said.get("channel"), share, "yes" if said.get("security") else "")
    console.print(table if offered else "Nothing is offered yet.")
    for role, when in expires.items():
        left = (when - datetime.now(UTC)).days
        console.print(f"The {role} expires in {left} days." if left >= 0 else f"The {role} has expired.")
    if changes := publisher.changes():
        print("\n".join(("Drafts:", *changes)))


# --- helpers ----------------------------------------------------------------------------------------


def _signers(folders: Iterable[Path]) -> dict[str, list[CryptoSigner]]:
    """Of all folders together."""
    found = [tuf_keys.load(folder / boot_keys.OF_RELEASES) for folder in folders]
    return {role: [each for ours in found for each in ours[role]] for role in tuf_keys.KEYS}


def _all(signers: Mapping[str, list[CryptoSigner]]) -> list[CryptoSigner]:
    return [each for ours in signers.values() for each in ours]


def _publisher(asked: argparse.Namespace, *more: CryptoSigner) -> Publisher:
    """Raises CommandError: there is nothing."""
    publisher = Publisher(asked.folder, [*_all(_signers(asked.keys)), *more])
    if not publisher.exists:
        raise CommandError(f"There is no repository in {asked.folder}: “begin” makes one.")
    return publisher


@contextmanager
def _alone(asked: argparse.Namespace) -> Iterator[None]:
    """Nobody else changes the repository meanwhile, as a timer might."""
    if not asked.keys or not asked.folder.parent.is_dir():
        yield
        return
    with asked.folder.with_name(f"{asked.folder.name}.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield


def _whose(folders: list[Path]) -> str:
    """The name that their bundles are signed with."""
    certificates = {each.name: each for each in boot_keys.certificates(folders[0])}
    if "bundle" not in certificates:
        raise CommandError(f"There are no keys for bundles in {folders[0]}.")
    return certificates["bundle"].subject


def _refuse_test_keys(folders: list[Path]) -> None:
    if reasons := releases.of_keys(boot_keys.certificates(folders[0])):
        raise CommandError(" ".join(("This is a release.", *reasons)))


def _about(order: Order) -> dict[str, Any]:
    """What was built. Raises CommandError: nothing was."""
    try:
        about: dict[str, Any] = json.loads(order.about.read_text())
    except (OSError, ValueError) as error:
        raise CommandError(f"There is no image of {order.name} in {order.wish.out}: `make image` makes one.") from error
    return about


def _named(asked: argparse.Namespace) -> list[str]:
    """The bundles of this version, for all kinds of boxes."""
    wanted = str(asked.version)
    found = [
        name for name, target in _publisher(asked).offered().items() if (target.custom or {}).get("version") == wanted
    ]
    if not found:
        raise CommandError(f"Version {wanted} is not offered.")
    return found


def _notes(given: list[str]) -> dict[str, str]:
    """From `en=What is new`."""
    return dict(each.split("=", 1) for each in given)


def _version(text: str) -> Version:
    try:
        return Version.parse(text)
    except OtaError as error:
        raise argparse.ArgumentTypeError(str(error)) from error


def _note(text: str) -> str:
    if text[2:3] != "=":
        raise argparse.ArgumentTypeError("a note is written as en=What is new")
    return text


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="spoq-release", description="Publishes releases for boxes.")
    commands = parser.add_subparsers(required=True, metavar="COMMAND")

    def add(name: str, run: object, does: str, keys: bool = True) -> argparse.ArgumentParser:
        command = commands.add_parser(name, help=does, description=does)
        command.set_defaults(run=run)
        command.add_argument("folder", type=lambda text: Path(text).absolute(), metavar="FOLDER")
        command.set_defaults(keys=[])
        if keys:
            keys_help = "a folder of keys; may be given several times"
            command.add_argument("--keys", type=Path, metavar="KEYS", action="append", required=True, help=keys_help)
        return command

    made = add("keys", _keys, "make all keys that a maker of boxes has, in FOLDER", keys=False)
    made.add_argument("--name", required=True, help="whose they are: it is in each of them")
    add("begin", _begin, "make an empty repository in FOLDER")
    added = add("add", _add, "offer the image of TARGET, as a draft")
    added.add_argument("target", metavar="TARGET", help=", ".join(targets.names()))
    added.add_argument("--images", type=Path, default=Path("build/images"), help="where `make image` left it")
    added.add_argument("--release", action="store_true", help="the one that was built with RELEASE=1")
    added.add_argument("--channel", choices=[each.value for each in Channel], default=Channel.STABLE.value)
    added.add_argument(
        "--from",
        dest="oldest",
        type=_version,
        metavar="VERSION",
        default=Version(0, 0, 0),
        help="who has less takes one between first",
    )
    added.add_argument("--share", type=int, default=WHOLE, metavar="N", help="of a thousand boxes (all)")
    added.add_argument("--deltas", type=int, default=3, metavar="N", help="from so many releases before it (3)")
    added.add_argument("--security", action="store_true", help="it mends a hole")
    added.add_argument("--note", type=_note, action="append", default=[], metavar="en=TEXT", help="what is new")
    for name, run, does in (
        ("share", _share, "say how many boxes take VERSION"),
        ("withdraw", _withdraw, "offer VERSION no more"),
    ):
        add(name, run, does).add_argument("version", type=_version, metavar="VERSION")
    commands.choices["share"].add_argument("share", type=int, metavar="N", help="of a thousand")
    rotated = add("rotate", _rotate, "change the keys of ROLE, as a draft")
    rotated.add_argument("role", choices=sorted(tuf_keys.KEYS), metavar="ROLE")
    rotated.add_argument("--new", type=Path, required=True, metavar="KEYS")
    extended = add("extend", _extend, "have ROLE expire later, as a draft")
    extended.add_argument("role", choices=OFFLINE, metavar="ROLE", help=" or ".join(OFFLINE))
    add("sign", _sign, "sign what is a draft with the keys that are here")
    add("publish", _publish, "offer what is a draft")
    add("renew", _renew, "say that what is offered is still the newest")
    add("status", _status, "what is offered, and until when", keys=False).add_argument("--json", action="store_true")
    return parser


if __name__ == "__main__":
    sys.exit(main())
