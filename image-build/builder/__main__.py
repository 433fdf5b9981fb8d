"""Builds images of Spoq and starts them in QEMU."""

import argparse
import asyncio
import sys
from collections.abc import Sequence
from pathlib import Path

from builder import boot, image, lock, rights, tools, wheels
from builder import target as targets
from builder.errors import BuildError
from builder.order import CACHE, OUT, Wish
from builder.target import PROJECT

KEYRINGS = PROJECT / "build/keyrings"


def main() -> int:
    """The program; its exit code."""
    arguments = _arguments()
    # Who asked for a build by sudo says what went wrong, and once.
    by_sudo = getattr(arguments, "by_sudo", False)
    wrong = sys.stdout if by_sudo else sys.stderr
    try:
        if by_sudo:
            rights.take_over()
        code: int = arguments.run(arguments) or 0
    except BuildError as error:
        print("\n".join(f"{rights.PREFIX}{line}" for line in str(error).splitlines()), file=wrong)
        return 1
    except OSError as error:
        print(f"{rights.PREFIX}{error.filename or 'this machine'}: {error.strerror or error}", file=wrong)
        return 1
    except KeyboardInterrupt:
        print(f"{rights.PREFIX}interrupted; there is no image of it.", file=wrong)
        return rights.INTERRUPTED
    return code


def _build(arguments: argparse.Namespace) -> None:
    if arguments.keys and not arguments.release:
        raise BuildError("Keys of one's own are for a release: --release (RELEASE=1 of make) with --keys, or neither.")
    wish = Wish(arguments.release, arguments.keys, arguments.out.absolute(), arguments.cache.absolute())
    print(image.build(arguments.target, wish=wish))


def _boot(arguments: argparse.Namespace) -> None:
    boot.boot(arguments.target, arguments.anew)


def _ask(arguments: argparse.Namespace) -> int:
    return asyncio.run(boot.ask(arguments.target, arguments.command))


def _lock(arguments: argparse.Namespace) -> None:
    target = targets.read(arguments.target)
    tools.check(tools.to_lock(targets.suite(target.suite)))
    for release in (False, True):
        _write_lock(lock.path(target, release), lock.resolve(target, release, KEYRINGS))
    if workshop := targets.workshop(target):
        _write_lock(lock.workshop_path(target), lock.choose(target, workshop, None, KEYRINGS))


def _wheels(arguments: argparse.Namespace) -> None:
    print(wheels.write(targets.read(arguments.target), PROJECT / "requirements.lock"))


def _missing(arguments: argparse.Namespace) -> None:
    target = targets.read(arguments.target)
    wanted = tools.to_build(target) | (
        {} if arguments.build_only else tools.to_boot(target) | tools.RELEASE | tools.PEERS
    )
    print("\n".join(tools.missing(wanted)))


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="builder", description=__doc__)
    commands = parser.add_subparsers(required=True, metavar="COMMAND")

    def add(name: str, run: object, does: str) -> argparse.ArgumentParser:
        command = commands.add_parser(name, help=does, description=does)
        command.set_defaults(run=run)
        command.add_argument("target", metavar="TARGET", help=", ".join(targets.names()))
        return command

    build = add("build", _build, "make the image of TARGET from this checkout (make image)")
    build.add_argument("--release", action="store_true", help="for everybody, not for developers")
    build.add_argument("--keys", type=Path, metavar="FOLDER", help="a release's keys")
    build.add_argument("--out", type=Path, default=OUT, metavar="FOLDER", help="where the image goes")
    build.add_argument("--cache", type=Path, default=CACHE, metavar="FOLDER", help="where packages are kept")
    build.add_argument(rights.OPTION, action="store_true", help=argparse.SUPPRESS)
    started = add("boot", _boot, "start the image of TARGET in QEMU, its console in this terminal (make boot)")
    started.add_argument("--anew", action="store_true", help="as a new machine")
    ask = add("ask", _ask, "run COMMAND, as root, in the box that boot has started")
    ask.add_argument("command", nargs="+", metavar="COMMAND", help="for example: spoq status")
    add("lock", _lock, "choose the newest packages of the distribution, for the next builds (make lock-image)")
    add("wheels", _wheels, "write down which wheels pip takes for TARGET's Python")
    missing = add("missing", _missing, "the packages to install on this machine")
    missing.add_argument("--build-only", action="store_true", help="what booting and publishing need is not asked for")
    return parser.parse_args()


def _write_lock(path: Path, packages: Sequence[lock.Package]) -> None:
    path.parent.mkdir(exist_ok=True)
    lock.write(path, lock.written(packages))
    total = sum(each.size for each in packages) / 1e6
    print(f"{path.name}: {len(packages)} packages, {total:.0f} MB")


if __name__ == "__main__":
    sys.exit(main())
