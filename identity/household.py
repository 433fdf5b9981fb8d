"""Who belongs to a household, and who may change that. Pure: each change gives a new household, or says why not.

Rules in docs/identity.md. Leaves to others: proving that somebody has a device's key, keeping it on the disk, telling
those who serve a device that it is gone.
"""

from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from typing import TypeVar

from bus import names
from identity.errors import HouseholdFull, NameTaken, NotAllowed, Refused, Unknown
from identity.records import OWNER, PLACES, Device, Profile, Service, device_id

T = TypeVar("T")

WIREGUARD_BYTES = 32
MOST_PROFILES = 24
"""So many have addresses in the tunnel."""


@dataclass(frozen=True)
class Limits:
    """How many a household may have; each profile has so many devices."""

    profiles: int = 2
    devices: int = 2

    def __post_init__(self) -> None:
        if not 1 <= self.profiles <= MOST_PROFILES or not 1 <= self.devices <= PLACES:
            raise ValueError(f"A household has 1 to {MOST_PROFILES} profiles, and each 1 to {PLACES} devices.")


@dataclass(frozen=True)
class Household:
    """Everybody in it."""

    profiles: tuple[Profile, ...] = ()
    devices: tuple[Device, ...] = ()
    limits: Limits = field(default_factory=Limits)

    @property
    def owned(self) -> bool:
        """Somebody has paired since the last reset, also if none of their devices is left."""
        return bool(self.profiles)

    def profile(self, number: int) -> Profile:
        """Raises Unknown."""
        return _found(each for each in self.profiles if each.number == number)

    def device(self, device_id: str) -> Device:
        """Raises Unknown."""
        return _found(each for each in self.devices if each.id == device_id)

    def of(self, profile: int) -> tuple[Device, ...]:
        """A profile's devices."""
        return tuple(each for each in self.devices if each.profile == profile)

    # --- coming in ------------------------------------------------------------------------------

    def admit(self, key: bytes, wireguard_key: bytes, name: str, profile: int | None = None) -> Device:
        """What a device that knew the code will be: in `profile`, or in the first that has a place.

        A key that is known already keeps its place and its name. Raises HouseholdFull, Unknown or Refused.
        """
        if len(wireguard_key) != WIREGUARD_BYTES or not any(wireguard_key):
            raise Refused("This is no key for the tunnel.")
        others = [each for each in self.devices if each.key != key]
        if any(each.wireguard_key == wireguard_key or each.id == device_id(key) for each in others):
            raise Refused("Another device has this key.")
        for known in self.devices:
            if known.key == key:
                return replace(known, wireguard_key=wireguard_key)
        number = self._with_a_place() if profile is None else profile
        if number != OWNER or self.owned:
            self.profile(number)
        taken = {each.place for each in self.of(number)}
        place = next((place for place in range(self.limits.devices) if place not in taken), None)
        if place is None:
            raise HouseholdFull
        return Device(key, wireguard_key, self._free(name), number, place)

    def with_device(self, device: Device) -> "Household":
        """An admitted device is known. The first one makes the owner's profile, and gives it its name."""
        profiles = self.profiles or (Profile(OWNER, device.name),)
        others = tuple(each for each in self.devices if each.key != device.key)
        return replace(self, profiles=profiles, devices=(*others, device))

    def with_profile(self, name: str, by: Device) -> "Household":
        """The owner makes room for somebody. Raises NotAllowed, HouseholdFull or NameTaken."""
        self._owners(by)
        if not self.owned:
            raise NotAllowed("The first device that pairs makes the owner's profile.")
        taken = {each.number for each in self.profiles}
        number = next((each for each in range(1, self.limits.profiles + 1) if each not in taken), None)
        if number is None:
            raise HouseholdFull
        _unused(name, (each.name for each in self.profiles))
        return replace(self, profiles=(*self.profiles, Profile(number, name)))

    def may_let_in(self, by: Device, profile: int) -> None:
        """Whether this device may let one in from afar. Raises NotAllowed, HouseholdFull, or Unknown: there is no such
        profile."""
        self._owners(by)
        number = self.profile(profile).number
        if len(self.of(number)) >= self.limits.devices:
            raise HouseholdFull

    # --- changing, and going out ----------------------------------------------------------------

    def without_device(self, device_id: str, by: Device) -> "Household":
        """Raises Unknown."""
        gone = self._reached(device_id, by)
        return replace(self, devices=tuple(each for each in self.devices if each != gone))

    def without_profile(self, number: int, by: Device) -> "Household":
        """With all its devices. Raises NotAllowed (the owner's stays) or Unknown."""
        self._owners(by)
        self.profile(number)
        if number == OWNER:
            raise NotAllowed("The owner's profile ends with a reset only.")
        return replace(
            self,
            profiles=tuple(each for each in self.profiles if each.number != number),
            devices=tuple(each for each in self.devices if each.profile != number),
        )

    def with_device_named(self, device_id: str, name: str, by: Device) -> "Household":
        """Raises Unknown or NameTaken."""
        old = self._reached(device_id, by)
        _unused(name, (each.name for each in self.devices if each != old))
        return replace(self, devices=tuple(replace(each, name=name) if each == old else each for each in self.devices))

    def with_profile_named(self, number: int, name: str, by: Device) -> "Household":
        """Raises NotAllowed, Unknown or NameTaken."""
        old = self.profile(number)
        if by.profile != number:
            self._owners(by)
        _unused(name, (each.name for each in self.profiles if each != old))
        return self._with(old, name=name)

    def with_grant(self, number: int, service: Service, granted: bool, by: Device) -> "Household":
        """The owner says whether a profile may use that. Raises NotAllowed, Unknown, or Refused: it is the owner's."""
        self._owners(by)
        old = self.profile(number)
        if number == OWNER:
            raise Refused("The owner's devices may use everything.")
        withheld = old.withheld - {service} if granted else old.withheld | {service}
        return self._with(old, withheld=withheld)

    def seen_by(self, device: Device) -> "Household":
        """As much of it as this device may see."""
        if device.profile == OWNER:
            return self
        return replace(self, profiles=(self.profile(device.profile),), devices=self.of(device.profile))

    def _with_a_place(self) -> int:
        for number in sorted(each.number for each in self.profiles) or (OWNER,):
            if len(self.of(number)) < self.limits.devices:
                return number
        raise HouseholdFull

    def _with(self, old: Profile, **changes: str | frozenset[str]) -> "Household":
        changed = replace(old, **changes)  # type: ignore[arg-type]
        return replace(self, profiles=tuple(changed if each == old else each for each in self.profiles))

    def _owners(self, by: Device) -> None:
        if by.profile != OWNER:
            raise NotAllowed

    def _reached(self, device_id: str, by: Device) -> Device:
        """A device that this one may change; one of somebody else's is not even there for it."""
        return self.seen_by(by).device(device_id)

    def _free(self, name: str) -> str:
        """This name, with a number behind it where a device has it already."""
        taken = {each.name for each in self.devices}
        numbered = (names.numbered(name, number) for number in range(1, len(taken) + 2))
        return next(each for each in numbered if each not in taken)


def _unused(name: str, taken: Iterable[str]) -> None:
    if name in taken:
        raise NameTaken


def _found(found: Iterable[T]) -> T:
    for each in found:
        return each
    raise Unknown
