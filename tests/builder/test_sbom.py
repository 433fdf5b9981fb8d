"""The list of parts is CycloneDX, and the same for the same image."""

import json
from dataclasses import replace
from typing import Any

from cyclonedx.schema import SchemaVersion
from cyclonedx.validation.json import JsonStrictValidator

from builder import sbom
from builder.parts import Kind, Part
from builder.sbom import Image
from tests.fakes.tiny_image import WAKE_WORD, Built, World

EPOCH = 1767225600
IMAGE = Image("box", "0.1.0-dev.abc", "dev", "abc", "bookworm", "amd64", ("a wake word can't be sold",))
PARTS = (
    Part(Kind.PACKAGE, "toy", "1:2", "MIT OR ISC", "A <a@example.com>", "pkg:deb/debian/toy@1:2", "ab" * 32, ("root",)),
    Part(Kind.WHEEL, "toy", "2", "LicenseRef-unknown-toy", purl="pkg:pypi/toy@2", sha256="cd" * 32, places=("root",)),
    Part(Kind.MODEL, "wake word “toy”", "1", "CC-BY-NC-SA-4.0", "B", files=(("toy/toy.onnx", "ef" * 32),)),
    Part(Kind.WORDS, "a dictionary", "", "BSD-2-Clause", files=(("toy.dict", "12" * 32),)),
    Part(Kind.OURS, "spoq", "0.1.0-dev.abc", "Apache-2.0", purl="pkg:generic/spoq@0.1.0"),
)


def valid(text: str) -> dict[str, Any]:
    """What a document says that its schema allows."""
    assert JsonStrictValidator(SchemaVersion.V1_6).validate_str(text) is None
    return dict(json.loads(text))


def properties(component: dict[str, Any]) -> list[tuple[str, str]]:
    return [(each["name"].removeprefix("spoq:"), each["value"]) for each in component["properties"]]


def test_its_schema_allows_it() -> None:
    said = valid(sbom.written(IMAGE, PARTS, EPOCH))
    assert said["metadata"]["timestamp"] == "2026-01-01T00:00:00+00:00"
    assert len(said["components"]) == len(PARTS)


def test_every_part_has_its_licence_and_hash() -> None:
    components = valid(sbom.written(IMAGE, PARTS, EPOCH))["components"]
    told = sorted((each["name"], each["licenses"][0]["expression"]) for each in components)
    assert told == sorted((part.name, part.licence) for part in PARTS)
    assert {each["type"] for each in components} == {"library", "machine-learning-model", "data", "application"}
    hashes = {each["hashes"][0]["content"] for each in components if "hashes" in each}
    hashes |= {file["hashes"][0]["content"] for each in components for file in each.get("components", ())}
    assert hashes == {"ab" * 32, "cd" * 32, "ef" * 32, "12" * 32}


def test_it_says_what_is_for_developers_and_why() -> None:
    whole = valid(sbom.written(IMAGE, PARTS, EPOCH))["metadata"]["component"]
    assert whole["version"] == "0.1.0-dev.abc"
    assert ("variant", "dev") in properties(whole)
    assert ("not-for-release", "a wake word can't be sold") in properties(whole)


def test_the_same_image_has_the_same_list() -> None:
    text = sbom.written(IMAGE, PARTS, EPOCH)
    assert sbom.written(IMAGE, tuple(reversed(PARTS)), EPOCH) == text
    other = json.loads(sbom.written(replace(IMAGE, commit="abd"), PARTS, EPOCH))
    assert other["serialNumber"] != json.loads(text)["serialNumber"]


def test_it_lies_beside_the_image_and_in_it(world: World) -> None:
    assert world.build().code == 0
    beside = (world.out / "spoq-box.cdx.json").read_text()
    names = {each["name"] for each in valid(beside)["components"]}
    assert {"toy", "probe", "linux-image-1", "openwakeword", "spoq", "wake word “alexa”"} == names
    assert (world.root("spoq-box.img") / sbom.PLACE).read_text() == beside


def test_a_licence_that_nobody_told_is_a_warning(world: World) -> None:
    metadata = (world.folder / "software" / WAKE_WORD).parents[3] / "openwakeword-0.5.1.dist-info/METADATA"
    metadata.write_text("Name: openwakeword\nVersion: 0.5.1\n")
    built = world.build()
    assert built == Built(
        0, built.words, ("spoq-box.cdx.json", "spoq-box.efi", "spoq-box.img", "spoq-box.json", "spoq-box.root")
    )
    assert "Warning: nobody has told the licence of openwakeword" in built.words
    assert "LicenseRef-unknown-openwakeword" in (world.out / "spoq-box.cdx.json").read_text()
