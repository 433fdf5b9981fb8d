"""Programs of another processor run, or the build says before it begins what is missing."""

import subprocess
from pathlib import Path

import pytest

from builder import foreign
from builder.errors import MissingTools


class Kernel:
    """Knows an architecture from the time on that it is told of it, where it listens at all."""

    def __init__(self, listens: bool) -> None:
        self.listens = listens
        self.known = {"amd64"}
        self.mounted = False

    def run(self, command: tuple[str, ...], **_: object) -> subprocess.CompletedProcess[str]:
        code = 0
        match command:
            case ("arch-test", architecture):
                code = 0 if architecture in self.known else 1
            case ("mount", *_):
                self.mounted = True
            case (foreign.TELL, "qemu-aarch64.conf") if self.listens and self.mounted:
                self.known.add("arm64")
        return subprocess.CompletedProcess(command, code, "", "")


@pytest.fixture
def kernel(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Kernel:
    kernel = Kernel(request.param)
    monkeypatch.setattr(subprocess, "run", kernel.run)
    monkeypatch.setattr(foreign, "KNOWN", tmp_path)
    return kernel


@pytest.mark.parametrize("kernel", [False], indirect=True)
def test_the_machines_own_programs_need_nothing(kernel: Kernel) -> None:
    foreign.prepare("amd64")
    assert not kernel.mounted


@pytest.mark.parametrize("kernel", [True], indirect=True)
def test_a_kernel_that_knows_no_other_processor_is_told_of_it(kernel: Kernel) -> None:
    foreign.prepare("arm64")
    assert kernel.known == {"amd64", "arm64"}


@pytest.mark.parametrize("kernel", [False], indirect=True)
def test_a_kernel_that_does_not_listen_is_named(kernel: Kernel) -> None:
    with pytest.raises(MissingTools, match="does not run programs for arm64"):
        foreign.prepare("arm64")
