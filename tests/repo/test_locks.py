"""The lock files: every package with its hashes, and a whole set for each Python and machine that a box may have."""

import json
import re
from importlib import metadata

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

from tests.repo.repository import LOCKS, ROOT, pins, project, required

ENVIRONMENTS = [
    {
        "python_version": python,
        "python_full_version": f"{python}.1",
        "platform_machine": machine,
        "sys_platform": "linux",
        "platform_system": "Linux",
        "os_name": "posix",
        "implementation_name": "cpython",
        "platform_python_implementation": "CPython",
        "extra": "",
    }
    for python in ("3.11", "3.12")
    for machine in ("x86_64", "aarch64")
]
EXTRAS_OF = {"requirements.lock": (), "requirements-dev.lock": ("dev", "factory", "bluetooth")}


@pytest.mark.parametrize("lock", LOCKS)
def test_every_package_has_hashes(lock: str) -> None:
    assert pins(lock)
    assert [pin.name for pin in pins(lock) if not pin.hashes] == []


@pytest.mark.parametrize("lock", LOCKS)
def test_no_package_index_is_named(lock: str) -> None:
    text = (ROOT / lock).read_text()
    assert re.findall(r"(?m)^\s*--(?!hash)\S*|\w+://\S+| @ \S+", text) == []


@pytest.mark.parametrize("environment", ENVIRONMENTS, ids=lambda e: f"{e['python_version']}-{e['platform_machine']}")
@pytest.mark.parametrize("lock", LOCKS)
def test_it_is_a_whole_set_everywhere(lock: str, environment: dict[str, str]) -> None:
    """One version of each package, which is what pyproject.toml and every other package asks for."""
    holding = [pin for pin in pins(lock) if pin.holds(environment)]
    versions = {pin.name: pin.version for pin in holding}
    assert len(versions) == len(holding), "two versions of one package"
    asked = dict.fromkeys(required(*EXTRAS_OF[lock]), "pyproject.toml")
    for name, version in versions.items():
        for requirement, extras in _asked_by(name, str(version)):
            if not extras:
                asked[requirement] = name
    for requirement, by in asked.items():
        if requirement.marker is not None and not requirement.marker.evaluate(environment):
            continue
        name = canonicalize_name(requirement.name)
        if name in _overridden():
            continue
        assert name in versions, f"{by} needs {requirement}"
        assert requirement.specifier.contains(versions[name], prereleases=True), f"{by} needs {requirement}"


def _asked_by(name: str, version: str) -> list[tuple[Requirement, bool]]:
    """What a package requires, and whether only for an extra of it; nothing is known of one that is not installed."""
    try:
        distribution = metadata.distribution(name)
    except metadata.PackageNotFoundError:
        return []
    if distribution.version != version:
        return []
    requirements = [Requirement(text) for text in distribution.requires or ()]
    return [(each, "extra" in str(each.marker or "")) for each in requirements]


def _overridden() -> set[str]:
    """What we leave out though a package asks for it."""
    overrides = [Requirement(text) for text in project()["tool"]["uv"]["override-dependencies"]]
    return {canonicalize_name(each.name) for each in overrides if "never" in str(each.marker)}


def test_an_image_and_development_have_the_same_versions() -> None:
    development = {(pin.name, pin.version) for pin in pins("requirements-dev.lock")}
    assert {(pin.name, pin.version) for pin in pins("requirements.lock")} <= development


def test_what_overwrites_another_package_is_never_locked_beside_it() -> None:
    for lock in LOCKS:
        names = {pin.name for pin in pins(lock)}
        assert not {"onnxruntime", "onnxruntime-gpu"} <= names
        assert not {"webrtcvad", "webrtcvad-wheels"} <= names


def test_npm_packages_have_one_version_and_hashes_and_no_address() -> None:
    folder = ROOT / "web/pair"
    asked = json.loads((folder / "package.json").read_text())
    wanted = asked["dependencies"] | asked["devDependencies"]
    locked = json.loads((folder / "package-lock.json").read_text())["packages"]
    assert {name: locked[f"node_modules/{name}"]["version"] for name in wanted} == wanted
    packages = [each for path, each in locked.items() if path]
    assert [each for each in packages if "resolved" in each or not each["integrity"].startswith("sha512-")] == []
