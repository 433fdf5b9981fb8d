"""The box joins Wi-Fi networks: its own NetworkManager, real access points, and phones that choose by Bluetooth LE."""

import json
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import pytest

from bench.air import chooses_wifi
from builder import home
from builder.box import Box
from builder.guest import CommandFailed
from builder.home import CAFE, HIDDEN, HOME, KITCHEN, PASSWORD
from builder.radio import on_air
from pairing import messages_pb2 as pb
from pairing import outcomes
from pairing.device_side import DeviceSide
from pairing.setup_code import SetupCode
from pairing.wifi import Network, Security, Wanted
from phone.bluetooth import converse
from tests.pairing.visitors import device

pytestmark = [pytest.mark.asyncio(loop_scope="session"), pytest.mark.timeout(900)]

SOON_S, COMES_S = 60.0, 120.0
WRONG = b"wrong horse"
MOST_LOOKS = 2
STATUS = "systemctl show -P StatusText spoq-pairingd"


class Chooser:
    """Somebody at a phone, who tries one network after the other."""

    def __init__(self, wanted: Sequence[Wanted]) -> None:
        self._wanted = list(wanted)
        self.seen: list[Network] = []
        self.outcomes: list[tuple[bytes, int]] = []
        self.addresses: list[str] = []
        self._tried: Wanted | None = None
        self._looks = 0

    def __call__(self, side: DeviceSide) -> bytes:
        if len(side.seen.networks) < 3 and self._looks < MOST_LOOKS:
            # Beacons may be missed; nobody chooses from half a list.
            self._looks += 1
            return side.look()
        self.seen = outcomes.networks(side.seen)
        if self._tried is not None:
            self.outcomes.append((self._tried.ssid, side.joined.outcome))
            self.addresses += side.joined.addresses
        if not self._wanted:
            return side.leave()
        self._tried = self._wanted.pop(0)
        return side.join(self._tried)


WRONG_AND_RIGHT = [(HOME, WRONG, pb.WRONG_PASSWORD), (HOME, PASSWORD, pb.DONE)]
EVERY_KIND = [
    *WRONG_AND_RIGHT,
    (KITCHEN, WRONG, pb.WRONG_PASSWORD),
    (KITCHEN, PASSWORD, pb.DONE),
    (CAFE, b"", pb.DONE),
    (HIDDEN, PASSWORD, pb.DONE),
    (home.AccessPoint(b"Nowhere"), PASSWORD, pb.NOT_FOUND),
]
POINTS = [HOME, KITCHEN, CAFE, HIDDEN]


@pytest.mark.parametrize("tries", [WRONG_AND_RIGHT, pytest.param(EVERY_KIND, marks=pytest.mark.matrix)])
async def test_a_phone_chooses_the_network(box: Box, tries: list[tuple[home.AccessPoint, bytes, int]]) -> None:
    known = json.loads(await box.guest.run("cat /run/spoq/factory/factory.json"))
    code, name = SetupCode(known["code"]), f"Spoq-{known['serial'][-4:]}"
    chooser = Chooser([Wanted(point.ssid, password) for point, password, _ in tries])
    async with on_air(box) as air:
        await home.on_air(box, POINTS)
        phone = await air.phone()
        async with phone.connected(name, mtu=185) as radio:
            side = DeviceSide(replace(device(), stays=True), code, None, bytes(32), 1_700_000_000_000)
            await converse(radio, side, chooser)
    assert side.over
    seen = {each.ssid: each.security for each in chooser.seen}
    there = {HOME.ssid: Security.WPA3, KITCHEN.ssid: Security.WPA2, CAFE.ssid: Security.OPEN}
    # Its radio is a hotspot meanwhile, and sees no more than it had seen before, which may miss one.
    assert seen and seen.items() <= there.items()
    assert chooser.outcomes == [(point.ssid, outcome) for point, _, outcome in tries]
    joined = [point for point, _, outcome in tries if outcome == pb.DONE]
    addresses = [address for address in chooser.addresses if address.startswith("10.9.")]
    assert [address.rpartition(".")[0] for address in addresses] == [f"10.9.{POINTS.index(each)}" for each in joined]
    # What could not be joined is not known, and what was joined is.
    assert int(await box.guest.run("ls /etc/NetworkManager/system-connections | wc -l")) == len(joined)
    assert int(await box.guest.run("journalctl -b --no-pager | grep -ci horse || true")) == 0


async def test_a_phone_pairs_in_the_hotspot_of_a_box_that_is_in_no_wi_fi(box: Box, tmp_path: Path) -> None:
    known = json.loads(await box.guest.run("cat /run/spoq/factory/factory.json"))
    here = await home.on_air(box, [HOME], phones=1)
    await box.guest.until("nmcli -t -f NAME connection show --active | grep Spoq-Setup-", COMES_S)
    phone = here.phone(f"Spoq-Setup-{known['serial'][-4:]}", known["passphrase"])
    await phone.joins()
    # Behind the box there is nothing.
    reached = "busybox ping -c 2 -W 2 10.0.2.2"
    await box.guest.run(reached)
    with pytest.raises(CommandFailed):
        await phone.run(reached)
    # Whatever it looks for, it finds the box.
    seen = await chooses_wifi(box, here, SetupCode(known["code"]), tmp_path)
    assert (seen["url"], seen["names"][0]) == ("http://192.168.4.1/", "Home")
    assert seen["did"] == ["code", "pair", "password"]
    assert seen["screens"] == ["start", "code", "name", "progress", "done"]
    assert seen["key"] == (await box.guest.run("cat /data/recovery-key")).strip()
    assert seen["told"].startswith("The box does not answer here any more. If it has joined “Home”, it is there")
    await box.guest.until(f"{STATUS} | grep 'lets no new device in'", SOON_S)
    await box.guest.until("! nmcli -t -f NAME connection show | grep Spoq-Setup", SOON_S)
