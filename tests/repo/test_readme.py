"""What the README and the other pages promise is there: commands, make targets, files."""

import re
import shlex

import pytest

from cli.main import _parser
from tests.repo.repository import ROOT, project, tracked

README = (ROOT / "README.md").read_text()
BLOCKS = re.findall(r"```sh\n(.*?)```", README, re.DOTALL)
PAGES = [name for name in tracked() if name.endswith(".md")]


def spoq_commands() -> list[str]:
    """Every `spoq …` in the README's blocks, comments cut; alternatives ("on|off") as their first."""
    lines = [line.split("#")[0] for block in BLOCKS for line in block.splitlines()]
    found = [command.strip() for line in lines for command in re.split(r"(?=\bspoq )", line)]
    # What stands behind a comment's ";" is an option of the command before it.
    return [command.replace("on|off", "on") for command in found if command.startswith("spoq ")]


def make_targets(text: str) -> set[str]:
    return set(re.findall(r"(?:`|^)make ([a-z-]+)", text, re.MULTILINE))


@pytest.mark.parametrize("command", spoq_commands())
def test_a_command_of_the_readme_is_understood(command: str) -> None:
    arguments = _parser().parse_args(shlex.split(command)[1:])
    assert arguments.command == shlex.split(command)[1]


def test_the_readme_shows_the_commands() -> None:
    shown = {shlex.split(command)[1] for command in spoq_commands()}
    assert {"say", "hear", "ask", "talk", "turns", "timers", "wakewords", "status", "mute", "announce"} <= shown


@pytest.mark.parametrize("name", PAGES)
def test_every_make_target_that_a_page_names_is_there(name: str) -> None:
    there = set(re.findall(r"^([a-z-]+):", (ROOT / "Makefile").read_text(), re.MULTILINE))
    assert make_targets((ROOT / name).read_text()) <= there


def test_the_readme_names_the_two_commands() -> None:
    assert {"run", "test"} <= make_targets(README)


@pytest.mark.parametrize("name", PAGES)
def test_every_link_to_a_file_leads_there(name: str) -> None:
    links = re.findall(r"\]\((?!https?://|#)([^)#\s]+)", (ROOT / name).read_text())
    assert [link for link in links if not ((ROOT / name).parent / link).exists()] == []


@pytest.mark.parametrize("script", sorted(project()["project"]["scripts"].items()), ids=lambda script: script[0])
def test_every_installed_program_is_there(script: tuple[str, str]) -> None:
    module, _, function = script[1].partition(":")
    source = ROOT / (module.replace(".", "/") + ".py")
    assert re.search(rf"^def {function}\(", source.read_text(), re.MULTILINE)
