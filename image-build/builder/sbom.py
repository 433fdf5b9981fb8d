"""The list of parts of an image as CycloneDX 1.6, the same text for the same image.

Its serial number comes from what is in it, its time from the commit. It lies beside the image and in it, at `PLACE`.

Source: https://cyclonedx.org/docs/1.6/json/.
"""

import json
import uuid
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

from cyclonedx.model import HashAlgorithm, HashType, Property
from cyclonedx.model.bom import Bom, BomMetaData
from cyclonedx.model.component import Component, ComponentType
from cyclonedx.model.contact import OrganizationalEntity
from cyclonedx.model.license import LicenseExpression
from cyclonedx.model.tool import ToolRepository
from cyclonedx.output.json import JsonV1Dot6
from packageurl import PackageURL

from builder.disk import NAMESPACE
from builder.parts import Kind, Part

PLACE = "usr/lib/spoq/sbom.cdx.json"
TYPES = {
    Kind.PACKAGE: ComponentType.LIBRARY,
    Kind.WHEEL: ComponentType.LIBRARY,
    Kind.PAGE: ComponentType.LIBRARY,
    Kind.MODEL: ComponentType.MACHINE_LEARNING_MODEL,
    Kind.WORDS: ComponentType.DATA,
    Kind.OURS: ComponentType.APPLICATION,
}


@dataclass(frozen=True)
class Image:
    """Which image it is. `variant` is `dev` or `release`, with the `reasons` against its being a release."""

    target: str
    version: str
    variant: str
    commit: str
    suite: str
    architecture: str
    reasons: tuple[str, ...] = ()


def written(image: Image, parts: Sequence[Part], epoch: int) -> str:
    """The document, of the time `epoch`."""
    whole = Component(
        type=ComponentType.OPERATING_SYSTEM,
        name=f"spoq-{image.target}",
        version=image.version,
        bom_ref="image",
        properties=_properties(
            [
                *((name, getattr(image, name)) for name in ("variant", "commit", "target", "suite", "architecture")),
                *(("not-for-release", reason) for reason in image.reasons),
            ]
        ),
    )
    components = [_component(part) for part in parts]
    content = "\n".join([repr(image), *sorted(repr(part) for part in parts)])
    bom = Bom(
        serial_number=uuid.uuid5(NAMESPACE, content),
        metadata=BomMetaData(
            timestamp=datetime.fromtimestamp(epoch, UTC),
            component=whole,
            tools=ToolRepository(components=[Component(type=ComponentType.APPLICATION, name="spoq image-build")]),
            properties=_properties([("variant", image.variant)]),
        ),
        components=components,
    )
    bom.register_dependency(whole, components)
    return (
        json.dumps(json.loads(JsonV1Dot6(bom).output_as_string()), indent=1, sort_keys=True, ensure_ascii=False) + "\n"
    )


def _component(part: Part) -> Component:
    reference = part.purl or f"{part.kind.name.lower()}:{part.name}"
    return Component(
        type=TYPES[part.kind],
        name=part.name,
        version=part.version or None,
        bom_ref=reference,
        purl=PackageURL.from_string(part.purl) if part.purl else None,
        supplier=OrganizationalEntity(name=part.author) if part.author else None,
        licenses=[LicenseExpression(part.licence)],
        hashes=[_hash(part.sha256)] if part.sha256 else [],
        properties=_properties(("place", place) for place in part.places),
        components=[_file(reference, path, sha256) for path, sha256 in part.files],
    )


def _file(of: str, path: str, sha256: str) -> Component:
    return Component(type=ComponentType.FILE, name=path, bom_ref=f"{of}/{path}", hashes=[_hash(sha256)])


def _hash(sha256: str) -> HashType:
    return HashType(alg=HashAlgorithm.SHA_256, content=sha256)


def _properties(pairs: Iterable[tuple[str, str]]) -> list[Property]:
    return [Property(name=f"spoq:{name}", value=value) for name, value in pairs]
