"""The page's code by itself: its own tests in Node, its types, and what is generated."""

import re
from pathlib import Path

import pytest

from bench.browser import BUILT, ROOT, SOURCE
from tests.repo.repository import tracked
from tests.web.node import ran

GENERATED = "pairing/messages_pb.ts"
MOST_LINES, MOST_CHARACTERS = 400, 120


@pytest.mark.parametrize("path", sorted(SOURCE.glob("tests/*.test.ts")), ids=lambda path: path.name)
def test_in_node(path: Path) -> None:
    told = ran("node", "--test", BUILT / "tests" / path.with_suffix(".mjs").name)
    assert "# fail 0" in told or "ℹ fail 0" in told


def test_the_types_fit() -> None:
    ran("node", "node_modules/typescript/bin/tsc")


def test_the_generated_messages_are_up_to_date(tmp_path: Path) -> None:
    from grpc_tools import protoc

    plugin = SOURCE / "node_modules/.bin/protoc-gen-es"
    made = (f"--plugin=protoc-gen-es={plugin}", f"--es_out=target=ts:{tmp_path}", "pairing/messages.proto")
    assert protoc.main(["protoc", f"-I{ROOT}", *made]) == 0
    committed = (SOURCE / "src" / GENERATED).read_text()
    assert (tmp_path / GENERATED).read_text() == committed, "run `npm run generate` in web/pair, and commit"


@pytest.mark.parametrize(
    "name", [each for each in tracked() if re.match(r"web/.*\.(ts|mjs|css)$", each) and not each.endswith(GENERATED)]
)
def test_a_file_introduces_itself_and_is_not_too_long(name: str) -> None:
    text = (ROOT / name).read_text()
    assert text.startswith(("/*", "//"))
    assert len(text.splitlines()) <= MOST_LINES
    assert [line for line in text.splitlines() if len(line) > MOST_CHARACTERS] == []
