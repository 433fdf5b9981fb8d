"""`python -m ota.conformance`: our TUF client behind the command line of the public conformance suite.

    --metadata-dir DIR init ROOT
    --metadata-dir DIR --metadata-url URL refresh
    --metadata-dir DIR --metadata-url URL --target-name NAME --target-base-url URL --target-dir DIR download

Exit code 0 or 1. The same code as in a box, without its first root: `init` brings one.
"""

import argparse
import asyncio
import shutil
import sys
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path
from urllib.parse import quote

from ota import source
from ota.download import Config, fetch, part_of
from ota.errors import NotThere, OtaError
from ota.metadata import Repository
from ota.source import Server


def main(arguments: Sequence[str] | None = None) -> int:
    """The program; its exit code. `arguments`: those of the command line where there are none."""
    parser = argparse.ArgumentParser(prog="python -m ota.conformance")
    parser.add_argument("--metadata-dir", type=Path, required=True)
    parser.add_argument("--metadata-url", default="")
    parser.add_argument("--target-name", default="")
    parser.add_argument("--target-base-url", default="")
    parser.add_argument("--target-dir", type=Path, default=Path())
    commands = parser.add_subparsers(dest="command", required=True)
    commands.add_parser("init").add_argument("root", type=Path)
    commands.add_parser("refresh")
    commands.add_parser("download")
    asked = parser.parse_args(arguments)
    try:
        if asked.command == "init":
            shutil.copyfile(asked.root, asked.metadata_dir / "root.json")
        else:
            asyncio.run(_ask(asked))
    except (OtaError, OSError) as error:
        print(error, file=sys.stderr)  # noqa: T201
        return 1
    return 0


async def _ask(asked: argparse.Namespace) -> None:
    async with source.session() as session:
        server = Server(session, "")
        addresses = (_folder(asked.metadata_url), _folder(asked.target_base_url))
        repository = Repository(asked.metadata_dir, server, None, *addresses)
        now = datetime.now(UTC)
        if asked.command == "refresh":
            await repository.releases(now)
            return
        file = await repository.file(asked.target_name, now)
        if file is None:
            raise NotThere(f"There is no {asked.target_name}.")
        to = asked.target_dir / quote(asked.target_name, "")
        try:
            await fetch(server, file, to, Config())
        finally:
            # What has come of a file counts as one there.
            part_of(to).unlink(missing_ok=True)


def _folder(address: str) -> str:
    return address if address.endswith("/") else f"{address}/"


if __name__ == "__main__":
    sys.exit(main())
