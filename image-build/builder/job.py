"""One build at work: the order, what it is made from, and where its parts lie until they are one image."""

from dataclasses import dataclass
from pathlib import Path

from builder import environment
from builder.lock import Package
from builder.order import Order, Source
from builder.progress import Steps
from builder.target import Suite


@dataclass(frozen=True)
class Job:
    """One build: its parts are made in `scratch`, which goes when it ends. `workshop`: see builder/compiled.py."""

    order: Order
    source: Source
    suite: Suite
    packages: tuple[Package, ...]
    steps: Steps
    scratch: Path
    workshop: tuple[Package, ...] = ()

    @property
    def tree(self) -> Path:
        """The root, as a folder."""
        return self.scratch / "root"

    @property
    def kernel(self) -> tuple[Package, ...]:
        """Those that are unpacked and not installed: it, and its modules where they are apart."""
        return tuple(each for each in self.packages if each.is_kernel)

    @property
    def site(self) -> Path:
        """Where the Python packages are in it."""
        return self.tree / environment.site(self.suite)
