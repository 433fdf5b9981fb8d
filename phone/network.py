"""A computer pairs with a box by requests to its set-up port, as docs/pairing.md says."""

import secrets
from contextlib import suppress

from aiohttp import ClientError, ClientSession, ClientTimeout
from google.protobuf.message import DecodeError

from pairing import messages_pb2 as pb
from pairing.device_side import DeviceSide, Wishes
from pairing.errors import Malformed, NotNow, RunFailed
from pairing.port import KIND
from phone.errors import Denied, NotReached

ANSWER_S = 75.0
"""For one answer, that a network was joined for example."""
NOBODY_THERE = (
    "No box waits there to be paired. Is it plugged in, and in this network? One that has an owner waits when its "
    "button was held for three seconds and let go; its ring shows it."
)


class Network:
    """To the box at this address."""

    def __init__(self, address: str, port: int) -> None:
        self.address = address
        host = f"[{address}]" if ":" in address else address
        self._url = f"http://{host}:{port}/pair/{secrets.token_hex(16)}"

    async def converse(self, side: DeviceSide, wishes: Wishes) -> None:
        """The whole run, and the wishes of a side that stays.

        Raises RunFailed or NotNow as the box or this side says, NotReached, Denied, and what the wishes raise.
        """
        async with ClientSession(timeout=ClientTimeout(total=ANSWER_S), trust_env=False) as http:
            try:
                await self._converse(http, side, wishes)
            except (RunFailed, NotNow):
                await self._give_up(http)
                raise

    async def _converse(self, http: ClientSession, side: DeviceSide, wishes: Wishes) -> None:
        waiting = [side.first]
        while waiting:
            answers = await self._ask(http, waiting)
            waiting = [each for answer in answers for each in side.take(answer)]
            if side.asks:
                waiting = [wishes(side)]
        if not side.over:
            raise Malformed

    async def _ask(self, http: ClientSession, messages: list[bytes]) -> list[bytes]:
        """Raises NotReached, Denied, or Malformed."""
        body = pb.Parcel(messages=messages).SerializeToString()
        headers = {"Content-Type": KIND}
        try:
            async with http.post(self._url, data=body, headers=headers, allow_redirects=False) as response:
                content = await response.read()
        except (ClientError, TimeoutError, OSError) as error:
            raise NotReached(NOBODY_THERE) from error
        if response.status != 200:
            raise Denied(content.decode(errors="replace")[:200] or f"The box answers {response.status}.")
        try:
            return list(pb.Parcel.FromString(content).messages)
        except DecodeError as error:
            raise Malformed from error

    async def _give_up(self, http: ClientSession) -> None:
        """So that the box waits no longer for this attempt: whoever mistyped begins anew at once."""
        with suppress(ClientError, TimeoutError, OSError):
            async with http.delete(self._url, headers={"Content-Type": KIND}, allow_redirects=False):
                pass
