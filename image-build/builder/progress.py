"""One bar a step while an image is built, and how long each took."""

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from rich.console import Console
from rich.progress import BarColumn, Progress, TaskProgressColumn, TextColumn, TimeElapsedColumn

Advance = Callable[[float], None]


class Steps:
    """The steps so far: `seconds` by title. Without a terminal each step is one line when it is done."""

    def __init__(self, console: Console | None = None) -> None:
        self._console = console or Console(stderr=True)
        self.seconds: dict[str, float] = {}

    def warn(self, text: str) -> None:
        """One line that does not end the build."""
        self._console.print(f"Warning: {text}", highlight=False)

    @contextmanager
    def step(self, title: str, total: float | None = None) -> Iterator[Advance]:
        """A step; call what it yields with what was done of `total`. Unknown totals get a moving bar."""
        began = time.monotonic()
        columns = (TextColumn("{task.description:<34}"), BarColumn(), TaskProgressColumn(), TimeElapsedColumn())
        with Progress(*columns, console=self._console, disable=not self._console.is_terminal) as bars:
            bar = bars.add_task(title, total=total)
            yield lambda done: bars.advance(bar, done)
            bars.update(bar, total=1.0, completed=1.0)
        self.seconds[title] = round(time.monotonic() - began, 1)
        if not self._console.is_terminal:
            self._console.print(f"{title}: {self.seconds[title]} s", highlight=False)
