"""Releases that are at hand: a tar file as good as the folder that it was made of, and a stick that is pulled out."""

import tarfile
from pathlib import Path

import pytest

from ota.archive import Archive
from ota.errors import NotThere, SourceFailed
from ota.source import Folder, Source, Switch

FILES = {"metadata/timestamp.json": b"{}", "targets/a.raucb": bytes(range(256)) * 1000, "targets/empty": b""}


@pytest.fixture
def published(tmp_path: Path) -> Path:
    for name, content in FILES.items():
        (tmp_path / "public" / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / "public" / name).write_bytes(content)
    return tmp_path / "public"


@pytest.fixture(params=["folder", "tar of it", "tar of what is in it"])
def source(published: Path, request: pytest.FixtureRequest) -> Source:
    if request.param == "folder":
        return Folder(published)
    with tarfile.open(published.with_suffix(".tar"), "w") as tar:
        tar.add(published, "carried/public" if request.param == "tar of it" else ".")
    return Archive(published.with_suffix(".tar"))


async def came(source: Source, path: str, offset: int) -> tuple[bytes, int | None]:
    async with source.opened(path, offset) as stream:
        return b"".join([piece async for piece in stream.pieces]), stream.length


@pytest.mark.parametrize("name", list(FILES))
async def test_files_come_whole_and_from_any_byte_on(source: Source, name: str) -> None:
    content = FILES[name]
    assert await source.read(name, len(content)) == content
    for offset in {0, 1, len(content) // 2, len(content), len(content) + 5}:
        assert await came(source, name, offset) == (content[offset:], len(content))


@pytest.mark.parametrize("path", ["metadata/2.root.json", "metadata", "", "../public.tar", "/etc/passwd"])
async def test_what_is_not_there_is_said_so(source: Source, path: str) -> None:
    with pytest.raises(NotThere):
        await source.read(path, 1000)
    with pytest.raises(NotThere):
        await came(source, path, 0)


async def test_what_is_longer_than_it_may_be_is_not_read(source: Source) -> None:
    with pytest.raises(SourceFailed, match="longer"):
        await source.read("targets/a.raucb", 1000)


def test_a_tar_file_that_is_packed_or_cut_or_of_something_else_is_refused(published: Path, tmp_path: Path) -> None:
    with tarfile.open(tmp_path / "packed.tar", "w:gz") as tar:
        tar.add(published, ".")
    with tarfile.open(tmp_path / "other.tar", "w") as tar:
        tar.add(published / "targets", "targets")
    (tmp_path / "empty.tar").write_bytes(b"")
    for name in ("packed.tar", "other.tar", "empty.tar", "gone.tar"):
        with pytest.raises(SourceFailed):
            Archive(tmp_path / name)


async def test_a_stick_that_is_pulled_out_is_asked_no_more(published: Path, tmp_path: Path) -> None:
    usual = tmp_path / "usual"
    usual.mkdir()
    (usual / "file").write_text("usual")
    with tarfile.open(tmp_path / "stick.tar", "w") as tar:
        tar.add(published, ".")
    switch = Switch(Folder(usual))
    assert await switch.read("file", 10) == b"usual"
    switch.turn_to(Archive(tmp_path / "stick.tar"))
    assert await switch.read("metadata/timestamp.json", 10) == b"{}"
    with pytest.raises(NotThere):
        # It need not have everything.
        await switch.read("file", 10)
    (tmp_path / "stick.tar").unlink()
    with pytest.raises(SourceFailed):
        await switch.read("metadata/timestamp.json", 10)
    assert await switch.read("file", 10) == b"usual"
