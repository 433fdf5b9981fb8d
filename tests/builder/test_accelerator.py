"""KVM is believed once a machine has run with it: the same trial with emulation, and with what is no QEMU."""

from pathlib import Path

import pytest

from builder import accelerator, boot


def test_a_machine_that_runs_says_its_word() -> None:
    assert accelerator.works("tcg", within_s=60.0)


@pytest.mark.parametrize("program", ["exec sleep 60", "exit 1"], ids=["hangs", "refuses"])
def test_one_that_hangs_or_is_refused_does_not(program: str, tmp_path: Path) -> None:
    stand_in = tmp_path / "qemu"
    stand_in.write_text(f"#!/bin/sh\n{program}\n")
    stand_in.chmod(0o755)
    assert not accelerator.works("kvm", str(stand_in), within_s=0.5)


@pytest.mark.parametrize(("name", "said"), [("kvm", "with KVM."), (accelerator.EMULATION, "with software emulation")])
def test_it_says_which(name: str, said: str, capsys: pytest.CaptureFixture[str]) -> None:
    boot._say(name, Path("build/machines/toy"), (7767, 7768))
    told = capsys.readouterr().out
    assert said in told
    assert "spoq phone pair --at 127.0.0.1" in told
    boot._say(name, Path("build/machines/toy"), (7768,))
    assert "can't be reached" in capsys.readouterr().out
