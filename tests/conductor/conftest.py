"""Stories of the conductor run on time that passes at once; a module with `REAL_TIME = True` keeps the real one."""

import asyncio
from collections.abc import Callable, Mapping

import pytest

from tests.fakes.fast_time import FastLoop


def pytest_asyncio_loop_factories(
    config: pytest.Config, item: pytest.Item
) -> Mapping[str, Callable[[], asyncio.AbstractEventLoop]]:
    """Which event loop the test runs on."""
    module = item.getparent(pytest.Module)
    real = module is not None and getattr(module.obj, "REAL_TIME", False)
    return {"real": asyncio.new_event_loop} if real else {"fast": FastLoop}
