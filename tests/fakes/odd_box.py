"""A box at a set-up port that pairs, and fails on request, with named faults."""

from collections.abc import Callable, Sequence

from aiohttp import web
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from pairing import messages_pb2 as pb
from pairing.port import KIND
from tests.pairing import visitors
from tests.pairing.visitors import World

Messages = list[pb.FromBox]


def another_version(told: Messages) -> None:
    for each in told:
        if each.HasField("hello"):
            each.hello.version = 2


def another_nonce(told: Messages) -> None:
    """Its own transcript has the one before."""
    for each in told:
        if each.HasField("hello"):
            each.hello.nonce = bytes(32)


def bent_share(told: Messages) -> None:
    for each in told:
        if each.HasField("answer"):
            each.answer.share = each.answer.share[:-1] + bytes((each.answer.share[-1] ^ 1,))


def bent_seal(told: Messages) -> None:
    for each in told:
        if each.HasField("sealed"):
            each.sealed = bytes((each.sealed[0] ^ 1,)) + each.sealed[1:]


def says_twice(told: Messages) -> None:
    told += told


def silent(told: Messages) -> None:
    told.clear()


FAULTS: dict[str, Callable[[Messages], None]] = {
    each.__name__: each for each in (another_version, another_nonce, bent_share, bent_seal, says_twice, silent)
}
BODIES = {"nonsense": b"\xff\xff", "endless": bytes(1 << 20)}
WHOLE = {"breaks": 500, "elsewhere": 307}
NAMES = {
    "another_version": "OtherVersion",
    "another_nonce": "WrongCode",
    "bent_share": "BadShare",
    "bent_seal": "NotSealed",
    "says_twice": "Malformed",
    "silent": "Malformed",
    "nonsense": "Malformed",
    "endless": "Malformed",
    "breaks": "Denied",
    "elsewhere": "Denied",
}
"""What each fault is called by whoever meets it."""


class OddBox:
    """`fault`: one of `FAULTS`, `BODIES` or `WHOLE`, or `another_key`; `refusal`: what it says to everything."""

    def __init__(self, fault: str = "", refusal: pb.Refusal | None = None) -> None:
        self.world = World()
        self._fault, self._refusal = fault, refusal

    def application(self) -> web.Application:
        application = web.Application()
        application.router.add_post("/pair/{visitor}", self._pair)
        return application

    async def _pair(self, request: web.Request) -> web.Response:
        said = pb.Parcel.FromString(await request.read()).messages
        if self._fault in WHOLE:
            return web.Response(status=WHOLE[self._fault], headers={"Location": "/"})
        told = [pb.FromBox.FromString(each) for each in self._heard(request.match_info["visitor"], said)]
        FAULTS.get(self._fault, list)(told)
        parcel = pb.Parcel(messages=[each.SerializeToString() for each in told]).SerializeToString()
        return web.Response(body=BODIES.get(self._fault, parcel), content_type=KIND)

    def _heard(self, visitor: str, said: Sequence[bytes]) -> list[bytes]:
        if self._refusal is not None:
            return [pb.FromBox(refusal=self._refusal).SerializeToString()]
        own = visitors.OF_BOX
        if self._fault == "another_key":
            visitors.OF_BOX = Ed25519PrivateKey.generate()
        try:
            return self.world.hear(visitor, *said)
        finally:
            visitors.OF_BOX = own
