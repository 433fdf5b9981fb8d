"""Opening neural models: which execution provider really starts, with how much memory, and where its caches live.

Importing this package switches onnxruntime's telemetry off, which must happen before onnxruntime itself is imported:
its wheels for Linux make a device id, keep a database of events below ~/.cache, and send them to Microsoft. Whoever
imports a package that brings onnxruntime along imports this one first.
"""

import os

os.environ["ORT_DISABLE_TELEMETRY"] = "1"
