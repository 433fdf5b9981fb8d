"""A virtual radio: the box's controller and phones' are on one link, by Bumble, a Bluetooth stack of its own.

    async with on_air(box) as air:
        phone = await air.phone()
        async with phone.connected(name) as gatt: …

The box's end is a virtual controller of Linux in the box (vhci.py), which reaches this computer over its
network.
"""

import asyncio
import socket
from collections.abc import AsyncIterator, Callable
from contextlib import AsyncExitStack, asynccontextmanager, suppress
from dataclasses import fields
from pathlib import Path

from bumble.controller import Controller
from bumble.core import UUID, AdvertisingData, PhysicalTransport
from bumble.device import Connection, Device, Peer
from bumble.gatt_client import CharacteristicProxy
from bumble.hci import Address, HCI_LE_Connection_Complete_Event, HCI_LE_Enhanced_Connection_Complete_Event, HCI_Packet
from bumble.host import Host
from bumble.link import LocalLink
from bumble.transport.common import AsyncPipeSink
from bumble.transport.tcp_server import open_tcp_server_transport_with_socket

from builder.box import PYTHON, Box
from pairing import gatt

VHCI = Path(__file__).parent / "vhci.py"
MODULES = "algif_hash algif_skcipher cmac ecb ecdh_generic hci_vhci"
"""Without the kernel's cryptography the first controller is dead."""
THIS_COMPUTER = "10.0.2.2"
"""In the network that QEMU makes for the box."""
SEEN_S, LEAVES_S = 60.0, 5.0
DBUS_PORT, PROXY = 7790, "/lib/systemd/systemd-socket-proxyd"


class Link(LocalLink):
    """Bumble's says that all data comes from a controller's random address; BlueZ uses its public one."""

    def send_acl_data(
        self, sender_controller: Controller, destination_address: Address, transport: PhysicalTransport, data: bytes
    ) -> None:
        receiver = self.find_le_controller(destination_address)
        for each in sender_controller.le_connections.values():
            if each.peer_address == destination_address and receiver is not None:
                asyncio.get_running_loop().call_soon(receiver.on_link_acl_data, each.self_address, transport, data)


class KernelsController(Controller):
    """Bumble's tells of connections in the short form, which a host is not told that asks for the long one; and Linux
    waits for that alone. Source: Bluetooth Core 5.4, 4.E.7.7.65.1."""

    def send_hci_packet(self, packet: HCI_Packet) -> None:
        if isinstance(packet, HCI_LE_Connection_Complete_Event):
            told = {each.name: getattr(packet, each.name) for each in fields(packet) if each.init}
            packet = HCI_LE_Enhanced_Connection_Complete_Event(
                **told, local_resolvable_private_address=Address.ANY, peer_resolvable_private_address=Address.ANY
            )
        super().send_hci_packet(packet)


class Gatt:
    """A phone's connection, as `phone/bluetooth.py` wants it."""

    def __init__(self, peer: Peer, mtu: int) -> None:
        self._peer, self._mtu = peer, mtu

    @property
    def mtu(self) -> int:
        return self._mtu

    @property
    def connection(self) -> Connection:
        return self._peer.connection

    async def write(self, characteristic: str, value: bytes) -> None:
        await self._found(characteristic).write_value(value, with_response=True)

    async def read(self, characteristic: str) -> bytes:
        return bytes(await self._found(characteristic).read_value())

    async def listen(self, characteristic: str, heard: Callable[[], None]) -> None:
        await self._found(characteristic).subscribe(lambda _value: heard())

    def _found(self, characteristic: str) -> CharacteristicProxy[bytes]:
        [found] = self._peer.get_characteristics_by_uuid(UUID(characteristic))
        return found


class Phone:
    """A device of Bumble's."""

    def __init__(self, device: Device) -> None:
        self._device = device

    async def see(self, name: str, patience_s: float = SEEN_S, service: str = gatt.SERVICE) -> Address:
        """The box that advertises this service, under this name where it says one. Raises TimeoutError."""
        found: asyncio.Future[Address] = asyncio.get_running_loop().create_future()

        def on_advertisement(seen: object) -> None:
            data: AdvertisingData = seen.data  # type: ignore[attr-defined]
            services = data.get(AdvertisingData.Type.COMPLETE_LIST_OF_128_BIT_SERVICE_CLASS_UUIDS) or []
            named = data.get(AdvertisingData.Type.COMPLETE_LOCAL_NAME)
            if UUID(service) in services and named in (name, None) and not found.done():
                found.set_result(seen.address)  # type: ignore[attr-defined]

        self._device.on("advertisement", on_advertisement)
        await self._device.start_scanning(active=True)
        try:
            async with asyncio.timeout(patience_s):
                return await found
        finally:
            await self._device.stop_scanning()
            self._device.remove_listener("advertisement", on_advertisement)

    @asynccontextmanager
    async def connected(self, name: str, mtu: int = 23) -> AsyncIterator[Gatt]:
        """To the box of that name."""
        async with self.connected_to(await self.see(name), mtu) as gatt:
            yield gatt

    @asynccontextmanager
    async def connected_to(self, address: Address, mtu: int = 23) -> AsyncIterator[Gatt]:
        """`mtu` is what the phone asks for."""
        connection = await self._device.connect(address, timeout=SEEN_S)
        try:
            peer = Peer(connection)
            if mtu > 23:
                mtu = await peer.request_mtu(mtu)
            await peer.discover_services()
            await peer.discover_characteristics()
            yield Gatt(peer, mtu)
        finally:
            # The box may have ended it before, or its controller have forgotten it.
            with suppress(Exception):
                async with asyncio.timeout(LEAVES_S):
                    await connection.disconnect()


class Air:
    """What is on one link."""

    def __init__(self, link: LocalLink) -> None:
        self._link = link
        self._phones = 0

    async def phone(self) -> Phone:
        """Another one."""
        self._phones += 1
        address = f"F0:F1:F2:F3:F4:{self._phones:02X}"
        controller = Controller(f"phone {self._phones}", link=self._link)
        device = Device(f"phone {self._phones}", Address(address), host=Host(controller, AsyncPipeSink(controller)))
        await device.power_on()
        return Phone(device)

    @asynccontextmanager
    async def laptop(self, other: Box) -> AsyncIterator[str]:
        """The kernel and the BlueZ of another box become those of a laptop: where the D-Bus is that its programs, which
        run here, find BlueZ at."""
        guest = other.guest
        await guest.run("systemctl stop spoq-pairingd")
        await guest.run(f"nft insert rule inet spoq input tcp dport {DBUS_PORT} accept")
        await guest.run(f"systemd-run systemd-socket-activate -l {DBUS_PORT} {PROXY} /run/dbus/system_bus_socket")
        await guest.until(f"ss -Hltn sport = :{DBUS_PORT} | grep .", SEEN_S)
        async with _controller(other, self._link, "laptop", "C0:FF:EE:00:00:02"):
            await guest.until("bluetoothctl show | grep LE; bluetoothctl power on", SEEN_S)
            yield f"tcp:host=127.0.0.1,port={await other.forward(DBUS_PORT)}"


@asynccontextmanager
async def on_air(box: Box) -> AsyncIterator[Air]:
    """The box has a Bluetooth controller, as long as this lasts."""
    link = Link()  # type: ignore[no-untyped-call]
    async with _controller(box, link, "box", "C0:FF:EE:00:00:01"):
        yield Air(link)


@asynccontextmanager
async def _controller(box: Box, link: LocalLink, name: str, address: str) -> AsyncIterator[None]:
    async with AsyncExitStack() as stack:
        listening = stack.enter_context(socket.create_server(("127.0.0.1", 0)))
        port = listening.getsockname()[1]
        async with await open_tcp_server_transport_with_socket(listening) as transport:
            # Bumble leaves it to the event loop, which would look for connections at whatever is opened by its number.
            stack.callback(transport.server.close)
            attached = KernelsController(
                name, host_source=transport.source, host_sink=transport.sink, link=link, public_address=address
            )
            await box.guest.put(VHCI.read_bytes(), "/run/vhci.py")
            await box.guest.run(f"for each in {MODULES}; do modprobe $each; done")
            await box.guest.run(
                f"{PYTHON} /run/vhci.py {THIS_COMPUTER} {port} >/run/vhci.log 2>&1 & echo $! >/run/vhci.pid"
            )
            assert attached
            yield
            await box.guest.run("kill $(cat /run/vhci.pid)")
