"""Who may call what: a device that was let in, its kind only; who was thrown out is out at once, and so is what it has
open."""

import asyncio
import re
import ssl
from collections.abc import AsyncIterator
from contextlib import suppress
from pathlib import Path

import pytest
import pytest_asyncio
from aiohttp import ClientConnectorError, ClientError, ClientSession

from bus import messages_pb2 as pb
from bus import subjects as s
from bus.client import Bus
from bus.envelope import Received
from gateway import callers, documents
from gateway.events import MOST_OF_ONE
from identity import keys
from identity.records import BOX_NAME
from tests.conftest import Connect
from tests.gateway.rig import BUILT, SOON_S, Device, Gateway, ended, gateway

ROUTES = [
    ("GET", "/v1/status"),
    ("POST", "/v1/turns"),
    ("GET", "/v1/events"),
    ("GET", "/v1/household"),
    ("POST", "/v1/profiles"),
    ("PATCH", "/v1/profiles/1"),
    ("DELETE", "/v1/profiles/1"),
    ("PATCH", "/v1/devices/0123456789abcdef"),
    ("DELETE", "/v1/devices/0123456789abcdef"),
    ("POST", "/v1/pairing"),
    ("GET", "/v1/log"),
    ("POST", "/v1/factory-reset"),
    ("GET", "/v1/nothing"),
]
OWNERS = [("GET", "/v1/log"), ("POST", "/v1/factory-reset")]


@pytest_asyncio.fixture
async def here(connect: Connect, tmp_path: Path) -> AsyncIterator[Gateway]:
    async with gateway(connect, tmp_path) as running:
        yield running


@pytest_asyncio.fixture
async def identityd(connect: Connect) -> AsyncIterator[Bus]:
    async with connect("identityd") as bus:
        yield bus


@pytest.mark.parametrize(("method", "path"), ROUTES)
async def test_a_stranger_reaches_nothing(here: Gateway, method: str, path: str) -> None:
    answer = await here.asked(here.stranger, method, path, {"name": "x", "text": "x", "confirm": "x"})
    assert (answer.status, answer.code) == (403, "not_paired")


@pytest.mark.parametrize(("method", "path"), OWNERS)
async def test_what_is_the_owners_is_nobody_elses(here: Gateway, method: str, path: str) -> None:
    answer = await here.ben.ask(method, path, {"confirm": "erase everything"} if method == "POST" else None)
    assert (answer.status, answer.code) == (403, "not_allowed")


async def test_another_boxs_device_gets_no_connection(here: Gateway, tmp_path: Path) -> None:
    (tmp_path / "theirs").mkdir()
    theirs = Device(here, "carl", 1, 1, keys.ensure(tmp_path / "theirs", BUILT))
    with pytest.raises(Exception, match=r"(?i)ssl|disconnect|reset"):
        await theirs.ask("GET", "/v1/status")


async def test_nobody_speaks_an_older_tls_and_no_connection_continues_another(here: Gateway) -> None:
    old = here.trusting()
    old.maximum_version = ssl.TLSVersion.TLSv1_2
    with pytest.raises(ClientConnectorError):
        await here.asked(old, "GET", "/v1/status")
    reader, writer = await asyncio.open_connection(
        "127.0.0.1", here.config.port, ssl=here.anna.context, server_hostname=BOX_NAME
    )
    writer.write(b"GET /v1/status HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n")
    assert b"200 OK" in await reader.readline()
    tls = writer.get_extra_info("ssl_object")
    assert (tls.version(), tls.session.has_ticket) == ("TLSv1.3", False)
    writer.close()


async def test_a_device_is_told_how_the_box_is_and_who_it_is(here: Gateway, connect: Connect) -> None:
    async with connect("conductord") as conductord:
        health = pb.Health(unit="conductord", state="ready", status="understands")
        await conductord.subscribe(s.NODE_HEALTH_REQUEST, lambda _: conductord.publish(s.NODE_HEALTH, health))
        await conductord.publish(s.NODE_HEALTH, health)
        await conductord.flush()
        async with asyncio.timeout(SOON_S):
            while not (answer := await here.ben.ask("GET", "/v1/status")).body["daemons"]:
                pass
    # It has ended since.
    silent = {"unit": "conductord", "state": "silent", "status": "does not answer"}
    async with asyncio.timeout(SOON_S):
        while (await here.ben.ask("GET", "/v1/status")).body["daemons"] != [silent]:
            pass
    assert answer.body == {
        "serial": "SPQ-7K2M-X9RC",
        "version": "1.2",
        "daemons": [{"unit": "conductord", "state": "ready", "status": "understands"}],
        "pairing": "closed",
        "device": {
            "id": here.ben.known.id,
            "name": "ben",
            "profile": 2,
            "owner": False,
            "address": "10.100.0.20",
        },
    }


async def test_a_request_is_answered_and_the_conductor_knows_whose_it_is(here: Gateway, connect: Connect) -> None:
    def on_ask(message: Received[pb.Ask]) -> pb.Answer:
        asked.append((message.body.text, message.context.device, message.context.profile, message.body.guest))
        return pb.Answer(text="It is noon.", intent="time") if message.body.text == "time" else pb.Answer(refusal="No.")

    asked: list[tuple[str, str, str, bool]] = []
    async with connect("conductord") as conductord:
        await conductord.serve(s.NLU_REQUEST, on_ask)
        await conductord.flush()
        answer = await here.ben.ask("POST", "/v1/turns", {"text": "time"})
        refused = await here.ben.ask("POST", "/v1/turns", {"text": "else"})
        await here.anna.ask("POST", "/v1/turns", {"text": "time"})
    assert (answer.status, answer.body) == (200, {"answer": "It is noon.", "intent": "time"})
    assert (refused.status, refused.body["error"]) == (409, {"code": "refused", "message": "No."})
    assert asked[::2] == [("time", here.ben.known.id, "2", True), ("time", here.anna.known.id, "1", False)]


async def test_without_the_daemon_that_knows_it_says_so(here: Gateway) -> None:
    answer = await here.anna.ask("POST", "/v1/turns", {"text": "time"})
    assert (answer.status, answer.code) == (503, "not_now")


async def test_the_family_sees_itself_only(here: Gateway) -> None:
    everybody = (await here.anna.ask("GET", "/v1/household")).body["profiles"]
    assert [(each["name"], [device["name"] for device in each["devices"]]) for each in everybody] == [
        ("Anna", ["anna"]),
        ("Ben", ["ben"]),
    ]
    [own] = (await here.ben.ask("GET", "/v1/household")).body["profiles"]
    assert (own["name"], own["devices"][0]["asking"]) == ("Ben", True)


@pytest.mark.parametrize(
    ("method", "path", "body", "wanted"),
    [
        ("POST", "/v1/profiles", {"name": "Cleo"}, pb.ChangeHousehold(make_profile="Cleo")),
        ("DELETE", "/v1/profiles/2", None, pb.ChangeHousehold(remove_profile=2)),
        (
            "PATCH",
            "/v1/profiles/2",
            {"name": "B"},
            pb.ChangeHousehold(name_profile=pb.KnownProfile(number=2, name="B")),
        ),
        (
            "PUT",
            "/v1/profiles/2/services/ask",
            None,
            pb.ChangeHousehold(grant=pb.Grant(profile=2, service="ask", granted=True)),
        ),
        (
            "DELETE",
            "/v1/profiles/2/services/ask",
            None,
            pb.ChangeHousehold(grant=pb.Grant(profile=2, service="ask")),
        ),
        ("DELETE", "/v1/devices/0123456789abcdef", None, pb.ChangeHousehold(remove_device="0123456789abcdef")),
        (
            "PATCH",
            "/v1/devices/0123456789abcdef",
            {"name": "B"},
            pb.ChangeHousehold(name_device=pb.KnownDevice(id="0123456789abcdef", name="B")),
        ),
    ],
)
async def test_a_change_is_asked_of_identityd_in_the_devices_name(
    here: Gateway, identityd: Bus, method: str, path: str, body: object, wanted: pb.ChangeHousehold
) -> None:
    def on_change(message: Received[pb.ChangeHousehold]) -> pb.Reply:
        asked.append(message.body)
        return pb.Reply(refusal="" if len(asked) == 1 else "Not that.")

    asked: list[pb.ChangeHousehold] = []
    await identityd.serve(s.IDENTITY_DEVICE_CHANGE, on_change)
    await identityd.flush()
    done = await here.ben.ask(method, path, body)
    refused = await here.ben.ask(method, path, body)
    wanted.by = here.ben.known.id
    assert (done.status, asked[0]) == (204, wanted)
    assert (refused.status, refused.body["error"]["message"]) == (409, "Not that.")


# --- who is thrown out --------------------------------------------------------------------------------


async def test_who_is_removed_loses_its_connections_without_any_word_on_the_bus(here: Gateway) -> None:
    async with ClientSession() as http:
        idle, writer = await asyncio.open_connection(
            "127.0.0.1", here.config.port, ssl=here.ben.context, server_hostname=BOX_NAME
        )
        async with here.request(http, here.ben.context, "GET", "/v1/events") as events:
            assert await events.content.readline() == b": hello\n"
            here.know(here.anna)
            assert await ended(events)
        async with asyncio.timeout(SOON_S):
            assert await idle.read() == b""
        writer.close()
    assert (await here.ben.ask("GET", "/v1/status")).code == "not_paired"
    assert (await here.anna.ask("GET", "/v1/status")).status == 200


async def test_when_nobody_says_who_belongs_here_nobody_does(here: Gateway) -> None:
    """identityd hangs: what it wrote last is too old to be believed."""
    here.hang()
    async with ClientSession() as http, here.request(http, here.anna.context, "GET", "/v1/events") as events:
        assert await events.content.readline() == b": hello\n"
        assert await ended(events)
    assert (await here.anna.ask("GET", "/v1/status")).code == "not_now"
    here.know(here.anna)
    assert (await here.anna.ask("GET", "/v1/status")).status == 200


async def test_a_box_without_an_owner_does_not_listen(here: Gateway) -> None:
    here.shown.show(pb.Household(owned=False))
    async with asyncio.timeout(SOON_S):
        while here.told[-1] != "waits for an owner":
            await asyncio.sleep(0.02)
    with pytest.raises(ClientConnectorError):
        await here.anna.ask("GET", "/v1/status")
    here.told.clear()
    here.know(here.anna)
    await here.until_open()
    assert (await here.anna.ask("GET", "/v1/status")).status == 200


async def test_who_says_nothing_is_not_kept(here: Gateway, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(callers, "UNKNOWN_S", 0.0)
    reader, writer = await asyncio.open_connection(
        "127.0.0.1", here.config.port, ssl=here.stranger, server_hostname=BOX_NAME
    )
    async with asyncio.timeout(SOON_S):
        assert await reader.read() == b""
    writer.close()


async def test_who_has_too_many_connections_gets_no_more(connect: Connect, tmp_path: Path) -> None:
    async with gateway(connect, tmp_path, connections_of_one=2) as here:
        ends = [
            await asyncio.open_connection(
                "127.0.0.1", here.config.port, ssl=here.anna.context, server_hostname=BOX_NAME
            )
            for _ in range(2)
        ]
        with pytest.raises(ClientError):
            await here.anna.ask("GET", "/v1/status")
        for _, writer in ends:
            writer.close()
        async with asyncio.timeout(SOON_S):
            while True:
                with suppress(ClientError):
                    assert (await here.anna.ask("GET", "/v1/status")).status == 200
                    return
                await asyncio.sleep(0.05)


async def test_who_only_knocks_takes_nobodys_place(
    connect: Connect, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(callers, "MOST_UNKNOWN", 1)
    async with gateway(connect, tmp_path, connections_of_one=3) as here:
        ends = [
            await asyncio.open_connection("127.0.0.1", here.config.port, ssl=here.stranger, server_hostname=BOX_NAME)
            for _ in range(3)
        ]
        reading = {asyncio.create_task(reader.read()) for reader, _ in ends}
        async with asyncio.timeout(SOON_S):
            while sum(each.done() for each in reading) < len(reading) - 1:
                await asyncio.wait(reading, return_when=asyncio.FIRST_COMPLETED, timeout=0.05)
        assert (await here.anna.ask("GET", "/v1/status")).status == 200
        for _, writer in ends:
            writer.close()


async def test_one_connection_too_many_is_refused(connect: Connect, tmp_path: Path) -> None:
    async with gateway(connect, tmp_path, connections=0) as here:
        with pytest.raises(ClientError):
            await here.anna.ask("GET", "/v1/status")


async def test_who_was_thrown_out_while_it_spoke_has_nothing_to_say(here: Gateway) -> None:
    """The last byte comes when it is not let in any more."""
    reader, writer = await asyncio.open_connection(
        "127.0.0.1", here.config.port, ssl=here.anna.context, server_hostname=BOX_NAME
    )
    body = b'{"confirm": "erase everything"}'
    writer.write(
        b"POST /v1/factory-reset HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Type: application/json\r\n"
        b"Content-Length: %d\r\n\r\n" % len(body)
    )
    writer.write(body[:-1])
    await writer.drain()
    await here.anna.ask("GET", "/v1/status")
    here.know(here.ben)
    writer.write(body[-1:])
    async with asyncio.timeout(SOON_S):
        answer = await reader.read()
    assert answer == b"" or b"403" in answer.splitlines()[0]
    writer.close()


# --- what makes no sense ------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("method", "path", "body", "status"),
    [
        ("POST", "/v1/turns", b"{", 400),
        ("POST", "/v1/turns", b"[]", 400),
        ("POST", "/v1/turns", b"[" * 5000, 400),
        ("POST", "/v1/turns", b"\xff\xfe", 400),
        ("POST", "/v1/turns", {}, 400),
        ("POST", "/v1/turns", {"text": ""}, 400),
        ("POST", "/v1/turns", {"text": 7}, 400),
        ("POST", "/v1/turns", {"text": "x" * 1001}, 400),
        ("POST", "/v1/turns", b'{"text": "\\ud800"}', 400),
        ("POST", "/v1/turns", {"text": "x", "more": 1}, 400),
        ("POST", "/v1/turns", {"text": "x", "aloud": "yes"}, 400),
        ("POST", "/v1/turns", b" " * (documents.MOST_BYTES + 1), 413),
        ("POST", "/v1/pairing", {"profile": -1}, 400),
        ("POST", "/v1/pairing", {"profile": True}, 400),
        ("POST", "/v1/session", {"challenge": "no base64!", "key": "", "signature": ""}, 400),
        ("POST", "/v1/session", {"challenge": "AA==", "key": "AA==", "signature": "AA=="}, 400),
        ("GET", "/v1/log?limit=ten", None, 400),
        ("GET", "/v1/log?limit=99999999999", None, 400),
        ("GET", "/v1/nothing", None, 404),
        ("GET", "/v1/devices/..%2f..%2fetc", None, 404),
        ("PUT", "/v1/status", None, 405),
    ],
)
async def test_nonsense_is_refused_with_a_sentence(
    here: Gateway, method: str, path: str, body: object, status: int
) -> None:
    answer = await here.anna.ask(method, path, body)
    assert answer.status == status
    assert re.fullmatch(r"[A-Z].{10,}\.", answer.body["error"]["message"])


# --- events -------------------------------------------------------------------------------------------


async def test_events_tell_what_happens_and_nothing_that_was_said(here: Gateway, connect: Connect) -> None:
    async with (
        connect("conductord") as conductord,
        ClientSession() as http,
        here.request(http, here.ben.context, "GET", "/v1/events") as events,
    ):
        assert await events.content.readuntil(b"\n\n") == b": hello\n\n"
        assert await events.content.readuntil(b"\n\n") == b'event: pairing\ndata: {"state": "closed"}\n\n'
        said = pb.TurnState(phase=pb.ANSWERING, opened_by="wake", heard="my secret", answer="its answer")
        await conductord.publish(s.TURN_STATE, said)
        told = await events.content.readuntil(b"\n\n")
    assert told == b'event: turn\ndata: {"generation": 0, "phase": "answering", "opened_by": "wake"}\n\n'


async def test_whether_a_device_may_pair_is_told_when_it_changes(here: Gateway, connect: Connect) -> None:
    async with (
        connect("pairingd") as pairingd,
        ClientSession() as http,
        here.request(http, here.ben.context, "GET", "/v1/events") as events,
    ):
        told: list[bytes] = []
        for state in ("closed", "open", "open", "pairing"):
            await pairingd.publish(s.PAIRING_STATE, pb.PairingState(state=state))
            await pairingd.flush()
        async with asyncio.timeout(SOON_S):
            while not told or b'"pairing"' not in told[-1].partition(b"data")[2]:
                told.append(await events.content.readuntil(b"\n\n"))
    assert len(told) == len(set(told))


async def test_a_device_has_only_so_many_streams(here: Gateway) -> None:
    async with ClientSession() as http:
        streams = [
            await here.request(http, here.anna.context, "GET", "/v1/events").__aenter__() for _ in range(MOST_OF_ONE)
        ]
        assert (await here.anna.ask("GET", "/v1/events")).code == "too_many"
        for each in streams:
            each.close()
        async with asyncio.timeout(SOON_S):
            while True:
                async with here.request(http, here.anna.context, "GET", "/v1/events") as response:
                    if response.status == 200:
                        return
