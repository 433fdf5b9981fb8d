from google.protobuf.internal import containers as _containers
from google.protobuf.internal import enum_type_wrapper as _enum_type_wrapper
from google.protobuf import descriptor as _descriptor
from google.protobuf import message as _message
from collections.abc import Iterable as _Iterable, Mapping as _Mapping
from typing import ClassVar as _ClassVar, Optional as _Optional, Union as _Union

DESCRIPTOR: _descriptor.FileDescriptor

class Reason(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
    __slots__ = ()
    REASON_UNSPECIFIED: _ClassVar[Reason]
    MALFORMED: _ClassVar[Reason]
    OTHER_VERSION: _ClassVar[Reason]
    CLOSED: _ClassVar[Reason]
    BUSY: _ClassVar[Reason]
    WAIT: _ClassVar[Reason]
    LOCKED: _ClassVar[Reason]
    WRONG_CODE: _ClassVar[Reason]
    WRONG_KEY: _ClassVar[Reason]
    FULL: _ClassVar[Reason]
    FAILED: _ClassVar[Reason]
    TOO_SLOW: _ClassVar[Reason]

class Units(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
    __slots__ = ()
    UNITS_UNSPECIFIED: _ClassVar[Units]
    METRIC: _ClassVar[Units]
    IMPERIAL: _ClassVar[Units]

class WifiSecurity(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
    __slots__ = ()
    WIFI_SECURITY_UNSPECIFIED: _ClassVar[WifiSecurity]
    OPEN: _ClassVar[WifiSecurity]
    WPA2: _ClassVar[WifiSecurity]
    WPA3: _ClassVar[WifiSecurity]
    UNSUPPORTED: _ClassVar[WifiSecurity]

class WifiOutcome(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
    __slots__ = ()
    WIFI_OUTCOME_UNSPECIFIED: _ClassVar[WifiOutcome]
    DONE: _ClassVar[WifiOutcome]
    WRONG_PASSWORD: _ClassVar[WifiOutcome]
    NOT_FOUND: _ClassVar[WifiOutcome]
    NOT_SUPPORTED: _ClassVar[WifiOutcome]
    NO_ADDRESS: _ClassVar[WifiOutcome]
    NOT_IN_TIME: _ClassVar[WifiOutcome]
    NOT_A_NETWORK: _ClassVar[WifiOutcome]
    ALREADY_JOINING: _ClassVar[WifiOutcome]
    NO_RADIO: _ClassVar[WifiOutcome]
    NOT_JOINED: _ClassVar[WifiOutcome]
REASON_UNSPECIFIED: Reason
MALFORMED: Reason
OTHER_VERSION: Reason
CLOSED: Reason
BUSY: Reason
WAIT: Reason
LOCKED: Reason
WRONG_CODE: Reason
WRONG_KEY: Reason
FULL: Reason
FAILED: Reason
TOO_SLOW: Reason
UNITS_UNSPECIFIED: Units
METRIC: Units
IMPERIAL: Units
WIFI_SECURITY_UNSPECIFIED: WifiSecurity
OPEN: WifiSecurity
WPA2: WifiSecurity
WPA3: WifiSecurity
UNSUPPORTED: WifiSecurity
WIFI_OUTCOME_UNSPECIFIED: WifiOutcome
DONE: WifiOutcome
WRONG_PASSWORD: WifiOutcome
NOT_FOUND: WifiOutcome
NOT_SUPPORTED: WifiOutcome
NO_ADDRESS: WifiOutcome
NOT_IN_TIME: WifiOutcome
NOT_A_NETWORK: WifiOutcome
ALREADY_JOINING: WifiOutcome
NO_RADIO: WifiOutcome
NOT_JOINED: WifiOutcome

class Parcel(_message.Message):
    __slots__ = ("messages",)
    MESSAGES_FIELD_NUMBER: _ClassVar[int]
    messages: _containers.RepeatedScalarFieldContainer[bytes]
    def __init__(self, messages: _Optional[_Iterable[bytes]] = ...) -> None: ...

class FromDevice(_message.Message):
    __slots__ = ("hello", "share", "confirmation", "sealed")
    HELLO_FIELD_NUMBER: _ClassVar[int]
    SHARE_FIELD_NUMBER: _ClassVar[int]
    CONFIRMATION_FIELD_NUMBER: _ClassVar[int]
    SEALED_FIELD_NUMBER: _ClassVar[int]
    hello: DeviceHello
    share: Share
    confirmation: Confirmation
    sealed: bytes
    def __init__(self, hello: _Optional[_Union[DeviceHello, _Mapping]] = ..., share: _Optional[_Union[Share, _Mapping]] = ..., confirmation: _Optional[_Union[Confirmation, _Mapping]] = ..., sealed: _Optional[bytes] = ...) -> None: ...

class FromBox(_message.Message):
    __slots__ = ("hello", "answer", "sealed", "refusal")
    HELLO_FIELD_NUMBER: _ClassVar[int]
    ANSWER_FIELD_NUMBER: _ClassVar[int]
    SEALED_FIELD_NUMBER: _ClassVar[int]
    REFUSAL_FIELD_NUMBER: _ClassVar[int]
    hello: BoxHello
    answer: Answer
    sealed: bytes
    refusal: Refusal
    def __init__(self, hello: _Optional[_Union[BoxHello, _Mapping]] = ..., answer: _Optional[_Union[Answer, _Mapping]] = ..., sealed: _Optional[bytes] = ..., refusal: _Optional[_Union[Refusal, _Mapping]] = ...) -> None: ...

class DeviceHello(_message.Message):
    __slots__ = ("version", "key", "nonce")
    VERSION_FIELD_NUMBER: _ClassVar[int]
    KEY_FIELD_NUMBER: _ClassVar[int]
    NONCE_FIELD_NUMBER: _ClassVar[int]
    version: int
    key: bytes
    nonce: bytes
    def __init__(self, version: _Optional[int] = ..., key: _Optional[bytes] = ..., nonce: _Optional[bytes] = ...) -> None: ...

class BoxHello(_message.Message):
    __slots__ = ("version", "key", "nonce", "serial", "salt")
    VERSION_FIELD_NUMBER: _ClassVar[int]
    KEY_FIELD_NUMBER: _ClassVar[int]
    NONCE_FIELD_NUMBER: _ClassVar[int]
    SERIAL_FIELD_NUMBER: _ClassVar[int]
    SALT_FIELD_NUMBER: _ClassVar[int]
    version: int
    key: bytes
    nonce: bytes
    serial: str
    salt: bytes
    def __init__(self, version: _Optional[int] = ..., key: _Optional[bytes] = ..., nonce: _Optional[bytes] = ..., serial: _Optional[str] = ..., salt: _Optional[bytes] = ...) -> None: ...

class Share(_message.Message):
    __slots__ = ("share",)
    SHARE_FIELD_NUMBER: _ClassVar[int]
    share: bytes
    def __init__(self, share: _Optional[bytes] = ...) -> None: ...

class Answer(_message.Message):
    __slots__ = ("share", "confirmation")
    SHARE_FIELD_NUMBER: _ClassVar[int]
    CONFIRMATION_FIELD_NUMBER: _ClassVar[int]
    share: bytes
    confirmation: bytes
    def __init__(self, share: _Optional[bytes] = ..., confirmation: _Optional[bytes] = ...) -> None: ...

class Confirmation(_message.Message):
    __slots__ = ("confirmation",)
    CONFIRMATION_FIELD_NUMBER: _ClassVar[int]
    confirmation: bytes
    def __init__(self, confirmation: _Optional[bytes] = ...) -> None: ...

class Refusal(_message.Message):
    __slots__ = ("reason", "wait_s")
    REASON_FIELD_NUMBER: _ClassVar[int]
    WAIT_S_FIELD_NUMBER: _ClassVar[int]
    reason: Reason
    wait_s: int
    def __init__(self, reason: _Optional[_Union[Reason, str]] = ..., wait_s: _Optional[int] = ...) -> None: ...

class WithinFromDevice(_message.Message):
    __slots__ = ("introduction", "taken", "look", "join", "leave")
    INTRODUCTION_FIELD_NUMBER: _ClassVar[int]
    TAKEN_FIELD_NUMBER: _ClassVar[int]
    LOOK_FIELD_NUMBER: _ClassVar[int]
    JOIN_FIELD_NUMBER: _ClassVar[int]
    LEAVE_FIELD_NUMBER: _ClassVar[int]
    introduction: Introduction
    taken: Taken
    look: WifiLook
    join: WifiJoin
    leave: Leave
    def __init__(self, introduction: _Optional[_Union[Introduction, _Mapping]] = ..., taken: _Optional[_Union[Taken, _Mapping]] = ..., look: _Optional[_Union[WifiLook, _Mapping]] = ..., join: _Optional[_Union[WifiJoin, _Mapping]] = ..., leave: _Optional[_Union[Leave, _Mapping]] = ...) -> None: ...

class WithinFromBox(_message.Message):
    __slots__ = ("enrolment", "known", "seen", "joined")
    ENROLMENT_FIELD_NUMBER: _ClassVar[int]
    KNOWN_FIELD_NUMBER: _ClassVar[int]
    SEEN_FIELD_NUMBER: _ClassVar[int]
    JOINED_FIELD_NUMBER: _ClassVar[int]
    enrolment: Enrolment
    known: Known
    seen: WifiSeen
    joined: WifiJoined
    def __init__(self, enrolment: _Optional[_Union[Enrolment, _Mapping]] = ..., known: _Optional[_Union[Known, _Mapping]] = ..., seen: _Optional[_Union[WifiSeen, _Mapping]] = ..., joined: _Optional[_Union[WifiJoined, _Mapping]] = ...) -> None: ...

class Introduction(_message.Message):
    __slots__ = ("signature", "name", "wireguard_key", "unix_ms", "zone", "locale", "units", "stays")
    SIGNATURE_FIELD_NUMBER: _ClassVar[int]
    NAME_FIELD_NUMBER: _ClassVar[int]
    WIREGUARD_KEY_FIELD_NUMBER: _ClassVar[int]
    UNIX_MS_FIELD_NUMBER: _ClassVar[int]
    ZONE_FIELD_NUMBER: _ClassVar[int]
    LOCALE_FIELD_NUMBER: _ClassVar[int]
    UNITS_FIELD_NUMBER: _ClassVar[int]
    STAYS_FIELD_NUMBER: _ClassVar[int]
    signature: bytes
    name: str
    wireguard_key: bytes
    unix_ms: int
    zone: str
    locale: str
    units: Units
    stays: bool
    def __init__(self, signature: _Optional[bytes] = ..., name: _Optional[str] = ..., wireguard_key: _Optional[bytes] = ..., unix_ms: _Optional[int] = ..., zone: _Optional[str] = ..., locale: _Optional[str] = ..., units: _Optional[_Union[Units, str]] = ..., stays: _Optional[bool] = ...) -> None: ...

class Enrolment(_message.Message):
    __slots__ = ("signature", "certificate", "authority", "profile", "device", "wireguard_key", "device_address", "box_address", "addresses")
    SIGNATURE_FIELD_NUMBER: _ClassVar[int]
    CERTIFICATE_FIELD_NUMBER: _ClassVar[int]
    AUTHORITY_FIELD_NUMBER: _ClassVar[int]
    PROFILE_FIELD_NUMBER: _ClassVar[int]
    DEVICE_FIELD_NUMBER: _ClassVar[int]
    WIREGUARD_KEY_FIELD_NUMBER: _ClassVar[int]
    DEVICE_ADDRESS_FIELD_NUMBER: _ClassVar[int]
    BOX_ADDRESS_FIELD_NUMBER: _ClassVar[int]
    ADDRESSES_FIELD_NUMBER: _ClassVar[int]
    signature: bytes
    certificate: bytes
    authority: bytes
    profile: str
    device: str
    wireguard_key: bytes
    device_address: str
    box_address: str
    addresses: _containers.RepeatedScalarFieldContainer[str]
    def __init__(self, signature: _Optional[bytes] = ..., certificate: _Optional[bytes] = ..., authority: _Optional[bytes] = ..., profile: _Optional[str] = ..., device: _Optional[str] = ..., wireguard_key: _Optional[bytes] = ..., device_address: _Optional[str] = ..., box_address: _Optional[str] = ..., addresses: _Optional[_Iterable[str]] = ...) -> None: ...

class Taken(_message.Message):
    __slots__ = ()
    def __init__(self) -> None: ...

class Known(_message.Message):
    __slots__ = ("recovery_key", "stays")
    RECOVERY_KEY_FIELD_NUMBER: _ClassVar[int]
    STAYS_FIELD_NUMBER: _ClassVar[int]
    recovery_key: str
    stays: bool
    def __init__(self, recovery_key: _Optional[str] = ..., stays: _Optional[bool] = ...) -> None: ...

class WifiLook(_message.Message):
    __slots__ = ()
    def __init__(self) -> None: ...

class WifiJoin(_message.Message):
    __slots__ = ("ssid", "password")
    SSID_FIELD_NUMBER: _ClassVar[int]
    PASSWORD_FIELD_NUMBER: _ClassVar[int]
    ssid: bytes
    password: bytes
    def __init__(self, ssid: _Optional[bytes] = ..., password: _Optional[bytes] = ...) -> None: ...

class Leave(_message.Message):
    __slots__ = ()
    def __init__(self) -> None: ...

class WifiNetwork(_message.Message):
    __slots__ = ("ssid", "strength", "security")
    SSID_FIELD_NUMBER: _ClassVar[int]
    STRENGTH_FIELD_NUMBER: _ClassVar[int]
    SECURITY_FIELD_NUMBER: _ClassVar[int]
    ssid: bytes
    strength: int
    security: WifiSecurity
    def __init__(self, ssid: _Optional[bytes] = ..., strength: _Optional[int] = ..., security: _Optional[_Union[WifiSecurity, str]] = ...) -> None: ...

class WifiSeen(_message.Message):
    __slots__ = ("outcome", "networks")
    OUTCOME_FIELD_NUMBER: _ClassVar[int]
    NETWORKS_FIELD_NUMBER: _ClassVar[int]
    outcome: WifiOutcome
    networks: _containers.RepeatedCompositeFieldContainer[WifiNetwork]
    def __init__(self, outcome: _Optional[_Union[WifiOutcome, str]] = ..., networks: _Optional[_Iterable[_Union[WifiNetwork, _Mapping]]] = ...) -> None: ...

class WifiJoined(_message.Message):
    __slots__ = ("outcome", "addresses")
    OUTCOME_FIELD_NUMBER: _ClassVar[int]
    ADDRESSES_FIELD_NUMBER: _ClassVar[int]
    outcome: WifiOutcome
    addresses: _containers.RepeatedScalarFieldContainer[str]
    def __init__(self, outcome: _Optional[_Union[WifiOutcome, str]] = ..., addresses: _Optional[_Iterable[str]] = ...) -> None: ...
