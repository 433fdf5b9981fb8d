from google.protobuf.internal import containers as _containers
from google.protobuf.internal import enum_type_wrapper as _enum_type_wrapper
from google.protobuf import descriptor as _descriptor
from google.protobuf import message as _message
from collections.abc import Iterable as _Iterable, Mapping as _Mapping
from typing import ClassVar as _ClassVar, Optional as _Optional, Union as _Union

DESCRIPTOR: _descriptor.FileDescriptor

class CapabilityTier(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
    __slots__ = ()
    CAPABILITY_TIER_UNSPECIFIED: _ClassVar[CapabilityTier]
    FAST: _ClassVar[CapabilityTier]
    BALANCED: _ClassVar[CapabilityTier]
    RICH: _ClassVar[CapabilityTier]

class PrivacyScope(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
    __slots__ = ()
    PRIVACY_SCOPE_UNSPECIFIED: _ClassVar[PrivacyScope]
    EPHEMERAL: _ClassVar[PrivacyScope]
    SESSION: _ClassVar[PrivacyScope]
    PERSISTENT: _ClassVar[PrivacyScope]

class TurnPhase(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
    __slots__ = ()
    TURN_PHASE_UNSPECIFIED: _ClassVar[TurnPhase]
    OPENED: _ClassVar[TurnPhase]
    LISTENING: _ClassVar[TurnPhase]
    COMMITTED: _ClassVar[TurnPhase]
    ANSWERING: _ClassVar[TurnPhase]
    DUCKED: _ClassVar[TurnPhase]
    CANCELLED: _ClassVar[TurnPhase]
    CLOSED: _ClassVar[TurnPhase]

class PlaybackPhase(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
    __slots__ = ()
    PLAYBACK_PHASE_UNSPECIFIED: _ClassVar[PlaybackPhase]
    STARTED: _ClassVar[PlaybackPhase]
    PLAYING: _ClassVar[PlaybackPhase]
    FINISHED: _ClassVar[PlaybackPhase]
    SILENCED: _ClassVar[PlaybackPhase]
    FAILED: _ClassVar[PlaybackPhase]
CAPABILITY_TIER_UNSPECIFIED: CapabilityTier
FAST: CapabilityTier
BALANCED: CapabilityTier
RICH: CapabilityTier
PRIVACY_SCOPE_UNSPECIFIED: PrivacyScope
EPHEMERAL: PrivacyScope
SESSION: PrivacyScope
PERSISTENT: PrivacyScope
TURN_PHASE_UNSPECIFIED: TurnPhase
OPENED: TurnPhase
LISTENING: TurnPhase
COMMITTED: TurnPhase
ANSWERING: TurnPhase
DUCKED: TurnPhase
CANCELLED: TurnPhase
CLOSED: TurnPhase
PLAYBACK_PHASE_UNSPECIFIED: PlaybackPhase
STARTED: PlaybackPhase
PLAYING: PlaybackPhase
FINISHED: PlaybackPhase
SILENCED: PlaybackPhase
FAILED: PlaybackPhase

class Actor(_message.Message):
    __slots__ = ("profile", "device")
    PROFILE_FIELD_NUMBER: _ClassVar[int]
    DEVICE_FIELD_NUMBER: _ClassVar[int]
    profile: str
    device: str
    def __init__(self, profile: _Optional[str] = ..., device: _Optional[str] = ...) -> None: ...

class Envelope(_message.Message):
    __slots__ = ("trace_id", "session_id", "actor", "capability_tier", "privacy_scope", "sent_monotonic_ns", "generation", "body")
    TRACE_ID_FIELD_NUMBER: _ClassVar[int]
    SESSION_ID_FIELD_NUMBER: _ClassVar[int]
    ACTOR_FIELD_NUMBER: _ClassVar[int]
    CAPABILITY_TIER_FIELD_NUMBER: _ClassVar[int]
    PRIVACY_SCOPE_FIELD_NUMBER: _ClassVar[int]
    SENT_MONOTONIC_NS_FIELD_NUMBER: _ClassVar[int]
    GENERATION_FIELD_NUMBER: _ClassVar[int]
    BODY_FIELD_NUMBER: _ClassVar[int]
    trace_id: str
    session_id: str
    actor: Actor
    capability_tier: CapabilityTier
    privacy_scope: PrivacyScope
    sent_monotonic_ns: int
    generation: int
    body: bytes
    def __init__(self, trace_id: _Optional[str] = ..., session_id: _Optional[str] = ..., actor: _Optional[_Union[Actor, _Mapping]] = ..., capability_tier: _Optional[_Union[CapabilityTier, str]] = ..., privacy_scope: _Optional[_Union[PrivacyScope, str]] = ..., sent_monotonic_ns: _Optional[int] = ..., generation: _Optional[int] = ..., body: _Optional[bytes] = ...) -> None: ...

class Wake(_message.Message):
    __slots__ = ("stream", "word", "score", "position", "accepted")
    STREAM_FIELD_NUMBER: _ClassVar[int]
    WORD_FIELD_NUMBER: _ClassVar[int]
    SCORE_FIELD_NUMBER: _ClassVar[int]
    POSITION_FIELD_NUMBER: _ClassVar[int]
    ACCEPTED_FIELD_NUMBER: _ClassVar[int]
    stream: str
    word: str
    score: float
    position: int
    accepted: bool
    def __init__(self, stream: _Optional[str] = ..., word: _Optional[str] = ..., score: _Optional[float] = ..., position: _Optional[int] = ..., accepted: _Optional[bool] = ...) -> None: ...

class Level(_message.Message):
    __slots__ = ("stream", "position", "rms_dbfs", "peak_dbfs", "voice", "muted", "fault")
    STREAM_FIELD_NUMBER: _ClassVar[int]
    POSITION_FIELD_NUMBER: _ClassVar[int]
    RMS_DBFS_FIELD_NUMBER: _ClassVar[int]
    PEAK_DBFS_FIELD_NUMBER: _ClassVar[int]
    VOICE_FIELD_NUMBER: _ClassVar[int]
    MUTED_FIELD_NUMBER: _ClassVar[int]
    FAULT_FIELD_NUMBER: _ClassVar[int]
    stream: str
    position: int
    rms_dbfs: float
    peak_dbfs: float
    voice: bool
    muted: bool
    fault: str
    def __init__(self, stream: _Optional[str] = ..., position: _Optional[int] = ..., rms_dbfs: _Optional[float] = ..., peak_dbfs: _Optional[float] = ..., voice: _Optional[bool] = ..., muted: _Optional[bool] = ..., fault: _Optional[str] = ...) -> None: ...

class AudioFrame(_message.Message):
    __slots__ = ("stream", "position", "pcm", "captured_monotonic_ns", "request_position")
    STREAM_FIELD_NUMBER: _ClassVar[int]
    POSITION_FIELD_NUMBER: _ClassVar[int]
    PCM_FIELD_NUMBER: _ClassVar[int]
    CAPTURED_MONOTONIC_NS_FIELD_NUMBER: _ClassVar[int]
    REQUEST_POSITION_FIELD_NUMBER: _ClassVar[int]
    stream: str
    position: int
    pcm: bytes
    captured_monotonic_ns: int
    request_position: int
    def __init__(self, stream: _Optional[str] = ..., position: _Optional[int] = ..., pcm: _Optional[bytes] = ..., captured_monotonic_ns: _Optional[int] = ..., request_position: _Optional[int] = ...) -> None: ...

class Inject(_message.Message):
    __slots__ = ("injection", "sequence", "pcm", "last", "open_turn")
    INJECTION_FIELD_NUMBER: _ClassVar[int]
    SEQUENCE_FIELD_NUMBER: _ClassVar[int]
    PCM_FIELD_NUMBER: _ClassVar[int]
    LAST_FIELD_NUMBER: _ClassVar[int]
    OPEN_TURN_FIELD_NUMBER: _ClassVar[int]
    injection: str
    sequence: int
    pcm: bytes
    last: bool
    open_turn: bool
    def __init__(self, injection: _Optional[str] = ..., sequence: _Optional[int] = ..., pcm: _Optional[bytes] = ..., last: _Optional[bool] = ..., open_turn: _Optional[bool] = ...) -> None: ...

class InjectReply(_message.Message):
    __slots__ = ("refusal",)
    REFUSAL_FIELD_NUMBER: _ClassVar[int]
    refusal: str
    def __init__(self, refusal: _Optional[str] = ...) -> None: ...

class Activity(_message.Message):
    __slots__ = ("stream", "position", "speech_probability", "cold", "words_position", "level_dbfs", "noise_dbfs", "captured_monotonic_ns")
    STREAM_FIELD_NUMBER: _ClassVar[int]
    POSITION_FIELD_NUMBER: _ClassVar[int]
    SPEECH_PROBABILITY_FIELD_NUMBER: _ClassVar[int]
    COLD_FIELD_NUMBER: _ClassVar[int]
    WORDS_POSITION_FIELD_NUMBER: _ClassVar[int]
    LEVEL_DBFS_FIELD_NUMBER: _ClassVar[int]
    NOISE_DBFS_FIELD_NUMBER: _ClassVar[int]
    CAPTURED_MONOTONIC_NS_FIELD_NUMBER: _ClassVar[int]
    stream: str
    position: int
    speech_probability: float
    cold: bool
    words_position: int
    level_dbfs: float
    noise_dbfs: float
    captured_monotonic_ns: int
    def __init__(self, stream: _Optional[str] = ..., position: _Optional[int] = ..., speech_probability: _Optional[float] = ..., cold: _Optional[bool] = ..., words_position: _Optional[int] = ..., level_dbfs: _Optional[float] = ..., noise_dbfs: _Optional[float] = ..., captured_monotonic_ns: _Optional[int] = ...) -> None: ...

class Word(_message.Message):
    __slots__ = ("text", "end_position")
    TEXT_FIELD_NUMBER: _ClassVar[int]
    END_POSITION_FIELD_NUMBER: _ClassVar[int]
    text: str
    end_position: int
    def __init__(self, text: _Optional[str] = ..., end_position: _Optional[int] = ...) -> None: ...

class Partial(_message.Message):
    __slots__ = ("stream", "position", "text", "words", "confidence")
    STREAM_FIELD_NUMBER: _ClassVar[int]
    POSITION_FIELD_NUMBER: _ClassVar[int]
    TEXT_FIELD_NUMBER: _ClassVar[int]
    WORDS_FIELD_NUMBER: _ClassVar[int]
    CONFIDENCE_FIELD_NUMBER: _ClassVar[int]
    stream: str
    position: int
    text: str
    words: _containers.RepeatedCompositeFieldContainer[Word]
    confidence: float
    def __init__(self, stream: _Optional[str] = ..., position: _Optional[int] = ..., text: _Optional[str] = ..., words: _Optional[_Iterable[_Union[Word, _Mapping]]] = ..., confidence: _Optional[float] = ...) -> None: ...

class Final(_message.Message):
    __slots__ = ("stream", "position", "text", "confidence", "source", "rejection")
    STREAM_FIELD_NUMBER: _ClassVar[int]
    POSITION_FIELD_NUMBER: _ClassVar[int]
    TEXT_FIELD_NUMBER: _ClassVar[int]
    CONFIDENCE_FIELD_NUMBER: _ClassVar[int]
    SOURCE_FIELD_NUMBER: _ClassVar[int]
    REJECTION_FIELD_NUMBER: _ClassVar[int]
    stream: str
    position: int
    text: str
    confidence: float
    source: str
    rejection: str
    def __init__(self, stream: _Optional[str] = ..., position: _Optional[int] = ..., text: _Optional[str] = ..., confidence: _Optional[float] = ..., source: _Optional[str] = ..., rejection: _Optional[str] = ...) -> None: ...

class Vocabulary(_message.Message):
    __slots__ = ("version", "language", "jsgf", "hints", "fsg")
    VERSION_FIELD_NUMBER: _ClassVar[int]
    LANGUAGE_FIELD_NUMBER: _ClassVar[int]
    JSGF_FIELD_NUMBER: _ClassVar[int]
    HINTS_FIELD_NUMBER: _ClassVar[int]
    FSG_FIELD_NUMBER: _ClassVar[int]
    version: str
    language: str
    jsgf: str
    hints: _containers.RepeatedScalarFieldContainer[str]
    fsg: bytes
    def __init__(self, version: _Optional[str] = ..., language: _Optional[str] = ..., jsgf: _Optional[str] = ..., hints: _Optional[_Iterable[str]] = ..., fsg: _Optional[bytes] = ...) -> None: ...

class VocabularyRequest(_message.Message):
    __slots__ = ()
    def __init__(self) -> None: ...

class TurnState(_message.Message):
    __slots__ = ("phase", "stream", "position", "reason", "utterance", "opened_by", "frames_wanted", "heard", "intent", "answer")
    PHASE_FIELD_NUMBER: _ClassVar[int]
    STREAM_FIELD_NUMBER: _ClassVar[int]
    POSITION_FIELD_NUMBER: _ClassVar[int]
    REASON_FIELD_NUMBER: _ClassVar[int]
    UTTERANCE_FIELD_NUMBER: _ClassVar[int]
    OPENED_BY_FIELD_NUMBER: _ClassVar[int]
    FRAMES_WANTED_FIELD_NUMBER: _ClassVar[int]
    HEARD_FIELD_NUMBER: _ClassVar[int]
    INTENT_FIELD_NUMBER: _ClassVar[int]
    ANSWER_FIELD_NUMBER: _ClassVar[int]
    phase: TurnPhase
    stream: str
    position: int
    reason: str
    utterance: str
    opened_by: str
    frames_wanted: bool
    heard: str
    intent: str
    answer: str
    def __init__(self, phase: _Optional[_Union[TurnPhase, str]] = ..., stream: _Optional[str] = ..., position: _Optional[int] = ..., reason: _Optional[str] = ..., utterance: _Optional[str] = ..., opened_by: _Optional[str] = ..., frames_wanted: _Optional[bool] = ..., heard: _Optional[str] = ..., intent: _Optional[str] = ..., answer: _Optional[str] = ...) -> None: ...

class OpenTurn(_message.Message):
    __slots__ = ("opened_by",)
    OPENED_BY_FIELD_NUMBER: _ClassVar[int]
    opened_by: str
    def __init__(self, opened_by: _Optional[str] = ...) -> None: ...

class StopTurn(_message.Message):
    __slots__ = ()
    def __init__(self) -> None: ...

class Reply(_message.Message):
    __slots__ = ("refusal", "busy")
    REFUSAL_FIELD_NUMBER: _ClassVar[int]
    BUSY_FIELD_NUMBER: _ClassVar[int]
    refusal: str
    busy: bool
    def __init__(self, refusal: _Optional[str] = ..., busy: _Optional[bool] = ...) -> None: ...

class Ask(_message.Message):
    __slots__ = ("text", "language", "aloud", "unheard", "guest")
    TEXT_FIELD_NUMBER: _ClassVar[int]
    LANGUAGE_FIELD_NUMBER: _ClassVar[int]
    ALOUD_FIELD_NUMBER: _ClassVar[int]
    UNHEARD_FIELD_NUMBER: _ClassVar[int]
    GUEST_FIELD_NUMBER: _ClassVar[int]
    text: str
    language: str
    aloud: bool
    unheard: bool
    guest: bool
    def __init__(self, text: _Optional[str] = ..., language: _Optional[str] = ..., aloud: _Optional[bool] = ..., unheard: _Optional[bool] = ..., guest: _Optional[bool] = ...) -> None: ...

class Answer(_message.Message):
    __slots__ = ("text", "intent", "refusal")
    TEXT_FIELD_NUMBER: _ClassVar[int]
    INTENT_FIELD_NUMBER: _ClassVar[int]
    REFUSAL_FIELD_NUMBER: _ClassVar[int]
    text: str
    intent: str
    refusal: str
    def __init__(self, text: _Optional[str] = ..., intent: _Optional[str] = ..., refusal: _Optional[str] = ...) -> None: ...

class Speak(_message.Message):
    __slots__ = ("utterance", "sentence", "text", "language", "last", "speculative")
    UTTERANCE_FIELD_NUMBER: _ClassVar[int]
    SENTENCE_FIELD_NUMBER: _ClassVar[int]
    TEXT_FIELD_NUMBER: _ClassVar[int]
    LANGUAGE_FIELD_NUMBER: _ClassVar[int]
    LAST_FIELD_NUMBER: _ClassVar[int]
    SPECULATIVE_FIELD_NUMBER: _ClassVar[int]
    utterance: str
    sentence: int
    text: str
    language: str
    last: bool
    speculative: bool
    def __init__(self, utterance: _Optional[str] = ..., sentence: _Optional[int] = ..., text: _Optional[str] = ..., language: _Optional[str] = ..., last: _Optional[bool] = ..., speculative: _Optional[bool] = ...) -> None: ...

class SpeechChunk(_message.Message):
    __slots__ = ("utterance", "sentence", "sequence", "pcm", "sample_rate", "last", "last_sentence", "failure")
    UTTERANCE_FIELD_NUMBER: _ClassVar[int]
    SENTENCE_FIELD_NUMBER: _ClassVar[int]
    SEQUENCE_FIELD_NUMBER: _ClassVar[int]
    PCM_FIELD_NUMBER: _ClassVar[int]
    SAMPLE_RATE_FIELD_NUMBER: _ClassVar[int]
    LAST_FIELD_NUMBER: _ClassVar[int]
    LAST_SENTENCE_FIELD_NUMBER: _ClassVar[int]
    FAILURE_FIELD_NUMBER: _ClassVar[int]
    utterance: str
    sentence: int
    sequence: int
    pcm: bytes
    sample_rate: int
    last: bool
    last_sentence: bool
    failure: str
    def __init__(self, utterance: _Optional[str] = ..., sentence: _Optional[int] = ..., sequence: _Optional[int] = ..., pcm: _Optional[bytes] = ..., sample_rate: _Optional[int] = ..., last: _Optional[bool] = ..., last_sentence: _Optional[bool] = ..., failure: _Optional[str] = ...) -> None: ...

class CancelSpeech(_message.Message):
    __slots__ = ("utterance",)
    UTTERANCE_FIELD_NUMBER: _ClassVar[int]
    utterance: str
    def __init__(self, utterance: _Optional[str] = ...) -> None: ...

class PlayClip(_message.Message):
    __slots__ = ("clip", "utterance", "repeat")
    CLIP_FIELD_NUMBER: _ClassVar[int]
    UTTERANCE_FIELD_NUMBER: _ClassVar[int]
    REPEAT_FIELD_NUMBER: _ClassVar[int]
    clip: str
    utterance: str
    repeat: bool
    def __init__(self, clip: _Optional[str] = ..., utterance: _Optional[str] = ..., repeat: _Optional[bool] = ...) -> None: ...

class PlaybackState(_message.Message):
    __slots__ = ("phase", "utterance", "played_ms", "buffered_ms", "first_sound_monotonic_ns", "reason")
    PHASE_FIELD_NUMBER: _ClassVar[int]
    UTTERANCE_FIELD_NUMBER: _ClassVar[int]
    PLAYED_MS_FIELD_NUMBER: _ClassVar[int]
    BUFFERED_MS_FIELD_NUMBER: _ClassVar[int]
    FIRST_SOUND_MONOTONIC_NS_FIELD_NUMBER: _ClassVar[int]
    REASON_FIELD_NUMBER: _ClassVar[int]
    phase: PlaybackPhase
    utterance: str
    played_ms: int
    buffered_ms: int
    first_sound_monotonic_ns: int
    reason: str
    def __init__(self, phase: _Optional[_Union[PlaybackPhase, str]] = ..., utterance: _Optional[str] = ..., played_ms: _Optional[int] = ..., buffered_ms: _Optional[int] = ..., first_sound_monotonic_ns: _Optional[int] = ..., reason: _Optional[str] = ...) -> None: ...

class PlaybackControl(_message.Message):
    __slots__ = ("volume_percent", "action", "utterance")
    VOLUME_PERCENT_FIELD_NUMBER: _ClassVar[int]
    ACTION_FIELD_NUMBER: _ClassVar[int]
    UTTERANCE_FIELD_NUMBER: _ClassVar[int]
    volume_percent: int
    action: str
    utterance: str
    def __init__(self, volume_percent: _Optional[int] = ..., action: _Optional[str] = ..., utterance: _Optional[str] = ...) -> None: ...

class PlaybackReply(_message.Message):
    __slots__ = ("volume_percent", "refusal")
    VOLUME_PERCENT_FIELD_NUMBER: _ClassVar[int]
    REFUSAL_FIELD_NUMBER: _ClassVar[int]
    volume_percent: int
    refusal: str
    def __init__(self, volume_percent: _Optional[int] = ..., refusal: _Optional[str] = ...) -> None: ...

class SetMute(_message.Message):
    __slots__ = ("action",)
    ACTION_FIELD_NUMBER: _ClassVar[int]
    action: str
    def __init__(self, action: _Optional[str] = ...) -> None: ...

class MuteState(_message.Message):
    __slots__ = ("muted", "refusal")
    MUTED_FIELD_NUMBER: _ClassVar[int]
    REFUSAL_FIELD_NUMBER: _ClassVar[int]
    muted: bool
    refusal: str
    def __init__(self, muted: _Optional[bool] = ..., refusal: _Optional[str] = ...) -> None: ...

class WakeWordsRequest(_message.Message):
    __slots__ = ()
    def __init__(self) -> None: ...

class WakeWord(_message.Message):
    __slots__ = ("name", "threshold", "accepted", "near_misses", "best_near_miss", "seconds_since_accept")
    NAME_FIELD_NUMBER: _ClassVar[int]
    THRESHOLD_FIELD_NUMBER: _ClassVar[int]
    ACCEPTED_FIELD_NUMBER: _ClassVar[int]
    NEAR_MISSES_FIELD_NUMBER: _ClassVar[int]
    BEST_NEAR_MISS_FIELD_NUMBER: _ClassVar[int]
    SECONDS_SINCE_ACCEPT_FIELD_NUMBER: _ClassVar[int]
    name: str
    threshold: float
    accepted: int
    near_misses: int
    best_near_miss: float
    seconds_since_accept: int
    def __init__(self, name: _Optional[str] = ..., threshold: _Optional[float] = ..., accepted: _Optional[int] = ..., near_misses: _Optional[int] = ..., best_near_miss: _Optional[float] = ..., seconds_since_accept: _Optional[int] = ...) -> None: ...

class WakeWords(_message.Message):
    __slots__ = ("words",)
    WORDS_FIELD_NUMBER: _ClassVar[int]
    words: _containers.RepeatedCompositeFieldContainer[WakeWord]
    def __init__(self, words: _Optional[_Iterable[_Union[WakeWord, _Mapping]]] = ...) -> None: ...

class Complete(_message.Message):
    __slots__ = ("completion", "messages")
    COMPLETION_FIELD_NUMBER: _ClassVar[int]
    MESSAGES_FIELD_NUMBER: _ClassVar[int]
    completion: str
    messages: _containers.RepeatedCompositeFieldContainer[ChatMessage]
    def __init__(self, completion: _Optional[str] = ..., messages: _Optional[_Iterable[_Union[ChatMessage, _Mapping]]] = ...) -> None: ...

class ChatMessage(_message.Message):
    __slots__ = ("role", "content")
    ROLE_FIELD_NUMBER: _ClassVar[int]
    CONTENT_FIELD_NUMBER: _ClassVar[int]
    role: str
    content: str
    def __init__(self, role: _Optional[str] = ..., content: _Optional[str] = ...) -> None: ...

class CompletionDelta(_message.Message):
    __slots__ = ("completion", "text", "last", "failure")
    COMPLETION_FIELD_NUMBER: _ClassVar[int]
    TEXT_FIELD_NUMBER: _ClassVar[int]
    LAST_FIELD_NUMBER: _ClassVar[int]
    FAILURE_FIELD_NUMBER: _ClassVar[int]
    completion: str
    text: str
    last: bool
    failure: str
    def __init__(self, completion: _Optional[str] = ..., text: _Optional[str] = ..., last: _Optional[bool] = ..., failure: _Optional[str] = ...) -> None: ...

class CancelCompletion(_message.Message):
    __slots__ = ("completion",)
    COMPLETION_FIELD_NUMBER: _ClassVar[int]
    completion: str
    def __init__(self, completion: _Optional[str] = ...) -> None: ...

class TurnsRequest(_message.Message):
    __slots__ = ("limit",)
    LIMIT_FIELD_NUMBER: _ClassVar[int]
    limit: int
    def __init__(self, limit: _Optional[int] = ...) -> None: ...

class Turn(_message.Message):
    __slots__ = ("session", "started_unix_ms", "opened_by", "heard", "intent", "answer", "end_reason", "ms", "marks")
    class MsEntry(_message.Message):
        __slots__ = ("key", "value")
        KEY_FIELD_NUMBER: _ClassVar[int]
        VALUE_FIELD_NUMBER: _ClassVar[int]
        key: str
        value: float
        def __init__(self, key: _Optional[str] = ..., value: _Optional[float] = ...) -> None: ...
    class MarksEntry(_message.Message):
        __slots__ = ("key", "value")
        KEY_FIELD_NUMBER: _ClassVar[int]
        VALUE_FIELD_NUMBER: _ClassVar[int]
        key: str
        value: float
        def __init__(self, key: _Optional[str] = ..., value: _Optional[float] = ...) -> None: ...
    SESSION_FIELD_NUMBER: _ClassVar[int]
    STARTED_UNIX_MS_FIELD_NUMBER: _ClassVar[int]
    OPENED_BY_FIELD_NUMBER: _ClassVar[int]
    HEARD_FIELD_NUMBER: _ClassVar[int]
    INTENT_FIELD_NUMBER: _ClassVar[int]
    ANSWER_FIELD_NUMBER: _ClassVar[int]
    END_REASON_FIELD_NUMBER: _ClassVar[int]
    MS_FIELD_NUMBER: _ClassVar[int]
    MARKS_FIELD_NUMBER: _ClassVar[int]
    session: str
    started_unix_ms: int
    opened_by: str
    heard: str
    intent: str
    answer: str
    end_reason: str
    ms: _containers.ScalarMap[str, float]
    marks: _containers.ScalarMap[str, float]
    def __init__(self, session: _Optional[str] = ..., started_unix_ms: _Optional[int] = ..., opened_by: _Optional[str] = ..., heard: _Optional[str] = ..., intent: _Optional[str] = ..., answer: _Optional[str] = ..., end_reason: _Optional[str] = ..., ms: _Optional[_Mapping[str, float]] = ..., marks: _Optional[_Mapping[str, float]] = ...) -> None: ...

class Turns(_message.Message):
    __slots__ = ("turns",)
    TURNS_FIELD_NUMBER: _ClassVar[int]
    turns: _containers.RepeatedCompositeFieldContainer[Turn]
    def __init__(self, turns: _Optional[_Iterable[_Union[Turn, _Mapping]]] = ...) -> None: ...

class TimersRequest(_message.Message):
    __slots__ = ()
    def __init__(self) -> None: ...

class TimerEntry(_message.Message):
    __slots__ = ("id", "kind", "name", "due_unix_ms", "remaining_ms", "state")
    ID_FIELD_NUMBER: _ClassVar[int]
    KIND_FIELD_NUMBER: _ClassVar[int]
    NAME_FIELD_NUMBER: _ClassVar[int]
    DUE_UNIX_MS_FIELD_NUMBER: _ClassVar[int]
    REMAINING_MS_FIELD_NUMBER: _ClassVar[int]
    STATE_FIELD_NUMBER: _ClassVar[int]
    id: str
    kind: str
    name: str
    due_unix_ms: int
    remaining_ms: int
    state: str
    def __init__(self, id: _Optional[str] = ..., kind: _Optional[str] = ..., name: _Optional[str] = ..., due_unix_ms: _Optional[int] = ..., remaining_ms: _Optional[int] = ..., state: _Optional[str] = ...) -> None: ...

class Timers(_message.Message):
    __slots__ = ("timers",)
    TIMERS_FIELD_NUMBER: _ClassVar[int]
    timers: _containers.RepeatedCompositeFieldContainer[TimerEntry]
    def __init__(self, timers: _Optional[_Iterable[_Union[TimerEntry, _Mapping]]] = ...) -> None: ...

class Announce(_message.Message):
    __slots__ = ("text", "language", "unasked")
    TEXT_FIELD_NUMBER: _ClassVar[int]
    LANGUAGE_FIELD_NUMBER: _ClassVar[int]
    UNASKED_FIELD_NUMBER: _ClassVar[int]
    text: str
    language: str
    unasked: bool
    def __init__(self, text: _Optional[str] = ..., language: _Optional[str] = ..., unasked: _Optional[bool] = ...) -> None: ...

class Button(_message.Message):
    __slots__ = ("button", "action", "held_ms")
    BUTTON_FIELD_NUMBER: _ClassVar[int]
    ACTION_FIELD_NUMBER: _ClassVar[int]
    HELD_MS_FIELD_NUMBER: _ClassVar[int]
    button: str
    action: str
    held_ms: int
    def __init__(self, button: _Optional[str] = ..., action: _Optional[str] = ..., held_ms: _Optional[int] = ...) -> None: ...

class FactoryReset(_message.Message):
    __slots__ = ("confirm",)
    CONFIRM_FIELD_NUMBER: _ClassVar[int]
    confirm: str
    def __init__(self, confirm: _Optional[str] = ...) -> None: ...

class RingShown(_message.Message):
    __slots__ = ("state", "pattern", "shown_monotonic_ns")
    STATE_FIELD_NUMBER: _ClassVar[int]
    PATTERN_FIELD_NUMBER: _ClassVar[int]
    SHOWN_MONOTONIC_NS_FIELD_NUMBER: _ClassVar[int]
    state: str
    pattern: str
    shown_monotonic_ns: int
    def __init__(self, state: _Optional[str] = ..., pattern: _Optional[str] = ..., shown_monotonic_ns: _Optional[int] = ...) -> None: ...

class RingWish(_message.Message):
    __slots__ = ("source", "state")
    SOURCE_FIELD_NUMBER: _ClassVar[int]
    STATE_FIELD_NUMBER: _ClassVar[int]
    source: str
    state: str
    def __init__(self, source: _Optional[str] = ..., state: _Optional[str] = ...) -> None: ...

class PairingState(_message.Message):
    __slots__ = ("open", "state", "owned")
    OPEN_FIELD_NUMBER: _ClassVar[int]
    STATE_FIELD_NUMBER: _ClassVar[int]
    OWNED_FIELD_NUMBER: _ClassVar[int]
    open: bool
    state: str
    owned: bool
    def __init__(self, open: _Optional[bool] = ..., state: _Optional[str] = ..., owned: _Optional[bool] = ...) -> None: ...

class UpdateRequest(_message.Message):
    __slots__ = ()
    def __init__(self) -> None: ...

class UpdateState(_message.Message):
    __slots__ = ("state", "version", "offered", "security", "notes", "per_cent", "why", "fault", "checked_unix_ms", "news", "has_server")
    class NotesEntry(_message.Message):
        __slots__ = ("key", "value")
        KEY_FIELD_NUMBER: _ClassVar[int]
        VALUE_FIELD_NUMBER: _ClassVar[int]
        key: str
        value: str
        def __init__(self, key: _Optional[str] = ..., value: _Optional[str] = ...) -> None: ...
    STATE_FIELD_NUMBER: _ClassVar[int]
    VERSION_FIELD_NUMBER: _ClassVar[int]
    OFFERED_FIELD_NUMBER: _ClassVar[int]
    SECURITY_FIELD_NUMBER: _ClassVar[int]
    NOTES_FIELD_NUMBER: _ClassVar[int]
    PER_CENT_FIELD_NUMBER: _ClassVar[int]
    WHY_FIELD_NUMBER: _ClassVar[int]
    FAULT_FIELD_NUMBER: _ClassVar[int]
    CHECKED_UNIX_MS_FIELD_NUMBER: _ClassVar[int]
    NEWS_FIELD_NUMBER: _ClassVar[int]
    HAS_SERVER_FIELD_NUMBER: _ClassVar[int]
    state: str
    version: str
    offered: str
    security: bool
    notes: _containers.ScalarMap[str, str]
    per_cent: int
    why: str
    fault: str
    checked_unix_ms: int
    news: UpdateNews
    has_server: bool
    def __init__(self, state: _Optional[str] = ..., version: _Optional[str] = ..., offered: _Optional[str] = ..., security: _Optional[bool] = ..., notes: _Optional[_Mapping[str, str]] = ..., per_cent: _Optional[int] = ..., why: _Optional[str] = ..., fault: _Optional[str] = ..., checked_unix_ms: _Optional[int] = ..., news: _Optional[_Union[UpdateNews, _Mapping]] = ..., has_server: _Optional[bool] = ...) -> None: ...

class UpdateNews(_message.Message):
    __slots__ = ("id", "outcome", "version")
    ID_FIELD_NUMBER: _ClassVar[int]
    OUTCOME_FIELD_NUMBER: _ClassVar[int]
    VERSION_FIELD_NUMBER: _ClassVar[int]
    id: str
    outcome: str
    version: str
    def __init__(self, id: _Optional[str] = ..., outcome: _Optional[str] = ..., version: _Optional[str] = ...) -> None: ...

class UpdateTold(_message.Message):
    __slots__ = ("id", "taken_back")
    ID_FIELD_NUMBER: _ClassVar[int]
    TAKEN_BACK_FIELD_NUMBER: _ClassVar[int]
    id: str
    taken_back: bool
    def __init__(self, id: _Optional[str] = ..., taken_back: _Optional[bool] = ...) -> None: ...

class UpdateWish(_message.Message):
    __slots__ = ("action", "at_hand")
    ACTION_FIELD_NUMBER: _ClassVar[int]
    AT_HAND_FIELD_NUMBER: _ClassVar[int]
    action: str
    at_hand: str
    def __init__(self, action: _Optional[str] = ..., at_hand: _Optional[str] = ...) -> None: ...

class UpdateReport(_message.Message):
    __slots__ = ("outcome", "before", "after", "way", "bytes", "seconds", "why", "unix_ms")
    OUTCOME_FIELD_NUMBER: _ClassVar[int]
    BEFORE_FIELD_NUMBER: _ClassVar[int]
    AFTER_FIELD_NUMBER: _ClassVar[int]
    WAY_FIELD_NUMBER: _ClassVar[int]
    BYTES_FIELD_NUMBER: _ClassVar[int]
    SECONDS_FIELD_NUMBER: _ClassVar[int]
    WHY_FIELD_NUMBER: _ClassVar[int]
    UNIX_MS_FIELD_NUMBER: _ClassVar[int]
    outcome: str
    before: str
    after: str
    way: str
    bytes: int
    seconds: float
    why: str
    unix_ms: int
    def __init__(self, outcome: _Optional[str] = ..., before: _Optional[str] = ..., after: _Optional[str] = ..., way: _Optional[str] = ..., bytes: _Optional[int] = ..., seconds: _Optional[float] = ..., why: _Optional[str] = ..., unix_ms: _Optional[int] = ...) -> None: ...

class UpdateReports(_message.Message):
    __slots__ = ("reports",)
    REPORTS_FIELD_NUMBER: _ClassVar[int]
    reports: _containers.RepeatedCompositeFieldContainer[UpdateReport]
    def __init__(self, reports: _Optional[_Iterable[_Union[UpdateReport, _Mapping]]] = ...) -> None: ...

class Admit(_message.Message):
    __slots__ = ("key", "wireguard_key", "name", "proof", "opening")
    KEY_FIELD_NUMBER: _ClassVar[int]
    WIREGUARD_KEY_FIELD_NUMBER: _ClassVar[int]
    NAME_FIELD_NUMBER: _ClassVar[int]
    PROOF_FIELD_NUMBER: _ClassVar[int]
    OPENING_FIELD_NUMBER: _ClassVar[int]
    key: bytes
    wireguard_key: bytes
    name: str
    proof: bytes
    opening: bytes
    def __init__(self, key: _Optional[bytes] = ..., wireguard_key: _Optional[bytes] = ..., name: _Optional[str] = ..., proof: _Optional[bytes] = ..., opening: _Optional[bytes] = ...) -> None: ...

class Admission(_message.Message):
    __slots__ = ("refusal", "full", "signature", "certificate", "authority", "device", "profile", "box_address", "box_wireguard_key")
    REFUSAL_FIELD_NUMBER: _ClassVar[int]
    FULL_FIELD_NUMBER: _ClassVar[int]
    SIGNATURE_FIELD_NUMBER: _ClassVar[int]
    CERTIFICATE_FIELD_NUMBER: _ClassVar[int]
    AUTHORITY_FIELD_NUMBER: _ClassVar[int]
    DEVICE_FIELD_NUMBER: _ClassVar[int]
    PROFILE_FIELD_NUMBER: _ClassVar[int]
    BOX_ADDRESS_FIELD_NUMBER: _ClassVar[int]
    BOX_WIREGUARD_KEY_FIELD_NUMBER: _ClassVar[int]
    refusal: str
    full: bool
    signature: bytes
    certificate: bytes
    authority: bytes
    device: KnownDevice
    profile: str
    box_address: str
    box_wireguard_key: bytes
    def __init__(self, refusal: _Optional[str] = ..., full: _Optional[bool] = ..., signature: _Optional[bytes] = ..., certificate: _Optional[bytes] = ..., authority: _Optional[bytes] = ..., device: _Optional[_Union[KnownDevice, _Mapping]] = ..., profile: _Optional[str] = ..., box_address: _Optional[str] = ..., box_wireguard_key: _Optional[bytes] = ...) -> None: ...

class Recorded(_message.Message):
    __slots__ = ("refusal", "recovery_key", "owner", "first")
    REFUSAL_FIELD_NUMBER: _ClassVar[int]
    RECOVERY_KEY_FIELD_NUMBER: _ClassVar[int]
    OWNER_FIELD_NUMBER: _ClassVar[int]
    FIRST_FIELD_NUMBER: _ClassVar[int]
    refusal: str
    recovery_key: str
    owner: bool
    first: bool
    def __init__(self, refusal: _Optional[str] = ..., recovery_key: _Optional[str] = ..., owner: _Optional[bool] = ..., first: _Optional[bool] = ...) -> None: ...

class Record(_message.Message):
    __slots__ = ("key",)
    KEY_FIELD_NUMBER: _ClassVar[int]
    key: bytes
    def __init__(self, key: _Optional[bytes] = ...) -> None: ...

class KnownProfile(_message.Message):
    __slots__ = ("number", "name", "withheld")
    NUMBER_FIELD_NUMBER: _ClassVar[int]
    NAME_FIELD_NUMBER: _ClassVar[int]
    WITHHELD_FIELD_NUMBER: _ClassVar[int]
    number: int
    name: str
    withheld: _containers.RepeatedScalarFieldContainer[str]
    def __init__(self, number: _Optional[int] = ..., name: _Optional[str] = ..., withheld: _Optional[_Iterable[str]] = ...) -> None: ...

class Grant(_message.Message):
    __slots__ = ("profile", "service", "granted")
    PROFILE_FIELD_NUMBER: _ClassVar[int]
    SERVICE_FIELD_NUMBER: _ClassVar[int]
    GRANTED_FIELD_NUMBER: _ClassVar[int]
    profile: int
    service: str
    granted: bool
    def __init__(self, profile: _Optional[int] = ..., service: _Optional[str] = ..., granted: _Optional[bool] = ...) -> None: ...

class KnownDevice(_message.Message):
    __slots__ = ("id", "key", "wireguard_key", "name", "profile", "address")
    ID_FIELD_NUMBER: _ClassVar[int]
    KEY_FIELD_NUMBER: _ClassVar[int]
    WIREGUARD_KEY_FIELD_NUMBER: _ClassVar[int]
    NAME_FIELD_NUMBER: _ClassVar[int]
    PROFILE_FIELD_NUMBER: _ClassVar[int]
    ADDRESS_FIELD_NUMBER: _ClassVar[int]
    id: str
    key: bytes
    wireguard_key: bytes
    name: str
    profile: int
    address: str
    def __init__(self, id: _Optional[str] = ..., key: _Optional[bytes] = ..., wireguard_key: _Optional[bytes] = ..., name: _Optional[str] = ..., profile: _Optional[int] = ..., address: _Optional[str] = ...) -> None: ...

class HouseholdRequest(_message.Message):
    __slots__ = ()
    def __init__(self) -> None: ...

class Household(_message.Message):
    __slots__ = ("fault", "owned", "profiles", "devices", "box_key")
    FAULT_FIELD_NUMBER: _ClassVar[int]
    OWNED_FIELD_NUMBER: _ClassVar[int]
    PROFILES_FIELD_NUMBER: _ClassVar[int]
    DEVICES_FIELD_NUMBER: _ClassVar[int]
    BOX_KEY_FIELD_NUMBER: _ClassVar[int]
    fault: str
    owned: bool
    profiles: _containers.RepeatedCompositeFieldContainer[KnownProfile]
    devices: _containers.RepeatedCompositeFieldContainer[KnownDevice]
    box_key: bytes
    def __init__(self, fault: _Optional[str] = ..., owned: _Optional[bool] = ..., profiles: _Optional[_Iterable[_Union[KnownProfile, _Mapping]]] = ..., devices: _Optional[_Iterable[_Union[KnownDevice, _Mapping]]] = ..., box_key: _Optional[bytes] = ...) -> None: ...

class HouseholdView(_message.Message):
    __slots__ = ("written_ns", "household")
    WRITTEN_NS_FIELD_NUMBER: _ClassVar[int]
    HOUSEHOLD_FIELD_NUMBER: _ClassVar[int]
    written_ns: int
    household: Household
    def __init__(self, written_ns: _Optional[int] = ..., household: _Optional[_Union[Household, _Mapping]] = ...) -> None: ...

class Certify(_message.Message):
    __slots__ = ("key",)
    KEY_FIELD_NUMBER: _ClassVar[int]
    key: bytes
    def __init__(self, key: _Optional[bytes] = ...) -> None: ...

class Certified(_message.Message):
    __slots__ = ("refusal", "certificate", "authority")
    REFUSAL_FIELD_NUMBER: _ClassVar[int]
    CERTIFICATE_FIELD_NUMBER: _ClassVar[int]
    AUTHORITY_FIELD_NUMBER: _ClassVar[int]
    refusal: str
    certificate: bytes
    authority: bytes
    def __init__(self, refusal: _Optional[str] = ..., certificate: _Optional[bytes] = ..., authority: _Optional[bytes] = ...) -> None: ...

class OpenPairing(_message.Message):
    __slots__ = ("by", "profile", "key", "opening")
    BY_FIELD_NUMBER: _ClassVar[int]
    PROFILE_FIELD_NUMBER: _ClassVar[int]
    KEY_FIELD_NUMBER: _ClassVar[int]
    OPENING_FIELD_NUMBER: _ClassVar[int]
    by: str
    profile: int
    key: bytes
    opening: bytes
    def __init__(self, by: _Optional[str] = ..., profile: _Optional[int] = ..., key: _Optional[bytes] = ..., opening: _Optional[bytes] = ...) -> None: ...

class PairingOpened(_message.Message):
    __slots__ = ("refusal", "sealed_code", "seconds")
    REFUSAL_FIELD_NUMBER: _ClassVar[int]
    SEALED_CODE_FIELD_NUMBER: _ClassVar[int]
    SECONDS_FIELD_NUMBER: _ClassVar[int]
    refusal: str
    sealed_code: bytes
    seconds: int
    def __init__(self, refusal: _Optional[str] = ..., sealed_code: _Optional[bytes] = ..., seconds: _Optional[int] = ...) -> None: ...

class ChangeHousehold(_message.Message):
    __slots__ = ("by", "remove_device", "remove_profile", "make_profile", "name_device", "name_profile", "grant")
    BY_FIELD_NUMBER: _ClassVar[int]
    REMOVE_DEVICE_FIELD_NUMBER: _ClassVar[int]
    REMOVE_PROFILE_FIELD_NUMBER: _ClassVar[int]
    MAKE_PROFILE_FIELD_NUMBER: _ClassVar[int]
    NAME_DEVICE_FIELD_NUMBER: _ClassVar[int]
    NAME_PROFILE_FIELD_NUMBER: _ClassVar[int]
    GRANT_FIELD_NUMBER: _ClassVar[int]
    by: str
    remove_device: str
    remove_profile: int
    make_profile: str
    name_device: KnownDevice
    name_profile: KnownProfile
    grant: Grant
    def __init__(self, by: _Optional[str] = ..., remove_device: _Optional[str] = ..., remove_profile: _Optional[int] = ..., make_profile: _Optional[str] = ..., name_device: _Optional[_Union[KnownDevice, _Mapping]] = ..., name_profile: _Optional[_Union[KnownProfile, _Mapping]] = ..., grant: _Optional[_Union[Grant, _Mapping]] = ...) -> None: ...

class DeedsRequest(_message.Message):
    __slots__ = ("limit",)
    LIMIT_FIELD_NUMBER: _ClassVar[int]
    limit: int
    def __init__(self, limit: _Optional[int] = ...) -> None: ...

class KnownDeed(_message.Message):
    __slots__ = ("deed", "by", "whom", "words", "unix_ms")
    DEED_FIELD_NUMBER: _ClassVar[int]
    BY_FIELD_NUMBER: _ClassVar[int]
    WHOM_FIELD_NUMBER: _ClassVar[int]
    WORDS_FIELD_NUMBER: _ClassVar[int]
    UNIX_MS_FIELD_NUMBER: _ClassVar[int]
    deed: str
    by: str
    whom: str
    words: str
    unix_ms: int
    def __init__(self, deed: _Optional[str] = ..., by: _Optional[str] = ..., whom: _Optional[str] = ..., words: _Optional[str] = ..., unix_ms: _Optional[int] = ...) -> None: ...

class Deeds(_message.Message):
    __slots__ = ("deeds", "fault")
    DEEDS_FIELD_NUMBER: _ClassVar[int]
    FAULT_FIELD_NUMBER: _ClassVar[int]
    deeds: _containers.RepeatedCompositeFieldContainer[KnownDeed]
    fault: str
    def __init__(self, deeds: _Optional[_Iterable[_Union[KnownDeed, _Mapping]]] = ..., fault: _Optional[str] = ...) -> None: ...

class DeviceChange(_message.Message):
    __slots__ = ("device",)
    DEVICE_FIELD_NUMBER: _ClassVar[int]
    device: KnownDevice
    def __init__(self, device: _Optional[_Union[KnownDevice, _Mapping]] = ...) -> None: ...

class Health(_message.Message):
    __slots__ = ("unit", "state", "status", "version")
    UNIT_FIELD_NUMBER: _ClassVar[int]
    STATE_FIELD_NUMBER: _ClassVar[int]
    STATUS_FIELD_NUMBER: _ClassVar[int]
    VERSION_FIELD_NUMBER: _ClassVar[int]
    unit: str
    state: str
    status: str
    version: str
    def __init__(self, unit: _Optional[str] = ..., state: _Optional[str] = ..., status: _Optional[str] = ..., version: _Optional[str] = ...) -> None: ...

class HealthRequest(_message.Message):
    __slots__ = ()
    def __init__(self) -> None: ...

class Span(_message.Message):
    __slots__ = ("hop", "start_monotonic_ns", "end_monotonic_ns", "bus_ns")
    HOP_FIELD_NUMBER: _ClassVar[int]
    START_MONOTONIC_NS_FIELD_NUMBER: _ClassVar[int]
    END_MONOTONIC_NS_FIELD_NUMBER: _ClassVar[int]
    BUS_NS_FIELD_NUMBER: _ClassVar[int]
    hop: str
    start_monotonic_ns: int
    end_monotonic_ns: int
    bus_ns: int
    def __init__(self, hop: _Optional[str] = ..., start_monotonic_ns: _Optional[int] = ..., end_monotonic_ns: _Optional[int] = ..., bus_ns: _Optional[int] = ...) -> None: ...

class WifiRequest(_message.Message):
    __slots__ = ("look",)
    LOOK_FIELD_NUMBER: _ClassVar[int]
    look: bool
    def __init__(self, look: _Optional[bool] = ...) -> None: ...

class WifiNetwork(_message.Message):
    __slots__ = ("ssid", "strength", "security", "joined")
    SSID_FIELD_NUMBER: _ClassVar[int]
    STRENGTH_FIELD_NUMBER: _ClassVar[int]
    SECURITY_FIELD_NUMBER: _ClassVar[int]
    JOINED_FIELD_NUMBER: _ClassVar[int]
    ssid: bytes
    strength: int
    security: str
    joined: bool
    def __init__(self, ssid: _Optional[bytes] = ..., strength: _Optional[int] = ..., security: _Optional[str] = ..., joined: _Optional[bool] = ...) -> None: ...

class Wifi(_message.Message):
    __slots__ = ("refusal", "networks", "key")
    REFUSAL_FIELD_NUMBER: _ClassVar[int]
    NETWORKS_FIELD_NUMBER: _ClassVar[int]
    KEY_FIELD_NUMBER: _ClassVar[int]
    refusal: str
    networks: _containers.RepeatedCompositeFieldContainer[WifiNetwork]
    key: bytes
    def __init__(self, refusal: _Optional[str] = ..., networks: _Optional[_Iterable[_Union[WifiNetwork, _Mapping]]] = ..., key: _Optional[bytes] = ...) -> None: ...

class JoinWifi(_message.Message):
    __slots__ = ("ssid", "sealed_password")
    SSID_FIELD_NUMBER: _ClassVar[int]
    SEALED_PASSWORD_FIELD_NUMBER: _ClassVar[int]
    ssid: bytes
    sealed_password: bytes
    def __init__(self, ssid: _Optional[bytes] = ..., sealed_password: _Optional[bytes] = ...) -> None: ...

class SetRegion(_message.Message):
    __slots__ = ("zone", "imperial")
    ZONE_FIELD_NUMBER: _ClassVar[int]
    IMPERIAL_FIELD_NUMBER: _ClassVar[int]
    zone: str
    imperial: bool
    def __init__(self, zone: _Optional[str] = ..., imperial: _Optional[bool] = ...) -> None: ...

class Region(_message.Message):
    __slots__ = ("refusal", "zone", "imperial")
    REFUSAL_FIELD_NUMBER: _ClassVar[int]
    ZONE_FIELD_NUMBER: _ClassVar[int]
    IMPERIAL_FIELD_NUMBER: _ClassVar[int]
    refusal: str
    zone: str
    imperial: bool
    def __init__(self, refusal: _Optional[str] = ..., zone: _Optional[str] = ..., imperial: _Optional[bool] = ...) -> None: ...

class SetClock(_message.Message):
    __slots__ = ("unix_ms",)
    UNIX_MS_FIELD_NUMBER: _ClassVar[int]
    unix_ms: int
    def __init__(self, unix_ms: _Optional[int] = ...) -> None: ...
