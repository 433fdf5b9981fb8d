"""The messages of pairing, checked: whatever comes from outside goes through `from_device` or `from_box`. Pure.

The forms are in `pairing/messages.proto`, what they are for in docs/pairing.md. A message that does not fit raises
Malformed, whatever is wrong with it; nothing of it is repeated anywhere.
"""

import re
from collections.abc import Callable, Mapping
from typing import TypeVar

from cryptography.hazmat.primitives.asymmetric import ec
from google.protobuf.message import DecodeError, Message

from bus import names
from pairing import messages_pb2 as pb
from pairing import serial as serials
from pairing.channel import KEY_BYTES
from pairing.errors import Malformed, NotASerial
from pairing.verifier import POINT_BYTES, SALT_BYTES
from pairing.wifi import MOST_SSID

VERSION = 1
MOST_BYTES = 8192
"""Of any message; an enrolment with two certificates has an eighth of it."""
NONCE_BYTES = 32
CONFIRMATION_BYTES = 32
MOST_SEALED = 4096
MOST_SIGNATURE = 80
MOST_CERTIFICATE = 1024
MOST_ADDRESSES, MOST_TEXT = 8, 128
MOST_NETWORKS, MOST_STRENGTH = 32, 100
LAST_MS = 1 << 43
"""In the year 2248."""
ZONE = re.compile(r"[A-Za-z][A-Za-z0-9_+-]{0,31}(?:/[A-Za-z0-9_+-]{1,31}){0,2}", re.ASCII)
LOCALE = re.compile(r"[A-Za-z]{2,3}(?:-[A-Za-z0-9]{2,8}){0,3}", re.ASCII)

M = TypeVar("M", bound=Message)


def from_device(content: bytes) -> pb.FromDevice:
    """What a device said. Raises Malformed."""
    return _checked(pb.FromDevice, content, OF_DEVICE)


def from_box(content: bytes) -> pb.FromBox:
    """What a box said. Raises Malformed."""
    return _checked(pb.FromBox, content, OF_BOX)


def within_from_device(content: bytes) -> pb.WithinFromDevice:
    """What a device said inside the channel. Raises Malformed."""
    return _checked(pb.WithinFromDevice, content, WITHIN_OF_DEVICE)


def within_from_box(content: bytes) -> pb.WithinFromBox:
    """What a box said inside the channel. Raises Malformed."""
    return _checked(pb.WithinFromBox, content, WITHIN_OF_BOX)


def name(text: str) -> str:
    """What somebody calls a device, in one form. Raises Malformed: empty, too long, or with what nobody can see."""
    try:
        return names.normal(text)
    except ValueError as error:
        raise Malformed from error


def _checked(kind: type[M], content: bytes, checks: Mapping[str, Callable[..., None]]) -> M:
    _must(len(content) <= MOST_BYTES)
    try:
        message = kind.FromString(content)
    except DecodeError as error:
        raise Malformed from error
    which = message.WhichOneof("message")
    if which is None:
        raise Malformed
    checks[which](getattr(message, which))
    return message


def _must(fits: bool) -> None:
    if not fits:
        raise Malformed


def _device_hello(hello: pb.DeviceHello) -> None:
    # What another version says besides, nobody here knows.
    if hello.version == VERSION:
        _must(len(hello.key) == POINT_BYTES and len(hello.nonce) == NONCE_BYTES)
        try:
            ec.EllipticCurvePublicKey.from_encoded_point(ec.SECP256R1(), hello.key)
        except ValueError as error:
            raise Malformed from error


def _box_hello(hello: pb.BoxHello) -> None:
    if hello.version == VERSION:
        _must(len(hello.key) == KEY_BYTES and len(hello.nonce) == NONCE_BYTES and len(hello.salt) == SALT_BYTES)
        try:
            serials.parse(hello.serial)
        except NotASerial as error:
            raise Malformed from error


def _introduction(said: pb.Introduction) -> None:
    name(said.name)
    _must(0 < len(said.signature) <= MOST_SIGNATURE)
    _must(len(said.wireguard_key) == KEY_BYTES)
    _must(0 <= said.unix_ms < LAST_MS)
    # Empty: the device does not know it either.
    _must(not said.zone or ZONE.fullmatch(said.zone) is not None)
    _must(not said.locale or LOCALE.fullmatch(said.locale) is not None)


def _enrolment(said: pb.Enrolment) -> None:
    name(said.profile)
    name(said.device)
    _must(0 < len(said.signature) <= MOST_SIGNATURE)
    _must(all(0 < len(each) <= MOST_CERTIFICATE for each in (said.certificate, said.authority)))
    # A box without a tunnel has none.
    _must(len(said.wireguard_key) in (0, KEY_BYTES))
    _must(len(said.addresses) <= MOST_ADDRESSES)
    _must(all(len(each) <= MOST_TEXT for each in (said.device_address, said.box_address, *said.addresses)))


def _known(said: pb.Known) -> None:
    _must(len(said.recovery_key) <= MOST_TEXT)


def _join(said: pb.WifiJoin) -> None:
    _must(len(said.ssid) <= MOST_TEXT and len(said.password) <= MOST_TEXT)


def _seen(said: pb.WifiSeen) -> None:
    _must(len(said.networks) <= MOST_NETWORKS)
    _must(all(0 < len(each.ssid) <= MOST_SSID and each.strength <= MOST_STRENGTH for each in said.networks))


def _joined(said: pb.WifiJoined) -> None:
    _must(len(said.addresses) <= MOST_ADDRESSES and all(len(each) <= MOST_TEXT for each in said.addresses))


def _sealed(content: bytes) -> None:
    _must(0 < len(content) <= MOST_SEALED)


def _share(said: pb.Share) -> None:
    _must(len(said.share) == POINT_BYTES)


def _confirmation(said: pb.Confirmation) -> None:
    _must(len(said.confirmation) == CONFIRMATION_BYTES)


def _answer(said: pb.Answer) -> None:
    _must(len(said.share) == POINT_BYTES and len(said.confirmation) == CONFIRMATION_BYTES)


def _anything(_: Message) -> None:
    """Nothing in it, or numbers only."""


OF_DEVICE: Mapping[str, Callable[..., None]] = {
    "hello": _device_hello,
    "share": _share,
    "confirmation": _confirmation,
    "sealed": _sealed,
}
OF_BOX: Mapping[str, Callable[..., None]] = {
    "hello": _box_hello,
    "answer": _answer,
    "sealed": _sealed,
    "refusal": _anything,
}
WITHIN_OF_DEVICE: Mapping[str, Callable[..., None]] = {
    "introduction": _introduction,
    "taken": _anything,
    "look": _anything,
    "join": _join,
    "leave": _anything,
}
WITHIN_OF_BOX: Mapping[str, Callable[..., None]] = {
    "enrolment": _enrolment,
    "known": _known,
    "seen": _seen,
    "joined": _joined,
}
