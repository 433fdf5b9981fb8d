"""What somebody sees of a build: a bar a step on a terminal, a line a step elsewhere."""

import io

from rich.console import Console

from builder.progress import Steps


def shown(terminal: bool) -> str:
    console = Console(file=io.StringIO(), force_terminal=terminal, width=100)
    with Steps(console).step("Fetching packages", 10) as advance:
        advance(4)
    assert isinstance(console.file, io.StringIO)
    return console.file.getvalue()


def test_on_a_terminal_a_step_has_a_bar_that_fills() -> None:
    assert "Fetching packages" in shown(terminal=True)
    assert "━" in shown(terminal=True)
    assert "100%" in shown(terminal=True)


def test_elsewhere_it_is_one_line() -> None:
    assert shown(terminal=False).startswith("Fetching packages: ")
    assert shown(terminal=False).count("\n") == 1
