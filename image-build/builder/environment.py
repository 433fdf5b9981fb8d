"""The locked Python environment under /usr/lib/spoq, for the target's processor and Python, made on any machine.

A virtual environment is a folder of packages, a link to Python and a `pyvenv.cfg`: pip fetches the target's wheels by
the lock's hashes and unpacks them there. What has no wheel comes from the distribution (`FROM_THE_DISTRIBUTION`), built
there for the very Python that runs it.
"""

import re
import shutil
import subprocess
import sys
from collections import defaultdict
from collections.abc import Sequence
from pathlib import Path

from packaging.markers import Marker

from builder.errors import BuildError, Unreachable
from builder.target import Suite, Target

PLACE = "usr/lib/spoq/environment"
FROM_THE_DISTRIBUTION = {"systemd-python": "systemd"}
"""The lock's name, and the folder in the distribution's own packages."""
PURE_SOURCES = ("nkeys",)
"""Published as source only, and pure Python: their wheel, made on this machine, fits every processor."""
UNREACHABLE = re.compile(r"connection broken by|Max retries exceeded")
HASH = re.compile(r"--hash=sha256:([0-9a-f]{64})")
WITHOUT_WHEEL = {"bookworm": (), "noble": ("pocketsphinx",)}
"""No wheel fits this suite's Python: `builder/compiled.py` makes them of their source."""
UNUSED = (
    # Of Moonshine we read the weights; its own library, and its samples, are another 60 MB.
    *("moonshine_voice/*.so*", "moonshine_voice.libs", "moonshine_voice/assets/*.wav"),
    "openwakeword/resources/models/*.tflite",
    *("onnxruntime/transformers", "onnxruntime/quantization", "onnxruntime/tools"),
    *("numpy/**/tests", "numpy/f2py"),
    # Among them private keys, which no image may carry.
    "Crypto/SelfTest",
)
"""What the packages bring and no box uses, below the folder of the packages."""
GLIBC = {"bookworm": range(17, 37), "noble": range(17, 40)}


def site(suite: Suite) -> str:
    """Where the packages are, below the root."""
    return f"{PLACE}/lib/python{suite.python}/site-packages"


def split(lock: str, names: Sequence[str]) -> tuple[str, str]:
    """The text of a lock without these packages, and that of these packages, each with its hashes."""
    blocks = _blocks(lock)
    named = [block for block in blocks if any(block.startswith(f"{name}==") for name in names)]
    return "".join(block for block in blocks if block not in named), "".join(named)


def pinned(lock: str) -> dict[str, tuple[str, ...]]:
    """The SHA-256 hashes that a lock allows, by package; of all versions, where Python's version decides."""
    found: defaultdict[str, tuple[str, ...]] = defaultdict(tuple)
    for block in _blocks(lock):
        found[block.partition("==")[0]] += tuple(HASH.findall(block))
    return dict(found)


def holding(lock: str, target: Target, suite: Suite) -> str:
    """The text of a lock with what the target's Python and processor need, and without conditions.

    pip would ask this machine's Python about them, whatever it fetches for.
    """
    here = {
        "python_version": suite.python,
        "python_full_version": f"{suite.python}.0",
        "platform_machine": target.machine,
        "sys_platform": "linux",
        "platform_system": "Linux",
        "os_name": "posix",
        "implementation_name": "cpython",
        "platform_python_implementation": "CPython",
        "extra": "",
    }
    held = []
    for block in _blocks(lock):
        first, _, rest = block.partition("\n")
        named, _, condition = first.removesuffix("\\").partition(" ; ")
        if not condition or Marker(condition).evaluate(here):
            held.append(f"{named.strip()} \\\n{rest}" if "==" in named else block)
    return "".join(held)


def fetch(target: Target, suite: Suite, lock: Path, wheels: Path, scratch: Path) -> Path:
    """A folder with every wheel of the lock for this target. Raises BuildError."""
    wanted, sources = scratch / "requirements.txt", scratch / "sources.txt"
    rest, _ = split(holding(lock.read_text(), target, suite), tuple(FROM_THE_DISTRIBUTION))
    rest, compiled_text = split(rest, WITHOUT_WHEEL[target.suite])
    wheels_text, sources_text = split(rest, PURE_SOURCES)
    wanted.write_text(wheels_text)
    sources.write_text(sources_text)
    folder = wheels / f"{target.suite}-{target.architecture}"
    folder.mkdir(parents=True, exist_ok=True)
    _pip(
        *("download", "--require-hashes", "--no-deps", "--only-binary=:all:", "--dest", str(folder)),
        *_platform(target, suite),
        *("--requirement", str(wanted)),
    )
    _pip(
        *("wheel", "--require-hashes", "--no-deps", "--no-build-isolation", "--wheel-dir", str(folder)),
        *("--requirement", str(sources)),
    )
    if compiled_text:
        compiled = scratch / "compiled.txt"
        compiled.write_text(compiled_text)
        # To know its name and version pip makes an environment of its own, where it asks the source.
        _pip(
            *("download", "--require-hashes", "--no-deps", "--no-binary=:all:", "--dest", str(folder)),
            *("--requirement", str(compiled)),
        )
    return folder


def sources(target: Target, suite: Suite, lock: Path, wheels: Path) -> tuple[Path, ...]:
    """What is to be compiled, of what was fetched: each is the source of one package."""
    _, text = split(holding(lock.read_text(), target, suite), WITHOUT_WHEEL[target.suite])
    versions = re.findall(r"^([a-z0-9-]+)==(\S+)", text, re.MULTILINE)
    return tuple(wheels / f"{name}-{version}.tar.gz" for name, version in versions)


def install(target: Target, suite: Suite, wheels: Path, project: Path, scratch: Path, root: Path) -> None:
    """The environment is in `root`: the wheels, and our own from `project`. Raises BuildError."""
    place, packages = root / PLACE, root / site(suite)
    packages.mkdir(parents=True)
    ours = scratch / "ours"
    _pip("wheel", "--no-deps", "--no-build-isolation", "--wheel-dir", str(ours), str(project))
    how = ("--no-deps", "--no-index", "--no-compile", "--only-binary=:all:", "--target", str(packages))
    into = ("install", *how, *_platform(target, suite))
    _pip(*into, "--find-links", str(wheels), "--requirement", str(scratch / "requirements.txt"))
    made_here = [next(wheels.glob(f"{name}-*.whl")) for name in PURE_SOURCES]
    _pip(*into, *(str(wheel) for wheel in (*made_here, *ours.glob("*.whl"))))
    shutil.rmtree(packages / "bin", ignore_errors=True)
    _forget_places(packages)
    trim(packages)
    for folder in FROM_THE_DISTRIBUTION.values():
        (packages / folder).symlink_to(f"/usr/lib/python3/dist-packages/{folder}")
    (place / "bin").mkdir()
    (place / "bin/python3").symlink_to("/usr/bin/python3")
    (place / "pyvenv.cfg").write_text("home = /usr/bin\ninclude-system-site-packages = false\n")


def _blocks(lock: str) -> list[str]:
    return re.split(r"^(?=[a-z0-9])", lock, flags=re.MULTILINE)


def trim(packages: Path) -> None:
    """Removes what no box uses, `UNUSED`, from the installed packages."""
    for pattern in UNUSED:
        for path in sorted(packages.glob(pattern)):
            shutil.rmtree(path) if path.is_dir() else path.unlink(missing_ok=True)


def _forget_places(packages: Path) -> None:
    """Drops pip's notes of where on this machine a wheel lay."""
    for note in packages.glob("*.dist-info/direct_url.json"):
        record = note.with_name("RECORD")
        lines = record.read_text().splitlines(keepends=True)
        record.write_text("".join(line for line in lines if not line.startswith(f"{note.parent.name}/{note.name},")))
        note.unlink()


def platforms(target: Target) -> tuple[str, ...]:
    """Every platform tag that the target's C library serves, newest first."""
    versions = (f"manylinux_2_{minor}_{target.machine}" for minor in reversed(GLIBC[target.suite]))
    return (*versions, f"manylinux2014_{target.machine}", f"linux_{target.machine}")


def _platform(target: Target, suite: Suite) -> list[str]:
    version = suite.python.replace(".", "")
    return [
        *(argument for tag in platforms(target) for argument in ("--platform", tag)),
        *("--python-version", suite.python, "--implementation", "cp"),
        *("--abi", f"cp{version}", "--abi", "abi3", "--abi", "none"),
    ]


def _pip(*arguments: str) -> None:
    command = (sys.executable, "-m", "pip", "--disable-pip-version-check", "--quiet", *arguments)
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode:
        if UNREACHABLE.search(done.stderr):
            raise Unreachable("The index of Python packages does not answer.")
        errors = [line for line in done.stderr.splitlines() if line.startswith("ERROR")] or done.stderr.splitlines()
        raise BuildError(f"The Python packages can't be had: {(errors or ['no reason given'])[-1][:300]}")
