"""Who comes into a household, who may change it, and what it refuses."""

from collections.abc import Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from identity.errors import HouseholdFull, NameTaken, NotAllowed, Refused, Unknown
from identity.household import Household, Limits
from identity.records import OWNER, Device, Profile, Service

FAMILY = 2


def key(number: int) -> bytes:
    return number.to_bytes(65, "big")


def tunnel_key(number: int) -> bytes:
    return (1000 + number).to_bytes(32, "big")


def let_in(household: Household, number: int, name: str = "phone", profile: int | None = None) -> Household:
    return household.with_device(household.admit(key(number), tunnel_key(number), name, profile))


def home() -> Household:
    """Two people with two devices each."""
    household = let_in(let_in(Household(), 1, "Anna's phone"), 2, "Anna's laptop")
    household = household.with_profile("Ben", household.devices[0])
    return let_in(let_in(household, 3, "Ben's phone"), 4, "Ben's tablet")


HOME = home()
ANNA, ANNAS_LAPTOP, BEN, BENS_TABLET = HOME.devices


def test_the_first_device_makes_the_owner() -> None:
    household = let_in(Household(), 1, "Anna's phone")
    assert household.profiles == (Profile(OWNER, "Anna's phone"),)
    assert household.owned
    assert not Household().owned


def test_everybody_has_an_address_of_the_tunnel() -> None:
    assert [str(device.address) for device in HOME.devices] == [
        "10.100.0.10",
        "10.100.0.11",
        "10.100.0.20",
        "10.100.0.21",
    ]


def test_a_third_device_of_a_profile_and_a_third_profile_are_refused() -> None:
    with pytest.raises(HouseholdFull, match="Its owner can remove one"):
        HOME.admit(key(5), tunnel_key(5), "another", OWNER)
    with pytest.raises(HouseholdFull):
        HOME.admit(key(5), tunnel_key(5), "another")
    with pytest.raises(HouseholdFull):
        HOME.with_profile("Cleo", ANNA)


def test_a_place_is_given_again() -> None:
    household = let_in(HOME.without_device(ANNA.id, by=ANNAS_LAPTOP), 6)
    assert [str(each.address) for each in household.of(OWNER)] == ["10.100.0.11", "10.100.0.10"]


def test_the_limits_are_configuration() -> None:
    household = Household(limits=Limits(profiles=3, devices=1))
    household = let_in(household, 1)
    for name in ("Ben", "Cleo"):
        household = household.with_profile(name, household.devices[0])
    household = let_in(let_in(household, 2), 3)
    assert [each.profile for each in household.devices] == [1, 2, 3]
    with pytest.raises(HouseholdFull):
        household.admit(key(4), tunnel_key(4), "phone")


@pytest.mark.parametrize("wrong", [(0, 1), (1, 0), (25, 2), (2, 11)])
def test_limits_fit_the_addresses(wrong: tuple[int, int]) -> None:
    with pytest.raises(ValueError, match="1 to 24 profiles"):
        Limits(*wrong)


def test_a_key_that_pairs_again_is_the_same_device() -> None:
    again = HOME.admit(ANNA.key, b"\1" * 32, "new name")
    assert (again.id, again.address, again.name) == (ANNA.id, ANNA.address, ANNA.name)
    assert HOME.with_device(again).device(ANNA.id).wireguard_key == b"\1" * 32
    assert len(HOME.with_device(again).devices) == len(HOME.devices)


def test_two_devices_of_one_name_are_told_apart() -> None:
    household = let_in(let_in(Household(), 1, "iPhone"), 2, "iPhone")
    assert [each.name for each in household.devices] == ["iPhone", "iPhone 2"]
    longest = let_in(let_in(Household(), 1, "x" * 64), 2, "x" * 64)
    assert longest.devices[1].name == "x" * 62 + " 2"


@pytest.mark.parametrize("wireguard_key", [b"", bytes(32), bytes(33), tunnel_key(1)], ids=len)
def test_a_key_for_the_tunnel_is_ones_own(wireguard_key: bytes) -> None:
    with pytest.raises(Refused):
        HOME.without_device(BEN.id, by=ANNA).admit(key(9), wireguard_key, "phone")


def test_the_owner_chooses_the_profile_of_a_new_device() -> None:
    household = HOME.without_device(BEN.id, by=ANNA).without_device(ANNAS_LAPTOP.id, by=ANNA)
    assert household.admit(key(7), tunnel_key(7), "x", FAMILY).profile == FAMILY
    assert household.admit(key(7), tunnel_key(7), "x").profile == OWNER
    with pytest.raises(Unknown):
        household.admit(key(7), tunnel_key(7), "x", 3)
    with pytest.raises(Unknown):
        Household().admit(key(7), tunnel_key(7), "x", FAMILY)


Deed = Callable[[Household, Device], Household]
OWNERS_DEEDS: dict[str, Deed] = {
    "makes a profile": lambda home, by: home.without_profile(FAMILY, ANNA).with_profile("Cleo", by),
    "removes a profile": lambda home, by: home.without_profile(FAMILY, by),
    "renames another's profile": lambda home, by: home.with_profile_named(OWNER, "Cleo", by),
    "withholds something": lambda home, by: home.with_grant(FAMILY, Service.ASK, False, by),
}


@pytest.mark.parametrize("deed", OWNERS_DEEDS.values(), ids=OWNERS_DEEDS)
def test_what_only_the_owner_may(deed: Deed) -> None:
    assert deed(HOME, ANNA) != HOME
    with pytest.raises(NotAllowed):
        deed(HOME, BEN)


def test_the_owner_says_what_a_profile_may_use_and_may_use_everything() -> None:
    without = HOME.with_grant(FAMILY, Service.ASK, False, ANNA)
    assert without.profile(FAMILY).withheld == {Service.ASK}
    assert without.with_grant(FAMILY, Service.FOLLOW, True, ANNA) == without
    assert without.with_grant(FAMILY, Service.ASK, True, ANNA) == HOME
    assert without.with_profile_named(FAMILY, "Benjamin", BEN).profile(FAMILY).withheld == {Service.ASK}
    with pytest.raises(Refused):
        HOME.with_grant(OWNER, Service.ASK, False, ANNA)
    with pytest.raises(Unknown):
        HOME.with_grant(3, Service.ASK, False, ANNA)


def test_the_owner_removes_any_device_and_a_profile_its_own() -> None:
    assert BEN not in HOME.without_device(BEN.id, by=ANNA).devices
    assert BENS_TABLET not in HOME.without_device(BENS_TABLET.id, by=BEN).devices
    assert BEN not in HOME.without_device(BEN.id, by=BEN).devices


def test_others_devices_are_not_even_there_for_the_family() -> None:
    assert HOME.seen_by(BEN).devices == (BEN, BENS_TABLET)
    assert HOME.seen_by(BEN).profiles == (Profile(FAMILY, "Ben"),)
    assert HOME.seen_by(ANNA) == HOME
    for number in (ANNA.id, "0" * 16):
        with pytest.raises(Unknown):
            HOME.without_device(number, by=BEN)
        with pytest.raises(Unknown):
            HOME.with_device_named(number, "mine", by=BEN)


def test_a_profile_goes_with_its_devices_and_the_owners_stays() -> None:
    household = HOME.without_profile(FAMILY, by=ANNA)
    assert (household.devices, household.profiles) == ((ANNA, ANNAS_LAPTOP), (Profile(OWNER, "Anna's phone"),))
    with pytest.raises(NotAllowed, match="reset"):
        HOME.without_profile(OWNER, by=ANNA)


def test_the_household_stays_owned_when_its_owners_last_device_is_gone() -> None:
    household = let_in(Household(), 1)
    household = household.without_device(household.devices[0].id, by=household.devices[0])
    assert household.owned
    assert household.admit(key(2), tunnel_key(2), "a new phone").profile == OWNER


def test_names_are_changed_and_not_shared() -> None:
    assert HOME.with_device_named(BEN.id, "Ben's watch", by=BEN).device(BEN.id).name == "Ben's watch"
    assert HOME.with_device_named(BEN.id, BEN.name, by=BEN) == HOME
    assert HOME.with_profile_named(FAMILY, "Benjamin", by=BEN).profile(FAMILY).name == "Benjamin"
    with pytest.raises(NameTaken):
        HOME.with_device_named(BEN.id, ANNA.name, by=BEN)
    with pytest.raises(NameTaken):
        HOME.with_profile_named(FAMILY, "Anna's phone", by=ANNA)


@given(st.lists(st.tuples(st.integers(0, 5), st.integers(0, 8), st.integers(0, 3)), max_size=30))
def test_whatever_is_done_nobody_shares_a_place_a_name_or_a_number(deeds: list[tuple[int, int, int]]) -> None:
    household = Household()
    for deed, number, profile in deeds:
        by = household.devices[number % len(household.devices)] if household.devices else ANNA
        try:
            match deed:
                case 0 | 1:
                    household = let_in(household, number, "phone", profile or None)
                case 2:
                    household = household.with_profile(f"person {number}", by)
                case 3:
                    household = household.without_device(by.id, by)
                case 4:
                    household = household.without_profile(profile, by)
                case 5:
                    household = household.with_device_named(by.id, f"phone {profile}", by)
        except Refused:
            continue
        for unique in (
            [each.address for each in household.devices],
            [each.name for each in household.devices],
            [each.id for each in household.devices],
            [each.number for each in household.profiles],
        ):
            assert len(unique) == len(set(unique))
        for owner in household.profiles:
            assert len(household.of(owner.number)) <= household.limits.devices
