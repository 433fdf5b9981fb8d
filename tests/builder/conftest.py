"""What tests of whole builds share: the programs that a build needs, and a small project to build."""

import shutil
import subprocess
from pathlib import Path

import pytest

from builder.target import PROJECT
from tests.fakes.tiny_image import World


@pytest.fixture(scope="session")
def programs(sudo: None) -> None:
    """What a build needs of the distribution is installed."""
    subprocess.run((PROJECT / "tools/setup-image", "qemu-x86-64", "--build-only"), check=True)


@pytest.fixture(scope="session")
def template(programs: None, tmp_path_factory: pytest.TempPathFactory) -> World:
    """A project that nobody changes."""
    return World(tmp_path_factory.mktemp("tiny") / "world").make()


@pytest.fixture
def world(template: World, tmp_path: Path) -> World:
    """A project of the test's own."""
    shutil.copytree(template.folder, tmp_path / "world", symlinks=True)
    return World(tmp_path / "world")
