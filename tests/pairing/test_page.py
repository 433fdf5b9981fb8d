"""The page's files, as the set-up port answers them to browsers."""

from collections.abc import AsyncIterator
from pathlib import Path
from types import SimpleNamespace
from typing import cast

import pytest
import pytest_asyncio
from aiohttp import ClientSession, web
from aiohttp.test_utils import BaseTestServer, TestServer

from pairing import page
from pairing.desk import Desk
from pairing.port import Port

NOBODY = cast(Desk, SimpleNamespace())
"""The page asks nobody of the box."""


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """What was built, and what lies beside it."""
    (tmp_path / "other").write_text("of the box")
    built = tmp_path / "pair"
    built.mkdir()
    (built / page.FIRST).write_text("<!doctype html>")
    (built / "page.js").write_text("1;")
    (built / "icon.png").write_bytes(b"\x89PNG")
    (built / "notes").write_text("of no kind that a browser knows")
    (built / "large.css").write_bytes(bytes(page.MOST_BYTES + 1))
    (built / "folder.css").mkdir()
    return built


@pytest_asyncio.fixture
async def server(folder: Path) -> AsyncIterator[BaseTestServer]:
    port = Port(NOBODY, ("spoq-x9rc.local",), page.found((folder / "none", folder)))
    async with TestServer(port.application()) as running:
        yield running


@pytest.mark.parametrize(
    ("path", "status", "kind"),
    [
        ("/", 200, "text/html"),
        ("/index.html", 200, "text/html"),
        ("/page.js", 200, "text/javascript"),
        ("/icon.png", 200, "image/png"),
        ("/notes", 404, "text/plain"),
        ("/large.css", 404, "text/plain"),
        ("/folder.css", 404, "text/plain"),
        ("/../other", 404, "text/plain"),
        ("/%2e%2e/other", 404, "text/plain"),
        ("/..%2fother", 404, "text/plain"),
        ("//etc/passwd", 404, "text/plain"),
        ("/pair", 404, "text/plain"),
    ],
)
async def test_only_its_own_files_are_there(server: BaseTestServer, path: str, status: int, kind: str) -> None:
    url = server.make_url("/").with_path(path, encoded=True)
    async with ClientSession() as http, http.get(url) as response:
        assert (response.status, response.content_type) == (status, kind)


async def test_a_browser_is_told_to_let_nothing_else_in(server: BaseTestServer) -> None:
    async with ClientSession() as http, http.get(server.make_url("/")) as response:
        told = response.headers
    assert told["X-Content-Type-Options"] == "nosniff"
    policy = dict(each.strip().partition(" ")[::2] for each in told["Content-Security-Policy"].split(";"))
    assert policy.pop("default-src") == "'none'"
    assert set(policy.values()) <= {"'self'", "'none'", "'script'", ""}
    assert policy["frame-ancestors"] == "'none'"


@pytest.mark.parametrize(
    ("host", "status"), [("spoq-x9rc.local:7767", 200), ("192.168.1.20", 200), ("evil.example", 403)]
)
async def test_it_is_answered_by_no_name_that_anybody_could_give(
    server: BaseTestServer, host: str, status: int
) -> None:
    async with ClientSession() as http, http.get(server.make_url("/"), headers={"Host": host}) as response:
        assert response.status == status


async def test_nothing_is_changed_by_asking_otherwise(server: BaseTestServer) -> None:
    async with ClientSession() as http, http.post(server.make_url("/")) as response:
        assert response.status == 405


async def test_what_is_not_built_is_not_there(tmp_path: Path) -> None:
    port = Port(NOBODY, (), page.found((tmp_path,)))
    async with TestServer(port.application()) as server, ClientSession() as http:
        assert (await http.get(server.make_url("/"))).status == 404


def test_what_can_not_be_read_is_not_there(folder: Path, caplog: pytest.LogCaptureFixture) -> None:
    (folder / "page.js").unlink()
    (folder / "page.js").symlink_to(folder / "page.js")
    (folder / page.FIRST).unlink()
    (folder / page.FIRST).symlink_to(Path("/proc/self/mem"))
    assert page.found((folder,)) == {}
    assert "can't be read" in caplog.text


@pytest.mark.parametrize(
    ("path", "host"),
    [
        ("/", "anybody.example"),
        ("/generate_204", "connectivity.example"),
        ("/hotspot-detect.html", "192.168.4.1"),
        ("/page.js", "anybody.example"),
    ],
)
async def test_in_the_hotspot_whatever_is_asked_for_leads_to_the_page(folder: Path, path: str, host: str) -> None:
    application = web.Application()
    page.add(application.router, page.found((folder,)), ("spoq-x9rc.local",), portal="127.0.0.1")
    async with TestServer(application) as server, ClientSession() as http:
        url, headers = server.make_url(path), {"Host": host}
        async with http.get(url, headers=headers, allow_redirects=False) as answer:
            assert (answer.status, answer.headers["Location"]) == (302, "http://127.0.0.1/")
            assert answer.headers["Cache-Control"] == "no-store"
        async with http.get(server.make_url("/"), headers={"Host": "127.0.0.1"}) as answer:
            assert (answer.status, answer.content_type) == (200, "text/html")
