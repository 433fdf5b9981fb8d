"""The writable places: one list, and what it must not say."""

from pathlib import Path

import pytest

from storage import places
from storage.errors import StorageError

LIST = Path(__file__).parents[2] / "rootfs/usr/lib/spoq/writable"


def test_the_list_of_the_image_is_one() -> None:
    assert "/var" in {str(place.path) for place in places.parse(LIST.read_text())}


def test_a_place_has_its_folder_on_the_data_partition() -> None:
    (place,) = places.parse("/etc/spoq  0700\n")
    assert (str(place.on_data), place.mode) == ("etc/spoq", 0o700)


@pytest.mark.parametrize("line", ["var 0755", "/var", "/var 755", "/ 0755", "/var/../etc 0755", "/var 0755 root"])
def test_a_line_that_is_no_place_is_refused(line: str) -> None:
    with pytest.raises(StorageError, match="Line 2"):
        places.parse(f"# places\n{line}\n")


@pytest.mark.parametrize("text", ["/var 0755\n/var/lib 0755\n", "/var 0755\n/var 0755\n"])
def test_a_place_inside_another_is_refused(text: str) -> None:
    with pytest.raises(StorageError, match="inside"):
        places.parse(text)
