"""The pairing benchmark measures real daemons: strangers end nothing, and whoever is honest pairs after them."""

import random

from bench import pairing
from bench.pairing import Plan
from bench.targets import unmet
from pairing import messages
from pairing.errors import Malformed
from pairing.messages_pb2 import Parcel


async def test_strangers_end_nothing_and_an_honest_computer_pairs_after_them() -> None:
    plan = Plan(exchanges=2, pairings=1, frames=30, cuts=10, parts=("pake", "port", "strangers"))
    measured = await pairing.run(plan, lambda *_: None)
    assert (measured["strangers"]["crashes"], measured["strangers"]["honest_after"]) == (0, 1)
    assert measured["port"]["messages"] == 9
    assert measured["pake"]["exchanges"] == 2
    assert "strangers.crashes" not in unmet(measured, pairing.TARGETS)


def test_what_strangers_send_is_nonsense_most_of_the_time() -> None:
    dice, refused = random.Random(7), 0
    for _ in range(200):
        try:
            [messages.from_device(each) for each in Parcel.FromString(pairing._malformed(dice)).messages]
        except (Malformed, ValueError):
            refused += 1
        except Exception as error:
            assert type(error).__name__ == "DecodeError"  # noqa: PT017
            refused += 1
    assert refused > 100
