"""A device in TypeScript pairs with a box of real daemons, by requests to its set-up port."""

import json
from pathlib import Path
from typing import Any

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec, x25519
from cryptography.hazmat.primitives.serialization import load_der_private_key

from pairing import factory
from pairing.setup_code import SetupCode
from phone import keeping
from phone.calling import Calling
from phone.keeping import Box, Given, Keys
from tests.phone.computer import other
from tests.phone.conftest import RunningBox
from tests.web.node import program, ran


def pairs(box: RunningBox, code: SetupCode, *serial: str) -> Any:
    """What comes of it."""
    address = f"http://127.0.0.1:{box.pairing_port}/"
    return json.loads(ran("node", program("device"), address, code.digits, *serial))


def test_a_wrong_code_is_found_the_right_one_pairs_and_then_the_port_is_closed(box: RunningBox) -> None:
    wrong = pairs(box, other(box.code))
    assert (wrong["outcome"], wrong["steps"], wrong["certificate"]) == ("WrongCode", ["found"], "")
    serial = str(factory.read(box.home / "factory").serial)
    assert pairs(box, box.code, "SPQ-7K2M-X9RC")["outcome"] == "WrongBox"
    right = pairs(box, box.code, serial)
    assert (right["outcome"], right["steps"]) == ("paired", ["found", "knows", "lets-in", "paired"])
    assert (right["serial"], right["name"], right["profile"]) == (serial, "Anna's phone", "Anna's phone")
    assert (right["device_address"], right["box_address"]) == ("10.100.0.10", "10.100.0.1")
    certificate, authority = map(x509.load_der_x509_certificate, given(right))
    certificate.verify_directly_issued_by(authority)
    # The port closes when the daemon comes to it; until then it says that the window is closed.
    assert pairs(box, box.code)["outcome"] in ("WindowClosed", "NotReached")


def test_who_guesses_has_to_wait(box: RunningBox) -> None:
    wrong = other(box.code)
    told = [pairs(box, wrong) for _ in range(5)]
    assert [each["outcome"] for each in told] == ["WrongCode"] * 4 + ["TooSoon"]
    assert 0 < told[-1]["seconds"] <= 5


async def test_what_the_page_gives_away_as_a_file_is_a_device_of_the_box(
    box: RunningBox, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    right = pairs(box, box.code)
    key = load_der_private_key(bytes.fromhex(right["document"]), None)
    assert isinstance(key, ec.EllipticCurvePrivateKey)
    monkeypatch.setenv("SPOQ_PHONE", str(tmp_path / "anna"))
    kept = keeping.of(right["serial"])
    about = Box(right["serial"], right["box_key"], right["profile"], right["name"], (), "", "")
    kept.save(about, Given(*given(right)), Keys(key, x25519.X25519PrivateKey.generate()))
    async with Calling(kept, ("127.0.0.1", box.gateway_port)) as calling:
        await calling.until_answered()
        status = await calling.ask("GET", "/v1/status")
    assert (status["device"]["name"], status["device"]["owner"]) == ("Anna's phone", True)


def given(paired: Any) -> tuple[bytes, bytes]:
    """The device's certificate, and the authority's: DER."""
    return bytes.fromhex(paired["certificate"]), bytes.fromhex(paired["authority"])
