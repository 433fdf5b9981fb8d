"""What NVIDIA's tools are told of a Jetson."""

import re
import tomllib
from xml.etree import ElementTree

import pytest

from builder import flash
from builder import target as targets
from builder.target import FOLDER, Flash, Target
from ota.slots import TRIES
from tests.repo.repository import ROOT

NANO = targets.read("jetson-orin-nano")
JETSONS = [name for name in targets.names() if targets.read(name).flash]


def of(target: Target) -> Flash:
    assert target.flash is not None
    return target.flash


@pytest.fixture
def layout() -> ElementTree.Element:
    return ElementTree.fromstring(flash.layout(NANO, of(NANO)))


def value(element: ElementTree.Element, name: str) -> str:
    return (element.findtext(name) or "").strip()


def numbered(layout: ElementTree.Element) -> list[ElementTree.Element]:
    return [each for each in layout.iter("partition") if "id" in each.attrib]


def test_there_is_a_target_for_each_module_of_the_developer_kit() -> None:
    assert JETSONS == ["jetson-orin-nano", "jetson-orin-nx"]


def test_the_partitions_are_those_that_the_box_looks_for_by_label(layout: ElementTree.Element) -> None:
    documented = set(re.findall(r"`([\w-]+)`", "".join(_rows((ROOT / "docs/boot.md").read_text()))))
    labels = [each.attrib["name"] for each in numbered(layout)]
    assert labels == ["APP", "APP_b", "esp", "root-a", "root-b", "factory", "data"]
    assert set(labels) <= documented


def _rows(text: str) -> list[str]:
    """The first column of the table of partitions."""
    return [line.split("|")[1] for line in text.split("## Slots")[0].splitlines() if line.startswith("| `")]


def test_the_launcher_finds_slot_a_first(layout: ElementTree.Element) -> None:
    """`--external-device nvme0n1p1` is partition 1, and the launcher knows slots by the names APP and APP_b."""
    assert {each.attrib["id"]: each.attrib["name"] for each in numbered(layout)}["1"] == "APP"
    ids = [int(each.attrib["id"]) for each in numbered(layout)]
    assert ids == list(range(1, len(ids) + 1))


def test_sizes_are_the_targets(layout: ElementTree.Element) -> None:
    mib = {each.attrib["name"]: int(value(each, "size")) / 2**20 for each in numbered(layout)}
    sizes = NANO.partitions
    assert (mib["root-a"], mib["root-b"], mib["data"]) == (sizes.root_mib, sizes.root_mib, sizes.data_mib)
    assert mib["APP"] == mib["APP_b"] == of(NANO).boot_mib
    (device,) = layout.iter("device")
    assert sum(mib.values()) < int(device.attrib["num_sectors"]) * 512 / 2**20 <= sum(mib.values()) + 2


def test_data_is_the_last_one_grows_and_begins_empty(layout: ElementTree.Element) -> None:
    *others, data = numbered(layout)
    assert data.attrib["name"] == "data"
    assert (value(data, "allocation_attribute"), data.find("filename")) == ("0x808", None)
    assert {value(each, "allocation_attribute") for each in others} == {"8"}


def test_the_launcher_has_nothing_to_go_on_to_where_a_kernel_image_is_refused(layout: ElementTree.Element) -> None:
    """Else it would start that, and no try of the slot would be gone."""
    names = {each.attrib["name"] for each in numbered(layout)}
    assert not {name for name in names if "kernel" in name or "recovery" in name}


def test_nothing_in_it_is_taken_for_a_placeholder() -> None:
    """flash.sh replaces words in capitals all over the text, whatever they are in."""
    text = flash.layout(NANO, of(NANO))
    words = set(re.findall(r"(?<![\w.-])[A-Z][A-Z_]{2,}\w*", re.sub(r"<partition_type_guid>.*", "", text)))
    assert words == {"APP", "APP_b", "APPFILE", "APPFILE_b", "ESP_FILE"}


def test_each_element_is_on_a_line_of_its_own_with_spaces_around_its_value() -> None:
    """flash.sh is no parser of XML."""
    lines = [line.strip() for line in flash.layout(NANO, of(NANO)).splitlines() if "</" in line and "> " in line]
    assert len(lines) > 50
    assert all(re.fullmatch(r"<(\w+)> \S+ </\1>", line) for line in lines)


def test_two_systems_are_armed_with_the_tries_that_our_slots_count() -> None:
    text = flash.settings(of(NANO), release=False)
    assert "ROOTFS_AB=1\n" in text
    assert f"ROOTFS_RETRY_COUNT_MAX={TRIES}\n" in text
    assert "IMAGE_KIND=release\n" in flash.settings(of(NANO), release=True)


def test_a_value_can_not_become_a_command() -> None:
    assert "BOARD='a; reboot'" in flash.settings(Flash("39.2", "a; reboot", "nvme0n1", 1), release=False)


def test_the_launcher_gets_one_entry_with_the_command_line_of_the_image() -> None:
    lines = flash.extlinux("console=ttyTCU0 spoq.root_hash=ab\n").splitlines()
    assert [line.split()[0] for line in lines if line] == ["TIMEOUT", "DEFAULT", "LABEL", "MENU", "LINUX", "APPEND"]
    assert lines[-1].strip() == "APPEND console=ttyTCU0 spoq.root_hash=ab"


@pytest.mark.parametrize("name", JETSONS)
def test_archive_packages_and_tools_are_of_one_release(name: str) -> None:
    target = targets.read(name)
    (nvidia,) = (each for each in targets.archives(target) if each.releases)
    release = of(target).release
    assert {pocket.split()[1] for pocket in nvidia.pockets} == {f"r{release}"}
    for pattern in nvidia.releases.values():
        assert re.fullmatch(pattern, f"{release}.0-20260601141651")
        assert not re.fullmatch(pattern, "36.4.3-20250107174145")


@pytest.mark.parametrize("name", JETSONS)
def test_nothing_is_asked_for_that_must_never_come_along(name: str) -> None:
    target = targets.read(name)
    never = {package for each in targets.archives(target) for package in each.never}
    assert "nvidia-l4t-bootloader" in never
    assert not never & set(targets.packages(target, release=False))


def test_nothing_of_nvidias_is_in_this_repository() -> None:
    """Names, versions and hashes only: their packages are fetched from them, by whoever builds."""
    board = FOLDER / "boards/jetson"
    sizes = {path: path.stat().st_size for path in board.rglob("*") if path.is_file() and not path.is_symlink()}
    assert sizes
    assert all(size < 10_000 for size in sizes.values())
    assert tomllib.loads((board / "archives.toml").read_text())["nvidia"]["archive"].startswith("https://")
