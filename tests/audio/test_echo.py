"""What WebRTC's audio processing does to the process that uses it."""

import subprocess
import sys

HEARD = """
import logging, sys, threading
logging.basicConfig(level=1)
%s
from livekit import rtc
heard = threading.Event()
logging.getLogger("livekit").addFilter(lambda record: heard.set() or True)
module = rtc.AudioProcessingModule(echo_cancellation=True)
print(heard.wait(1))
"""


def foreign_thread_runs_python(before: str) -> bool:
    code = HEARD % before
    environment = {"LIVEKIT_RTC_DEBUG": "1"}
    ran = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, env=environment, check=True)
    return ran.stdout.strip() == "True"


def test_no_thread_of_the_library_runs_python() -> None:
    """One that does so while the interpreter ends aborts the process: a daemon that was stopped would have crashed."""
    assert foreign_thread_runs_python("")
    assert not foreign_thread_runs_python("import audio.echo")
