"""What stays wrong is on the ring until it is right again."""

import asyncio
from pathlib import Path

import pytest

from hardware import attention
from hardware.attention import Attention
from tests.fakes.fast_time import settled


async def test_it_comes_and_goes_with_its_signs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(attention, "LOOK_S", 0.0)
    failed, fault = tmp_path / "failed", tmp_path / "data-fault"
    failed.mkdir()
    wishes: asyncio.Queue[str] = asyncio.Queue()
    running = asyncio.create_task(Attention(wishes.put_nowait, (failed, fault)).run())
    (failed / "spoq-audiod").touch()
    assert await wishes.get() == "attention"
    fault.write_text("The data is locked.")
    (failed / "spoq-audiod").unlink()
    await settled()
    assert wishes.empty()
    fault.unlink()
    assert await wishes.get() == ""
    running.cancel()
