"""A computer in front of a box that is not what it should be: it is told, and nothing is kept."""

import pytest
from aiohttp.test_utils import TestServer

from pairing.errors import PairingError
from phone import pairing
from phone.errors import PhoneError
from phone.network import Network
from tests.fakes.odd_box import NAMES, OddBox
from tests.pairing.visitors import CODE, SERIAL


@pytest.mark.parametrize("fault", NAMES)
async def test_it_ends_with_the_name_of_what_is_wrong(
    fault: str, tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SPOQ_PHONE", str(tmp_path_factory.mktemp("phone")))
    async with TestServer(OddBox(fault).application()) as server:
        assert server.port is not None
        with pytest.raises((PairingError, PhoneError)) as caught:
            await pairing.pair(Network("127.0.0.1", server.port), CODE, SERIAL, "computer", lambda _: None)
    assert type(caught.value).__name__ == NAMES[fault]
