"""Phones that pair with an emulated box over a virtual radio, timed from the connection to the certificate."""

import asyncio
import json
import secrets
import statistics
import tempfile
import time
from pathlib import Path
from typing import Any

from cryptography.hazmat.primitives.asymmetric import ec, x25519

from bench.boxes import SAVED, Lab
from bench.errors import BenchError
from builder import image, tools
from builder import target as targets
from builder.box import Box
from builder.errors import BuildError
from builder.guest import CommandFailed
from builder.machine import Machine
from builder.radio import on_air
from pairing.device_side import Device, DeviceSide
from pairing.errors import PairingError
from pairing.setup_code import SetupCode
from phone.bluetooth import converse

TARGET = "qemu-x86-64"
MTU = 185
"""What an iPhone asks for."""


async def over_the_air(count: int, progress: Any) -> dict[str, Any]:
    """Each in a copy of the box after its first start. Raises BenchError."""
    target = targets.read(TARGET)
    try:
        tools.check(tools.to_boot(target))
        built = await asyncio.to_thread(image.build, TARGET)
    except BuildError as error:
        raise BenchError(str(error)) from error
    each = []
    with tempfile.TemporaryDirectory(prefix="spoq-bench-") as folder:
        made = Machine(target, Path(folder, "first"))
        made.make(built)
        lab = Lab(TARGET, made)
        try:
            progress("first start", 0, 1)
            await lab.start_first()
            for number in range(count):
                progress("phones", number, count)
                async with lab.copy() as copy, lab.booted(copy, "-loadvm", SAVED) as box:
                    each.append(await _paired_in(box))
        except (TimeoutError, CommandFailed, PairingError) as error:
            raise BenchError(f"No phone could be paired over the air: {error or type(error).__name__}.") from error
    return {"phones": count, "pair_s": round(statistics.median(each), 2), "each_s": each, "mtu": MTU}


async def _paired_in(box: Box) -> float:
    """Seconds from the beginning of the connection."""
    known = json.loads(await box.guest.run("cat /run/spoq/factory/factory.json"))
    key, tunnel = ec.generate_private_key(ec.SECP256R1()), x25519.X25519PrivateKey.generate()
    device = Device(key, "phone", tunnel.public_key().public_bytes_raw(), "Europe/Berlin", "de-DE")
    side = DeviceSide(device, SetupCode(known["code"]), None, secrets.token_bytes(32), time.time_ns() // 1_000_000)
    async with on_air(box) as air:
        phone = await air.phone()
        address = await phone.see(f"Spoq-{known['serial'][-4:]}")
        began = time.monotonic()
        async with phone.connected_to(address, MTU) as radio:
            await converse(radio, side)
            return round(time.monotonic() - began, 2)
