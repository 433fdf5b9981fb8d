"""A box and those who come to it, without radio and clock: what each says reaches the other at once."""

import os

from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from pairing import messages_pb2 as pb
from pairing import outcomes
from pairing.box_side import BOX_SIGNS, Box, Join, Look
from pairing.device_side import Device, DeviceSide
from pairing.errors import HouseholdFull, PairingError, WrongPassword
from pairing.factory import identities
from pairing.reception import Admit, Keep, Reception, Remember, Task, Tell, Work
from pairing.serial import Serial
from pairing.setup_code import SetupCode
from pairing.verifier import register
from pairing.wifi import Wanted
from pairing.window import Window, WindowConfig
from tests.fakes.wifi import CAFE, HOME, PASSWORD

SERIAL = Serial("7K2MX9RC")
CODE, ANOTHER = SetupCode("48217730"), SetupCode("48217731")
SALT = bytes(range(32))
VERIFIER = register(CODE, SALT, identities(SERIAL))
OF_BOX = Ed25519PrivateKey.from_private_bytes(bytes(32))
START_S = 1000.0
OWNERS_KEY = "ABCD-EFGH"


def device(name: str = "Anna's phone") -> Device:
    return Device(ec.generate_private_key(ec.SECP256R1()), name, os.urandom(32), "Europe/Berlin", "de-DE")


class World:
    """A box whose records and disk are in memory, and the visitors that it talks with."""

    def __init__(self) -> None:
        self.now_s = START_S
        self.kept: list[int] = []
        """What was on the disk, one after the other."""
        self.known: list[str] = []
        self.runs: list[int] = []
        self.full = False
        self.owners = True
        """Whoever pairs is let into the owner's profile."""
        self.joined: list[Wanted] = []
        self.said: dict[str, list[bytes]] = {}
        self.start_anew()

    def start_anew(self) -> None:
        """The box is restarted: it knows what is on its disk."""
        window = Window(WindowConfig(), self.kept[-1] if self.kept else 0, self.now_s)
        window.stay_open()
        box = Box(SERIAL, OF_BOX.public_key().public_bytes_raw(), SALT, VERIFIER)
        self.numbers = 0
        self.reception = Reception(box, window, self._random)

    def hear(self, visitor: str, *said: bytes) -> list[bytes]:
        """What the box says to this visitor's messages."""
        for message in said:
            self.do(self.reception.take(visitor, message, self.now_s))
        return self.told(visitor)

    def told(self, visitor: str) -> list[bytes]:
        return self.said.pop(visitor, [])

    def radio(self, what: Look | Join) -> pb.WifiSeen | pb.WifiJoined:
        if isinstance(what, Look):
            return outcomes.seen([HOME, CAFE])
        if what.wanted.password != PASSWORD:
            return pb.WifiJoined(outcome=outcomes.of(WrongPassword()))
        self.joined.append(what.wanted)
        return pb.WifiJoined(outcome=pb.DONE, addresses=["192.168.1.20"])

    def do(self, tasks: list[Task]) -> None:
        """As the daemon does it."""
        for task in tasks:
            match task:
                case Keep(failures):
                    self.kept.append(failures)
                case Tell(visitor, message):
                    self.said.setdefault(visitor, []).append(message)
                case Admit(run, newcomer):
                    self.runs.append(run)
                    if self.full:
                        self.do(self.reception.failed(run, HouseholdFull()))
                        continue
                    signature = OF_BOX.sign(BOX_SIGNS + newcomer.proof)
                    self.do(self.reception.enrolled(run, enrolment(newcomer.name, signature)))
                case Remember(run, newcomer):
                    self.known.append(newcomer.name)
                    self.do(self.reception.recorded(run, OWNERS_KEY, self.owners, self.now_s))
                case Work(run, what):
                    self.do(self.reception.worked(run, self.radio(what), self.now_s))

    def _random(self, count: int) -> bytes:
        self.numbers += 1
        return self.numbers.to_bytes(count, "big")


def enrolment(name: str, signature: bytes) -> pb.Enrolment:
    return pb.Enrolment(
        signature=signature,
        certificate=b"certificate",
        authority=b"authority",
        profile="Anna",
        device=name,
        wireguard_key=bytes(32),
        device_address="10.100.0.10",
        box_address="10.100.0.1",
        addresses=["192.168.1.20"],
    )


class Visitor:
    """A device in front of the box, or someone who plays one."""

    def __init__(self, world: World, name: str = "phone", code: SetupCode = CODE, brings: Device | None = None) -> None:
        self.world, self.name = world, name
        self.side = DeviceSide(brings or device(), code, None, name.encode().ljust(32, b"\0"), 1_700_000_000_000)
        self.waiting = [self.side.first]

    def step(self) -> bool:
        """Says one message and hears what comes of it; whether it has more to say. Raises what ends its run."""
        for answer in self.world.hear(self.name, self.waiting.pop(0)):
            self.waiting += self.side.take(answer)
        return bool(self.waiting)

    def pair(self) -> pb.Enrolment:
        """To the end. Raises what ends it."""
        while self.step():
            pass
        return self.side.enrolment

    def outcome(self) -> str:
        """The name of how it ends."""
        try:
            self.pair()
        except PairingError as error:
            return type(error).__name__
        return "paired"
