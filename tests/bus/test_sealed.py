"""A secret for one daemon that others carry."""

import pytest

from bus.sealed import WIFI_PASSWORD, NotSealed, Recipient, seal

SECRET = b"correct horse"


def test_only_whom_it_was_sealed_for_opens_it_and_only_for_its_purpose() -> None:
    recipient = Recipient(WIFI_PASSWORD)
    sealed = seal(SECRET, recipient.key, WIFI_PASSWORD)
    assert SECRET not in sealed
    assert recipient.open(sealed) == SECRET
    for other in (Recipient(WIFI_PASSWORD), Recipient(b"another purpose")):
        with pytest.raises(NotSealed):
            other.open(sealed)
    with pytest.raises(NotSealed):
        recipient.open(seal(SECRET, recipient.key, b"another purpose"))


@pytest.mark.parametrize("wrong", [b"", b"short", bytes(60), bytes(4096)])
def test_nonsense_is_not_opened(wrong: bytes) -> None:
    with pytest.raises(NotSealed):
        Recipient(WIFI_PASSWORD).open(wrong)


def test_each_byte_counts() -> None:
    recipient = Recipient(WIFI_PASSWORD)
    sealed = seal(SECRET, recipient.key, WIFI_PASSWORD)
    for at in range(len(sealed)):
        with pytest.raises(NotSealed):
            recipient.open(sealed[:at] + bytes((sealed[at] ^ 1,)) + sealed[at + 1 :])


def test_what_is_no_key_is_told() -> None:
    with pytest.raises(ValueError):
        seal(SECRET, b"short", WIFI_PASSWORD)
