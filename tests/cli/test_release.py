"""A maker publishes releases with `spoq-release`, alone or with others; a box is told of them and gets them."""

import functools
import json
import random
import re
import shlex
import shutil
import subprocess
import sys
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from builder import bundle
from builder import keys as boot_keys
from builder.target import PROJECT
from cli import release
from ota import packed, source
from ota import signers as tuf_keys
from ota.download import Config, fetch
from ota.errors import NotBelieved
from ota.metadata import Repository
from ota.publishing import Publisher
from ota.release import Release
from ota.source import Folder, Server
from ota.version import Version
from tests.fakes.release_server import ReleaseServer

TARGET = "qemu-x86-64"
BUNDLE = "spoq-qemu-x86-64-1.2.0.raucb"


def root_of(version: str) -> bytes:
    """Nothing that could be packed."""
    return random.Random(version).randbytes(50_000)


class Maker:
    """Somebody with a folder of keys, and one of images."""

    def __init__(self, folder: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
        self.folder, self.public = folder, folder / "public"
        self._patch, self._capture = monkeypatch, capsys

    def builds(
        self, version: str = "1.2.0", variant: str = "dev", keys: str = "keys", root: bytes | None = None
    ) -> None:
        """As `make image` leaves it, and much smaller."""
        signed = boot_keys.fingerprint(self.folder / keys)
        images = self.folder / "images"
        images.mkdir(exist_ok=True)
        (images / "spoq-qemu-x86-64.root").write_bytes(root or root_of(version))
        (images / "spoq-qemu-x86-64.efi").write_bytes(b"kernel")
        about = {"version": f"{version}-dev.0123456789ab", "variant": variant, "keys": signed}
        (images / "spoq-qemu-x86-64.json").write_text(json.dumps({**about, "epoch": 1_790_000_000}))

    def says(self, *words: str) -> tuple[int, str]:
        """The exit code, and what was told."""
        self._patch.setattr(sys, "argv", ["spoq-release", *words])
        code = release.main()
        told = self._capture.readouterr()
        return code, told.out + told.err

    def offers(self) -> list[str]:
        """Files, by name."""
        return sorted(Publisher(self.public, []).offered())

    def adds(self, *more: str, keys: str = "keys") -> tuple[int, str]:
        images = ("--images", str(self.folder / "images"))
        return self.says("add", str(self.public), TARGET, "--keys", str(self.folder / keys), *images, *more)

    def does(self, command: str, *more: str, keys: str = "keys") -> tuple[int, str]:
        return self.says(command, str(self.public), *more, "--keys", str(self.folder / keys))


@pytest.fixture(scope="module")
def keys(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Once made: it takes seconds."""
    folder = tmp_path_factory.mktemp("acme") / "keys"
    program = (sys.executable, "-m", "cli.release")
    subprocess.run((*program, "keys", folder, "--name", "Acme boxes"), check=True, stdout=subprocess.DEVNULL)
    return folder


@pytest.fixture
def maker(keys: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Maker:
    """With keys, an empty repository, and an image."""
    maker = Maker(tmp_path, monkeypatch, capsys)
    shutil.copytree(keys, tmp_path / "keys")
    assert maker.does("begin")[0] == 0
    maker.builds()
    return maker


class Owner:
    """Somebody with a box that was built with the maker's keys."""

    def __init__(self, maker: Maker) -> None:
        self._root = (maker.folder / "keys/root.json").read_bytes()
        self._keyring = maker.folder / "keys/bundle-ca.pem"
        self._memory = maker.folder / "memory"
        self._memory.mkdir()
        self._server = ReleaseServer(maker.public)

    async def is_offered(self) -> list[Release]:
        async with self._server.running() as mirror, source.session() as session:
            repository = Repository(self._memory, Server(session, mirror.address), self._root)
            return list(await repository.releases(datetime.now(UTC)))

    async def fetches(self, name: str) -> Path:
        """The bundle, which RAUC believes."""
        subprocess.run(("rauc", "--keyring", self._keyring, "info", await self.gets(name)), check=True)
        return self._memory / name

    async def gets(self, name: str) -> Path:
        """The file."""
        async with self._server.running() as mirror, source.session() as session:
            server = Server(session, mirror.address)
            file = await Repository(self._memory, server, self._root).file(name, datetime.now(UTC))
            assert file is not None
            await fetch(server, file, self._memory / name, Config())
        return self._memory / name


@pytest.fixture
def owner(maker: Maker) -> Owner:
    return Owner(maker)


async def test_a_release_is_published_and_a_box_gets_it(maker: Maker, owner: Owner) -> None:
    note = ("--note", "en=It hears you better.", "--note", "de=Sie hört dich besser.")
    assert maker.adds("--security", "--share", "100", "--channel", "beta", *note)[0] == 0
    assert await owner.is_offered() == []
    assert maker.does("publish")[0] == 0
    (offer,) = await owner.is_offered()
    assert (offer.name, str(offer.version), offer.compatible) == (BUNDLE, "1.2.0", "spoq-qemu-x86-64")
    assert (offer.channel, offer.share, offer.security) == ("beta", 100, True)
    assert offer.notes["de"] == "Sie hört dich besser."
    fetched = await owner.fetches(BUNDLE)
    assert bundle.manifest_hash(fetched) == offer.manifest
    into = maker.folder / "unpacked"
    subprocess.run(("unsquashfs", "-q", "-d", into, fetched), check=True, stdout=subprocess.DEVNULL)
    assert (into / "root.img").read_bytes() == root_of("1.2.0")
    assert (into / "kernel.efi").read_bytes() == b"kernel"
    assert offer.size == len(root_of("1.2.0"))


async def test_a_roll_out_grows_is_halted_and_taken_back(maker: Maker, owner: Owner) -> None:
    maker.adds("--share", "10")
    maker.does("publish")
    for share in ("500", "0"):
        assert maker.does("share", "1.2.0", share)[0] == 0
        maker.does("publish")
        assert [each.share for each in await owner.is_offered()] == [int(share)]
    assert maker.does("withdraw", "1.2.0")[0] == 0
    maker.does("publish")
    assert await owner.is_offered() == []
    assert maker.does("withdraw", "1.2.0") == (1, "spoq-release: Version 1.2.0 is not offered.\n")
    assert maker.offers() == []


async def test_a_delta_makes_the_release_before_into_this_one(maker: Maker, owner: Owner) -> None:
    maker.adds("--channel", "beta")
    for version in ("1.3.0", "1.4.0"):
        maker.builds(version, root=root_of("1.2.0") + version.encode())
        assert maker.adds("--deltas", "1")[0] == 0
    maker.does("publish")
    offer = (await owner.is_offered())[-1]
    assert offer.packed is not None and offer.packed.size > 50_000
    assert {str(version) for version in offer.deltas} == {"1.2.0", "1.3.0"}, "one of each channel"
    delta, whole = await owner.gets(offer.deltas[Version(1, 2, 0)].name), await owner.fetches(offer.name)
    assert delta.stat().st_size == offer.deltas[Version(1, 2, 0)].size < 10_000
    before, made = maker.folder / "before", maker.folder / "made"
    before.write_bytes(root_of("1.2.0"))
    with before.open("rb") as root, (maker.folder / "images/spoq-qemu-x86-64.efi").open("rb") as kernel:
        list(packed.unpacked(delta, packed.Earlier(root.fileno(), kernel.fileno()), made, offer.length))
    assert made.read_bytes() == whole.read_bytes()


async def test_a_delta_that_would_be_no_smaller_is_not_offered(maker: Maker, owner: Owner) -> None:
    maker.adds()
    maker.builds("1.3.0")
    maker.adds()
    maker.does("publish")
    assert [dict(each.deltas) for each in await owner.is_offered()] == [{}, {}]
    assert len(maker.offers()) == 4


@pytest.mark.parametrize("wrong", ["a note that is too long", "a bundle before it that is none"])
def test_what_can_not_be_offered_leaves_nothing_behind(maker: Maker, wrong: str) -> None:
    maker.adds()
    maker.builds("1.3.0")
    before = maker.offers()
    if wrong == "a bundle before it that is none":
        [first] = (maker.public / "targets").glob("*.raucb")
        first.write_bytes(bytes(first.stat().st_size))
    assert maker.adds("--note", "en=" + "x" * (3000 if wrong == "a note that is too long" else 1))[0] == 1
    assert maker.offers() == before


async def test_nobody_publishes_alone_where_the_keys_are_apart(maker: Maker, owner: Owner) -> None:
    hers = maker.folder / "hers"
    shutil.copytree(maker.folder / "keys", hers)
    for name in ("root-1", "root-2", "targets-1", "targets-2"):
        (hers / f"tuf/{name}.pem").unlink()
    for name in ("root-2", "root-3", "targets-2", "targets-3"):
        (maker.folder / f"keys/tuf/{name}.pem").unlink()
    assert maker.adds()[0] == 0
    code, told = maker.does("publish")
    assert code == 1 and "wants 2 signatures and has 1: 1 more with “sign”" in told
    assert await owner.is_offered() == []
    assert maker.does("sign", keys="hers")[0] == 0
    assert maker.does("publish")[0] == 0
    assert [each.name for each in await owner.is_offered()] == [BUNDLE]


async def test_a_stolen_key_is_changed_and_counts_no_more(maker: Maker, owner: Owner) -> None:
    maker.adds()
    maker.does("publish")
    assert len(await owner.is_offered()) == 1
    shutil.copytree(maker.public, maker.folder / "stolen")
    (maker.folder / "new/tuf").mkdir(parents=True)
    tuf_keys.make(maker.folder / "new/tuf")
    assert maker.does("rotate", "targets", "--new", str(maker.folder / "new"))[0] == 0
    assert maker.does("publish", keys="new") == (1, "spoq-release: Here are not the keys that sign the snapshot.\n")
    assert maker.says("sign", str(maker.public), "--keys", str(maker.folder / "new"))[0] == 0
    assert maker.does("publish")[0] == 0
    assert len(await owner.is_offered()) == 1
    # The thief has all the keys of before, and whatever was published with them.
    maker.builds("9.0.0")
    stolen, maker.public = maker.public, maker.folder / "stolen"
    maker.adds()
    for share in ("10", "20", "30"):
        assert maker.does("share", "9.0.0", share)[0] == 0
        assert maker.does("publish")[0] == 0
    shutil.rmtree(stolen)
    maker.public.rename(stolen)
    with pytest.raises(NotBelieved):
        await owner.is_offered()


async def test_what_is_offered_is_told_and_renewed(maker: Maker, owner: Owner) -> None:
    maker.adds("--security")
    maker.does("publish")
    code, told = maker.says("status", str(maker.public))
    assert code == 0 and BUNDLE in told and "The timestamp expires in 13 days." in told
    before = (maker.public / "metadata/timestamp.json").read_bytes()
    assert maker.does("renew")[0] == 0
    assert (maker.public / "metadata/timestamp.json").read_bytes() != before
    shown = json.loads(maker.says("status", str(maker.public), "--json")[1])
    assert shown["offered"][BUNDLE]["version"] == "1.2.0"
    assert len(await owner.is_offered()) == 1


def test_what_a_maker_does_wrong_is_one_line(maker: Maker) -> None:
    keys = maker.folder / "keys"
    for words, line in (
        (("keys", str(keys), "--name", "Acme"), f"{keys} is not empty. Nothing was written."),
        (("keys", str(maker.folder / "other"), "--name", "a/CN=b"), "A name has letters (a to z), digits"),
        (("begin", str(maker.folder / "another"), "--keys", str(keys)), f"{keys} has a repository already"),
        (("status", str(maker.folder / "typo")), f"There is no repository in {maker.folder / 'typo'}"),
        (("share", str(maker.public), "7.0.0", "1", "--keys", str(keys)), "Version 7.0.0 is not offered."),
    ):
        code, told = maker.says(*words)
        assert code == 1 and told.startswith(f"spoq-release: {line}") and told.count("\n") == 1
    assert maker.adds("--share", "2000")[1] == "spoq-release: share is no number from 0 to 1000\n"
    assert not list(maker.folder.glob("*.raucb"))
    (maker.folder / "images/spoq-qemu-x86-64.json").unlink()
    assert "`make image` makes one" in maker.adds()[1]


def test_a_release_is_not_signed_with_keys_for_tests(maker: Maker) -> None:
    assert maker.says("keys", str(maker.folder / "toys"), "--name", "Spoq development")[0] == 0
    maker.builds(variant="release", keys="toys")
    code, told = maker.adds(keys="toys")
    assert code == 1 and "The key bundle is for development or tests" in told
    maker.builds(variant="release")
    assert maker.adds()[0] == 0


async def test_an_image_for_developers_is_offered_with_the_keys_that_come_with_it(maker: Maker) -> None:
    """As docs/releasing.md has it for as long as no release can be built."""
    build = maker.folder / "build"
    boot_keys.for_development(build)
    maker.public = maker.folder / "trial"
    shutil.copytree(build / boot_keys.RELEASES, maker.public)
    maker.builds(keys="build")
    images = ("--images", str(maker.folder / "images"))
    assert maker.says("add", str(maker.public), TARGET, *images, "--keys", str(build))[0] == 0
    assert maker.says("publish", str(maker.public), "--keys", str(build))[0] == 0
    memory = maker.folder / "memory"
    memory.mkdir()
    box = Repository(memory, Folder(maker.public), (build / boot_keys.FIRST_ROOT).read_bytes())
    assert [each.name for each in await box.releases(datetime.now(UTC))] == [BUNDLE]


async def test_what_waits_for_signatures_does_not_disturb_what_is_offered(maker: Maker, owner: Owner) -> None:
    maker.adds()
    maker.does("publish")
    maker.builds("1.3.0")
    assert maker.adds()[0] == 0
    (maker.folder / "new/tuf").mkdir(parents=True)
    tuf_keys.make(maker.folder / "new/tuf")
    assert maker.does("rotate", "timestamp", "--new", str(maker.folder / "new"))[0] == 0
    assert maker.does("renew")[0] == 0
    assert [str(each.version) for each in await owner.is_offered()] == ["1.2.0"]
    assert "root: - timestamp 1 of" in maker.says("status", str(maker.public))[1]
    assert maker.says("publish", str(maker.public), *both(maker))[0] == 0
    assert [str(each.version) for each in await owner.is_offered()] == ["1.2.0", "1.3.0"]
    # Where its file was forgotten on another machine, nothing is offered.
    assert maker.says("extend", str(maker.public), "targets", *both(maker))[0] == 0
    for path in (maker.public / "targets").glob("*1.3.0*"):
        path.rename(maker.folder / path.name)
    code, told = maker.says("publish", str(maker.public), *both(maker))
    assert code == 1 and "bring it there first" in told


def both(maker: Maker) -> tuple[str, ...]:
    return ("--keys", str(maker.folder / "keys"), "--keys", str(maker.folder / "new"))


def test_who_signs_sees_what_and_whether_it_counts(maker: Maker) -> None:
    (maker.folder / "strangers/tuf").mkdir(parents=True)
    tuf_keys.make(maker.folder / "strangers/tuf")
    maker.adds("--share", "10")
    code, told = maker.does("sign")
    assert code == 0 and f"targets: + {BUNDLE}" in told and "'share': 10" in told and "targets: version 2" in told
    assert maker.does("sign", keys="strangers")[0] == 1


def test_an_image_that_boxes_would_refuse_is_not_offered(maker: Maker) -> None:
    shutil.copytree(maker.folder / "keys", maker.folder / "others")
    (maker.folder / "others/db.pem").write_text("another")
    maker.builds(keys="others")
    code, told = maker.adds()
    assert code == 1 and "was not built with the keys in" in told


def test_fewer_keys_than_before_are_told(maker: Maker) -> None:
    (maker.folder / "new/tuf").mkdir(parents=True)
    tuf_keys.make(maker.folder / "new/tuf")
    (maker.folder / "new/tuf/root-2.pem").unlink()
    code, told = maker.does("rotate", "root", "--new", str(maker.folder / "new"))
    assert code == 1 and told.startswith("spoq-release: All 3 keys for root have to be in")


def test_the_guide_s_commands_are_understood() -> None:
    guide = (PROJECT / "docs/releasing.md").read_text()
    commands = re.findall(r"^\.venv/bin/spoq-release (.+)$", guide, re.MULTILINE)
    assert len(commands) >= 9
    for command in commands:
        release._parser().parse_args(shlex.split(command, comments=True))


def test_people_are_reminded_to_sign_again(maker: Maker, monkeypatch: pytest.MonkeyPatch) -> None:
    assert maker.does("renew")[1] == ""
    monkeypatch.setattr(release, "Publisher", functools.partial(Publisher, now=in_ten_months))
    assert "The targets expires soon" in maker.does("renew")[1]
    assert maker.does("extend", "targets")[0] == 0
    assert maker.does("publish")[0] == 0
    assert "expires soon" not in maker.does("renew")[1]


def in_ten_months() -> datetime:
    return datetime.now(UTC) + timedelta(days=300)
