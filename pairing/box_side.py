"""The box's side of one run: what it hears, what it says, and what has to happen between. Pure.

    HELLO ──▶ SHARE ──▶ CONFIRMATION ──▶ INTRODUCTION ──▶ ENROLLING ──▶ TAKEN ──▶ RECORDING ──▶ OVER
                                                                                    │             ▲
                                                              device stays          ▼             │ leaves
                                                                      WORKING ◀──▶ STAYING ───────┘

Each state is what the box waits for: a message of the device in the first four, in TAKEN and in STAYING, its own
records in ENROLLING and RECORDING, its own radio in WORKING. Any other message ends the run, and so does anything that
does not fit. Who may begin a run, and what a guess costs, is in `pairing/reception.py`; a drawing in docs/pairing.md.
"""

import hashlib
from dataclasses import dataclass, field
from enum import StrEnum

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.hashes import SHA256

from pairing import channel, messages, outcomes
from pairing import messages_pb2 as pb
from pairing.channel import Channel, Secrets
from pairing.errors import Malformed, NotANetwork, OtherVersion, WrongKey
from pairing.serial import Serial
from pairing.spake2plus import About, Verifying
from pairing.verifier import Identities, Verifier
from pairing.wifi import Wanted

IMPERIAL = ("US", "LR", "MM")
"""Countries that measure so, for a device that says no more than its language tag."""
DEVICE_SIGNS, BOX_SIGNS = b"spoq pairing 1: I am this device\0", b"spoq pairing 1: I am this box\0"
"""In front of what a run came to, so that no signature here is one of anything else."""


class State(StrEnum):
    HELLO = "hello"
    SHARE = "share"
    CONFIRMATION = "confirmation"
    INTRODUCTION = "introduction"
    ENROLLING = "enrolling"
    TAKEN = "taken"
    RECORDING = "recording"
    STAYING = "staying"
    WORKING = "working"
    OVER = "over"


@dataclass(frozen=True)
class Box:
    """What a box says of itself, and what it keeps of its code. `key`: Ed25519, raw; `opening`: which window's code it
    is, empty for the label's."""

    serial: Serial
    key: bytes
    salt: bytes
    verifier: Verifier = field(repr=False)
    opening: bytes = b""


@dataclass(frozen=True)
class Newcomer:
    """A device that knew the code and has the key of its hello. The box signs `proof` for it, behind BOX_SIGNS."""

    key: bytes
    name: str
    wireguard_key: bytes
    unix_ms: int
    zone: str
    locale: str
    imperial: bool
    proof: bytes = field(repr=False)
    stays: bool = False


@dataclass(frozen=True)
class Say:
    """To the device."""

    message: bytes = field(repr=False)


@dataclass(frozen=True)
class Guessed:
    """A guess has to be counted, durably, before anything that follows is done."""


@dataclass(frozen=True)
class Knew:
    """It knew the code: earlier guesses may be forgotten."""


@dataclass(frozen=True)
class Enrol:
    """Somebody has to make what the device gets, and call `enrolled`."""

    newcomer: Newcomer


@dataclass(frozen=True)
class Record:
    """The device has it: somebody has to record that it is known, and call `recorded`."""


@dataclass(frozen=True)
class Look:
    """Somebody has to look what networks there are, and call `seen`."""


@dataclass(frozen=True)
class Join:
    """Somebody has to join this network, and call `joined`."""

    wanted: Wanted


Effect = Say | Guessed | Knew | Enrol | Record | Look | Join


class BoxSide:
    """One run. After an error it is over, and takes nothing more. `nonce`: 32 random bytes."""

    def __init__(self, box: Box, nonce: bytes) -> None:
        self.state = State.HELLO
        self._box, self._nonce = box, nonce
        self._said = hashlib.sha256()
        self._device_key = b""
        self._stays = False
        self._verifying: Verifying
        self._secrets: Secrets
        self._channel: Channel

    def take(self, content: bytes) -> list[Effect]:
        """What a message of the device leads to, in this order. Raises RunFailed."""
        state, self.state = self.state, State.OVER
        message = messages.from_device(content)
        match state, message.WhichOneof("message"):
            case State.HELLO, "hello":
                return self._hello(message.hello, content)
            case State.SHARE, "share":
                return self._share(message.share.share)
            case State.CONFIRMATION, "confirmation":
                return self._confirmation(message.confirmation.confirmation)
            case ((State.INTRODUCTION | State.TAKEN | State.STAYING), "sealed"):
                return self._within(state, messages.within_from_device(self._channel.open(message.sealed)))
        raise Malformed

    def enrolled(self, enrolment: pb.Enrolment) -> Say:
        """What the device gets is there."""
        assert self.state is State.ENROLLING
        self.state = State.TAKEN
        return self._sealed(pb.WithinFromBox(enrolment=enrolment))

    def recorded(self, recovery_key: str, owner: bool) -> Say:
        """The device is known. The first owner's gets the recovery key, and nobody who has not come this far; only an
        owner's chooses the box's network."""
        assert self.state is State.RECORDING
        stays = self._stays and owner
        self.state = State.STAYING if stays else State.OVER
        return self._sealed(pb.WithinFromBox(known=pb.Known(recovery_key=recovery_key, stays=stays)))

    def seen(self, seen: pb.WifiSeen) -> Say:
        """What the radio sees."""
        return self._worked(pb.WithinFromBox(seen=seen))

    def joined(self, joined: pb.WifiJoined) -> Say:
        """Whether the network is joined."""
        return self._worked(pb.WithinFromBox(joined=joined))

    def _worked(self, within: pb.WithinFromBox) -> Say:
        assert self.state is State.WORKING
        self.state = State.STAYING
        return self._sealed(within)

    def _within(self, state: State, message: pb.WithinFromDevice) -> list[Effect]:
        match state, message.WhichOneof("message"):
            case State.INTRODUCTION, "introduction":
                return self._introduction(message.introduction)
            case State.TAKEN, "taken":
                self.state = State.RECORDING
                return [Record()]
            case State.STAYING, "look":
                self.state = State.WORKING
                return [Look()]
            case State.STAYING, "join":
                return self._join(message.join)
            case State.STAYING, "leave":
                return []
        raise Malformed

    def _join(self, said: pb.WifiJoin) -> list[Effect]:
        try:
            wanted = Wanted(said.ssid, said.password)
        except NotANetwork as error:
            self.state = State.STAYING
            return [self._sealed(pb.WithinFromBox(joined=pb.WifiJoined(outcome=outcomes.of(error))))]
        self.state = State.WORKING
        return [Join(wanted)]

    def _hello(self, hello: pb.DeviceHello, content: bytes) -> list[Effect]:
        if hello.version != messages.VERSION:
            raise OtherVersion
        self._device_key = hello.key
        answer = _say(
            pb.FromBox(
                hello=pb.BoxHello(
                    version=messages.VERSION,
                    key=self._box.key,
                    nonce=self._nonce,
                    serial=str(self._box.serial),
                    salt=self._box.salt,
                )
            )
        )
        self._said.update(hashlib.sha256(content).digest() + hashlib.sha256(answer.message).digest())
        self.state = State.SHARE
        return [answer]

    def _share(self, share: bytes) -> list[Effect]:
        about = About(context(self._said.digest()), Identities(self._device_key, self._box.key))
        self._verifying = Verifying(about, self._box.verifier, share)
        self.state = State.CONFIRMATION
        answer = pb.Answer(share=self._verifying.share, confirmation=self._verifying.confirmation)
        return [Guessed(), _say(pb.FromBox(answer=answer))]

    def _confirmation(self, confirmation: bytes) -> list[Effect]:
        self._secrets = channel.secrets(self._verifying.finish(confirmation))
        self._channel = channel.of_box(self._secrets)
        self.state = State.INTRODUCTION
        return [Knew()]

    def _introduction(self, said: pb.Introduction) -> list[Effect]:
        key = ec.EllipticCurvePublicKey.from_encoded_point(ec.SECP256R1(), self._device_key)
        try:
            key.verify(said.signature, DEVICE_SIGNS + self._secrets.proof, ec.ECDSA(SHA256()))
        except InvalidSignature as error:
            raise WrongKey from error
        self.state, self._stays = State.ENROLLING, said.stays
        return [
            Enrol(
                Newcomer(
                    key=self._device_key,
                    name=messages.name(said.name),
                    wireguard_key=said.wireguard_key,
                    unix_ms=said.unix_ms,
                    zone=said.zone,
                    locale=said.locale,
                    imperial=_imperial(said),
                    proof=self._secrets.proof,
                    stays=said.stays,
                )
            )
        ]

    def _sealed(self, within: pb.WithinFromBox) -> Say:
        return _say(pb.FromBox(sealed=self._channel.seal(within.SerializeToString())))


def context(said: bytes) -> bytes:
    """What the exchange is bound to: the version, and a hash of both hellos as they were carried."""
    return b"spoq pairing 1\0" + said


def _imperial(said: pb.Introduction) -> bool:
    if said.units == pb.UNITS_UNSPECIFIED:
        return said.locale.rpartition("-")[2].upper() in IMPERIAL
    return said.units == pb.IMPERIAL


def _say(message: pb.FromBox) -> Say:
    return Say(message.SerializeToString())
