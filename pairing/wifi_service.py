"""Wi-Fi for devices that were let in: the networks there are, and joining another one, asked for over the bus."""

from bus import messages_pb2 as pb
from bus import subjects as s
from bus.client import Bus
from bus.envelope import Received
from bus.sealed import WIFI_PASSWORD, NotSealed, Recipient
from pairing.errors import WifiError
from pairing.home_wifi import HomeWifi
from pairing.wifi import Wanted

SEALED_FOR_ANOTHER = "The box has started anew meanwhile. Try again."


class WifiService:
    """`serve` once. Who may ask is settled by who may on the bus, and by the gateway."""

    def __init__(self, wifi: HomeWifi) -> None:
        self._wifi = wifi
        self._recipient = Recipient(WIFI_PASSWORD)

    async def serve(self, bus: Bus) -> None:
        await bus.serve(s.WIFI_LIST, self._list)
        await bus.serve(s.WIFI_JOIN, self._join)

    async def _list(self, message: Received[pb.WifiRequest]) -> pb.Wifi:
        if not message.body.look:
            return pb.Wifi(key=self._recipient.key)
        try:
            found, joined = await self._wifi.look(), await self._wifi.joined()
        except WifiError as error:
            return pb.Wifi(refusal=str(error))
        networks = [
            pb.WifiNetwork(
                ssid=each.ssid,
                strength=each.strength,
                security=each.security,
                joined=joined is not None and joined.ssid == each.ssid,
            )
            for each in found
        ]
        return pb.Wifi(networks=networks, key=self._recipient.key)

    async def _join(self, message: Received[pb.JoinWifi]) -> pb.Reply:
        asked = message.body
        try:
            password = self._recipient.open(asked.sealed_password) if asked.sealed_password else b""
            await self._wifi.join(Wanted(asked.ssid, password))
        except NotSealed:
            return pb.Reply(refusal=SEALED_FOR_ANOTHER)
        except WifiError as error:
            return pb.Reply(refusal=str(error))
        return pb.Reply()
