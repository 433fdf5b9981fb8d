"""The letters that are drawn, and drawing them: each as likely as any other.

The random source comes in as an argument. In a box and in a factory it is `secrets.token_bytes`, which waits until the
kernel has gathered enough.
"""

from collections.abc import Callable

from pairing.errors import BadRandomness

RandomBytes = Callable[[int], bytes]
"""So many random bytes."""
DIGITS = "0123456789"
UNAMBIGUOUS = "23456789ABCDEFGHJKMNPQRSTUVWXYZ"
"""None is taken for another (no 0, 1, I, L, O). There are 31, a prime, which the serial's check character needs."""
MOST_ATTEMPTS = 1000


def draw(alphabet: str, count: int, random: RandomBytes) -> str:
    """`count` characters. Raises BadRandomness: no byte of the source can be used."""
    usable = 256 - 256 % len(alphabet)
    drawn: list[str] = []
    for _ in range(MOST_ATTEMPTS):
        # A byte beyond the last whole turn of the alphabet would make its first letters likelier.
        drawn += [alphabet[byte % len(alphabet)] for byte in random(count) if byte < usable]
        if len(drawn) >= count:
            return "".join(drawn[:count])
    raise BadRandomness("The random source of this computer gives nothing that can be used.")
