"""nats-py without aiohttp, which only its websockets use: nobody speaks those here, and it costs each process 8 MB and
0.1 s to import. Whoever else needs aiohttp gets it."""

import sys

_aiohttp = sys.modules.get("aiohttp")
# An import of it fails now, which nats-py takes for "not installed".
sys.modules["aiohttp"] = None  # type: ignore[assignment]
try:
    from nats import errors
    from nats.aio.client import Client
    from nats.aio.msg import Msg
finally:
    del sys.modules["aiohttp"]
    if _aiohttp is not None:
        sys.modules["aiohttp"] = _aiohttp

__all__ = ["Client", "Msg", "errors"]
