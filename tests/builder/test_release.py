"""A release has nothing that is for tests, for developers, or not to be sold; every reason is one line."""

import json
import shutil
import subprocess
from dataclasses import replace
from pathlib import Path

import pytest

from builder import keys as signing
from builder import parts, release
from builder.errors import WrongContent
from builder.release import Certificate
from tests.fakes.tiny_image import RELEASE_SUBJECT, WAKE_WORD, Built, World, keys

TOO_MUCH = {
    "wake word “alexa”",
    "wake word “hey jarvis”",
    "wake word “hey mycroft”",
    "wake word “hey rhasspy”",
    "phrases about timers",
    "phrases about the weather",
}
"""What openwakeword brings under CC BY-NC-SA."""
EVERYBODY = signing.CERTIFICATES | signing.OF_BUNDLES
"""Whoever has a key."""
IN_WORLD = EVERYBODY.keys() - {"bundle"}


@pytest.fixture(scope="session")
def release_keys(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return keys(tmp_path_factory.mktemp("release") / "keys", RELEASE_SUBJECT)


# --- the rules ------------------------------------------------------------------------------------------


def test_our_models_stand_against_a_release_by_nothing_but_the_wake_words() -> None:
    everything = [pack.part("1") for pack in parts.packs()]
    reasons = release.of_parts(everything)
    assert len(reasons) == len(TOO_MUCH)
    assert {reason.split(" (model)")[0] for reason in reasons} == TOO_MUCH
    assert all("CC-BY-NC-SA-4.0" in reason for reason in reasons)


def test_without_them_nothing_does() -> None:
    rest = [pack.part("1") for pack in parts.packs() if pack.name not in TOO_MUCH]
    assert release.of_parts(rest) == ()


def test_with_wake_words_that_may_be_sold_nothing_does() -> None:
    others = [replace(pack.part("1"), licence="Apache-2.0") for pack in parts.packs()]
    assert release.of_parts(others) == ()


@pytest.mark.parametrize(("commit", "reasons"), [("abc", 0), ("abc.changed", 1), ("unknown", 1)])
def test_a_release_is_made_of_a_commit(commit: str, reasons: int) -> None:
    assert len(release.of_source(commit)) == reasons


@pytest.mark.parametrize(
    ("subject", "refused"),
    [
        ("CN = Spoq development db", True),
        ("CN = DO NOT TRUST - AMI Test PK", True),
        ("CN = Snake Oil CA", True),
        ("O = Debian, CN = PkKek-1-snakeoil", True),
        ("CN = mkosi of builder", True),
        ("O = The Spoq Project, CN = signing 2026", False),
        ("CN = Contest winner's key", False),
    ],
)
def test_keys_of_developers_and_tests_are_known_by_their_names(subject: str, refused: bool) -> None:
    own, foreign = "CN = Spoq signing", subject
    assert bool(release.of_keys([Certificate("db", subject, own)])) == refused
    assert bool(release.of_keys([Certificate("db", own, foreign)])) == refused


def test_packages_for_developers_are_told() -> None:
    assert release.of_packages(["systemd"], ["strace"]) == ()
    assert release.of_packages(["systemd", "strace"], ["strace"]) == ("The package strace is for developers.",)


# --- the keys -------------------------------------------------------------------------------------------


def test_keys_that_belong_together_are_a_release_s(release_keys: Path) -> None:
    assert signing.for_release(release_keys).boot_key == release_keys / "db.key"
    assert release.of_keys(signing.certificates(release_keys)) == ()


def test_development_keys_are_known_wherever_they_are(programs: None, tmp_path: Path) -> None:
    signing.for_development(tmp_path / "made")
    shutil.copytree(tmp_path / "made", tmp_path / "copied")
    (tmp_path / "copied" / signing.FIRST_ROOT).write_text("{}")
    assert signing.for_release(tmp_path / "copied")
    assert len(release.of_keys(signing.certificates(tmp_path / "copied"))) == len(EVERYBODY)


@pytest.mark.parametrize("name", ["pcr.key", "pcr.pem", "db.key", "db.auth", "PK.auth", "KEK.auth"])
def test_one_key_of_another_folder_is_refused(world: World, release_keys: Path, tmp_path: Path, name: str) -> None:
    shutil.copytree(release_keys, tmp_path / "mixed")
    shutil.copy(world.folder / "build/keys" / name, tmp_path / "mixed")
    with pytest.raises(WrongContent, match=name.replace(".", r"\.")):
        signing.for_release(tmp_path / "mixed")


@pytest.mark.parametrize("name", ["pcr.crt", "db.pem", "db.key", "PK.auth", "bundle-ca.pem"])
def test_a_folder_that_lacks_one_is_refused(release_keys: Path, tmp_path: Path, name: str) -> None:
    shutil.copytree(release_keys, tmp_path / "keys")
    (tmp_path / "keys" / name).unlink()
    with pytest.raises(WrongContent, match=name):
        signing.for_release(tmp_path / "keys")


# --- a whole build --------------------------------------------------------------------------------------


def lines(built: Built) -> list[str]:
    """What a release was refused for."""
    first, *reasons = [line.removeprefix("builder: ") for line in built.words.splitlines()]
    assert (built.code, built.left, first) == (1, (), "This can't be a release.")
    return reasons


def commercial(world: World) -> World:
    """Without openwakeword, and so without its models."""
    (world.folder / "software" / WAKE_WORD).unlink()
    (world.folder / "requirements.lock").write_text("")
    world.commit()
    return world


def test_today_a_release_is_refused_for_its_wake_words_and_nothing_else(world: World, release_keys: Path) -> None:
    reasons = lines(world.build("--release", "--keys", str(release_keys)))
    assert {reason.split(" (model)")[0] for reason in reasons} == TOO_MUCH


def test_with_other_models_there_is_a_release(world: World, release_keys: Path) -> None:
    built = commercial(world).build("--release", "--keys", str(release_keys))
    assert built == Built(0, "", tuple(f"spoq-box-release.{end}" for end in ("cdx.json", "efi", "img", "json", "root")))
    about = json.loads((world.out / "spoq-box-release.json").read_text())
    assert (about["variant"], "dev" in about["version"]) == ("release", False)
    whole = json.loads((world.out / "spoq-box-release.cdx.json").read_text())["metadata"]["component"]
    assert {"name": "spoq:variant", "value": "release"} in whole["properties"]
    assert whole["version"] == about["version"]
    system = (world.root("spoq-box-release.img") / "usr/lib/os-release").read_text()
    assert "VARIANT_ID=release\n" in system
    assert "-dev." not in system


def test_an_image_for_developers_says_so(world: World) -> None:
    world.build()
    about = json.loads((world.out / "spoq-box.json").read_text())
    assert (about["variant"], "-dev." in about["version"]) == ("dev", True)
    whole = json.loads((world.out / "spoq-box.cdx.json").read_text())["metadata"]["component"]
    assert {"name": "spoq:variant", "value": "dev"} in whole["properties"]
    assert [each["value"] for each in whole["properties"] if each["name"] == "spoq:not-for-release"]
    assert "VARIANT_ID=dev\n" in (world.root("spoq-box.img") / "usr/lib/os-release").read_text()


def test_all_reasons_are_told_at_once(world: World) -> None:
    world.lock({"release": ("toy", "probe")})
    reasons = lines(world.build("--release", "--keys", str(world.folder / "build/keys")))
    assert len(reasons) == 1 + len(IN_WORLD) + 1 + len(TOO_MUCH)
    assert reasons[0] == "There are changes that nobody committed."
    assert "The package probe is for developers." in reasons
    assert "The key pcr is for development or tests: it belongs to “CN = Spoq development pcr”." in reasons


def test_development_keys_of_before_are_known_too(world: World) -> None:
    """They had no certificate for the TPM's."""
    (world.folder / "build/keys/pcr.crt").unlink()
    reasons = lines(commercial(world).build("--release", "--keys", str(world.folder / "build/keys")))
    assert len(reasons) == len(IN_WORLD) - 1


def test_a_release_without_keys_is_refused(world: World) -> None:
    (reason,) = lines(commercial(world).build("--release"))
    assert reason.startswith("A release is signed with keys of its own")


def test_a_model_that_comes_another_way_is_found_in_the_root(world: World, release_keys: Path) -> None:
    (world.folder / "requirements.lock").write_text("")
    world.commit()
    (reason,) = lines(world.build("--release", "--keys", str(release_keys)))
    assert reason.startswith("wake word “alexa” (model) is licensed under CC-BY-NC-SA-4.0")


def test_keys_that_are_none_are_told(world: World, tmp_path: Path) -> None:
    built = world.build("--release", "--keys", str(tmp_path))
    said = f"builder: No keys for a release are in {tmp_path}: there is no PK.pem, KEK.pem, db.pem, pcr.crt, "
    assert (built.code, built.words.startswith(said), len(built.words.splitlines())) == (1, True, 1)


def test_a_certificate_that_is_none_is_told(release_keys: Path, tmp_path: Path) -> None:
    shutil.copytree(release_keys, tmp_path / "keys")
    (tmp_path / "keys/PK.pem").write_text("a key\n")
    with pytest.raises(WrongContent, match=r"PK\.pem is no certificate"):
        signing.for_release(tmp_path / "keys")


def test_git_of_somebody_else_s_checkout_is_believed(world: World) -> None:
    subprocess.run(("chown", "-R", "12345:12345", world.folder / ".git"), check=False)
    assert world.build().code == 0
    assert json.loads((world.out / "spoq-box.json").read_text())["commit"] != release.UNKNOWN_COMMIT
