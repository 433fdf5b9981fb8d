"""This computer's Bluetooth finds a box that waits to be paired, and is a way to it.

The only module that knows bleak, which is installed on request: imported only where somebody asks for Bluetooth. bleak
waits without an end for what the system does, so that everything has its deadline here.
"""

import asyncio
from collections.abc import Callable, Coroutine, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from typing import Any

from bleak import BleakClient, BleakScanner
from bleak.backends.characteristic import BleakGATTCharacteristic
from bleak.backends.device import BLEDevice
from bleak.backends.scanner import AdvertisementData
from bleak.exc import (
    BleakBluetoothNotAvailableError,
    BleakBluetoothNotAvailableReason,
    BleakGATTProtocolError,
)

from pairing import gatt
from pairing.device_side import DeviceSide, Wishes
from pairing.errors import PairingError
from pairing.serial import Serial
from phone.bluetooth import converse
from phone.errors import Denied, NoBluetooth, NotFound, NotReached, PhoneError

BEGIN_S, LOOK_S, OTHERS_S = 15.0, 10.0, 2.0
"""For the computer's Bluetooth to begin or to end, for a box to be seen, and then for others beside it."""
CONNECT_S, LEAVE_S = 45.0, 5.0
TRANSACTION_S = 30.0
"""ATT's own patience, after which a connection is of no use any more (Bluetooth Core 5.4, 3.F.3.3.3)."""
MOST_NAME = 32
"""Characters; ours have nine."""
OFF = "This computer's Bluetooth is off. Turn it on, and try again."
FORBIDDEN = "This computer's settings don't let a program use Bluetooth. Allow it for this one, and try again."
NOBODY_THERE = (
    "No box that waits to be paired is in reach by Bluetooth. Is it plugged in, and near? One that has an owner waits "
    "when its button was held for three seconds and let go; its ring shows it."
)
NOT_CONNECTED = "The box was seen, but this computer can't be connected with it by Bluetooth. Go nearer, and try again."
WENT_AWAY = "The Bluetooth connection to the box has ended. Go nearer, and try again."
NOT_TAKEN = "The box does not take that by Bluetooth just now. Try again in a minute."


@dataclass(frozen=True)
class Seen:
    """A box, what it is called where it says so, and its address; a computer of Apple's has one of its own for it."""

    name: str
    address: str
    device: BLEDevice


async def the_only(serial: Serial | None, address: str | None) -> Seen:
    """The box with this serial, or address; without one the only box. Raises NotFound or NoBluetooth."""
    found = [each for each in await _boxes(serial, address) if _fits(each, serial, address)]
    if len(found) > 1:
        names = ", ".join(f"{each.name or 'a box'} ({each.address})" for each in found)
        raise NotFound(f"There are several: {names}. Say which: --at ADDRESS.")
    if not found:
        raise NotFound(NOBODY_THERE)
    return found[0]


async def _boxes(serial: Serial | None, address: str | None) -> list[Seen]:
    """Those that were seen until one that fits was, and a little longer. Raises NoBluetooth."""
    seen: dict[str, Seen] = {}
    there = asyncio.Event()

    def on_advertisement(device: BLEDevice, told: AdvertisementData) -> None:
        # The name comes separately, and not every time.
        known = seen.get(device.address)
        # Anybody may advertise anything, and it is printed.
        name = "".join(filter(str.isprintable, told.local_name or ""))[:MOST_NAME]
        each = Seen(name or (known.name if known else ""), device.address, device)
        seen[device.address] = each
        if _fits(each, serial, address):
            there.set()

    scanner = BleakScanner(on_advertisement, [gatt.SERVICE])
    try:
        with _no_bluetooth():
            async with asyncio.timeout(BEGIN_S):
                await scanner.start()
        with suppress(TimeoutError):
            async with asyncio.timeout(LOOK_S):
                await there.wait()
            await asyncio.sleep(OTHERS_S)
    finally:
        # What was seen is not worth less where the end of it fails.
        with suppress(Exception):
            async with asyncio.timeout(BEGIN_S):
                await scanner.stop()
    return list(seen.values())


def _fits(seen: Seen, serial: Serial | None, address: str | None) -> bool:
    if address is not None and seen.address.casefold() != address.casefold():
        return False
    # Some systems have the name of the box's own Bluetooth, which is its host name: the same in small letters.
    return serial is None or seen.name.casefold() == serial.bluetooth_name.casefold()


class Radio:
    """To a box that was seen."""

    address = ""

    def __init__(self, seen: Seen) -> None:
        self._device = seen.device

    async def converse(self, side: DeviceSide, wishes: Wishes) -> None:
        """The whole run, and the wishes of a side that stays.

        Raises RunFailed or NotNow as the box or this side says, NotReached, Denied, and what the wishes raise.
        """
        gone = asyncio.Event()
        client = BleakClient(self._device, lambda _client: gone.set(), [gatt.SERVICE], timeout=CONNECT_S)
        try:
            with _ours(NotReached(NOT_CONNECTED)):
                async with asyncio.timeout(CONNECT_S):
                    await client.connect()
                connection = _Connection(client)
            # Attempts of bleak's before this one ended, too.
            gone.clear()
            await _unless(gone, converse(connection, side, wishes))
        finally:
            with suppress(Exception):
                async with asyncio.timeout(LEAVE_S):
                    await client.disconnect()


async def _unless(gone: asyncio.Event, work: Coroutine[Any, Any, None]) -> None:
    """As the work ends. Raises NotReached: the box is gone before."""
    working, going = asyncio.create_task(work), asyncio.create_task(gone.wait())
    try:
        await asyncio.wait({working, going}, return_when=asyncio.FIRST_COMPLETED)
        if not working.done():
            raise NotReached(WENT_AWAY)
        working.result()
    finally:
        working.cancel()
        going.cancel()
        await asyncio.gather(working, going, return_exceptions=True)


class _Connection:
    """As `converse` wants it. Its methods raise NotReached or Denied."""

    def __init__(self, client: BleakClient) -> None:
        """Raises as bleak does, or NotReached."""
        self._client = client
        # `mtu_size` is 23 with BlueZ, whatever was agreed on. What fits in one packet BlueZ tells of each
        # characteristic, and 20 where it is older than 5.62; nothing is written in more than one packet.
        self.mtu = self._found(gatt.TO_BOX).max_write_without_response_size + gatt.OF_PROTOCOL

    async def write(self, characteristic: str, value: bytes) -> None:
        with _ours(NotReached(WENT_AWAY)):
            async with asyncio.timeout(TRANSACTION_S):
                await self._client.write_gatt_char(self._found(characteristic), value, response=True)

    async def read(self, characteristic: str) -> bytes:
        with _ours(NotReached(WENT_AWAY)):
            async with asyncio.timeout(TRANSACTION_S):
                return bytes(await self._client.read_gatt_char(self._found(characteristic)))

    async def listen(self, characteristic: str, heard: Callable[[], None]) -> None:
        with _ours(NotReached(WENT_AWAY)):
            async with asyncio.timeout(TRANSACTION_S):
                await self._client.start_notify(self._found(characteristic), lambda _which, _value: heard())

    def _found(self, characteristic: str) -> BleakGATTCharacteristic:
        found = self._client.services.get_characteristic(characteristic)
        if found is None:
            raise NotReached("What answers by Bluetooth is no box, or one that is too new for this computer.")
        return found


@contextmanager
def _ours(ours: PhoneError) -> Iterator[None]:
    """bleak has errors of its own for each system, and lets through those of its parts: they are this one."""
    try:
        yield
    except (PairingError, PhoneError):
        raise
    except BleakGATTProtocolError as error:
        raise Denied(NOT_TAKEN) from error
    except Exception as error:
        raise ours from error


@contextmanager
def _no_bluetooth() -> Iterator[None]:
    reasons = BleakBluetoothNotAvailableReason
    words = {reasons.POWERED_OFF: OFF, reasons.DENIED_BY_USER: FORBIDDEN, reasons.DENIED_BY_SYSTEM: FORBIDDEN}
    try:
        yield
    except BleakBluetoothNotAvailableError as error:
        raise NoBluetooth(words.get(error.reason, "")) from error
    except Exception as error:
        raise NoBluetooth from error
