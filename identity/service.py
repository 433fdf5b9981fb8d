"""identityd on the bus: who belongs here, who comes in, who goes out. Rules in docs/identity.md.

Answers one request at a time. What changes the household is on the disk before it is answered, and told to others
afterwards; what is refused is noted. Requests are believed from the roles that may send them (bus/permissions.py); but
pairingd reads what strangers say, so a box that has an owner lets nobody in without its button, which identityd hears
itself.
"""

import asyncio
import logging
import math
import secrets
import time
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, replace

from cryptography.hazmat.primitives.serialization import Encoding

from bus import messages_pb2 as pb
from bus import names
from bus import subjects as s
from bus.buttons import ACTION, Act
from bus.client import Bus
from bus.envelope import Received
from bus.errors import BusError
from identity import certificates
from identity.errors import HouseholdFull, IdentityError, NotAllowed, RecordsError, Refused
from identity.household import Household, Limits
from identity.keys import Keys
from identity.records import BOX_ADDRESS, OWNER, Deed, Device, Entry, Service, device_id
from identity.store import Store

log = logging.getLogger(__name__)

TERMINAL = Device(b"", b"", "terminal", OWNER, 0)
"""Whoever has the box's own terminal may what the owner may."""
BY_LABEL, BY_BUTTON = "label", "button"
PROOF_BYTES = 32
BOX_SIGNS = b"spoq pairing 1: I am this box\0"
"""In front of a proof, as in pairing/box_side.py: nothing else that is signed begins so."""
MOST_DEEDS = 1000
MOST_REFUSALS, REFUSALS_S = 60, 3600.0
"""So many in so long are noted, and so many renamings done: nobody pushes out of the log what else is in it."""
WISH_HOLDS_S = 660.0
"""As long as pairingd's window is open, and a run that began at its end may last, unless somebody set that."""
OPENING_BYTES = 16
OPENS_S = 20.0
"""For pairingd, which works a code out."""
NOT_NOW = "This box can let nobody in just now. Try again in a minute."
AGAIN_S = 3600.0
"""So long the first owner's device may pair again and is told the recovery key again: the answer may have been lost."""
ADMITTED_S = 300.0
"""How long a place is kept for a device that has not yet taken what it got."""


@dataclass(frozen=True)
class _Wish:
    """Somebody who may wants to let one device in: into `profile`, or into the first that has a place."""

    by: str = ""
    profile: int | None = None
    until_s: float = -math.inf
    opening: bytes = b""
    """Whose code lets one in; empty: the label's."""


@dataclass(frozen=True)
class _Admitted:
    device: Device
    by: str
    until_s: float


@dataclass(frozen=True)
class _Change:
    """What the disk has to know, and what others have to hear."""

    household: Household
    entry: Entry
    revoked: tuple[Device, ...] = ()


class Identity:
    """`serve` once; `close` when done. `recovery_key` gives the data's, for the first owner; `unix_ms` is 0 where the
    time is not known; `show` is called with who belongs here before anybody else hears of a change."""

    def __init__(
        self,
        bus: Bus,
        keys: Keys,
        store: Store,
        recovery_key: Callable[[], str],
        unix_ms: Callable[[], int],
        show: Callable[[pb.Household], None],
        wish_holds_s: float = WISH_HOLDS_S,
        monotonic_s: Callable[[], float] = time.monotonic,
    ) -> None:
        self._bus, self._keys, self._store = bus, keys, store
        self._recovery_key, self._unix_ms, self._show = recovery_key, unix_ms, show
        self._wish_holds_s, self._monotonic_s = wish_holds_s, monotonic_s
        self._household = Household()
        self._fault = ""
        self._admitted: _Admitted | None = None
        self._refusals: deque[float] = deque(maxlen=MOST_REFUSALS)
        self._renamings: deque[float] = deque(maxlen=MOST_REFUSALS)
        self._wish = _Wish()
        self._first, self._first_until_s = "", -math.inf
        self._one_at_a_time = asyncio.Lock()

    async def serve(self, limits: Limits) -> str:
        """Answers from now on. A sentence where nobody knows who belongs here: then nobody is let in."""
        try:
            self._household = await asyncio.to_thread(self._store.load, limits)
        except RecordsError as error:
            log.error("%s", error)
            self._fault = str(error)
        self._show(self._seen())
        await self._bus.subscribe(s.HARDWARE_BUTTON, self._on_button)
        await self._bus.serve(s.IDENTITY_HOUSEHOLD, lambda _: self._seen())
        await self._bus.serve(s.IDENTITY_OPEN, self._on_open)
        await self._bus.serve(s.IDENTITY_ADMIT, self._on_admit)
        await self._bus.serve(s.IDENTITY_RECORD, self._on_record)
        await self._bus.serve(s.IDENTITY_CHANGE, lambda message: self._on_change(message.body, TERMINAL.name))
        await self._bus.serve(s.IDENTITY_DEVICE_CHANGE, lambda message: self._on_change(message.body, message.body.by))
        await self._bus.serve(s.IDENTITY_CERTIFY, self._on_certify)
        await self._bus.serve(s.IDENTITY_LOG, self._on_log)
        await self._bus.flush()
        return self._fault

    async def close(self) -> None:
        async with self._one_at_a_time:
            await asyncio.to_thread(self._store.close)

    # --- who is there ---------------------------------------------------------------------------

    def _seen(self) -> pb.Household:
        return pb.Household(
            fault=self._fault,
            # Where nobody knows, nobody may think that there is no owner.
            owned=self._household.owned or bool(self._fault),
            profiles=[
                pb.KnownProfile(number=each.number, name=each.name, withheld=sorted(each.withheld))
                for each in self._household.profiles
            ],
            devices=[_told(each) for each in self._household.devices],
            box_key=self._keys.identity.public_key().public_bytes_raw(),
        )

    async def _on_log(self, message: Received[pb.DeedsRequest]) -> pb.Deeds:
        try:
            if self._fault:
                raise RecordsError(self._fault)
            async with self._one_at_a_time:
                found = await asyncio.to_thread(self._store.entries, min(message.body.limit, MOST_DEEDS))
        except RecordsError as error:
            return pb.Deeds(fault=str(error))
        return pb.Deeds(
            deeds=[
                pb.KnownDeed(deed=each.deed, by=each.by, whom=each.whom, words=each.words, unix_ms=each.unix_ms)
                for each in found
            ]
        )

    # --- coming in ------------------------------------------------------------------------------

    def _on_button(self, message: Received[pb.Button]) -> None:
        """Somebody who stands before the box wants to let a device in; a press alone means that only while they do."""
        pressed, now_s = message.body, self._monotonic_s()
        if pressed.button != ACTION:
            return
        if pressed.action == Act.PAIR:
            self._wish = _Wish(BY_BUTTON, None, now_s + self._wish_holds_s)
        elif pressed.action == Act.PRESS and now_s < self._wish.until_s:
            self._wish = replace(self._wish, until_s=now_s + self._wish_holds_s)

    async def _on_open(self, message: Received[pb.OpenPairing]) -> pb.PairingOpened:
        """A device of the owner's wants to let one in: pairingd makes a code for that."""
        asked = message.body
        async with self._one_at_a_time:
            try:
                self._household.may_let_in(self._household.device(asked.by), asked.profile)
            except IdentityError as error:
                await self._note(Entry(Deed.REFUSED, asked.by, "pairing", str(error), self._unix_ms()))
                return pb.PairingOpened(refusal=str(error))
            opening = secrets.token_bytes(OPENING_BYTES)
            wish = _Wish(asked.by, asked.profile, self._monotonic_s() + self._wish_holds_s, opening)
            wanted = pb.OpenPairing(by=asked.by, profile=asked.profile, key=asked.key, opening=opening)
        try:
            opened = await self._bus.request(s.PAIRING_OPEN, wanted, timeout_s=OPENS_S)
        except BusError:
            return pb.PairingOpened(refusal=NOT_NOW)
        if not opened.refusal:
            # Who knows an earlier code is not let in by this wish, and nobody knows this one's yet.
            self._wish = wish
        return opened

    async def _on_admit(self, message: Received[pb.Admit]) -> pb.Admission:
        asked = message.body
        async with self._one_at_a_time:
            try:
                return self._admit(asked)
            except IdentityError as error:
                await self._note(Entry(Deed.REFUSED, self._wish.by, device_id(asked.key), str(error), self._unix_ms()))
                return pb.Admission(refusal=str(error), full=isinstance(error, HouseholdFull))

    def _admit(self, asked: pb.Admit) -> pb.Admission:
        if self._fault:
            raise RecordsError(self._fault)
        wish = self._wish if self._household.owned else _Wish(BY_LABEL, None, math.inf)
        if self._monotonic_s() >= wish.until_s:
            raise NotAllowed("Nobody has asked this box to let a device in.")
        if asked.opening != wish.opening:
            # Meanwhile somebody has asked for another code.
            raise NotAllowed("Nobody has asked this box to let a device in with that code.")
        if wish.opening and wish.profile is not None:
            # Who asked may have been thrown out.
            self._household.may_let_in(self._household.device(wish.by), wish.profile)
        if len(asked.proof) != PROOF_BYTES:
            raise Refused("This is no device that could be let in.")
        device = self._household.admit(asked.key, asked.wireguard_key, _name(asked.name), wish.profile)
        certificate = certificates.issue(self._keys, asked.key)
        # One newcomer at a time: whoever was admitted before and has not come back has lost its place.
        self._admitted = _Admitted(device, wish.by, self._monotonic_s() + ADMITTED_S)
        return pb.Admission(
            signature=self._keys.identity.sign(BOX_SIGNS + asked.proof),
            certificate=certificate,
            authority=self._keys.certificate.public_bytes(Encoding.DER),
            device=_told(device),
            profile=self._household.with_device(device).profile(device.profile).name,
            box_address=str(BOX_ADDRESS),
        )

    async def _on_record(self, message: Received[pb.Record]) -> pb.Recorded:
        async with self._one_at_a_time:
            admitted, self._admitted = self._admitted, None
            if admitted is None or admitted.device.key != message.body.key or admitted.until_s <= self._monotonic_s():
                return pb.Recorded(refusal="This device was not let in, or it took too long.")
            # One wish lets one in.
            self._wish = _Wish()
            device, first = admitted.device, not self._household.owned
            again = device.id in {each.id for each in self._household.devices}
            deed = Deed.LET_IN_AGAIN if again else Deed.LET_IN
            entry = Entry(deed, admitted.by, device.id, device.name, self._unix_ms())
            again_by_hand = device.id == self._first and admitted.by == BY_BUTTON and device.profile == OWNER
            gets_key = first or (again_by_hand and self._monotonic_s() < self._first_until_s)
            if first:
                self._first, self._first_until_s = device.id, self._monotonic_s() + AGAIN_S
            reply = await self._kept(_Change(self._household.with_device(device), entry), paired=device)
            return pb.Recorded(
                refusal=reply.refusal,
                recovery_key=self._recovery_key() if gets_key and not reply.refusal else "",
                owner=device.profile == OWNER,
                first=first,
            )

    # --- changing, and going out ----------------------------------------------------------------

    async def _on_change(self, asked: pb.ChangeHousehold, who: str) -> pb.Reply:
        async with self._one_at_a_time:
            try:
                if self._fault:
                    raise RecordsError(self._fault)
                by = TERMINAL if who == TERMINAL.name else self._household.device(who)
                change = self._changed(asked, by, who)
                if change.entry.deed is Deed.NAMED and not self._seldom(self._renamings):
                    raise Refused("That was changed too often. Try again in an hour.")
            except IdentityError as error:
                what = asked.WhichOneof("change") or "nothing"
                await self._note(Entry(Deed.REFUSED, who, what, str(error), self._unix_ms()))
                return pb.Reply(refusal=str(error))
            if change.household == self._household and not change.revoked:
                return pb.Reply()
            return await self._kept(change)

    def _changed(self, asked: pb.ChangeHousehold, by: Device, who: str) -> _Change:
        """Raises Refused."""
        household = self._household

        def entry(deed: Deed, whom: object, words: str) -> Entry:
            return Entry(deed, who, str(whom), words, self._unix_ms())

        match asked.WhichOneof("change"):
            case "remove_device":
                after = household.without_device(asked.remove_device, by)
                gone = household.device(asked.remove_device)
                return _Change(after, entry(Deed.REMOVED, gone.id, gone.name), (gone,))
            case "remove_profile":
                after = household.without_profile(asked.remove_profile, by)
                name = household.profile(asked.remove_profile).name
                return _Change(
                    after, entry(Deed.REMOVED, asked.remove_profile, name), household.of(asked.remove_profile)
                )
            case "make_profile":
                after = household.with_profile(_name(asked.make_profile), by)
                return _Change(after, entry(Deed.MADE_ROOM, after.profiles[-1].number, asked.make_profile))
            case "name_device":
                named = asked.name_device
                after = household.with_device_named(named.id, _name(named.name), by)
                return _Change(after, entry(Deed.NAMED, named.id, named.name))
            case "name_profile":
                profile = asked.name_profile
                after = household.with_profile_named(profile.number, _name(profile.name), by)
                return _Change(after, entry(Deed.NAMED, profile.number, profile.name))
            case "grant":
                wanted = asked.grant
                after = household.with_grant(wanted.profile, _service(wanted.service), wanted.granted, by)
                deed = Deed.GRANTED if wanted.granted else Deed.WITHHELD
                return _Change(after, entry(deed, wanted.profile, wanted.service))
        raise Refused("Nothing was asked for.")

    async def _kept(self, change: _Change, paired: Device | None = None) -> pb.Reply:
        """On the disk, and then told. Who is thrown out is out, also where the disk can't be written just now."""
        # A place that was promised before may be another's now.
        self._admitted = None
        if change.entry.deed is Deed.REMOVED:
            self._wish = _Wish()
        reply = pb.Reply()
        try:
            await asyncio.to_thread(self._store.save, change.household, change.entry)
        except RecordsError as error:
            log.error("%s", error)
            reply.refusal = str(error)
            if not change.revoked:
                return reply
            reply.refusal = f"Removed until the next start only. {error}"
        self._household = change.household
        self._show(self._seen())
        if self._first in {each.id for each in change.revoked}:
            self._first = ""
        for device in change.revoked:
            await self._bus.publish(s.DEVICE_REVOKED, pb.DeviceChange(device=_told(device)))
        if paired is not None:
            await self._bus.publish(s.DEVICE_PAIRED, pb.DeviceChange(device=_told(paired)))
        return reply

    # --- for gatewayd ---------------------------------------------------------------------------

    def _on_certify(self, message: Received[pb.Certify]) -> pb.Certified:
        try:
            certificate = certificates.of_box(self._keys, message.body.key)
        except IdentityError as error:
            return pb.Certified(refusal=str(error))
        return pb.Certified(certificate=certificate, authority=self._keys.certificate.public_bytes(Encoding.DER))

    def _seldom(self, times_s: deque[float]) -> bool:
        """Whether it may be noted that it happened now again."""
        now_s = self._monotonic_s()
        if len(times_s) == times_s.maxlen and now_s - times_s[0] < REFUSALS_S:
            return False
        times_s.append(now_s)
        return True

    async def _note(self, entry: Entry) -> None:
        """A line of the log, where there is room; what is refused is refused in any case."""
        if self._fault or not self._seldom(self._refusals):
            return
        try:
            await asyncio.to_thread(self._store.note, entry)
        except RecordsError as error:
            log.error("what was refused is not in the log: %s", error)


def _told(device: Device) -> pb.KnownDevice:
    return pb.KnownDevice(
        id=device.id,
        key=device.key,
        wireguard_key=device.wireguard_key,
        name=device.name,
        profile=device.profile,
        address=str(device.address),
    )


def _service(name: str) -> Service:
    try:
        return Service(name)
    except ValueError as error:
        raise Refused(f"This box has {', '.join(Service)}, and nothing of that name.") from error


def _name(text: str) -> str:
    try:
        return names.normal(text)
    except ValueError as error:
        raise Refused(str(error)) from error
