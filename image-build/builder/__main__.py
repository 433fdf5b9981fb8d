"""Builds images and starts them: `python -m builder build TARGET`, `boot`, `lock`, `wheels`, `missing`."""

import argparse
import os
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
    wrong = sys.stdout if arguments.by_sudo else sys.stderr
    try:
        if arguments.by_sudo:
            rights.take_over()
        target = targets.read(arguments.target)
        if arguments.command == "lock":
            tools.check(tools.to_lock(targets.suite(target.suite)))
            for release in (False, True):
                _write_lock(lock.path(target, release), lock.resolve(target, release, KEYRINGS))
            if workshop := targets.workshop(target):
                _write_lock(lock.workshop_path(target), lock.choose(target, workshop, None, KEYRINGS))
        elif arguments.command == "build":
            print(image.build(arguments.target, wish=_wish(arguments)))
        elif arguments.command == "boot":
            boot.boot(arguments.target, arguments.anew)
        elif arguments.command == "wheels":
            print(wheels.write(target, PROJECT / "requirements.lock"))
        elif arguments.command == "missing":
            wanted = tools.to_build(target) | ({} if arguments.build_only else tools.to_boot(target))
            print("\n".join(tools.missing(wanted)))
    except BuildError as error:
        print("\n".join(f"{rights.PREFIX}{line}" for line in str(error).splitlines()), file=wrong)
        return 1
    except OSError as error:
        print(f"{rights.PREFIX}{error.filename or 'this machine'}: {error.strerror or error}", file=wrong)
        return 1
    except KeyboardInterrupt:
        print(f"{rights.PREFIX}interrupted; nothing of it is left.", file=wrong)
        return rights.INTERRUPTED
    return 0


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="builder", description=__doc__)
    parser.add_argument("command", choices=("build", "boot", "lock", "wheels", "missing"))
    parser.add_argument("target", help=", ".join(targets.names()))
    parser.add_argument("--anew", action="store_true", help="boot: as a new machine")
    parser.add_argument("--build-only", action="store_true", help="missing: not for booting")
    parser.add_argument("--release", action="store_true", help="build: not for developers")
    keys = os.environ.get("SPOQ_RELEASE_KEYS")
    parser.add_argument("--keys", type=Path, default=keys, metavar="FOLDER", help="build: a release's keys")
    parser.add_argument("--out", type=Path, default=OUT, metavar="FOLDER", help="build: where the image goes")
    parser.add_argument("--cache", type=Path, default=CACHE, metavar="FOLDER", help="build: where packages are kept")
    parser.add_argument(rights.OPTION, action="store_true", help=argparse.SUPPRESS)
    return parser.parse_args()


def _wish(arguments: argparse.Namespace) -> Wish:
    keys = arguments.keys if arguments.release else None
    return Wish(arguments.release, keys, arguments.out.absolute(), arguments.cache.absolute())


def _write_lock(path: Path, packages: Sequence[lock.Package]) -> None:
    path.parent.mkdir(exist_ok=True)
    path.write_text(lock.written(packages))
    total = sum(each.size for each in packages) / 1e6
    print(f"{path.name}: {len(packages)} packages, {total:.0f} MB")


if __name__ == "__main__":
    sys.exit(main())
