"""People pair with a box of real daemons on the page that it serves itself, in Chromium, by the keyboard.

Each part of the page that they come to is looked at by axe, and in a narrow window.
"""

import json
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import load_pem_private_key

from bench.browser import Person, ended
from pairing import factory, label
from pairing.fragments import LEAST_BYTES
from tests.phone.computer import Computer
from tests.phone.conftest import RunningBox
from tests.web.elsewhere import Elsewhere
from tests.web.film import of_code
from tests.web.person import before


def test_who_mistypes_is_told_and_pairs_and_the_browser_keeps_the_key(box: RunningBox, tmp_path: Path) -> None:
    seen = before(box, tmp_path).sees("pairs")
    assert (seen["language"], seen["suggested"]) == ("en", "Computer")
    assert seen["mistyped"] == "A set-up code has eight digits. Look at the label again."
    assert seen["refusal"] == "That is not this box’s code."
    assert seen["told"] == "This device is “Anna’s phone”."
    assert (seen["kept"], seen["code"]) == (True, "")
    assert {url.split("/")[2] for url in seen["requests"]} == {f"127.0.0.1:{box.pairing_port}"}
    assert [url for url in seen["requests"] if box.code.digits in url] == []


def test_a_page_that_came_without_encryption_says_so_and_gives_the_key_away(box: RunningBox, tmp_path: Path) -> None:
    anna = before(box, tmp_path, by_name=True, locale="de-DE", colorScheme="dark")
    seen = anna.sees("pairs")
    assert (seen["language"], seen["kept"]) == ("de", False)
    assert seen["refusal"] == "Das ist nicht der Code dieser Box."
    document = seen["file"].encode()
    key = load_pem_private_key(document, None)
    certificate, authority = x509.load_pem_x509_certificates(document)
    certificate.verify_directly_issued_by(authority)
    assert isinstance(key, ec.EllipticCurvePrivateKey)
    assert certificate.public_key() == key.public_key()


@pytest.fixture
def printed(box: RunningBox) -> label.Label:
    """The box's."""
    return label.of(factory.read(box.home / "factory"), box.code)


def filming(person: Person, payload: str) -> Person:
    """With a camera that sees this code."""
    film = of_code(payload, person.folder / "seen.y4m")
    fake = "--use-fake-ui-for-media-stream", "--use-fake-device-for-media-stream"
    return replace(person, flags=(*fake, f"--use-file-for-fake-video-capture={film}"))


def test_the_label_is_read_by_the_camera(box: RunningBox, printed: label.Label, tmp_path: Path) -> None:
    seen = filming(before(box, tmp_path), label.pairing_payload(printed)).sees("scans")
    assert (seen["said"], seen["code"]) == ("The label is read.", box.code.grouped)
    assert seen["emptied"] == "A set-up code has eight digits. Look at the label again."
    assert seen["told"] == "This device is “Computer”."


def test_the_labels_other_code_is_not_taken_for_it(box: RunningBox, printed: label.Label, tmp_path: Path) -> None:
    seen = filming(before(box, tmp_path), label.hotspot_payload(printed)).sees("scansInVain")
    assert (seen["there"], seen["filming"], seen["code"]) == ("code", False, "")


def test_who_comes_too_late_is_told_what_to_do(box: RunningBox, tmp_path: Path) -> None:
    late = before(box, tmp_path).begins("gone")
    assert late.stdout is not None
    assert json.loads(late.stdout.readline()) == {"waits": True}
    Computer(tmp_path / "ben", box.pairing_port, box.gateway_port).pair(box.code)
    box.until_closed()
    seen = ended(late)
    assert seen["refusal"] == "The box does not answer."
    assert "hold its button for three seconds" in seen["advice"]


@pytest.fixture
def elsewhere() -> Iterator[Elsewhere]:
    running = Elsewhere()
    yield running
    running.close()


def test_a_page_from_elsewhere_pairs_by_bluetooth(box: RunningBox, elsewhere: Elsewhere, tmp_path: Path) -> None:
    serial = factory.read(box.home / "factory").serial
    anna = Person(
        elsewhere.url,
        tmp_path,
        box.code.digits,
        box=f"http://127.0.0.1:{box.pairing_port}/",
        name=serial.bluetooth_name,
        flags=("--enable-features=WebBluetooth",),
    )
    seen = anna.sees("bluetooth")
    assert seen["offered"] == "Pair by Bluetooth"
    assert seen["refusals"] == ["Bluetooth is off, or not allowed here.", "No box was chosen."]
    assert (seen["questions"], seen["told"], seen["kept"]) == (2, "This device is “Anna’s phone”.", True)
    assert seen["longest"] == LEAST_BYTES
    assert {url.split("/")[2] for url in seen["requests"]} == {elsewhere.url.split("/")[2]}


def test_where_there_is_no_box_the_page_leads_to_one(elsewhere: Elsewhere, tmp_path: Path) -> None:
    seen = Person(elsewhere.url, tmp_path).sees("nowhere")
    assert (seen["before"], seen["address"]) == (False, "http://spoq-x9rc.local:7767/")
    assert seen["against"] == []


def test_who_had_the_page_once_has_it_without_the_internet(elsewhere: Elsewhere, tmp_path: Path) -> None:
    anna = Person(elsewhere.url, tmp_path).begins("offline")
    assert anna.stdout is not None
    assert json.loads(anna.stdout.readline()) == {"waits": True}
    elsewhere.close()
    seen = ended(anna)
    assert seen["heading"] == "This browser can’t reach a box from here"
    assert "@noble/curves" in seen["licences"]
