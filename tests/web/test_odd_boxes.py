"""A device in TypeScript before boxes that are not what they should be, or say no: what comes of it has one name."""

import asyncio
import json
from typing import Any

import pytest
from aiohttp.test_utils import TestServer

from pairing import messages_pb2 as pb
from pairing import refusals
from tests.fakes.odd_box import BODIES, FAULTS, NAMES, WHOLE, OddBox
from tests.pairing.visitors import CODE, OWNERS_KEY
from tests.web.node import program, ran

OF_A_PAGE = NAMES | {"elsewhere": "NotReached", "another_key": "WrongKey"}


async def meets(box: OddBox) -> Any:
    """What comes of it for a device with the right code."""
    async with TestServer(box.application()) as server:
        address = str(server.make_url("/"))
        return json.loads(await asyncio.to_thread(ran, "node", program("device"), address, CODE.digits))


async def test_a_box_as_it_should_be_pairs() -> None:
    box = OddBox()
    met = await meets(box)
    assert (met["outcome"], met["recovery_key"], box.world.known) == ("paired", OWNERS_KEY, ["Anna's phone"])


@pytest.mark.parametrize(("fault", "outcome"), OF_A_PAGE.items())
async def test_what_is_odd_ends_it_before_the_box_knows_the_device(fault: str, outcome: str) -> None:
    box = OddBox(fault)
    met = await meets(box)
    assert (met["outcome"], met["recovery_key"], box.world.known) == (outcome, "", [])


def test_every_fault_is_met() -> None:
    assert set(OF_A_PAGE) == {*FAULTS, *BODIES, *WHOLE, "another_key"}


@pytest.mark.parametrize("reason", [*pb.Reason.values(), 99])
async def test_a_refusal_has_the_same_name_here_as_in_python(reason: int) -> None:
    refusal = pb.Refusal()
    refusal.ParseFromString(bytes((8, reason, 16, 7)))
    met = await meets(OddBox(refusal=refusal))
    error = refusals.error(refusal)
    assert (met["outcome"], met["seconds"]) == (type(error).__name__, getattr(error, "seconds", 0))
