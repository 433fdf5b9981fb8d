"""A program that knows no more than the Improv standard has the box join a network, by Bluetooth LE."""

import json

import pytest

from builder import home
from builder.box import Box
from builder.home import CAFE, HOME
from builder.radio import on_air
from pairing import improv
from pairing.improv import Error, Rpc, State
from tests.image.gadget import Gadget

pytestmark = [pytest.mark.matrix, pytest.mark.asyncio(loop_scope="session"), pytest.mark.timeout(900)]

ACTION_KEY, PRESSED_S = 148, 0.3


async def test_somebody_sets_the_wi_fi_up_and_mistypes_before(box: Box) -> None:
    name = f"Spoq-{json.loads(await box.guest.run('cat /run/spoq/factory/factory.json'))['serial'][-4:]}"
    async with on_air(box) as air:
        await home.on_air(box, [HOME, CAFE])
        phone = await air.phone()
        address = await phone.see(name, service=improv.SERVICE)
        async with phone.connected_to(address, mtu=185) as radio:
            gadget = Gadget(radio)
            await gadget.listen()
            assert await gadget.state() is State.AUTHORIZATION_REQUIRED
            await box.press(ACTION_KEY, PRESSED_S)
            await gadget.until(State.AUTHORIZED)
            assert (await gadget.ask(Rpc.DEVICE_INFO))[0] == b"Spoq"
            await gadget.tell(HOME.ssid, b"wrong horse")
            await gadget.until(State.AUTHORIZED)
            assert await gadget.error() is Error.UNABLE_TO_CONNECT
            # Again, at once.
            await gadget.tell(CAFE.ssid, b"")
            await gadget.until(State.PROVISIONED)
            [page] = await gadget.result()
            assert page.startswith(b"http://10.") and page.endswith(b":7767/")
