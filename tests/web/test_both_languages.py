"""Our two implementations against each other: the exchange, the forms of what people type, and whole pairings."""

import json
import subprocess
from collections.abc import Callable

import pytest

from bus.names import normal
from pairing import label, messages, outcomes, setup_code
from pairing import messages_pb2 as pb
from pairing import serial as serials
from pairing.errors import BadShare, PairingError, WrongCode
from pairing.factory import identities
from pairing.spake2plus import About, Proving
from pairing.verifier import Identities, Scalars, scalars, verifier
from tests.pairing.visitors import CODE, SALT, SERIAL, enrolment
from tests.web.node import answers, program

ABOUT = About(b"all that was said before", Identities(b"a phone", b"a box"))
KNOWN = scalars(CODE, SALT, identities(SERIAL))


class TheirBox:
    """The box's side in TypeScript: a process that is asked line by line."""

    def __init__(self) -> None:
        self._process = subprocess.Popen(
            ("node", program("verifier")), stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
        )

    def says(self, **said: bytes) -> dict[str, str]:
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._process.stdin.write(json.dumps({name: each.hex() for name, each in said.items()}) + "\n")
        self._process.stdin.flush()
        found: dict[str, str] = json.loads(self._process.stdout.readline())
        return found

    def close(self) -> None:
        self._process.communicate()


def run(known: Scalars) -> tuple[Proving, TheirBox, dict[str, str]]:
    """A run in which our device knows this, and what their box answers to its share."""
    device, box, kept = Proving(ABOUT, known), TheirBox(), verifier(KNOWN)
    who = {"prover": ABOUT.identities.prover, "verifier": ABOUT.identities.verifier}
    answer = box.says(context=ABOUT.context, **who, w0=kept.w0, point=kept.point, share=device.share)
    return device, box, answer


def test_a_device_in_python_and_a_box_in_typescript_agree() -> None:
    device, box, answer = run(KNOWN)
    confirmation, shared = device.finish(bytes.fromhex(answer["share"]), bytes.fromhex(answer["confirmation"]))
    assert box.says(confirmation=confirmation) == {"shared": shared.hex()}
    box.close()


def test_with_another_code_neither_believes_the_other() -> None:
    device, box, answer = run(Scalars(KNOWN.w0, KNOWN.w1 - 1))
    with pytest.raises(WrongCode):
        device.finish(bytes.fromhex(answer["share"]), bytes.fromhex(answer["confirmation"]))
    assert box.says(confirmation=bytes(32)) == {"trouble": "WrongCode"}
    box.close()


HELLO = pb.BoxHello(version=1, key=bytes(32), nonce=bytes(32), serial=str(SERIAL), salt=SALT)


def hello(**changed: object) -> bytes:
    said = pb.BoxHello()
    said.CopyFrom(HELLO)
    for name, value in changed.items():
        setattr(said, name, value)
    return pb.FromBox(hello=said).SerializeToString()


def enrolled(**changed: object) -> bytes:
    said = enrolment("Anna's phone", bytes(64))
    for name, value in changed.items():
        setattr(said, name, value)
    return pb.WithinFromBox(enrolment=said).SerializeToString()


def seen(*networks: bytes | int) -> str:
    """Names, and how strong each is."""
    pairs = zip(networks[::2], networks[1::2], strict=True)
    told = [pb.WifiNetwork(ssid=ssid, strength=strength) for ssid, strength in pairs]  # type: ignore[arg-type]
    return pb.WithinFromBox(seen=pb.WifiSeen(outcome=pb.DONE, networks=told)).SerializeToString().hex()


def joined(*addresses: str) -> str:
    return pb.WithinFromBox(joined=pb.WifiJoined(outcome=pb.DONE, addresses=addresses)).SerializeToString().hex()


def outcome(number: int) -> str:
    """The name of the error that a device makes of it."""
    said = pb.WifiJoined()
    said.ParseFromString(bytes((8, number)))
    try:
        outcomes.check(said.outcome)
    except PairingError as error:
        return type(error).__name__
    return "none"


FORMS: dict[str, tuple[Callable[[str], str], list[str]]] = {
    "code": (
        lambda text: setup_code.parse(text).digits,
        [
            "48217730",
            " 4821-7730 ",
            "4821 773",
            "482177301",
            "12345678",
            "21098765",
            "90123456",
            "55555555",
            "12121212",
            "48214821",
            "4821773x",
            "٤٨٢١٧٧٣٠",
            "",
            "4" * 40,
            "4821\n7730",
        ],
    ),
    "serial": (
        lambda text: str(serials.parse(text)),
        [
            "SPQ-7K2M-X9RC",
            "7k2mx9rc",
            "spq 7K2M X9RC",
            "7K2MX9RD",
            "K72MX9RC",
            "SPQ-7K2M-X9R",
            "0K2MX9RC",
            "",
            "7" * 40,
        ],
    ),
    "label": (
        lambda text: f"{(scan := label.parse(text)).serial} {scan.code.digits}",
        [
            "SPOQ:1.7K2MX9RC.48217730",
            "spoq:1.7k2mx9rc.48217730 ",
            "SPOQ:2.7K2MX9RC.48217730",
            "SPOQ:1.7K2MX9RC",
            "SPOQ:1.7K2MX9RD.48217730",
            "SPOQ:1.7K2MX9RC.12345678",
            "WIFI:T:WPA;;",
            "",
            "SPOQ:1." + "7" * 80,
        ],
    ),
    "name": (
        normal,
        [
            "  Anna  ",
            "Zoë",
            "ليلى",
            "👩\u200d💻",
            "x" * 64,
            "x" * 65,
            "😀" * 64,
            "😀" * 65,
            "   ",
            "two\nlines",
            "a\u202eb",
            "a\u200bb",
            "\x1b[2J",
            "a\ue000",
        ],
    ),
    "from_box": (
        lambda text: str(messages.from_box(bytes.fromhex(text)).WhichOneof("message")),
        [each.hex() for each in (hello(), hello(version=2, key=b""), hello(key=bytes(31)), hello(serial="SPQ-1"))]
        + [each.hex() for each in (hello(salt=bytes(33)), hello()[:-1], b"", b"\xff", hello() + bytes(8192))]
        + [pb.FromBox(sealed=bytes(length)).SerializeToString().hex() for length in (0, 1, 4096, 4097)]
        + [pb.FromBox(answer=pb.Answer(share=bytes(65), confirmation=bytes(32))).SerializeToString().hex()]
        + [pb.FromBox(answer=pb.Answer(share=bytes(65), confirmation=bytes(31))).SerializeToString().hex()]
        + [pb.FromBox(refusal=pb.Refusal(reason=pb.WAIT, wait_s=5)).SerializeToString().hex()]
        + [(hello() + b"\xfa\x3e\x02hi").hex()],
    ),
    "within_from_box": (
        lambda text: str(messages.within_from_box(bytes.fromhex(text)).WhichOneof("message")),
        [each.hex() for each in (enrolled(), enrolled(profile=""), enrolled(device="a\nb"), enrolled(signature=b""))]
        + [enrolled(signature=bytes(81)).hex(), enrolled(certificate=bytes(1025)).hex(), enrolled(authority=b"").hex()]
        + [enrolled(wireguard_key=bytes(31)).hex(), enrolled(wireguard_key=b"").hex()]
        + [enrolled(box_address="1" * 129).hex(), enrolled()[:-1].hex(), ""]
        + [pb.WithinFromBox(known=pb.Known(recovery_key="k" * length)).SerializeToString().hex() for length in (0, 129)]
        + [seen(b"Home", 100), seen(b"Caf\xe9", 0), seen(b"", 1), seen(b"x" * 33, 1), seen(b"Home", 101)]
        + [seen(*(b"Home", 1) * 32), seen(*(b"Home", 1) * 33), joined(*("::1",) * 8), joined(*("::1",) * 9)]
        + [joined("1" * 129)],
    ),
    "outcome": (lambda text: outcome(int(text)), [str(each) for each in (*pb.WifiOutcome.values(), 99)]),
}
CASES = [(form, text) for form, (_, texts) in FORMS.items() for text in texts]


def test_both_read_the_same_out_of_what_comes_from_outside() -> None:
    def ours(form: str, text: str) -> str | None:
        try:
            return FORMS[form][0](text)
        except (PairingError, ValueError):
            return None

    theirs = [each.get("means") for each in answers("forms", CASES)]
    assert theirs == [ours(form, text) for form, text in CASES]
    assert {form for (form, _), means in zip(CASES, theirs, strict=True) if means is None} == set(FORMS) - {"outcome"}


def test_a_share_that_is_none_is_refused_by_a_box_in_typescript() -> None:
    box, kept = TheirBox(), verifier(KNOWN)
    said = {"context": b"", "prover": b"", "verifier": b"", "w0": kept.w0, "point": kept.point}
    assert box.says(**said, share=b"\4" + bytes(64)) == {"trouble": BadShare.__name__}
    box.close()
