"""The typed connection on a real server: what arrives, what is dropped, and what happens when the bus goes away."""

import asyncio
import logging
import subprocess
import sys

import pytest

from bus import messages_pb2 as pb
from bus import subjects as s
from bus.client import Bus, Config
from bus.envelope import MAX_MESSAGE_BYTES, Context, Received
from bus.errors import BusUnreachable, MessageTooLarge, NoAnswer
from tests.conftest import Connect
from tests.fakes.bus_server import BusServer

WITHOUT_AIOHTTP = "import sys, bus.client; assert 'aiohttp' not in sys.modules; import aiohttp"
TURN = Context(trace_id="t", session_id="session", generation=3)
INBOX = "_INBOX.cli.x"


class Heard:
    """A handler that keeps what it was given."""

    def __init__(self) -> None:
        self._messages: asyncio.Queue[Received[pb.Wake]] = asyncio.Queue()

    def __call__(self, message: Received[pb.Wake]) -> None:
        self._messages.put_nowait(message)

    async def next(self) -> Received[pb.Wake]:
        return await self._messages.get()

    async def words(self, count: int) -> list[str]:
        return [(await self.next()).body.word for _ in range(count)]

    @property
    def empty(self) -> bool:
        return self._messages.empty()


def test_the_bus_brings_no_aiohttp_into_a_process_and_leaves_it_to_those_who_want_it() -> None:
    subprocess.run([sys.executable, "-c", WITHOUT_AIOHTTP], check=True)


async def test_messages_arrive_in_order_with_their_context(connect: Connect) -> None:
    heard = Heard()
    async with connect("audiod") as audiod, connect("conductord") as conductord:
        await conductord.subscribe(s.AUDIO_WAKE, heard)
        await conductord.flush()
        for word in ("one", "two", "three"):
            await audiod.publish(s.AUDIO_WAKE, pb.Wake(word=word), TURN)
        first = await heard.next()
        assert (first.body.word, first.context, first.subject) == ("one", TURN, "audio.wake")
        assert await heard.words(2) == ["two", "three"]


async def test_a_subscription_that_was_ended_hears_no_more(connect: Connect) -> None:
    heard, still = Heard(), Heard()
    async with connect("audiod") as audiod, connect("conductord") as conductord:
        end = await conductord.subscribe(s.AUDIO_WAKE, heard)
        await end()
        await conductord.subscribe(s.AUDIO_WAKE, still)
        await conductord.flush()
        await audiod.publish(s.AUDIO_WAKE, pb.Wake(word="one"))
        assert await still.words(1) == ["one"]
        assert heard.empty


async def test_bytes_that_are_no_message_are_counted_and_dropped(connect: Connect) -> None:
    heard = Heard()
    async with connect("audiod") as audiod, connect("conductord") as conductord:
        await conductord.subscribe(s.AUDIO_WAKE, heard)
        await conductord.flush()
        await audiod._nats.publish("audio.wake", b"\xff\xff\xff")
        await audiod.publish(s.AUDIO_WAKE, pb.Wake(word="good"))
        assert await heard.words(1) == ["good"]
        assert conductord.counts.malformed == 1


async def test_a_handler_that_fails_is_logged_and_hears_the_next(
    connect: Connect, caplog: pytest.LogCaptureFixture
) -> None:
    heard = Heard()

    def handler(message: Received[pb.Wake]) -> None:
        if message.body.word == "bad":
            raise RuntimeError(message.body.word)
        heard(message)

    async with connect("audiod") as audiod, connect("conductord") as conductord:
        await conductord.subscribe(s.AUDIO_WAKE, handler)
        await conductord.flush()
        with caplog.at_level(logging.ERROR):
            await audiod.publish(s.AUDIO_WAKE, pb.Wake(word="bad"))
            await audiod.publish(s.AUDIO_WAKE, pb.Wake(word="good"))
            assert await heard.words(1) == ["good"]
        assert conductord.counts.failed == 1
        assert [record.getMessage() for record in caplog.records] == ["a handler failed"]


async def test_a_request_is_answered_in_its_context(connect: Connect) -> None:
    seen: list[Context] = []

    def mute(message: Received[pb.SetMute]) -> pb.MuteState:
        seen.append(message.context)
        return pb.MuteState(muted=message.body.action == "mute")

    async with connect("audiod") as audiod, connect("cli") as cli:
        await audiod.serve(s.AUDIO_MUTE, mute)
        await audiod.flush()
        assert (await cli.request(s.AUDIO_MUTE, pb.SetMute(action="mute"), TURN)).muted
        assert seen == [TURN]


async def test_a_request_that_nobody_serves(connect: Connect) -> None:
    async with connect("cli") as cli:
        with pytest.raises(NoAnswer, match="is its daemon running"):
            await cli.request(s.TIMERS_LIST, pb.TimersRequest())


async def test_a_request_whose_server_does_not_answer(connect: Connect) -> None:
    async def never(_message: Received[pb.SetMute]) -> pb.MuteState:
        return await asyncio.Future()

    async with connect("audiod") as audiod, connect("cli") as cli:
        await audiod.serve(s.AUDIO_MUTE, never)
        await audiod.flush()
        with pytest.raises(NoAnswer, match="within"):
            await cli.request(s.AUDIO_MUTE, pb.SetMute(), timeout_s=0.05)


async def test_what_a_client_may_not_do_is_told_and_counted(connect: Connect) -> None:
    async with connect("cli") as cli:
        await cli.publish(s.TURN_STATE, pb.TurnState(phase=pb.OPENED))
        assert '"turn.state"' in await cli.denials.get()
        await cli.subscribe(s.AUDIO_FRAME, lambda _m: None)
        assert '"audio.frame.*"' in await cli.denials.get()
        assert cli.counts.denied == 2


async def test_an_asker_cannot_make_a_server_answer_where_only_the_server_may_speak(connect: Connect) -> None:
    """cli may not say `playback.state`; audiod may, and must not be made to by a request's reply address."""
    asked: asyncio.Queue[str] = asyncio.Queue()
    forged: list[object] = []

    def mute(message: Received[pb.SetMute]) -> pb.MuteState:
        asked.put_nowait(message.body.action)
        return pb.MuteState()

    async with connect("audiod") as audiod, connect("cli") as cli, connect("conductord") as conductord:
        await audiod.serve(s.AUDIO_MUTE, mute)
        await conductord.subscribe(s.PLAYBACK_STATE, forged.append)
        await audiod.flush()
        await conductord.flush()
        await cli._nats.publish("audio.mute", b"", reply="playback.state")
        await cli.request(s.AUDIO_MUTE, pb.SetMute(action="proper"))
        await audiod.flush()
        await conductord.flush()
        assert (asked.get_nowait(), asked.empty(), forged) == ("proper", True, [])


async def test_too_large_a_message_is_refused_before_it_is_sent(connect: Connect) -> None:
    async with connect("audiod") as audiod:
        with pytest.raises(MessageTooLarge):
            await audiod.publish(s.AUDIO_FRAME.of("x"), pb.AudioFrame(pcm=bytes(MAX_MESSAGE_BYTES)))
        await audiod.flush()


async def test_the_server_itself_refuses_too_large_a_message(bus_server: BusServer, connect: Connect) -> None:
    """It hangs up on whoever sends one, and nobody hears it."""
    heard, lost = Heard(), asyncio.Event()
    bad = Bus.connected(bus_server.config("audiod"), on_lost=lost.set)
    async with bad as sender, connect("conductord") as conductord, connect("audiod") as good:
        await conductord.subscribe(s.AUDIO_WAKE, heard)
        await conductord.flush()
        sender._nats._max_payload = 2 * MAX_MESSAGE_BYTES
        await sender._nats.publish("audio.wake", bytes(MAX_MESSAGE_BYTES + 1))
        await lost.wait()
        await good.publish(s.AUDIO_WAKE, pb.Wake(word="good"))
        assert await heard.words(1) == ["good"]


async def test_a_connection_that_the_server_closed_for_good_has_ended(connect: Connect) -> None:
    async with connect("audiod") as audiod:
        assert audiod._nats._transport is not None
        audiod._nats._transport.write(b"NONSENSE\r\n")
        with pytest.raises(BusUnreachable):
            await audiod.ended()


async def test_the_bus_dies_and_returns(own_bus_server: BusServer) -> None:
    lost, back, heard = asyncio.Event(), asyncio.Event(), Heard()
    audiod = Bus.connected(own_bus_server.config("audiod"), lost.set, back.set)
    back_too = asyncio.Event()
    conductord = Bus.connected(own_bus_server.config("conductord"), on_back=back_too.set)
    async with audiod as speaking, conductord as hearing:
        await hearing.subscribe(s.AUDIO_WAKE, heard)
        await hearing.flush()
        await asyncio.to_thread(own_bus_server.kill)
        await lost.wait()
        await speaking.publish(s.AUDIO_WAKE, pb.Wake(word="stale"))
        assert (speaking.connected_now, speaking.counts.dropped, speaking.counts.lost_connections) == (False, 1, 1)
        with pytest.raises(BusUnreachable):
            await speaking.request(s.TURN_OPEN, pb.OpenTurn())
        await asyncio.to_thread(own_bus_server.start)
        await back.wait()
        await back_too.wait()
        await hearing.flush()
        await speaking.publish(s.AUDIO_WAKE, pb.Wake(word="fresh"))
        assert await heard.words(1) == ["fresh"]


async def test_a_request_in_flight_when_the_bus_dies(own_bus_server: BusServer) -> None:
    asked = asyncio.Event()

    async def never(_message: Received[pb.SetMute]) -> pb.MuteState:
        asked.set()
        return await asyncio.Future()

    async with (
        Bus.connected(own_bus_server.config("audiod")) as audiod,
        Bus.connected(own_bus_server.config("cli")) as cli,
    ):
        await audiod.serve(s.AUDIO_MUTE, never)
        await audiod.flush()
        request = asyncio.create_task(cli.request(s.AUDIO_MUTE, pb.SetMute(), timeout_s=0.5))
        await asked.wait()
        await asyncio.to_thread(own_bus_server.kill)
        with pytest.raises((NoAnswer, BusUnreachable)):
            await request


async def test_no_server_within_the_wait(own_bus_server: BusServer) -> None:
    config = own_bus_server.config("cli")
    await asyncio.to_thread(own_bus_server.kill)
    with pytest.raises(BusUnreachable, match="make run"):
        async with Bus.connected(config, wait_s=0.3):
            pass


async def test_another_boxs_key_is_refused(bus_server: BusServer, own_bus_server: BusServer) -> None:
    stranger = Config("cli", bus_server.url, own_bus_server.config("cli").seed_file)
    with pytest.raises(BusUnreachable):
        async with Bus.connected(stranger, wait_s=0.5):
            pass


@pytest.mark.parametrize("name", ["", "a.b", "*", ">", "a b", "a*"])
def test_a_session_is_one_token(name: str) -> None:
    with pytest.raises(ValueError, match="not a session name"):
        s.AUDIO_FRAME.of(name)
