"""Memory that is given back."""

from pathlib import Path

from engines.memory import give_back

KEPT = 60_000


def resident_mb() -> int:
    line = next(line for line in Path("/proc/self/status").read_text().splitlines() if line.startswith("VmRSS"))
    return int(line.split()[1]) // 1024


def test_what_lies_between_things_in_use_is_given_back() -> None:
    blocks = [bytearray(b"x" * KEPT) for _ in range(1500)]
    before = resident_mb()
    kept = blocks[::8]
    blocks.clear()
    give_back()
    assert len(kept) == 188
    assert resident_mb() < before - 30
