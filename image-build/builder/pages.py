"""The pages for phones in an image (`web/pair`, as tools/setup has built them), and the npm packages in them."""

import json
from pathlib import Path

from packageurl import PackageURL

from builder.errors import BuildError
from builder.parts import Kind, Part
from builder.target import PROJECT

BUILT, LOCK = PROJECT / "build/web/pair", PROJECT / "web/pair/package-lock.json"
PLACE = "usr/share/spoq/web/pair"
MODE = 0o644


def lay(root: Path, built: Path = BUILT) -> None:
    """Raises BuildError: nobody has built them."""
    if not (built / "index.html").is_file():
        raise BuildError("The pages for phones are not built: run tools/setup first.")
    (root / PLACE).mkdir(parents=True)
    for source in sorted(built.iterdir()):
        (root / PLACE / source.name).write_bytes(source.read_bytes())
        (root / PLACE / source.name).chmod(MODE)


def parts(lock: Path = LOCK) -> tuple[Part, ...]:
    """What they are made of, as their lock file states it; what they are built and tested with is not in them."""
    packages = json.loads(lock.read_text())["packages"]
    return tuple(
        _part(path.removeprefix("node_modules/"), each["version"], each["license"].strip("()"))
        for path, each in sorted(packages.items())
        if path and not each.get("dev") and not each.get("devOptional")
    )


def _part(name: str, version: str, licence: str) -> Part:
    scope, _, short = name.rpartition("/")
    purl = PackageURL("npm", scope or None, short, version).to_string()
    return Part(Kind.PAGE, name, version, licence, purl=purl, places=("root",))
