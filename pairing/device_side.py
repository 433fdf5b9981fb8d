"""The device's side of one run: what it says, what it hears, and what it has at the end. Pure.

    HELLO ──▶ ANSWER ──▶ ENROLMENT ──▶ KNOWN ──▶ OVER
                                         │         ▲
                       the device stays  ▼         │ leaves
                           WAITING ◀──▶ STAYING ───┘

Each state is what the device waits for; in STAYING the box waits for what the device asks. `scrypt` makes the step from
HELLO take a tenth of a second and 32 MiB.
"""

import hashlib
from collections.abc import Callable
from dataclasses import dataclass, field
from enum import StrEnum

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from pairing import channel, messages, refusals
from pairing import messages_pb2 as pb
from pairing import serial as serials
from pairing.box_side import BOX_SIGNS, DEVICE_SIGNS, context
from pairing.channel import Channel, Secrets
from pairing.errors import Malformed, OtherVersion, WrongBox, WrongKey
from pairing.factory import identities
from pairing.serial import Serial
from pairing.setup_code import SetupCode
from pairing.spake2plus import About, Proving
from pairing.verifier import Identities, scalars
from pairing.wifi import Wanted


class State(StrEnum):
    HELLO = "hello"
    ANSWER = "answer"
    ENROLMENT = "enrolment"
    KNOWN = "known"
    STAYING = "staying"
    WAITING = "waiting"
    OVER = "over"


@dataclass(frozen=True)
class Device:
    """What a device brings. `key` is what the box will know it by, `wireguard_key` its public one."""

    key: ec.EllipticCurvePrivateKey = field(repr=False)
    name: str
    wireguard_key: bytes
    zone: str
    locale: str
    imperial: bool | None = None
    stays: bool = False

    @property
    def public_key(self) -> bytes:
        return self.key.public_key().public_bytes(Encoding.X962, PublicFormat.UncompressedPoint)


class DeviceSide:
    """One run, with the box of `serial` or, where only a code was typed, with whichever answers.

    `nonce`: 32 random bytes. After an error the run is over. `box_key` (Ed25519, raw) and `enrolment` are what the
    device keeps: from KNOWN on it has both, and in STAYING and OVER, without an error, the box knows it. The first
    owner's device has `recovery_key` then, the data's.

    A device that stays, where the box lets it (an owner's), asks for `look`, `join` and at last `leave`, each when
    `asks` is true: what they give goes to the box, and `seen` or `joined` is its answer.
    """

    def __init__(self, device: Device, code: SetupCode, serial: Serial | None, nonce: bytes, unix_ms: int) -> None:
        self.state = State.HELLO
        self.box_key = b""
        self.serial = serial
        self.enrolment = pb.Enrolment()
        self.recovery_key = ""
        self.seen = pb.WifiSeen()
        self.joined = pb.WifiJoined()
        self._device, self._code, self._unix_ms = device, code, unix_ms
        hello = pb.DeviceHello(version=messages.VERSION, key=device.public_key, nonce=nonce)
        self.first = pb.FromDevice(hello=hello).SerializeToString()
        self._said = b""
        self._proving: Proving
        self._secrets: Secrets
        self._channel: Channel

    @property
    def over(self) -> bool:
        return self.state is State.OVER

    @property
    def asks(self) -> bool:
        return self.state is State.STAYING

    def look(self) -> bytes:
        return self._asked(State.WAITING, pb.WithinFromDevice(look=pb.WifiLook()))

    def join(self, wanted: Wanted) -> bytes:
        asked = pb.WifiJoin(ssid=wanted.ssid, password=wanted.password)
        return self._asked(State.WAITING, pb.WithinFromDevice(join=asked))

    def leave(self) -> bytes:
        return self._asked(State.OVER, pb.WithinFromDevice(leave=pb.Leave()))

    def take(self, content: bytes) -> list[bytes]:
        """What the device says to a message of the box, in this order. Raises RunFailed or NotNow."""
        state, self.state = self.state, State.OVER
        message = messages.from_box(content)
        if message.WhichOneof("message") == "refusal":
            raise refusals.error(message.refusal)
        match state, message.WhichOneof("message"):
            case State.HELLO, "hello":
                return self._hello(message.hello, content)
            case State.ANSWER, "answer":
                return self._answer(message.answer)
            case State.ENROLMENT, "sealed":
                return self._enrolment(message.sealed)
            case State.KNOWN, "sealed":
                return self._last(message.sealed)
            case State.WAITING, "sealed":
                return self._answered(message.sealed)
        raise Malformed

    def _hello(self, hello: pb.BoxHello, content: bytes) -> list[bytes]:
        if hello.version != messages.VERSION:
            raise OtherVersion
        found = serials.parse(hello.serial)
        if self.serial not in (None, found):
            raise WrongBox
        self.serial, self.box_key = found, hello.key
        self._said = hashlib.sha256(hashlib.sha256(self.first).digest() + hashlib.sha256(content).digest()).digest()
        about = About(context(self._said), Identities(self._device.public_key, self.box_key))
        self._proving = Proving(about, scalars(self._code, hello.salt, identities(found)))
        self.state = State.ANSWER
        return [pb.FromDevice(share=pb.Share(share=self._proving.share)).SerializeToString()]

    def _answer(self, answer: pb.Answer) -> list[bytes]:
        confirmation, shared = self._proving.finish(answer.share, answer.confirmation)
        self._secrets = channel.secrets(shared)
        self._channel = channel.of_device(self._secrets)
        device = self._device
        introduction = pb.Introduction(
            signature=device.key.sign(DEVICE_SIGNS + self._secrets.proof, ec.ECDSA(SHA256())),
            name=device.name,
            wireguard_key=device.wireguard_key,
            unix_ms=self._unix_ms,
            zone=device.zone,
            locale=device.locale,
            units=_units(device.imperial),
            stays=device.stays,
        )
        self.state = State.ENROLMENT
        return [
            pb.FromDevice(confirmation=pb.Confirmation(confirmation=confirmation)).SerializeToString(),
            self._sealed(pb.WithinFromDevice(introduction=introduction)),
        ]

    def _enrolment(self, sealed: bytes) -> list[bytes]:
        within = messages.within_from_box(self._channel.open(sealed))
        if within.WhichOneof("message") != "enrolment":
            raise Malformed
        try:
            Ed25519PublicKey.from_public_bytes(self.box_key).verify(
                within.enrolment.signature, BOX_SIGNS + self._secrets.proof
            )
        except InvalidSignature as error:
            raise WrongKey from error
        self.enrolment = within.enrolment
        self.state = State.KNOWN
        return [self._sealed(pb.WithinFromDevice(taken=pb.Taken()))]

    def _last(self, sealed: bytes) -> list[bytes]:
        within = messages.within_from_box(self._channel.open(sealed))
        if within.WhichOneof("message") != "known":
            raise Malformed
        self.recovery_key = within.known.recovery_key
        self.state = State.STAYING if self._device.stays and within.known.stays else State.OVER
        return []

    def _answered(self, sealed: bytes) -> list[bytes]:
        within = messages.within_from_box(self._channel.open(sealed))
        match within.WhichOneof("message"):
            case "seen":
                self.seen = within.seen
            case "joined":
                self.joined = within.joined
            case _:
                raise Malformed
        self.state = State.STAYING
        return []

    def _asked(self, state: State, within: pb.WithinFromDevice) -> bytes:
        assert self.asks
        self.state = state
        return self._sealed(within)

    def _sealed(self, within: pb.WithinFromDevice) -> bytes:
        return pb.FromDevice(sealed=self._channel.seal(within.SerializeToString())).SerializeToString()


Wishes = Callable[[DeviceSide], bytes]
"""Called whenever the box waits for what a device that was let in has to ask; gives that, and at last `leave`."""


def _units(imperial: bool | None) -> pb.Units:
    if imperial is None:
        return pb.UNITS_UNSPECIFIED
    return pb.IMPERIAL if imperial else pb.METRIC
