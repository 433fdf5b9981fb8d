"""What drivers print is not shown; what ends the process is."""

import subprocess
import sys

CODE = """
import os
from audio.soundcard import keep_drivers_quiet
keep_drivers_quiet()
os.write(2, b"pages of what was tried")
os.abort()
"""


def test_an_abort_in_a_driver_says_where_it_was() -> None:
    told = subprocess.run(
        [sys.executable, "-X", "faulthandler", "-c", CODE], capture_output=True, text=True, check=False
    )
    assert "Fatal Python error: Aborted" in told.stderr
    assert "pages" not in told.stderr
