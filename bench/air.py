"""Phones that pair with an emulated box over virtual radios, and have it join a Wi-Fi network.

Timed from the connection to the certificate, and from the choice of a network to an address in it. Counted is what a
person does on the way from plugging it in to the first answer.
"""

import asyncio
import json
import secrets
import statistics
import tempfile
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

from cryptography.hazmat.primitives.asymmetric import ec, x25519

from bench.boxes import SAVED, Lab
from bench.browser import Person, ended
from bench.errors import BenchError
from builder import home, image, tools
from builder import target as targets
from builder.box import Box
from builder.errors import BuildError
from builder.guest import CommandFailed
from builder.machine import Machine
from builder.radio import on_air
from pairing import outcomes
from pairing.device_side import Device, DeviceSide
from pairing.errors import PairingError, WifiError
from pairing.setup_code import SetupCode
from pairing.wifi import Wanted
from phone.bluetooth import converse

TARGET = "qemu-x86-64"
MTU = 185
"""What an iPhone asks for."""
COMES_S, RESOLVER = 120.0, "192.168.4.1"
"""For a hotspot, or a network; and who answers for names in the hotspot."""


async def over_the_air(count: int, progress: Any) -> dict[str, Any]:
    """Each in a copy of the box after its first start. Raises BenchError."""
    target = targets.read(TARGET)
    try:
        tools.check(tools.to_boot(target))
        built = await asyncio.to_thread(image.build, TARGET)
    except BuildError as error:
        raise BenchError(str(error)) from error
    figures: dict[str, Any] = {"phones": count, "mtu": MTU}
    at = ""

    def begins(what: str, number: int = 0, of: int = 1) -> None:
        nonlocal at
        at = what
        progress(what, number, of)

    with tempfile.TemporaryDirectory(prefix="spoq-bench-") as folder:
        made = Machine(target, Path(folder, "first"))
        made.make(built)
        lab = Lab(TARGET, made)
        try:
            begins("first start")
            await lab.start_first()
            each = []
            for number in range(count):
                begins("phones", number, count)
                async with _new(lab) as box:
                    each.append(await _paired_in(box))
            figures |= {"pair_s": round(statistics.median(each), 2), "each_s": each}
            begins("a home with Wi-Fi")
            async with _new(lab) as box:
                figures["wifi_join_s"] = await _joined_in(box)
            begins("somebody with a phone")
            async with _new(lab) as box:
                figures |= await _done_by_somebody(box, Path(folder))
        except (TimeoutError, CommandFailed, PairingError) as error:
            raise BenchError(f"No phone could be paired over the air ({at}): {str(error) or repr(error)}.") from error
    return figures


@asynccontextmanager
async def _new(lab: Lab) -> AsyncIterator[Box]:
    async with lab.copy() as copy, lab.booted(copy, "-loadvm", SAVED) as box:
        yield box


async def _paired_in(box: Box) -> float:
    """Seconds from the beginning of the connection."""
    code, name, _ = await _label(box)
    async with on_air(box) as air:
        phone = await air.phone()
        address = await phone.see(name)
        began = time.monotonic()
        async with phone.connected_to(address, MTU) as radio:
            await converse(radio, _side(code))
            return round(time.monotonic() - began, 2)


async def _joined_in(box: Box) -> float:
    """Seconds from the choice of a network, WPA3, to an address in it."""
    code, name, _ = await _label(box)
    times: list[float] = []

    def wish(side: DeviceSide) -> bytes:
        times.append(time.monotonic())
        return side.join(Wanted(home.HOME.ssid, home.PASSWORD)) if len(times) == 1 else side.leave()

    async with on_air(box) as air:
        await home.on_air(box, [home.HOME])
        phone = await air.phone()
        async with phone.connected(name, MTU) as radio:
            side = _side(code, stays=True)
            await converse(radio, side, wish)
    try:
        outcomes.check(side.joined.outcome)
    except WifiError as error:
        raise BenchError(f"The box does not join a network: {error}") from error
    return round(times[1] - times[0], 2)


async def _done_by_somebody(box: Box, folder: Path) -> dict[str, Any]:
    """What a person does with the box in its hotspot, until it answers them; and what their phone shows."""
    code, name, passphrase = await _label(box)
    here = await home.on_air(box, [home.HOME], phones=1)
    await box.guest.until("nmcli -t -f NAME connection show --active | grep Spoq-Setup-", COMES_S)
    await here.phone(f"Spoq-Setup-{name[-4:]}", passphrase).joins()
    seen = await chooses_wifi(box, here, code, folder)
    actions = ["plug it in", "scan the label's code for the Wi-Fi", *seen["did"], "ask"]
    return {"user_actions": len(actions), "actions": actions, "screens": len(seen["screens"])}


async def chooses_wifi(box: Box, here: home.Home, code: SetupCode, folder: Path) -> Any:
    """Somebody in the hotspot is led to its page, pairs and has the box join their network. What they saw."""
    proxy = f"--proxy-server=socks5://127.0.0.1:{await here.browses(RESOLVER)}"
    leaving = Person("http://anywhere.example/", folder, code.digits, flags=(proxy,)).begins("leaves")
    await box.guest.until(f"nmcli -t -f NAME connection show --active | grep -x {home.HOME.ssid.decode()}", COMES_S)
    # Nobody else tells a browser that is not there itself.
    await here.browses_no_more()
    return await asyncio.to_thread(ended, leaving)


async def _label(box: Box) -> tuple[SetupCode, str, str]:
    """Its set-up code, its name and its passphrase."""
    known = json.loads(await box.guest.run("cat /run/spoq/factory/factory.json"))
    return SetupCode(known["code"]), f"Spoq-{known['serial'][-4:]}", known["passphrase"]


def _side(code: SetupCode, stays: bool = False) -> DeviceSide:
    key, tunnel = ec.generate_private_key(ec.SECP256R1()), x25519.X25519PrivateKey.generate()
    device = Device(key, "phone", tunnel.public_key().public_bytes_raw(), "Europe/Berlin", "de-DE", stays=stays)
    return DeviceSide(device, code, None, secrets.token_bytes(32), time.time_ns() // 1_000_000)
