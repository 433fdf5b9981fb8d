"""One set of factory data for all tests that only look at it: making one takes a tenth of a second."""

import random

import pytest

from pairing import factory, label
from pairing.factory import New
from pairing.label import Label


@pytest.fixture(scope="session")
def new() -> New:
    """As a factory makes them."""
    return factory.make(random.Random(7).randbytes, keep_code=False)


@pytest.fixture(scope="session")
def printed(new: New) -> Label:
    """Their label."""
    return label.of(new.data, new.code)
