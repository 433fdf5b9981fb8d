"""Networks of a home and its neighbours in the box's own air: hostapd on virtual radios, in a network namespace.

home = await on_air(box, [HOME], phones=1)
phone = home.phone(ssid, passphrase)
await phone.joins()
"""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from builder.box import PYTHON, Box

PASSWORD = b"correct horse"
FOLDER = "/run/home"
SOCKS, SOCKS_PORT = Path(__file__).parent / "socks.py", 1080
SOON_S, JOINS_S = 60.0, 120.0
CHANNELS_MHZ = range(2412, 2473, 5)
"""Where everything is here: a look at all that a virtual radio has takes twenty seconds, and may miss some."""
LEASED = b"""#!/bin/sh
[ "$1" != bound ] || { ip addr add "$ip/24" dev "$interface"; ip route add default via "$router"; }
"""
"""For busybox' DHCP client."""


@dataclass(frozen=True)
class AccessPoint:
    """`keys`: hostapd's name for how keys are agreed on; none: an open network."""

    ssid: bytes
    keys: str = ""
    hidden: bool = False

    def settings(self, number: int) -> str:
        """For hostapd, on radio `number`."""
        lines = [f"interface=wlan{number}", "driver=nl80211", f"ssid2={self.ssid.hex()}", "hw_mode=g"]
        lines += [f"channel={1 + 5 * (number % 3)}", f"ignore_broadcast_ssid={int(self.hidden)}", "beacon_int=500"]
        if self.keys:
            lines += ["wpa=2", f"wpa_key_mgmt={self.keys}", "rsn_pairwise=CCMP"]
            lines += [f"wpa_passphrase={PASSWORD.decode()}"]
        if self.keys == "SAE":
            lines += ["ieee80211w=2", "sae_require_mfp=1"]
        return "\n".join(lines) + "\n"


HOME = AccessPoint(b"Home", "SAE")
KITCHEN = AccessPoint("Küche 🏠".encode(), "WPA-PSK")
CAFE = AccessPoint(b"Caf\xe9")
HIDDEN = AccessPoint(b"Attic", "WPA-PSK", hidden=True)


class NotJoined(Exception):
    """With what both ends noted."""


class Phone:
    """Somebody's, on a radio in the same namespace, who knows a network's passphrase."""

    def __init__(self, box: Box, radio: str, ssid: str, passphrase: str) -> None:
        self._box, self._radio, self._ssid, self._passphrase = box, radio, ssid, passphrase

    async def joins(self) -> None:
        """It has an address there. Raises NotJoined."""
        network = f'network={{\nssid="{self._ssid}"\npsk="{self._passphrase}"\n}}\n'
        settings = f"ctrl_interface={FOLDER}/phone\nfreq_list={' '.join(map(str, CHANNELS_MHZ))}\n{network}"
        await self._box.guest.put(settings.encode(), f"{FOLDER}/phone.conf")
        await self.run(f"wpa_supplicant -B -i {self._radio} -c {FOLDER}/phone.conf -f {FOLDER}/phone.log")
        state = f"ip netns exec home wpa_cli -p {FOLDER}/phone -i {self._radio}"
        try:
            await self._box.guest.until(f"{state} status | grep COMPLETED", JOINS_S)
        except TimeoutError as error:
            seen = await self._box.guest.run(
                f"tail -n 60 {FOLDER}/phone.log; {state} status; {state} scan_results; iw dev; "
                "journalctl -b --no-pager -n 80 -u NetworkManager -u wpa_supplicant"
            )
            raise NotJoined(seen) from error
        await self._box.guest.put(LEASED, f"{FOLDER}/leased")
        await self.run(f"chmod +x {FOLDER}/leased; busybox udhcpc -i {self._radio} -n -q -s {FOLDER}/leased")

    async def run(self, command: str, timeout_s: float = SOON_S) -> str:
        """What it prints where the phone is. Raises CommandFailed, TimeoutError."""
        await self._box.guest.put(command.encode(), f"{FOLDER}/command")
        return await self._box.guest.run(f"ip netns exec home sh {FOLDER}/command", timeout_s)


class Home:
    """What is on the air."""

    def __init__(self, box: Box, phones: list[str]) -> None:
        self._box, self._phones = box, phones

    def phone(self, ssid: str, passphrase: str) -> Phone:
        """Another one."""
        return Phone(self._box, self._phones.pop(), ssid, passphrase)

    async def browses_no_more(self) -> None:
        """Its connections end, as those of a phone that is not there any more."""
        await self._box.guest.run(f"kill $(cat {FOLDER}/socks.pid)")

    async def browses(self, resolver: str) -> int:
        """A port of this computer's: SOCKS, to whatever a phone with that name server reaches."""
        guest = self._box.guest
        await guest.put(SOCKS.read_bytes(), f"{FOLDER}/socks.py")
        await guest.run(f"nft insert rule inet spoq input tcp dport {SOCKS_PORT} accept")
        proxy = f"{PYTHON} -I {FOLDER}/socks.py {SOCKS_PORT} home {resolver}"
        await guest.run(f"{proxy} >{FOLDER}/socks.log 2>&1 & echo $! >{FOLDER}/socks.pid")
        await guest.until(f"ss -Hltn sport = :{SOCKS_PORT} | grep .", SOON_S)
        return await self._box.forward(SOCKS_PORT)


async def on_air(box: Box, points: Sequence[AccessPoint], phones: int = 0) -> Home:
    """The box gets one radio, each of these another; who joins number N of them gets an address in 10.9.N.0/24."""
    guest, points_and_phones = box.guest, range(len(points) + phones)
    # A home's networks are there before a box is plugged in: its own radio is to be found last.
    await guest.run("systemctl stop NetworkManager")
    await guest.run(
        f"mkdir -p {FOLDER}; modprobe mac80211_hwsim radios={len(points_and_phones) + 1}; ip netns add home"
    )
    for number in points_and_phones:
        await guest.run(f"iw phy phy{number} set netns name home; ip -n home link set wlan{number} up")
    for number, point in enumerate(points):
        await guest.put(point.settings(number).encode(), f"{FOLDER}/{number}.conf")
        await guest.run(f"ip -n home addr add 10.9.{number}.1/24 dev wlan{number}")
    numbers = range(len(points))
    await guest.run(
        "ip -n home link set lo up; ip netns exec home hostapd -B -f {0}/log {1}; "
        "ip netns exec home dnsmasq --conf-file=/dev/null --no-resolv --no-hosts --port=0 --pid-file={0}/dnsmasq.pid "
        "--dhcp-leasefile={0}/leases --log-facility={0}/dnsmasq.log {2}".format(
            FOLDER,
            " ".join(f"{FOLDER}/{number}.conf" for number in numbers),
            " ".join(f"--dhcp-range=10.9.{number}.10,10.9.{number}.50,1h" for number in numbers),
        )
    )
    await guest.run("systemctl start NetworkManager")
    await guest.until("nmcli -t -f TYPE,STATE device | grep -E 'wifi:(dis)?connected'", SOON_S)
    return Home(box, [f"wlan{number}" for number in points_and_phones[len(points) :]])
