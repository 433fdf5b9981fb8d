"""The channel behind the exchange: what was sealed for one place opens there and nowhere else."""

import pytest

from pairing import channel
from pairing.channel import Channel
from pairing.errors import NotSealed


def ends() -> tuple[Channel, Channel]:
    known = channel.secrets(bytes(32))
    return channel.of_device(known), channel.of_box(known)


def test_each_end_opens_what_the_other_sealed() -> None:
    device, box = ends()
    for said in (b"one", b"", b"three" * 1000):
        assert box.open(device.seal(said)) == said
        assert device.open(box.seal(said)) == said


def test_the_keys_have_nothing_in_common() -> None:
    known = channel.secrets(bytes(32))
    assert len({known.of_device, known.of_box, known.proof}) == 3
    assert bytes(32) not in (known.of_device, known.of_box, known.proof)


def test_the_same_words_look_different_each_time() -> None:
    device, _ = ends()
    assert device.seal(b"same") != device.seal(b"same")


def test_what_a_side_said_does_not_come_back_to_it() -> None:
    device, _ = ends()
    with pytest.raises(NotSealed):
        device.open(device.seal(b"mine"))


@pytest.mark.parametrize(
    ("before", "then"), [((0,), 0), ((), 1), ((0,), 2)], ids=["repeated", "the second first", "one left out"]
)
def test_a_message_out_of_its_place_does_not_open(before: tuple[int, ...], then: int) -> None:
    device, box = ends()
    sealed = [device.seal(b"message") for _ in range(3)]
    for number in before:
        box.open(sealed[number])
    with pytest.raises(NotSealed):
        box.open(sealed[then])


@pytest.mark.parametrize("changed", [b"", b"\0", bytes(16), bytes(17)])
def test_nonsense_does_not_open_and_nothing_does_afterwards(changed: bytes) -> None:
    device, box = ends()
    with pytest.raises(NotSealed):
        box.open(changed)
    with pytest.raises(NotSealed):
        box.open(device.seal(b"right"))


def test_a_changed_byte_anywhere_does_not_open() -> None:
    sealed = ends()[0].seal(b"words")
    for place in range(len(sealed)):
        changed = bytearray(sealed)
        changed[place] ^= 1
        with pytest.raises(NotSealed):
            ends()[1].open(bytes(changed))
