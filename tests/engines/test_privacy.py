"""Nothing leaves the box: not even that a model was opened.

onnxruntime's wheels for Linux send events to their maker unless they are told not to, before they are imported.
"""

import os
import subprocess
import sys
from pathlib import Path

import pytest

OPENS_A_WAKE_WORD = """
from audio.config import WakeConfig
from audio.wakeword import OpenWakeWord
OpenWakeWord(WakeConfig().words)
"""
OPENS_A_SESSION = """
from engines.session import open_session, packaged
open_session(packaged("openwakeword", "resources/models/embedding_model.onnx"))
"""


def written_by(program: str, home: Path) -> list[str]:
    """What a Python program leaves in its home folder."""
    kept = {name: value for name, value in os.environ.items() if name != "ORT_DISABLE_TELEMETRY"}
    environment = {**kept, "HOME": str(home), "XDG_CACHE_HOME": str(home / ".cache")}
    subprocess.run((sys.executable, "-c", program), env=environment, check=True, capture_output=True, timeout=60)
    return [str(path.relative_to(home)) for path in home.rglob("*") if path.is_file()]


@pytest.mark.parametrize("program", [OPENS_A_WAKE_WORD, OPENS_A_SESSION], ids=["wake word", "session"])
def test_opening_a_model_leaves_no_trace_of_telemetry(program: str, tmp_path: Path) -> None:
    assert written_by(program, tmp_path) == []


@pytest.mark.parametrize(
    "daemon", ["audiod", "inferenced", "conductord", "hardwared", "pairingd", "identityd", "gatewayd"]
)
def test_every_daemon_has_it_off_before_it_opens_anything(daemon: str) -> None:
    program = f"""
import sys
import daemons.{daemon}
import os
assert "onnxruntime" not in sys.modules or os.environ["ORT_DISABLE_TELEMETRY"] == "1"
"""
    subprocess.run((sys.executable, "-c", program), check=True, capture_output=True, timeout=60)
