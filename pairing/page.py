"""The pages for phones, as files: what the set-up port answers to whoever opens it in a browser.

A few small files (`web/pair`, built), read once and served from memory under their own names, so that nobody reaches
another file by any path. What is not built is not there: the port answers 404, and programs pair as before.

In the set-up hotspot every name leads to the box, so that whatever a phone asks for there is answered with the way to
the page: that is how it notices that there is one (RFC 8952).
"""

import logging
from collections.abc import Awaitable, Callable, Collection, Mapping
from dataclasses import dataclass
from pathlib import Path

from aiohttp import web

from lan.site import is_ours
from pairing import hotspot

log = logging.getLogger(__name__)

PLACES = Path("/usr/share/spoq/web/pair"), Path(__file__).parent.parent / "build/web/pair"
"""In an image, and in a checkout."""
FIRST = "index.html"
MOST_FILES, MOST_BYTES = 16, 512 * 1024
"""And of each."""
KINDS: Mapping[str, str] = {
    ".css": "text/css",
    ".html": "text/html",
    ".js": "text/javascript",
    ".png": "image/png",
    ".svg": "image/svg+xml",
    ".txt": "text/plain",
    ".webmanifest": "application/manifest+json",
}
POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self'; manifest-src 'self'; "
    "base-uri 'none'; form-action 'none'; frame-ancestors 'none'; require-trusted-types-for 'script'; trusted-types"
)
"""Nothing of any other origin, nothing written into the page, and in nobody's frame."""
HEADERS: Mapping[str, str] = {
    "Content-Security-Policy": POLICY,
    "Permissions-Policy": "bluetooth=(self), camera=(self), geolocation=(), microphone=()",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Referrer-Policy": "no-referrer",
    "X-Content-Type-Options": "nosniff",
    # Another box may have this address tomorrow, or this one another version.
    "Cache-Control": "no-cache",
}
NOT_BY_THIS_NAME = "This box has no such name."


@dataclass(frozen=True)
class File:
    """One that is served. `kind`: its media type."""

    content: bytes
    kind: str


def found(places: Collection[Path] = PLACES) -> Mapping[str, File]:
    """The files of the first place that has pages, by their names; none where nothing is built."""
    folder = next((each for each in places if (each / FIRST).is_file()), None)
    try:
        return _read(folder) if folder is not None else {}
    except OSError as error:
        log.error("the pages for phones can't be read: %s", error.strerror)
        return {}


def add(
    router: web.UrlDispatcher, files: Mapping[str, File], names: Collection[str], portal: str = hotspot.ADDRESS
) -> None:
    """Serves them. `names` are the box's, besides its addresses; `portal` is its address in the hotspot."""
    for name, file in files.items():
        for path in (f"/{name}", "/") if name == FIRST else (f"/{name}",):
            router.add_get(path, _answers(file, names, portal))
    if files:
        router.add_get("/{elsewhere:.*}", _answers(None, names, portal))


def _read(folder: Path) -> Mapping[str, File]:
    """Raises OSError."""
    paths = sorted(each for each in folder.iterdir() if each.is_file() and each.suffix in KINDS)
    files: dict[str, File] = {}
    for path in paths[:MOST_FILES]:
        with path.open("rb") as opened:
            content = opened.read(MOST_BYTES + 1)
        if len(content) <= MOST_BYTES:
            files[path.name] = File(content, KINDS[path.suffix])
    return files


def _answers(
    file: File | None, names: Collection[str], portal: str
) -> Callable[[web.Request], Awaitable[web.StreamResponse]]:
    """The handler of this file; without one, of everything else."""

    async def answer(request: web.Request) -> web.StreamResponse:
        if file is not None and is_ours(request.host, names):
            charset = "utf-8" if file.kind.startswith(("text/", "application/")) else None
            return web.Response(body=file.content, content_type=file.kind, charset=charset, headers=HEADERS)
        if _came_to(request) == portal:
            raise web.HTTPFound(f"http://{portal}/", headers={"Cache-Control": "no-store"})
        if file is None:
            raise web.HTTPNotFound
        raise web.HTTPForbidden(text=NOT_BY_THIS_NAME)

    return answer


def _came_to(request: web.Request) -> str:
    """The box's address that was asked."""
    here = request.transport.get_extra_info("sockname") if request.transport is not None else None
    return str(here[0]) if here else ""
