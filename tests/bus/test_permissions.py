"""Who may say and hear what, written down a second time and proven against the real server, subject by subject."""

import re
from collections.abc import AsyncIterator, Iterable
from contextlib import AsyncExitStack, asynccontextmanager
from typing import Any

import nats.errors
import pytest
from nats.aio.client import Client

from bus import subjects
from bus.permissions import ROLES, role
from bus.server import make_seed
from tests.fakes.bus_server import BusServer

# Not made from bus/permissions.py: it says what a box promises, one subject a line. Requests: who asks, who answers.
TABLE = """
# subject                   may publish or ask             may read or answer
audio.wake                | audiod                       | conductord cli
audio.level               | audiod                       | cli
audio.frame.*             | audiod                       | inferenced
audio.inject              | cli                          | audiod
audio.mute                | conductord cli               | audiod
audio.mute.state          | audiod                       | hardwared cli
audio.wakewords           | cli                          | audiod
stt.activity              | inferenced                   | conductord cli
stt.text.partial          | inferenced                   | conductord cli
stt.text.final            | inferenced                   | conductord cli
stt.vocabulary            | conductord                   | inferenced
stt.vocabulary.request    | inferenced                   | conductord
turn.state                | conductord                   | audiod inferenced hardwared otad gatewayd cli
turn.open                 | audiod cli                   | conductord
turn.stop                 | cli                          | conductord
turns.list                | cli                          | conductord
turns.wipe                | cli                          | conductord
nlu.request               | otad gatewayd cli            | conductord
announce                  | pairingd cli                 | conductord
timers.list               | otad cli                     | conductord
region                    | pairingd otad gatewayd       | conductord
tts.request               | conductord                   | inferenced
tts.cancel                | conductord                   | inferenced
tts.stream.*              | inferenced                   | audiod
playback.clip             | conductord                   | audiod
playback.state            | audiod                       | inferenced conductord cli
playback.control          | conductord cli               | audiod
llm.request               | conductord                   | inferenced
llm.cancel                | conductord                   | inferenced
llm.stream.*              | inferenced                   | conductord
hardware.button           | hardwared                    | audiod conductord pairingd identityd
hardware.reset            | gatewayd cli                 | hardwared
hardware.clock.set        | pairingd                     | hardwared
hardware.ring             | hardwared                    | cli
hardware.ring.set         | audiod conductord pairingd otad | hardwared
pairing.state             | pairingd                     | conductord gatewayd cli
pairing.open              | identityd                    | pairingd
update.state              | otad                         | conductord cli
update.status             | conductord gatewayd cli      | otad
update.told               | conductord                   | otad
update.wish               | conductord gatewayd cli      | otad
update.history            | gatewayd cli                 | otad
identity.open             | gatewayd                     | identityd
identity.admit            | pairingd                     | identityd
identity.record           | pairingd                     | identityd
identity.household        | pairingd cli                 | identityd
identity.change           | cli                          | identityd
identity.device.change    | gatewayd                     | identityd
identity.certify          | gatewayd                     | identityd
identity.log              | gatewayd cli                 | identityd
wifi.list                 | gatewayd                     | pairingd
wifi.join                 | gatewayd                     | pairingd
device.paired             | identityd                    | gatewayd cli
device.revoked            | identityd                    | gatewayd cli
ctrl.node.health          | DAEMONS                      | pairingd otad gatewayd cli
ctrl.node.health.request  | pairingd otad gatewayd cli   | DAEMONS
obs.span                  | DAEMONS                      | conductord cli
"""
DAEMONS = "audiod inferenced conductord hardwared pairingd identityd otad gatewayd"
LINES = [line.replace("DAEMONS", DAEMONS).split("|") for line in TABLE.strip().splitlines()[1:]]
SPEAKERS = {pattern.strip(): set(speakers.split()) for pattern, speakers, _ in LINES}
LISTENERS = {pattern.strip(): set(listeners.split()) for pattern, _, listeners in LINES}
NAMES = (*DAEMONS.split(), "cli")
REACH_TOO_FAR = (
    ">",
    "*",
    "*.*",
    "*.*.*",
    *(
        f"{room}.>"
        for room in ("audio", "stt", "turn", "turns", "tts", "playback", "llm", "hardware", "pairing", "ctrl", "obs")
    ),
    *("identity.>", "device.>", "update.>"),
    "turn.*",
    "_INBOX.>",
    "_INBOX.*",
    "$SYS.>",
    "$SYS.ACCOUNT.>",
    "$JS.API.>",
)
UNKNOWN = (
    "somewhere.else",
    "audio",
    "audio.frame",
    "turn.state.x",
    "audio.frame.a.b",
    "tts.stream.a.b",
    "llm.stream.a.b",
    "$SYS.REQ.SERVER.PING",
    "$JS.API.INFO",
)
REFUSED = re.compile(r'permissions violation for (publish|subscription) to "([^"]+)"', re.IGNORECASE)


class Wire:
    """A client without the typed bus's good manners. `refused` holds what the server refused: (what, subject)."""

    def __init__(self) -> None:
        self.nats = Client()
        self.refused: set[tuple[str, str]] = set()

    async def note(self, error: Exception) -> None:
        found = REFUSED.search(str(error))
        if found:
            self.refused.add((found[1].lower(), found[2]))

    async def settled(self) -> None:
        """The server has had its say. Twice: nats-py's ping overtakes what waits in its buffer."""
        await self.nats.flush()
        await self.nats.flush()

    async def subscribed(self, names: Iterable[str]) -> list[Any]:
        subscriptions = [await self.nats.subscribe(name) for name in names]
        await self.settled()
        return subscriptions

    async def publish(self, *names: str, body: bytes = b"", reply: str = "") -> None:
        for name in names:
            await self.nats.publish(name, body, reply=reply)
        await self.settled()

    def refusals(self, what: str) -> set[str]:
        """In lower case, as nats-py tells them."""
        return {name for kind, name in self.refused if kind == what}


@asynccontextmanager
async def wire(server: BusServer, name: str) -> AsyncIterator[Wire]:
    """The raw wire, with the credentials of the client `name`."""
    config, wire = server.config(name), Wire()
    await wire.nats.connect(
        servers=[config.url],
        nkeys_seed_str=config.seed_file.read_text(),
        inbox_prefix=role(name).inbox_prefix.encode(),
        error_cb=wire.note,
        allow_reconnect=False,
    )
    try:
        yield wire
    finally:
        await wire.nats.close()


def lower(names: Iterable[str]) -> set[str]:
    return {name.lower() for name in names}


def concrete(pattern: str) -> str:
    return pattern.replace("*", "5e5510")


def test_the_table_names_every_subject_and_every_client() -> None:
    known = {each.pattern for each in vars(subjects).values() if isinstance(each, subjects.Subject)}
    known |= {each.pattern for each in vars(subjects).values() if isinstance(each, subjects.SessionSubject)}
    known |= {each.pattern for each in vars(subjects).values() if isinstance(each, subjects.RequestSubject)}
    assert set(SPEAKERS) == known
    assert {role.name for role in ROLES} == set(NAMES)
    assert set().union(*SPEAKERS.values(), *LISTENERS.values()) == set(NAMES)


@pytest.mark.parametrize("name", NAMES)
async def test_publishing_outside_its_job_is_refused(bus_server: BusServer, name: str) -> None:
    allowed = {concrete(pattern) for pattern, speakers in SPEAKERS.items() if name in speakers}
    tried = {concrete(pattern) for pattern in SPEAKERS} | set(UNKNOWN)
    tried |= {f"_INBOX.{other}.forged" for other in NAMES} | {f"{role(name).inbox_prefix}.own"}
    async with wire(bus_server, name) as client:
        await client.publish(*tried)
        assert client.refusals("publish") == lower(tried - allowed)


@pytest.mark.parametrize("name", NAMES)
async def test_reading_outside_its_job_is_refused(bus_server: BusServer, name: str) -> None:
    allowed = {pattern for pattern, listeners in LISTENERS.items() if name in listeners}
    allowed |= {concrete(pattern) for pattern in allowed}
    if any(name in speakers for pattern, speakers in SPEAKERS.items() if pattern in REQUESTS):
        allowed |= {f"_INBOX.{name}.>", f"_INBOX.{name}.*"}
    tried = {*SPEAKERS, *map(concrete, SPEAKERS), *REACH_TOO_FAR, *UNKNOWN}
    tried |= {f"_INBOX.{other}.{token}" for other in NAMES for token in (">", "*")}
    # To nats-server 2.9 `x.>` is within `x.*`. Nobody may publish deeper, so whoever reads the one gains nothing by it.
    tried |= {f"{pattern[:-2]}.>" for pattern in SPEAKERS if pattern.endswith(".*") and pattern not in allowed}
    async with wire(bus_server, name) as client:
        await client.subscribed(sorted(tried))
        assert client.refusals("subscription") == lower(tried - allowed)


REQUESTS = {
    "audio.inject",
    "audio.mute",
    "audio.wakewords",
    "turn.open",
    "turn.stop",
    "turns.list",
    "turns.wipe",
    "nlu.request",
    "announce",
    "timers.list",
    "region",
    "playback.control",
    "hardware.reset",
    "hardware.clock.set",
    "pairing.open",
    "identity.admit",
    "identity.record",
    "identity.household",
    "identity.change",
    "identity.log",
}


async def test_what_is_allowed_arrives(bus_server: BusServer) -> None:
    async with AsyncExitStack() as stack:
        clients = {name: await stack.enter_async_context(wire(bus_server, name)) for name in NAMES}
        for pattern in SPEAKERS:
            readers = {name: (await clients[name].subscribed([pattern]))[0] for name in LISTENERS[pattern]}
            for speaker in SPEAKERS[pattern]:
                await clients[speaker].publish(concrete(pattern), body=speaker.encode())
                heard = {name: (await reader.next_msg(timeout=5)).data for name, reader in readers.items()}
                assert heard == dict.fromkeys(readers, speaker.encode()), pattern
        assert not any(client.refused for client in clients.values())


@pytest.mark.parametrize("pattern", sorted(REQUESTS))
async def test_an_answer_reaches_the_asker_and_only_once(bus_server: BusServer, pattern: str) -> None:
    (answerer,) = LISTENERS[pattern]
    for asker in SPEAKERS[pattern]:
        async with wire(bus_server, asker) as asking, wire(bus_server, answerer) as answering:
            (requests,) = await answering.subscribed([pattern])
            (answers,) = await asking.subscribed([f"_INBOX.{asker}.>"])
            await asking.publish(pattern, reply=f"_INBOX.{asker}.a")
            request = await requests.next_msg(timeout=5)
            await answering.publish(request.reply, body=b"first")
            assert (await answers.next_msg(timeout=5)).data == b"first"
            await answering.publish(request.reply, body=b"second")
            assert answering.refusals("publish") == lower([request.reply])


async def test_who_answers_no_requests_may_not_answer_at_all(bus_server: BusServer) -> None:
    async with wire(bus_server, "conductord") as conductord, wire(bus_server, "inferenced") as inferenced:
        (states,) = await inferenced.subscribed(["turn.state"])
        await conductord.publish("turn.state", reply="_INBOX.conductord.x")
        await inferenced.publish((await states.next_msg(timeout=5)).reply)
        assert inferenced.refusals("publish") == {"_inbox.conductord.x"}


@pytest.mark.parametrize("options", [{}, {"nkeys_seed_str": make_seed()}, {"user": "cli", "password": "cli"}])
async def test_nobody_gets_in_without_a_key_of_this_box(bus_server: BusServer, options: dict[str, Any]) -> None:
    client = Client()

    async def note(_error: Exception) -> None: ...

    with pytest.raises(nats.errors.Error, match=r"(?i)authorization"):
        await client.connect(servers=[bus_server.url], allow_reconnect=False, error_cb=note, **options)
    await client.close()
