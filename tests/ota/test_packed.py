"""A bundle packed for the way comes out byte for byte, or nothing does."""

import io
import os
import random
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from ota import packed, packing
from ota.errors import Unfit
from ota.packed import COUNT, HEAD, MAGIC, MOST_REPEATED, PIECE, Earlier, Frame, Stretch, parse, unpacked, written

BLOCK = packing.BLOCK
ROOT, KERNEL = (random.Random(seed).randbytes(blocks * BLOCK) for seed, blocks in ((1, 600), (2, 40)))
CHANGED = random.Random(3).randbytes(3 * BLOCK)
BUNDLE = b"begins" + KERNEL + CHANGED + ROOT[: 200 * BLOCK] + bytes(BLOCK) + ROOT[210 * BLOCK :]
"""The kernel image is the same one, and the root has three other blocks, and some that have moved."""


@dataclass(frozen=True)
class Files:
    bundle: Path
    root: Path
    kernel: Path
    packed: Path
    to: Path

    @contextmanager
    def opened(self) -> Iterator[Earlier]:
        with self.root.open("rb") as root, self.kernel.open("rb") as kernel:
            yield Earlier(root.fileno(), kernel.fileno())

    def unpack(self, earlier: Earlier, length: int = len(BUNDLE)) -> bytes:
        """The bundle."""
        *_, here = unpacked(self.packed, earlier, self.to, length)
        assert here == length
        return self.to.read_bytes()


@pytest.fixture
def files(tmp_path: Path) -> Files:
    found = Files(*(tmp_path / name for name in ("bundle", "root", "kernel", "packed", "to")))
    found.bundle.write_bytes(BUNDLE)
    found.root.write_bytes(ROOT)
    found.kernel.write_bytes(KERNEL)
    return found


def test_a_delta_makes_the_bundle_of_what_was_there(files: Files) -> None:
    packing.pack(files.bundle, files.packed, files.root, files.kernel)
    assert files.packed.stat().st_size < len(CHANGED) + 4096
    with files.opened() as earlier:
        assert files.unpack(earlier) == BUNDLE


def test_the_whole_needs_nothing(files: Files) -> None:
    files.bundle.write_bytes(content := b"again and again" * 100_000)
    packing.pack(files.bundle, files.packed)
    assert files.packed.stat().st_size < len(content) // 100
    assert files.unpack(Earlier(), len(content)) == content


def test_a_bundle_of_several_pieces(files: Files, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(packing, "PIECE", len(BUNDLE) // 5)
    monkeypatch.setattr(packing, "MARGIN", 16 * BLOCK)
    packing.pack(files.bundle, files.packed, files.root, files.kernel)
    with files.packed.open("rb") as file:
        frames = parse(file, len(BUNDLE))
    assert len(frames) == 5 and max(frame.root.length for frame in frames) < len(ROOT) // 2
    assert files.packed.stat().st_size < len(CHANGED) + 8192
    with files.opened() as earlier:
        assert files.unpack(earlier) == BUNDLE


@pytest.mark.parametrize("other", ["another root", "a root that ends before", "no kernel image", "nothing"])
def test_on_another_system_it_says_so(files: Files, other: str) -> None:
    packing.pack(files.bundle, files.packed, files.root, files.kernel)
    match other:
        case "another root":
            files.root.write_bytes(ROOT[: 20 * BLOCK] + bytes(BLOCK) + ROOT[21 * BLOCK :])
        case "a root that ends before":
            files.root.write_bytes(ROOT[:-BLOCK])
    with files.opened() as earlier:
        given = {"no kernel image": Earlier(earlier.root), "nothing": Earlier()}.get(other, earlier)
        with pytest.raises(Unfit):
            files.unpack(given)


def test_each_altered_byte_is_noticed(files: Files) -> None:
    files.bundle.write_bytes(short := ROOT[: 2 * BLOCK] + CHANGED[:100])
    packing.pack(files.bundle, files.packed, files.root, files.kernel)
    content = files.packed.read_bytes()
    with files.opened() as earlier:
        for at in range(len(content)):
            files.packed.write_bytes(content[:at] + bytes((content[at] ^ 1,)) + content[at + 1 :])
            try:
                assert files.unpack(earlier, len(short)) == short  # it would have been allowed to repeat more
            except Unfit:
                continue


@pytest.mark.parametrize("length", [0, 5, len(MAGIC) + COUNT.size, 200])
def test_what_ends_in_the_middle(files: Files, length: int) -> None:
    packing.pack(files.bundle, files.packed, files.root, files.kernel)
    files.packed.write_bytes(files.packed.read_bytes()[:length])
    with files.opened() as earlier, pytest.raises(Unfit):
        files.unpack(earlier)


@pytest.mark.parametrize(
    "frame",
    [
        Frame(Stretch(), Stretch(), PIECE + 1, 10),
        Frame(Stretch(), Stretch(), 0, 10),
        Frame(Stretch(), Stretch(), 10, 0),
        Frame(Stretch(), Stretch(), 10, 2 * PIECE + 1),
        Frame(Stretch(0, MOST_REPEATED + 1), Stretch(), 10, 10),
        Frame(Stretch(), Stretch(0, MOST_REPEATED + 1), 10, 10),
        Frame(Stretch(), Stretch(), 11, 10),
    ],
)
def test_what_would_take_too_much_is_not_begun(frame: Frame) -> None:
    with pytest.raises(Unfit):
        parse(io.BytesIO(written([frame])), 10)


def test_too_many_parts() -> None:
    with pytest.raises(Unfit):
        parse(io.BytesIO(MAGIC + COUNT.pack(packed.MOST_FRAMES + 1) + bytes(HEAD.size * 2000)), 10)


@given(st.binary(max_size=200))
@example(written([Frame(Stretch(1 << 63, 1), Stretch(), 10, 1)])[len(MAGIC) :] + b"x")
def test_anything_else_is_refused(content: bytes) -> None:
    folder = Path(os.environ.get("TMPDIR", "/tmp"))
    place, to = folder / f"packed-{os.getpid()}", folder / f"to-{os.getpid()}"
    place.write_bytes(MAGIC + content)
    try:
        with pytest.raises(Unfit):
            list(unpacked(place, Earlier(), to, 10))
    finally:
        place.unlink()
        to.unlink(missing_ok=True)
