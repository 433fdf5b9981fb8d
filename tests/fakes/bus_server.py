"""A real nats-server for tests, with the configuration and the keys of a box. It can be killed and started again."""

import shutil
import subprocess
import threading
from collections.abc import Iterator
from pathlib import Path
from types import TracebackType
from typing import Self

from bus import server
from bus.client import Config
from daemons.children import dying_with_parent

LISTENING = "Listening for client connections on 127.0.0.1:"
READY = "Server is ready"


class BusServer:
    """Runs within its context. `log`: the server's lines so far; `home`: a development folder for daemons."""

    def __init__(self, folder: Path) -> None:
        self.home = folder
        self.log: list[str] = []
        self._credentials = folder / "credentials"
        self._configuration = folder / "nats.conf"
        self._keys = server.write_keys(self._credentials)
        self._port = -1
        self._process: subprocess.Popen[str] | None = None
        self._reader: threading.Thread | None = None

    @property
    def url(self) -> str:
        return f"nats://127.0.0.1:{self._port}"

    def config(self, role: str) -> Config:
        """How the client `role` connects."""
        return Config(role, self.url, self._credentials / f"{role}.nk")

    def start(self) -> None:
        """Returns when it accepts connections; the second time on the same port."""
        executable = shutil.which("nats-server") or shutil.which("/usr/sbin/nats-server")
        assert executable, "nats-server is not installed: run `make setup`"
        self._configuration.write_text(server.configuration(self._keys, self._port))
        command = dying_with_parent(executable, "-c", str(self._configuration))
        self._process = subprocess.Popen(command, stderr=subprocess.PIPE, text=True)
        for line in self._lines():
            if LISTENING in line:
                self._port = int(line.rsplit(":", 1)[1])
                (self.home / "port").write_text(str(self._port))
            if READY in line:
                break
        else:
            raise AssertionError("nats-server did not start: " + "".join(self.log))
        self._reader = threading.Thread(target=lambda: list(self._lines()))
        self._reader.start()

    def kill(self) -> None:
        """What a crash does."""
        process, self._process = self._process, None
        if process is not None and self._reader is not None and process.stderr is not None:
            process.kill()
            process.wait()
            self._reader.join()
            process.stderr.close()

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self.kill()

    def _lines(self) -> Iterator[str]:
        assert self._process is not None
        assert self._process.stderr is not None
        for line in self._process.stderr:
            self.log.append(line)
            yield line
