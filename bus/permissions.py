"""Who may publish and subscribe to what: the authorisation matrix of the bus, as data.

`bus/server.py` turns it into nats-server's configuration; `tests/bus/test_permissions.py` proves it against the
real server, subject by subject. Replies are allowed by `allow_responses`, once per request received.
"""

from dataclasses import dataclass
from typing import Any

from bus import subjects as s

AnySubject = s.Subject[Any] | s.SessionSubject[Any] | s.RequestSubject[Any, Any]


@dataclass(frozen=True)
class Role:
    """One client of the bus. `asks` are requests it sends, `serves` requests it answers."""

    name: str
    publishes: tuple[AnySubject, ...] = ()
    subscribes: tuple[AnySubject, ...] = ()
    asks: tuple[AnySubject, ...] = ()
    serves: tuple[AnySubject, ...] = ()

    @property
    def inbox_prefix(self) -> str:
        """Replies to this client arrive below here, and nobody else may read them."""
        return f"_INBOX.{self.name}"

    @property
    def may_publish(self) -> tuple[str, ...]:
        return tuple(subject.pattern for subject in (*self.publishes, *self.asks))

    @property
    def may_subscribe(self) -> tuple[str, ...]:
        own = tuple(subject.pattern for subject in (*self.subscribes, *self.serves))
        return (*own, f"{self.inbox_prefix}.>") if self.asks else own


EVERYONE_PUBLISHES = (s.NODE_HEALTH, s.OBS_SPAN)
EVERYONE_SUBSCRIBES = (s.NODE_HEALTH_REQUEST,)

ROLES = (
    Role(
        "audiod",
        publishes=(
            *EVERYONE_PUBLISHES,
            s.AUDIO_WAKE,
            s.AUDIO_LEVEL,
            s.AUDIO_FRAME,
            s.AUDIO_MUTE_STATE,
            s.PLAYBACK_STATE,
            s.HARDWARE_RING_SET,
        ),
        subscribes=(*EVERYONE_SUBSCRIBES, s.TURN_STATE, s.TTS_STREAM, s.PLAYBACK_CLIP, s.HARDWARE_BUTTON),
        asks=(s.TURN_OPEN,),
        serves=(s.AUDIO_INJECT, s.AUDIO_MUTE, s.AUDIO_WAKEWORDS, s.PLAYBACK_CONTROL),
    ),
    Role(
        "inferenced",
        publishes=(
            *EVERYONE_PUBLISHES,
            s.STT_ACTIVITY,
            s.STT_PARTIAL,
            s.STT_FINAL,
            s.STT_VOCABULARY_REQUEST,
            s.TTS_STREAM,
            s.LLM_STREAM,
        ),
        subscribes=(
            *EVERYONE_SUBSCRIBES,
            s.TURN_STATE,
            s.AUDIO_FRAME,
            s.STT_VOCABULARY,
            s.TTS_REQUEST,
            s.TTS_CANCEL,
            s.LLM_REQUEST,
            s.LLM_CANCEL,
            s.PLAYBACK_STATE,
        ),
    ),
    Role(
        "conductord",
        publishes=(
            *EVERYONE_PUBLISHES,
            s.TURN_STATE,
            s.STT_VOCABULARY,
            s.TTS_REQUEST,
            s.TTS_CANCEL,
            s.LLM_REQUEST,
            s.LLM_CANCEL,
            s.PLAYBACK_CLIP,
            s.HARDWARE_RING_SET,
        ),
        subscribes=(
            *EVERYONE_SUBSCRIBES,
            s.AUDIO_WAKE,
            s.STT_ACTIVITY,
            s.STT_PARTIAL,
            s.STT_FINAL,
            s.STT_VOCABULARY_REQUEST,
            s.LLM_STREAM,
            s.PLAYBACK_STATE,
            s.HARDWARE_BUTTON,
            s.PAIRING_STATE,
            s.OBS_SPAN,
            s.UPDATE_STATE,
        ),
        asks=(s.PLAYBACK_CONTROL, s.AUDIO_MUTE, s.UPDATE_STATUS, s.UPDATE_TOLD, s.UPDATE_WISH),
        serves=(
            s.NLU_REQUEST,
            s.TURN_OPEN,
            s.TURN_STOP,
            s.TURNS_LIST,
            s.TURNS_WIPE,
            s.ANNOUNCE,
            s.TIMERS_LIST,
            s.REGION,
        ),
    ),
    Role(
        "hardwared",
        publishes=(*EVERYONE_PUBLISHES, s.HARDWARE_RING, s.HARDWARE_BUTTON),
        subscribes=(*EVERYONE_SUBSCRIBES, s.TURN_STATE, s.HARDWARE_RING_SET, s.AUDIO_MUTE_STATE),
        serves=(s.FACTORY_RESET, s.HARDWARE_CLOCK),
    ),
    Role(
        "pairingd",
        publishes=(*EVERYONE_PUBLISHES, s.HARDWARE_RING_SET, s.PAIRING_STATE, s.NODE_HEALTH_REQUEST),
        subscribes=(*EVERYONE_SUBSCRIBES, s.HARDWARE_BUTTON, s.NODE_HEALTH),
        asks=(
            s.ANNOUNCE,
            s.REGION,
            s.HARDWARE_CLOCK,
            s.IDENTITY_ADMIT,
            s.IDENTITY_RECORD,
            s.IDENTITY_HOUSEHOLD,
        ),
        serves=(s.PAIRING_OPEN, s.WIFI_LIST, s.WIFI_JOIN),
    ),
    Role(
        "identityd",
        publishes=(*EVERYONE_PUBLISHES, s.DEVICE_PAIRED, s.DEVICE_REVOKED),
        subscribes=(*EVERYONE_SUBSCRIBES, s.HARDWARE_BUTTON),
        asks=(s.PAIRING_OPEN,),
        serves=(
            s.IDENTITY_OPEN,
            s.IDENTITY_ADMIT,
            s.IDENTITY_RECORD,
            s.IDENTITY_HOUSEHOLD,
            s.IDENTITY_CHANGE,
            s.IDENTITY_DEVICE_CHANGE,
            s.IDENTITY_CERTIFY,
            s.IDENTITY_LOG,
        ),
    ),
    Role(
        "otad",
        publishes=(*EVERYONE_PUBLISHES, s.NODE_HEALTH_REQUEST, s.HARDWARE_RING_SET, s.UPDATE_STATE),
        subscribes=(*EVERYONE_SUBSCRIBES, s.NODE_HEALTH, s.TURN_STATE),
        asks=(s.NLU_REQUEST, s.TIMERS_LIST, s.REGION),
        serves=(s.UPDATE_STATUS, s.UPDATE_TOLD, s.UPDATE_WISH, s.UPDATE_HISTORY),
    ),
    Role(
        "gatewayd",
        publishes=(*EVERYONE_PUBLISHES, s.NODE_HEALTH_REQUEST),
        subscribes=(
            *EVERYONE_SUBSCRIBES,
            s.NODE_HEALTH,
            s.TURN_STATE,
            s.PAIRING_STATE,
            s.DEVICE_PAIRED,
            s.DEVICE_REVOKED,
        ),
        asks=(
            s.NLU_REQUEST,
            s.REGION,
            s.FACTORY_RESET,
            s.WIFI_LIST,
            s.WIFI_JOIN,
            s.IDENTITY_OPEN,
            s.IDENTITY_DEVICE_CHANGE,
            s.IDENTITY_CERTIFY,
            s.IDENTITY_LOG,
            s.UPDATE_STATUS,
            s.UPDATE_WISH,
            s.UPDATE_HISTORY,
        ),
    ),
    Role(
        "cli",
        publishes=(s.NODE_HEALTH_REQUEST,),
        subscribes=(
            s.NODE_HEALTH,
            s.OBS_SPAN,
            s.AUDIO_WAKE,
            s.AUDIO_LEVEL,
            s.AUDIO_MUTE_STATE,
            s.STT_ACTIVITY,
            s.STT_PARTIAL,
            s.STT_FINAL,
            s.TURN_STATE,
            s.PLAYBACK_STATE,
            s.HARDWARE_RING,
            s.PAIRING_STATE,
            s.DEVICE_PAIRED,
            s.DEVICE_REVOKED,
            s.UPDATE_STATE,
        ),
        asks=(
            s.AUDIO_INJECT,
            s.AUDIO_MUTE,
            s.AUDIO_WAKEWORDS,
            s.PLAYBACK_CONTROL,
            s.NLU_REQUEST,
            s.TURN_OPEN,
            s.TURN_STOP,
            s.TURNS_LIST,
            s.TURNS_WIPE,
            s.ANNOUNCE,
            s.TIMERS_LIST,
            s.FACTORY_RESET,
            s.IDENTITY_HOUSEHOLD,
            s.IDENTITY_CHANGE,
            s.IDENTITY_LOG,
            s.UPDATE_STATUS,
            s.UPDATE_WISH,
            s.UPDATE_HISTORY,
        ),
    ),
)


def role(name: str) -> Role:
    return next(role for role in ROLES if role.name == name)
