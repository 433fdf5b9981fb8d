"""Only the build runs as root, by sudo where need be; what it made belongs to who asked, however it ends."""

import subprocess
from pathlib import Path

import pytest

from builder import rights
from builder.errors import BuildError
from tests.fakes.tiny_image import ASKER, World
from tests.rights import as_root

KEYS = ("PK.key", "KEK.key", "db.key", "pcr.key")
SECRET = "http://somebody:a-password@127.0.0.1:9/simple"


@pytest.fixture
def fresh(world: World) -> World:
    """Without keys: the build makes them, and a folder for them. Whoever asks has built the pages."""
    subprocess.run(("rm", "-r", world.folder / "build/keys"), check=True)
    subprocess.run(as_root("chown", "-R", str(ASKER), str(world.folder / "build")), check=True)
    return world


def owners(*places: Path) -> set[int]:
    """Of all that is there, of these and in them."""
    return {path.lstat().st_uid for place in places if place.exists() for path in (place, *place.rglob("*"))}


@pytest.fixture
def asked(monkeypatch: pytest.MonkeyPatch) -> None:
    """`sudo make image`; where the tests run as root, as sudo would run it."""
    monkeypatch.setenv("SUDO_UID", str(ASKER))
    monkeypatch.setenv("SUDO_GID", str(ASKER))


def made(world: World) -> tuple[Path, ...]:
    return (world.folder / "build", world.folder / "cache/debs", *world.out.iterdir())


# --- who is root by sudo ---------------------------------------------------------------------------------


def test_what_a_build_by_sudo_makes_belongs_to_who_asked_and_the_keys_are_for_nobody_else(
    fresh: World, asked: None
) -> None:
    assert fresh.build().code == 0
    assert owners(*made(fresh)) == {ASKER}
    folder = fresh.folder / "build/keys"
    assert folder.stat().st_mode & 0o777 == 0o700
    assert {(folder / key).stat().st_mode & 0o777 for key in KEYS} == {0o600}


def test_a_build_that_fails_gives_back_as_well(fresh: World, asked: None) -> None:
    fresh.change("image-build/targets/box.toml", "esp_mib = 40", "esp_mib = 1")
    assert fresh.build().code == 1
    assert owners(*made(fresh)) == {ASKER}


def test_an_interrupted_build_gives_back_as_well(fresh: World, asked: None) -> None:
    (fresh.folder / "cache/interrupted").touch()
    assert fresh.build().code == rights.INTERRUPTED
    assert owners(*made(fresh)) == {ASKER}


def test_what_else_is_roots_stays_roots(world: World, asked: None) -> None:
    (world.folder / "cache/interrupted").touch()
    other, link = world.out / "other", world.folder / "cache/debs/link"
    world.out.mkdir()
    link.symlink_to(other)
    subprocess.run(as_root("touch", str(other)), check=True)
    world.build()
    assert other.stat().st_uid == 0


def test_git_s_own_files_stay_as_they_were(world: World, asked: None) -> None:
    (world.folder / "cache/interrupted").touch()
    index = world.folder / ".git/index"
    before = index.stat()
    world.build()
    assert (index.stat().st_ino, index.stat().st_uid) == (before.st_ino, before.st_uid)


# --- who is not root --------------------------------------------------------------------------------------


def test_whoever_is_not_root_builds_by_sudo_and_once(fresh: World) -> None:
    done = fresh.build_by_sudo()
    assert (done.returncode, done.stdout) == (0, f"{fresh.out}/spoq-box.img\n")
    assert "Sealing the root" in done.stderr
    assert owners(fresh.out, *made(fresh)) == {ASKER}
    assert fresh.build_by_sudo().stdout == done.stdout
    assert len((fresh.folder / "bin/sudo.arguments").read_text().splitlines()) == 1


def test_the_build_sees_what_sudo_drops_and_nobody_else_does(world: World) -> None:
    world.build_by_sudo(PIP_INDEX_URL=SECRET)
    assert (world.folder / "cache/index").read_text() == SECRET
    assert "a-password" not in (world.folder / "bin/sudo.arguments").read_text()


@pytest.mark.parametrize("name", ["HTTPS_PROXY", "no_proxy", "PIP_FIND_LINKS", "SPOQ_RELEASE_KEYS", "SSL_CERT_FILE"])
def test_variables_that_a_build_reads_are_handed_over(name: str) -> None:
    assert rights.handed_over({name: "x", "AWS_SECRET_ACCESS_KEY": "x", "LD_PRELOAD": "x"}) == {name: "x"}


def test_what_is_wrong_is_told_once(fresh: World) -> None:
    fresh.change("image-build/targets/box.toml", "root_mib = 16", "root_mib = 0")
    done = fresh.build_by_sudo()
    said = [line for line in done.stderr.splitlines() if not line.endswith(" s")]
    assert (done.returncode, done.stdout, len(said)) == (1, "", 1)
    assert said[0].startswith("builder: The root has")
    assert owners(fresh.out, *made(fresh)) == {ASKER}


def test_an_interruption_is_told_once(fresh: World) -> None:
    (fresh.folder / "cache/interrupted").touch()
    done = fresh.build_by_sudo()
    assert (done.returncode, done.stdout) == (rights.INTERRUPTED, "")
    assert done.stderr.count("builder: interrupted; there is no image of it.\n") == 1
    assert owners(fresh.out, *made(fresh)) == {ASKER}


def test_a_refusal_of_sudo_is_an_end(world: World, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "bin").mkdir()
    (tmp_path / "bin/sudo").write_text("#!/bin/sh\necho 'You are not in the sudoers file.' >&2\nexit 1\n")
    (tmp_path / "bin/sudo").chmod(0o755)
    monkeypatch.setenv("PATH", str(tmp_path / "bin"), prepend=":")
    with pytest.raises(BuildError, match="sudo built no image"):
        rights.build(["box"])


def test_without_sudo_one_sentence_says_so(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(BuildError, match="this machine has no sudo"):
        rights.build(["box"])
