"""Every subject on the bus and the message it carries.

A `Subject` is published or requested as it stands; a `SessionSubject` has one more token, the session, and is
subscribed to for one session or for all of them.
"""

from dataclasses import dataclass
from typing import Generic, TypeVar

from google.protobuf.message import Message

from bus import messages_pb2 as pb

M = TypeVar("M", bound=Message)
R = TypeVar("R", bound=Message)


@dataclass(frozen=True)
class Subject(Generic[M]):
    name: str
    message: type[M]

    @property
    def pattern(self) -> str:
        return self.name


@dataclass(frozen=True)
class SessionSubject(Generic[M]):
    prefix: str
    message: type[M]

    @property
    def pattern(self) -> str:
        return f"{self.prefix}.*"

    def of(self, session: str) -> Subject[M]:
        """The subject of one session, whose name must be a single subject token."""
        if not session or not session.replace("-", "").isalnum():
            raise ValueError(f"not a session name: {session!r}")
        return Subject(f"{self.prefix}.{session}", self.message)


@dataclass(frozen=True)
class RequestSubject(Generic[M, R]):
    """A question and its answer."""

    name: str
    message: type[M]
    reply: type[R]

    @property
    def pattern(self) -> str:
        return self.name


AUDIO_WAKE = Subject("audio.wake", pb.Wake)
AUDIO_LEVEL = Subject("audio.level", pb.Level)
AUDIO_FRAME = SessionSubject("audio.frame", pb.AudioFrame)
AUDIO_INJECT = RequestSubject("audio.inject", pb.Inject, pb.InjectReply)
AUDIO_MUTE = RequestSubject("audio.mute", pb.SetMute, pb.MuteState)
AUDIO_MUTE_STATE = Subject("audio.mute.state", pb.MuteState)
AUDIO_WAKEWORDS = RequestSubject("audio.wakewords", pb.WakeWordsRequest, pb.WakeWords)

STT_ACTIVITY = Subject("stt.activity", pb.Activity)
STT_PARTIAL = Subject("stt.text.partial", pb.Partial)
STT_FINAL = Subject("stt.text.final", pb.Final)
STT_VOCABULARY = Subject("stt.vocabulary", pb.Vocabulary)
STT_VOCABULARY_REQUEST = Subject("stt.vocabulary.request", pb.VocabularyRequest)

TURN_STATE = Subject("turn.state", pb.TurnState)
TURN_OPEN = RequestSubject("turn.open", pb.OpenTurn, pb.Reply)
TURN_STOP = RequestSubject("turn.stop", pb.StopTurn, pb.Reply)
TURNS_LIST = RequestSubject("turns.list", pb.TurnsRequest, pb.Turns)
TURNS_WIPE = RequestSubject("turns.wipe", pb.TurnsRequest, pb.Reply)
NLU_REQUEST = RequestSubject("nlu.request", pb.Ask, pb.Answer)
ANNOUNCE = RequestSubject("announce", pb.Announce, pb.Reply)
TIMERS_LIST = RequestSubject("timers.list", pb.TimersRequest, pb.Timers)
REGION = RequestSubject("region", pb.SetRegion, pb.Region)

TTS_REQUEST = Subject("tts.request", pb.Speak)
TTS_CANCEL = Subject("tts.cancel", pb.CancelSpeech)
TTS_STREAM = SessionSubject("tts.stream", pb.SpeechChunk)
PLAYBACK_CLIP = Subject("playback.clip", pb.PlayClip)
PLAYBACK_STATE = Subject("playback.state", pb.PlaybackState)
PLAYBACK_CONTROL = RequestSubject("playback.control", pb.PlaybackControl, pb.PlaybackReply)

LLM_REQUEST = Subject("llm.request", pb.Complete)
LLM_CANCEL = Subject("llm.cancel", pb.CancelCompletion)
LLM_STREAM = SessionSubject("llm.stream", pb.CompletionDelta)

HARDWARE_BUTTON = Subject("hardware.button", pb.Button)
FACTORY_RESET = RequestSubject("hardware.reset", pb.FactoryReset, pb.Reply)
HARDWARE_CLOCK = RequestSubject("hardware.clock.set", pb.SetClock, pb.Reply)
HARDWARE_RING = Subject("hardware.ring", pb.RingShown)
HARDWARE_RING_SET = Subject("hardware.ring.set", pb.RingWish)

PAIRING_STATE = Subject("pairing.state", pb.PairingState)
PAIRING_OPEN = RequestSubject("pairing.open", pb.OpenPairing, pb.PairingOpened)

UPDATE_STATE = Subject("update.state", pb.UpdateState)
UPDATE_STATUS = RequestSubject("update.status", pb.UpdateRequest, pb.UpdateState)
UPDATE_TOLD = RequestSubject("update.told", pb.UpdateTold, pb.Reply)
UPDATE_WISH = RequestSubject("update.wish", pb.UpdateWish, pb.Reply)
UPDATE_HISTORY = RequestSubject("update.history", pb.UpdateRequest, pb.UpdateReports)

WIFI_LIST = RequestSubject("wifi.list", pb.WifiRequest, pb.Wifi)
WIFI_JOIN = RequestSubject("wifi.join", pb.JoinWifi, pb.Reply)

IDENTITY_OPEN = RequestSubject("identity.open", pb.OpenPairing, pb.PairingOpened)
IDENTITY_ADMIT = RequestSubject("identity.admit", pb.Admit, pb.Admission)
IDENTITY_RECORD = RequestSubject("identity.record", pb.Record, pb.Recorded)
IDENTITY_HOUSEHOLD = RequestSubject("identity.household", pb.HouseholdRequest, pb.Household)
IDENTITY_CHANGE = RequestSubject("identity.change", pb.ChangeHousehold, pb.Reply)
IDENTITY_DEVICE_CHANGE = RequestSubject("identity.device.change", pb.ChangeHousehold, pb.Reply)
IDENTITY_CERTIFY = RequestSubject("identity.certify", pb.Certify, pb.Certified)
IDENTITY_LOG = RequestSubject("identity.log", pb.DeedsRequest, pb.Deeds)
DEVICE_PAIRED = Subject("device.paired", pb.DeviceChange)
DEVICE_REVOKED = Subject("device.revoked", pb.DeviceChange)

NODE_HEALTH = Subject("ctrl.node.health", pb.Health)
NODE_HEALTH_REQUEST = Subject("ctrl.node.health.request", pb.HealthRequest)
OBS_SPAN = Subject("obs.span", pb.Span)
