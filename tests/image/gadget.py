"""The box as any program sees it that speaks Improv Wi-Fi by Bluetooth LE."""

import asyncio

from builder.radio import Gatt
from pairing import improv
from pairing.improv import Error, Rpc, State, framed, parsed, strings

SOON_S = 60.0


class Gadget:
    """Behind one connection; `listen` first."""

    def __init__(self, radio: Gatt) -> None:
        self._radio = radio
        self._changed, self._answered = asyncio.Event(), asyncio.Event()

    async def listen(self) -> None:
        await self._radio.listen(improv.STATE, self._changed.set)
        await self._radio.listen(improv.RESULT, self._answered.set)

    async def state(self) -> State:
        return State((await self._radio.read(improv.STATE))[0])

    async def error(self) -> Error:
        return Error((await self._radio.read(improv.ERROR))[0])

    async def until(self, state: State) -> None:
        """It says so; whatever it says on the way. Raises TimeoutError."""
        async with asyncio.timeout(SOON_S):
            while await self.state() is not state:
                self._changed.clear()
                await self._changed.wait()

    async def ask(self, command: Rpc) -> list[bytes]:
        """What it answers. Raises TimeoutError."""
        await self._radio.write(improv.COMMAND, framed(command, b""))
        return await self.result(command)

    async def tell(self, ssid: bytes, password: bytes) -> None:
        """Join this network; returns when it tries."""
        data = bytes((len(ssid),)) + ssid + bytes((len(password),)) + password
        await self._radio.write(improv.COMMAND, framed(Rpc.WIFI, data))
        await self.until(State.PROVISIONING)

    async def result(self, command: Rpc = Rpc.WIFI) -> list[bytes]:
        async with asyncio.timeout(SOON_S):
            await self._answered.wait()
        self._answered.clear()
        number, data = parsed(await self._radio.read(improv.RESULT))
        assert number == command
        return strings(data)
