"""After its first start, without a person, the box is well and closed."""

import json
import re
from collections.abc import AsyncIterator

import pytest
import pytest_asyncio

from builder import measure
from builder.box import PYTHON, Box
from builder.machine import Machine
from pairing import label
from pairing.config import PORT
from tests.fakes import camera
from tests.image.conftest import resumed

pytestmark = [pytest.mark.asyncio(loop_scope="session"), pytest.mark.timeout(1800)]

SECURE_BOOT = "/sys/firmware/efi/efivars/SecureBoot-8be4df61-93ca-11d2-aa0d-00e098032b8c"
CONSOLE_LABEL = re.compile(r"^Pair .*?^Spoq-Setup-\S+ +\S+$", re.DOTALL | re.MULTILINE)
BUS_ONLY, WITH_DEVICES = 1.0, 1.5
EPHEMERAL = 32768
"""From here on ports are those of questions, which hear their answers only (ip_local_port_range)."""
EXPOSED = {"spoq-audiod.service": WITH_DEVICES, "spoq-hardwared.service": WITH_DEVICES}


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def box(first_start: Machine) -> AsyncIterator[Box]:
    """One for all tests of this file: they only look."""
    async with resumed(first_start) as found:
        yield found


async def test_no_unit_has_failed(box: Box) -> None:
    assert await box.guest.run("systemctl --failed --no-legend --plain") == ""


async def test_no_unit_waits_for_itself(box: Box) -> None:
    assert (await box.guest.outcome("journalctl -b -t systemd | grep 'ordering cycle'"))[1] == ""


async def test_secure_boot_is_on(box: Box) -> None:
    assert (await box.guest.run(f"od -An -tu1 {SECURE_BOOT}")).split()[-1] == "1"


async def test_the_root_cannot_be_written(box: Box) -> None:
    assert "Read-only file system" in (await box.guest.outcome("touch /usr/x"))[1]


async def test_the_data_is_encrypted(box: Box) -> None:
    assert (await box.guest.run("findmnt -n -o SOURCE /data")).strip() == "/dev/mapper/spoq-data"
    assert "systemd-tpm2" in await box.guest.run("cryptsetup luksDump /dev/spoq/data")


async def test_the_tpm_gives_the_key_to_nobody_who_comes_later(box: Box) -> None:
    moved = "cryptsetup open --test-passphrase --token-only --token-type systemd-tpm2 /dev/spoq/data"
    assert (await box.guest.outcome(moved))[0] != 0
    register = (await box.guest.run("cat /sys/class/tpm/tpm0/pcr-sha256/11")).strip().lower()
    signed = await box.guest.run("cat /run/systemd/tpm2-pcr-signature.json")
    assert measure.policy(bytes.fromhex(register)).hex() not in signed


async def test_the_firewall_lets_nothing_in_unasked(box: Box) -> None:
    assert "hook input priority filter; policy drop;" in await box.guest.run("nft list chain inet spoq input")


async def test_its_label_on_the_console_can_be_scanned(box: Box, first_start: Machine) -> None:
    shown = CONSOLE_LABEL.search((first_start.folder / "console").read_text(errors="replace"))
    assert shown is not None
    pairing, _ = camera.read(camera.screen(shown[0], background=0))
    scanned = label.parse(pairing)
    kept = json.loads(await box.guest.run("cat /run/spoq/factory/factory.json"))
    assert (str(scanned.serial), scanned.code.digits) == (kept["serial"], kept["code"])


async def test_it_knows_itself(box: Box) -> None:
    kept = (
        "mkdir -p /run/f && mount -o ro /dev/disk/by-partlabel/factory /run/f && cat /run/f/machine-id; umount /run/f"
    )
    assert await box.guest.run(kept) == await box.guest.run("cat /etc/machine-id")
    made = "stat -c '%U %a' /var/lib/spoq/identityd/identity.pem /run/spoq/factory/factory.json"
    assert (await box.guest.run(made)).split() == ["spoq-identityd", "600", "root", "600"]


async def test_it_says_that_it_is_ready_to_pair(box: Box) -> None:
    said = (await box.guest.run("systemctl show -P StatusText spoq-pairingd")).strip()
    # An emulated machine has no radio, unless a test brings one.
    assert said.startswith("ready to pair. There is no Bluetooth")


async def test_nothing_listens_but_who_is_to_pair(box: Box) -> None:
    """The bus on the loopback interface, the set-up port on all, and mDNS, which says so."""
    bus, pairing, mdns = "0100007F:107E", f"{PORT:04X}", "14E9"
    listening = "cat /proc/net/tcp /proc/net/tcp6 | awk '$4 == \"0A\" {print $2}'"
    assert {each.rpartition(":")[2] for each in (await box.guest.run(listening)).split() if each != bus} == {pairing}
    # A UDP socket that is connected to one peer hears nobody else; NetworkManager's, for instance, to its DHCP server.
    hearing = "cat /proc/net/udp /proc/net/udp6 | awk '$4 == \"07\" {print $2}'"
    ports = {each.rpartition(":")[2] for each in (await box.guest.run(hearing)).split()}
    assert {each for each in ports if int(each, 16) < EPHEMERAL} == {mdns}


async def test_every_daemon_is_closed_in(box: Box) -> None:
    listed = await box.guest.run("systemd-analyze security --no-pager | grep ^spoq-")
    found = {line.split()[0]: float(line.split()[1]) for line in listed.splitlines()}
    assert len(found) == 9
    assert {unit: value for unit, value in found.items() if value > EXPOSED.get(unit, BUS_ONLY)} == {}


async def test_the_firmware_has_our_loader_first_and_our_rescue_system_second(box: Box) -> None:
    read = "from ota.boot_options import *; from ota.efivars import EfiVariables as E; from pathlib import Path as P"
    wanted = "wanted(found(P('/dev/spoq/esp')), 'x86_64')"
    assert await box.guest.run(f'{PYTHON} -c "{read}; print(ensure(E(GUID), {wanted}))"') == "False\n"


async def test_numbers_are_kept_in_the_firmware_as_on_a_jetson(box: Box) -> None:
    read = "from ota.nvbootctrl import GUID; from ota.efivars import EfiVariables as E; e = E(GUID)"
    name = "RootfsStatusSlotA"
    steps = f"e.set('{name}', 7); print(e.get('{name}')); e.set('{name}', 8); print(e.get('{name}'))"
    gone = f"e.delete('{name}'); print(e.get('{name}'))"
    assert await box.guest.run(f'{PYTHON} -c "{read}; {steps}; {gone}"') == "7\n8\nNone\n"
