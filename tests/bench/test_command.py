"""`spoq bench`: where its figures go."""

import json
from pathlib import Path
from typing import Any

import pytest

from bench import image
from cli.main import main

MEASURED: dict[str, Any] = {"root_mb": 306, "boot_cpu_ratio": 1.25, "idle_writes_mb_per_day": 12.5}


@pytest.fixture(autouse=True)
def measured(monkeypatch: pytest.MonkeyPatch) -> None:
    async def run(plan: image.Plan, progress: image.Progress) -> dict[str, Any]:
        return MEASURED

    monkeypatch.setattr(image, "run", run)


def test_the_output_is_the_json_and_the_table_stands_beside_it(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["bench", "image", "--json"]) == 0
    said = capsys.readouterr()
    assert json.loads(said.out) == MEASURED
    assert "root_mb" in said.err


def test_a_file_gets_the_json_and_the_output_the_table(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    file = tmp_path / "new/image.json"
    assert main(["bench", "image", "--json", str(file)]) == 0
    assert json.loads(file.read_text()) == MEASURED
    assert "root_mb" in capsys.readouterr().out
