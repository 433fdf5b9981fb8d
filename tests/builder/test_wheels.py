"""The locked Python packages, for the Python of a suite that this machine need not have: all are there, unasked."""

import re
import subprocess
from pathlib import Path

import pytest
from packaging.tags import Tag, compatible_tags, cpython_tags
from packaging.utils import parse_wheel_filename

from builder import compiled, environment, wheels
from builder import target as targets
from builder.errors import BuildError, WrongContent
from tests.repo.repository import ROOT, Pin, pins

TARGET = targets.read("jetson-orin-nano")
PYTHON = targets.suite(TARGET.suite).python
WHEELS = wheels.parse(wheels.path(TARGET).read_text(), "the list")
BY_NAME = {str(parse_wheel_filename(each.name)[0]): each for each in WHEELS}
HERE = {
    "python_version": PYTHON,
    "python_full_version": f"{PYTHON}.3",
    "platform_machine": TARGET.machine,
    "sys_platform": "linux",
    "platform_system": "Linux",
    "os_name": "posix",
    "implementation_name": "cpython",
    "platform_python_implementation": "CPython",
    "extra": "",
}
HOLDING = [pin for pin in pins("requirements.lock") if pin.holds(HERE)]
WITHOUT = {*environment.FROM_THE_DISTRIBUTION, *environment.PURE_SOURCES, *environment.WITHOUT_WHEEL[TARGET.suite]}
FROM_WHEELS = [pin for pin in HOLDING if pin.name not in WITHOUT]
ANEW = "`make lock` writes the list of wheels anew"


def fitting() -> frozenset[Tag]:
    """Every tag that the target's Python takes."""
    version = (int(PYTHON.split(".")[0]), int(PYTHON.split(".")[1]))
    platforms = environment.platforms(TARGET)
    interpreter = f"cp{version[0]}{version[1]}"
    return frozenset(
        (*cpython_tags(version, platforms=platforms), *compatible_tags(version, interpreter, platforms=platforms))
    )


@pytest.mark.parametrize("pin", FROM_WHEELS, ids=lambda pin: pin.name)
def test_every_package_has_a_wheel_that_fits_and_that_the_lock_allows(pin: Pin) -> None:
    assert pin.name in BY_NAME, ANEW
    _, version, _, tags = parse_wheel_filename(BY_NAME[pin.name].name)
    assert version == pin.version, ANEW
    assert f"sha256:{BY_NAME[pin.name].sha256}" in pin.hashes
    assert tags & fitting()


def test_no_wheel_is_listed_that_nobody_locked() -> None:
    assert len(BY_NAME) == len(WHEELS)
    assert set(BY_NAME) == {pin.name for pin in FROM_WHEELS}, ANEW


def test_what_has_no_wheel_comes_from_the_suite_or_of_its_locked_source() -> None:
    without = [pin for pin in HOLDING if pin.name in WITHOUT]
    assert {pin.name for pin in without} == WITHOUT
    assert all(pin.hashes for pin in without)
    asked = targets.packages(TARGET, release=True)
    assert {f"python3-{folder}" for folder in environment.FROM_THE_DISTRIBUTION.values()} <= set(asked)
    assert targets.workshop(TARGET), "what compiles it"


def test_a_suite_that_compiles_nothing_has_no_workshop() -> None:
    assert environment.WITHOUT_WHEEL["bookworm"] == ()
    assert targets.workshop(targets.read("qemu-arm64")) == ()


@pytest.mark.parametrize("line", ["", f"{'ab' * 32}  12  ../x.whl", f"{'ab' * 32}  12  x.tar.gz", "x.whl"])
def test_a_line_that_is_no_wheel_is_told_by_its_number(line: str) -> None:
    with pytest.raises(WrongContent, match="line 2"):
        wheels.parse(f"# a list\n{line or '?'}\n", "a list")


PROJECT = """
cmake_minimum_required(VERSION 3.18)
project(sphinx NONE)
if(NOT SKBUILD OR NOT CYTHON)
  message(FATAL_ERROR "called in another way than scikit-build does")
endif()
install(FILES module.so DESTINATION sphinx)
install(FILES words.dict DESTINATION sphinx/model)
"""


@pytest.fixture
def source(tmp_path: Path) -> Path:
    """A package's source, as published."""
    folder = tmp_path / "sphinx-5.1.1"
    for name, content in {
        "CMakeLists.txt": PROJECT,
        "module.so": "a module",
        "words.dict": "words",
        "cython/sphinx/__init__.py": "from . import module\n",
        "PKG-INFO": "Metadata-Version: 2.2\nName: sphinx\nVersion: 5.1.1\n",
    }.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(content)
    archive = tmp_path / "sphinx-5.1.1.tar.gz"
    subprocess.run(("tar", "-czf", archive, "-C", tmp_path, folder.name), check=True)
    return archive


def beside(workshop: Path, *command: str) -> str:
    """Runs in a folder what would run in the root that it stands for."""
    moved = [re.sub(f"^/{compiled.WORK}", f"{workshop}/{compiled.WORK}", word) for word in command]
    return subprocess.run(moved, check=True, capture_output=True, text=True).stdout


def test_what_is_compiled_looks_as_pip_would_have_installed_it(source: Path, tmp_path: Path) -> None:
    compiled.build(source, tmp_path / "workshop", tmp_path / "out", beside)
    assert {str(path.relative_to(tmp_path / "out")) for path in (tmp_path / "out").rglob("*") if path.is_file()} == {
        *("sphinx/__init__.py", "sphinx/module.so", "sphinx/model/words.dict", "sphinx-5.1.1.dist-info/METADATA"),
    }


def test_what_was_compiled_once_is_not_compiled_again(
    source: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    tar, told = tmp_path / "base-abcd.tar", list[float]()
    (tmp_path / "empty").mkdir()
    subprocess.run(("tar", "-cf", tar, "-C", tmp_path / "empty", "."), check=True)
    calls: list[Path] = []

    def build(of: Path, _workshop: Path, to: Path) -> None:
        calls.append(of)
        to.mkdir()

    monkeypatch.setattr(compiled, "build", build)
    first = compiled.made([source], tar, tmp_path, told.append)
    assert compiled.made([source], tar, tmp_path, told.append) == first
    assert (calls, told) == ([source], [1.0, 1.0])
    source.write_bytes(b"another source")
    assert compiled.made([source], tar, tmp_path, told.append) != first


def test_a_source_without_a_module_is_refused(source: Path, tmp_path: Path) -> None:
    def nothing(_workshop: Path, *_command: str) -> str:
        return ""

    with pytest.raises(BuildError, match="no module"):
        compiled.build(source, tmp_path / "workshop", tmp_path / "out", nothing)


LOCKED = """\
# from somewhere
numpy==2.4.6 ; python_full_version < "3.12" \\
    --hash=sha256:old
    # via spoq
numpy==2.5.5 ; python_full_version >= "3.12" \\
    --hash=sha256:new
simd==1.0 ; platform_machine == "x86_64" \\
    --hash=sha256:other
rich==15.0 \\
    --hash=sha256:any
"""


def test_conditions_are_the_targets_and_not_this_machines() -> None:
    held = environment.holding(LOCKED, TARGET, targets.suite("noble"))
    assert re.findall(r"^\w+==\S+|sha256:\w+", held, re.MULTILINE) == [
        *("numpy==2.5.5", "sha256:new", "rich==15.0", "sha256:any")
    ]
    assert ";" not in held


def test_the_builder_and_this_test_agree_on_what_the_target_needs() -> None:
    held = environment.holding((ROOT / "requirements.lock").read_text(), TARGET, targets.suite("noble"))
    found = dict(re.findall(r"^([a-z0-9._-]+)==(\S+)", held, re.MULTILINE))
    assert found == {pin.name: str(pin.version) for pin in HOLDING}


def test_pip_is_asked_for_this_python_and_the_source_of_what_has_no_wheel() -> None:
    lock = ROOT / "requirements.lock"
    (source,) = environment.sources(TARGET, targets.suite(TARGET.suite), lock, Path("/wheels"))
    assert re.fullmatch(r"/wheels/pocketsphinx-[\d.]+\.tar\.gz", str(source))
    assert environment.sources(targets.read("qemu-arm64"), targets.suite("bookworm"), lock, Path("/wheels")) == ()


def test_what_no_box_uses_is_not_in_its_environment(tmp_path: Path) -> None:
    used = ("moonshine_voice/assets/tiny-en/encoder_model.ort", "numpy/testing/__init__.py", "onnxruntime/capi/x.so")
    unused = ("moonshine_voice/libmoonshine.so", "moonshine_voice.libs/x.so", "numpy/linalg/tests/test_x.py")
    for name in (*used, *unused):
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).touch()
    environment.trim(tmp_path)
    assert sorted(str(path.relative_to(tmp_path)) for path in tmp_path.rglob("*") if path.is_file()) == sorted(used)
