"""The part of audiod that the conductor asks things of: volume, silence and mute, on a bus, with named faults."""

from bus import messages_pb2 as pb
from bus import subjects as s
from bus.envelope import Received
from tests.fakes.local_bus import LocalBus

FAULTS = ("", "refuses")


class SpeakerDaemon:
    """Answers once `serve` was called. `asked`: what was wanted of it; `fault` is one of FAULTS."""

    def __init__(self, volume_percent: int = 50) -> None:
        self.volume_percent = volume_percent
        self.muted = False
        self.asked: list[str] = []
        self.fault = ""

    async def serve(self, bus: LocalBus) -> None:
        await bus.serve(s.PLAYBACK_CONTROL, self._control)
        await bus.serve(s.AUDIO_MUTE, self._mute)

    def _control(self, message: Received[pb.PlaybackControl]) -> pb.PlaybackReply:
        wish = message.body
        self.asked.append(" ".join(filter(None, (wish.action, wish.utterance))) or f"volume {wish.volume_percent}")
        if self.fault == "refuses":
            return pb.PlaybackReply(volume_percent=self.volume_percent, refusal="Not now.")
        if wish.volume_percent >= 0:
            self.volume_percent = wish.volume_percent
        return pb.PlaybackReply(volume_percent=self.volume_percent)

    def _mute(self, message: Received[pb.SetMute]) -> pb.MuteState:
        self.asked.append(message.body.action)
        if self.fault == "refuses":
            return pb.MuteState(muted=self.muted, refusal="The switch can't be kept.")
        self.muted = True
        return pb.MuteState(muted=True)
