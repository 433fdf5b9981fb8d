"""A suite with several archives: what apt chooses from them, whose signature it believes, what it must not bring."""

import asyncio
from collections.abc import Iterator
from pathlib import Path

import pytest

from builder import archive, lock
from builder import target as targets
from builder.errors import NoLock, Unreachable, WrongContent
from builder.lock import Package
from builder.target import Archive, Target
from tests.fakes.package_archive import Made, Signer, publish, serving

POCKETS = ("ports noble main", "ports noble-updates main")
BOARD_POCKET = "jetson/som r39.2 main"
SUITE = (
    Made("base-files", essential=True, depends="libc6"),
    Made("libc6", "2.39"),
    Made("udev", "255", depends="libc6"),
    Made("unwanted"),
)
UPDATES = (
    Made("udev", "255.4", depends="libc6"),
    Made("linux-image-tegra", "6.8.0.9", depends="linux-image-6.8.0-1009-tegra, linux-firmware"),
    Made("linux-image-6.8.0-1009-tegra", "6.8.0-1009.9", depends="linux-modules-6.8.0-1009-tegra, initramfs-tools"),
    Made("linux-modules-6.8.0-1009-tegra", "6.8.0-1009.9"),
    Made("linux-firmware"),
    Made("initramfs-tools"),
)
BOARD = (Made("nvidia-l4t-core", "39.2.0-2026", depends="libc6"), Made("nvidia-l4t-init", "39.2.0-2026"))
CHOSEN = {
    *("base-files", "libc6", "udev", "nvidia-l4t-core"),
    *("linux-image-6.8.0-1009-tegra", "linux-modules-6.8.0-1009-tegra"),
}


@pytest.fixture(scope="module")
def signers(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Signer, Signer]]:
    """The suite's key and the board's."""
    made = Signer(tmp_path_factory.mktemp("a")), Signer(tmp_path_factory.mktemp("b"))
    yield made
    for each in made:
        each.close()


class World:
    """A target “box” and its two archives; a test alters them before it asks."""

    def __init__(self, folder: Path, signers: tuple[Signer, Signer]) -> None:
        self.folder = folder
        self.served = folder / "served"
        self.keyrings = folder / "keyrings"
        self._suite_key, self._board_key = signers
        self.fingerprint = self._board_key.fingerprint
        for pocket, packages in zip(POCKETS, (SUITE, UPDATES), strict=True):
            publish(self.served, pocket, "arm64", packages, self._suite_key)
        self.offer()
        (folder / "suite.asc").write_bytes(self._suite_key.armoured)
        (self.served / "board.asc").write_bytes(self._board_key.armoured)
        (folder / "targets").mkdir()
        (folder / "boards/box").mkdir(parents=True)

    def offer(self, *more: Made) -> None:
        """The board's archive has these, too."""
        publish(self.served, BOARD_POCKET, "arm64", (*BOARD, *more), self._board_key)

    def sign_with_another_key(self) -> None:
        """Somebody else publishes in the board's place."""
        publish(self.served, BOARD_POCKET, "arm64", BOARD, self._suite_key)

    def target(self, url: str, *asked: str) -> Target:
        """It asks for these packages."""
        (self.folder / "targets/box.toml").write_text(
            'description = "a box"\nsuite = "noble"\narchitecture = "arm64"\nboard = "box"\n'
            'kernel = "linux-image-tegra"\nconsole = "ttyS0"\n'
            "[partitions]\nesp_mib = 1\nroot_mib = 1\nfactory_mib = 1\ndata_mib = 1\n"
        )
        (self.folder / "suites.toml").write_text(
            f'[noble]\narchive = "{url}"\nkeyring = "{self.folder / "suite.asc"}"\nkeyring_package = "none"\n'
            f'pockets = ["{POCKETS[0]}", "{POCKETS[1]}"]\npython = "3.12"\n'
        )
        (self.folder / "boards/box/archives.toml").write_text(
            # The same server by another name, as the two are two servers elsewhere.
            f'[board]\narchive = "{url.replace("127.0.0.1", "localhost")}"\npockets = ["{BOARD_POCKET}"]\n'
            f'key = "{url}/board.asc"\nfingerprint = "{self.fingerprint}"\n'
            "[board.releases]\nnvidia-l4t- = '39\\.2\\.\\d+-\\d+'\n"
            '[board.never]\nnvidia-l4t-bootloader = "it writes the firmware"\n'
        )
        names = ", ".join(f'"{each}"' for each in asked)
        (self.folder / "packages.toml").write_text(f"[common]\nall = {{ noble = [{names}] }}\n")
        return targets.read("box", self.folder)

    def resolve(self, *asked: str) -> tuple[Package, ...]:
        with serving(self.served) as url:
            return lock.resolve(self.target(url, *asked), True, self.keyrings, self.folder)


@pytest.fixture
def world(tmp_path: Path, signers: tuple[Signer, Signer], monkeypatch: pytest.MonkeyPatch) -> World:
    monkeypatch.setenv("no_proxy", "127.0.0.1,localhost")
    return World(tmp_path, signers)


def test_apt_chooses_from_all_archives_at_once(world: World) -> None:
    chosen = {each.name: each for each in world.resolve("udev", "nvidia-l4t-core")}
    assert set(chosen) == CHOSEN
    assert chosen["udev"].path == "ports/pool/main/udev_255.4_arm64.deb", "the newest"
    assert chosen["nvidia-l4t-core"].path.startswith("jetson/som/pool/")


def test_the_kernel_and_its_modules_are_to_be_unpacked_and_nothing_else(world: World) -> None:
    kernel = {each.name for each in world.resolve("udev") if each.is_kernel}
    assert kernel == {"linux-image-6.8.0-1009-tegra", "linux-modules-6.8.0-1009-tegra"}


async def test_what_was_locked_is_fetched_each_from_its_own_archive(world: World, tmp_path: Path) -> None:
    with serving(world.served) as url:
        target = world.target(url, "udev", "nvidia-l4t-core")
        packages = await asyncio.to_thread(lock.resolve, target, True, world.keyrings, world.folder)
        text = lock.written(packages)
        cache = tmp_path / "cache"
        cache.mkdir()
        archives = targets.archives(target, world.folder)
        await archive.check(lock.parse(text, "a lock"), archives, cache)
        await archive.fetch(lock.parse(text, "a lock"), archives, cache)
    assert {path.stem for path in cache.iterdir()} == {each.sha256 for each in packages}
    await archive.check(packages, archives, cache)


async def test_an_archive_out_of_reach_is_told_before_anything_is_fetched(world: World, tmp_path: Path) -> None:
    with serving(world.served) as url:
        target = world.target(url, "udev", "nvidia-l4t-core")
        packages = await asyncio.to_thread(lock.resolve, target, True, world.keyrings, world.folder)
        suite, board = targets.archives(target, world.folder)
        gone = Archive("http://127.0.0.1:9", board.pockets)
        with pytest.raises(Unreachable, match=r"does not answer: http://127\.0\.0\.1:9/jetson"):
            await archive.check(packages, (suite, gone), tmp_path)


def test_an_archive_that_another_key_signed_is_not_believed(world: World) -> None:
    world.sign_with_another_key()
    with pytest.raises(Unreachable, match="jetson/som"):
        world.resolve("nvidia-l4t-core")


def test_the_key_that_an_archive_hands_out_is_believed_by_its_fingerprint_only(world: World) -> None:
    world.fingerprint = "0" * 40
    with pytest.raises(Unreachable, match="jetson/som"):
        world.resolve("nvidia-l4t-core")


def test_the_key_is_fetched_once_and_an_archive_that_does_not_answer_is_named(world: World) -> None:
    nowhere = "http://127.0.0.1:9"
    with pytest.raises(Unreachable, match=rf"does not answer: {nowhere}/board\.asc"):
        lock.resolve(world.target(nowhere, "udev"), True, world.keyrings, world.folder)
    world.resolve("udev")
    with pytest.raises(Unreachable, match=rf"Failed to fetch {nowhere}/ports/dists/noble/InRelease"):
        lock.resolve(world.target(nowhere, "udev"), True, world.keyrings, world.folder)


def test_a_package_that_must_not_come_along_is_refused_with_the_reason(world: World) -> None:
    world.offer(
        Made("nvidia-l4t-tools", "39.2.0-2026", depends="nvidia-l4t-bootloader"),
        Made("nvidia-l4t-bootloader", "39.2.0-2026"),
    )
    with pytest.raises(WrongContent, match=r"nvidia-l4t-bootloader must not come along: it writes the firmware\."):
        world.resolve("nvidia-l4t-tools")


def test_a_package_of_another_release_is_refused(world: World) -> None:
    world.offer(Made("nvidia-l4t-camera", "40.1.0-2027"))
    with pytest.raises(WrongContent, match=r"nvidia-l4t-camera is 40\.1\.0-2027"):
        world.resolve("nvidia-l4t-camera")


def test_a_package_of_no_archive_is_refused(world: World) -> None:
    archives = targets.archives(world.target("http://127.0.0.1:9"), world.folder)
    with pytest.raises(WrongContent, match="no archive"):
        lock.check([Package("elsewhere/pool/udev_1_arm64.deb", "ab" * 32, 1)], archives)


def test_without_a_lock_the_person_learns_what_to_do_and_where(world: World) -> None:
    target = world.target("http://ports.example.org")
    with pytest.raises(NoLock) as told:
        lock.read("box", target, True, world.folder)
    assert str(told.value).startswith("There is no lock for noble/arm64 yet")
    assert "on a machine that reaches ports.example.org" in str(told.value)
    assert str(told.value).endswith("run make lock-image TARGET=box.")
