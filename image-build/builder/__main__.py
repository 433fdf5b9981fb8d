"""Builds images and starts them: `python -m builder build TARGET`, `boot`, `lock`, `missing`."""

import argparse
import sys

from builder import boot, image, lock, tools
from builder import target as targets
from builder.errors import BuildError


def main() -> int:
    """The program; its exit code."""
    arguments = _arguments()
    try:
        target = targets.read(arguments.target)
        if arguments.command == "lock":
            for release in (False, True):
                _write_lock(target, release)
        elif arguments.command == "build":
            print(image.build(arguments.target))
        elif arguments.command == "boot":
            boot.boot(arguments.target, arguments.anew)
        elif arguments.command == "missing":
            print("\n".join(tools.missing(tools.to_build(target) | tools.to_boot(target))))
    except BuildError as error:
        print(f"builder: {error}", file=sys.stderr)
        return 1
    return 0


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="builder", description=__doc__)
    parser.add_argument("command", choices=("build", "boot", "lock", "missing"))
    parser.add_argument("target", help=", ".join(targets.names()))
    parser.add_argument("--anew", action="store_true", help="boot: as a new machine")
    return parser.parse_args()


def _write_lock(target: targets.Target, release: bool) -> None:
    packages = lock.resolve(target, release)
    path = lock.path(target, release)
    path.parent.mkdir(exist_ok=True)
    path.write_text(lock.written(packages))
    total = sum(each.size for each in packages) / 1e6
    print(f"{path.name}: {len(packages)} packages, {total:.0f} MB")


if __name__ == "__main__":
    sys.exit(main())
