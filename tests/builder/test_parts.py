"""The parts of an image: as its root says, or refused."""

import hashlib
from pathlib import Path

import pytest

from builder import parts
from builder.errors import BuildError, WrongContent
from builder.lock import Package
from builder.parts import Kind, Pack

TABLE = parts.licences()
TOY = {"Package": "toy", "Version": "1:2.0-1", "Architecture": "amd64", "Source": "toys (2.0)", "Maintainer": "A"}
DEBIAN = {"ID": "debian", "VERSION_CODENAME": "bookworm"}
LOCKED = Package("debian/pool/toy_2.0-1_amd64.deb", "ab" * 32, 9)
COPYRIGHT = "Format: 1.0\n\nFiles: *\nLicense: ISC\n"
HEAD = Pack("a head", "toy", Kind.MODEL, ("toy/*.onnx",), "MIT", "A Person")


def test_a_package_is_told_by_its_fields_its_copyright_file_and_the_lock() -> None:
    (part,) = parts.packages([TOY], [LOCKED], {"toy": COPYRIGHT}, TABLE, DEBIAN, {"toy": ("initrd",)})
    assert (part.version, part.licence, part.sha256, part.places) == ("1:2.0-1", "ISC", "ab" * 32, ("initrd",))
    assert part.purl == "pkg:deb/debian/toy@1:2.0-1?arch=amd64&distro=bookworm"


def test_other_packages_than_the_lock_names_are_refused() -> None:
    with pytest.raises(WrongContent, match="toy"):
        parts.packages([TOY], [], {}, TABLE, DEBIAN, {})
    with pytest.raises(WrongContent, match="toy"):
        parts.packages([], [LOCKED], {}, TABLE, DEBIAN, {})


def test_dpkg_s_texts_are_read_to_their_fields() -> None:
    first, second = parts.stanzas("Package: a\nDescription: x\n more\n\nPackage: b\nVersion: 1\n")
    assert (first["Package"], second) == ("a", {"Package": "b", "Version": "1"})


def test_a_file_is_found_where_its_package_put_it_before_usr_was_merged(tmp_path: Path) -> None:
    (tmp_path / "info").mkdir()
    (tmp_path / "info/libc6:amd64.list").write_text("/lib\n/lib/libc.so.6\n")
    (tmp_path / "info/other.list").write_text("/usr/bin/other\n")
    assert parts.owners(tmp_path, ["usr/lib/libc.so.6"]) == ("libc6",)


def wheel(site: Path, name: str, version: str) -> None:
    folder = site / f"{name}-{version}.dist-info"
    folder.mkdir(parents=True)
    (folder / "METADATA").write_text(f"Name: {name}\nVersion: {version}\nLicense: MIT\nAuthor: A Person\n")


def test_a_wheel_bears_the_hash_of_the_file_that_the_lock_allows(tmp_path: Path) -> None:
    site, cache = tmp_path / "site", tmp_path / "cache"
    wheel(site, "To.y", "1.0")
    cache.mkdir()
    (cache / "to_y-1.0-py3-none-any.whl").write_bytes(b"this one")
    (cache / "to_y-0.9-py3-none-any.whl").write_bytes(b"an older one")
    allowed = [hashlib.sha256(content).hexdigest() for content in (b"another", b"this one", b"an older one")]
    (part,) = parts.wheels(site, cache, {"to-y": allowed}, TABLE, "0")
    assert (part.name, part.sha256, part.purl) == ("to-y", allowed[1], "pkg:pypi/to-y@1.0")


def test_a_wheel_that_was_made_here_bears_its_source_s_hash(tmp_path: Path) -> None:
    wheel(tmp_path, "nkeys", "1.0")
    (part,) = parts.wheels(tmp_path, tmp_path, {"nkeys": ["cd" * 32]}, TABLE, "0")
    assert part.sha256 == "cd" * 32


def test_our_own_is_of_the_image_s_version(tmp_path: Path) -> None:
    wheel(tmp_path, "spoq", "0.1.0")
    (part,) = parts.wheels(tmp_path, tmp_path, {}, TABLE, "0.1.0-dev.abc")
    assert (part.kind, part.version) == (Kind.OURS, "0.1.0-dev.abc")


def test_a_model_is_told_with_its_files(tmp_path: Path) -> None:
    (tmp_path / "toy").mkdir()
    (tmp_path / "toy/head.onnx").write_bytes(b"weights")
    (part,) = parts.models(tmp_path, [HEAD], {"toy": "3"})
    assert (part.name, part.version, part.licence) == ("a head", "3", "MIT")
    assert part.files == (("toy/head.onnx", hashlib.sha256(b"weights").hexdigest()),)


def test_a_pack_that_is_not_there_is_no_part(tmp_path: Path) -> None:
    assert parts.models(tmp_path, [HEAD], {"toy": "3"}) == ()


@pytest.mark.parametrize("name", ["head.tflite", "other/head.onnx", "head.gguf", "words.dict"])
def test_a_model_of_no_pack_is_refused(tmp_path: Path, name: str) -> None:
    (tmp_path / name).parent.mkdir(exist_ok=True)
    (tmp_path / name).touch()
    with pytest.raises(WrongContent, match=name):
        parts.models(tmp_path, [HEAD], {})


@pytest.mark.parametrize("line", ['kind = "magic"', "files = 1", "", 'licences = "MIT"'])
def test_a_table_of_models_that_makes_no_sense_is_refused(tmp_path: Path, line: str) -> None:
    (tmp_path / "models.toml").write_text(f'["a head"]\npackage = "toy"\nlicence = "MIT"\nauthor = "A"\n{line}\n')
    with pytest.raises(BuildError, match="a head"):
        parts.packs(tmp_path)


def test_a_table_of_licences_that_makes_no_sense_is_refused(tmp_path: Path) -> None:
    (tmp_path / "licences.toml").write_text("[werds]\n")
    with pytest.raises(WrongContent, match="werds"):
        parts.licences(tmp_path)
