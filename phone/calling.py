"""A paired device calls its box: HTTPS with its certificate, at home. docs/gateway.md has the requests."""

import asyncio
import json
import ssl
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager, suppress
from types import TracebackType
from typing import Any, Self

from aiohttp import ClientError, ClientResponse, ClientSession, ClientTimeout
from yarl import URL

from gateway.config import PORT
from identity.records import BOX_NAME
from pairing import serial as serials
from phone import finding
from phone.errors import Denied, NotFound, NotPaired, NotReached, PhoneError
from phone.keeping import Kept

CONNECT_S, ANSWER_S = 3.0, 80.0
READY_S, READY_EVERY_S = 60.0, 0.5
EVENT, DATA = b"event: ", b"data: "
NO_LONGER = "The box does not know this computer any more. Pair it again."


class Calling:
    """An asynchronous context. `at`: where the box is, where somebody knows better than what it said itself."""

    def __init__(self, kept: Kept, at: tuple[str, int] | None = None) -> None:
        self._kept, self._at = kept, at
        self._box = kept.box()
        try:
            self._context = ssl.create_default_context(ssl.Purpose.SERVER_AUTH, cafile=str(kept.authority))
            self._context.minimum_version = ssl.TLSVersion.TLSv1_3
            self._context.load_cert_chain(kept.device)
        except (OSError, ValueError) as error:
            raise PhoneError(f"What this computer keeps of the box in {kept.folder} is damaged. Pair again.") from error
        self._http: ClientSession

    async def __aenter__(self) -> Self:
        timeout = ClientTimeout(total=ANSWER_S, sock_connect=CONNECT_S)
        self._http = ClientSession(timeout=timeout, trust_env=False)
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        await self._http.close()

    async def ask(self, method: str, path: str, body: Mapping[str, Any] | None = None) -> Mapping[str, Any]:
        """What the box answers. Raises Denied, NotPaired, or NotReached."""
        async with self._response(method, path, body) as response:
            return await _document(response)

    async def until_answered(self) -> None:
        """The box has just let this device in, and starts what answers it. Raises NotReached: it takes too long."""
        try:
            async with asyncio.timeout(READY_S):
                while True:
                    with suppress(NotReached):
                        await self.ask("GET", "/v1/status")
                        return
                    await asyncio.sleep(READY_EVERY_S)
        except TimeoutError as error:
            raise NotReached from error

    async def events(self) -> AsyncIterator[tuple[str, Mapping[str, Any]]]:
        """What happens, until the box or the caller ends it. Raises as `ask` does."""
        async with self._response("GET", "/v1/events", None, ClientTimeout(sock_connect=CONNECT_S)) as response:
            if response.status != 200:
                await _document(response)
            event = ""
            try:
                async for line in response.content:
                    if line.startswith(EVENT):
                        event = line.removeprefix(EVENT).decode().strip()
                    elif line.startswith(DATA):
                        yield event, json.loads(line.removeprefix(DATA))
                    elif line.startswith(b":"):
                        yield "", {}
            except (ClientError, OSError) as error:
                raise NotReached from error

    @asynccontextmanager
    async def _response(
        self, method: str, path: str, body: Mapping[str, Any] | None, timeout: ClientTimeout | None = None
    ) -> AsyncIterator[ClientResponse]:
        address, port = await self._where()
        url = URL.build(scheme="https", host=address, port=port).join(URL(path))
        try:
            response = await self._http.request(
                method,
                url,
                json=body,
                ssl=self._context,
                server_hostname=BOX_NAME,
                timeout=timeout or self._http.timeout,
            )
        except (ClientError, TimeoutError, OSError) as error:
            raise NotReached from error
        async with response:
            yield response

    async def _where(self) -> tuple[str, int]:
        """The first place where the box answers. Raises NotReached."""
        if self._at is not None:
            return self._at
        for address in self._box.addresses:
            if await self._answers(address, PORT):
                self._at = address, PORT
                return self._at
        try:
            found = await finding.the_only(finding.SERVES, serials.parse(self._box.serial).host_name)
        except NotFound as error:
            raise NotReached from error
        self._at = found.address, found.port
        return self._at

    async def _answers(self, address: str, port: int) -> bool:
        """Whether that is our box: others may have its address by now."""
        url = URL.build(scheme="https", host=address, port=port, path="/v1/status")
        try:
            async with self._http.get(
                url, ssl=self._context, server_hostname=BOX_NAME, timeout=ClientTimeout(total=CONNECT_S)
            ):
                return True
        except (ClientError, TimeoutError, OSError):
            return False


async def _document(response: ClientResponse) -> Mapping[str, Any]:
    """Raises NotReached, NotPaired, or Denied."""
    try:
        found = json.loads(await response.read() or b"{}")
    except (ClientError, TimeoutError, OSError, ValueError) as error:
        raise NotReached from error
    if response.status < 300:
        return dict(found)
    refused = found.get("error", {})
    if refused.get("code") == "not_paired":
        raise NotPaired(NO_LONGER)
    raise Denied(str(refused.get("message", f"The box answers {response.status}.")))
