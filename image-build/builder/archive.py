"""Packages from the archive into a cache, checked, and a small repository of exactly them for apt.

A file in the cache bears its hash as its name and is whole: it is written beside, checked, and renamed.
"""

import asyncio
import hashlib
import os
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path

import aiohttp

from builder.errors import Unreachable, WrongContent
from builder.lock import Package
from builder.programs import run
from builder.target import Archive

AT_ONCE = 8
TRIES = 3
TIMEOUT_S = 60.0
CHUNK = 256 * 1024
Told = Callable[[int], None]


async def check(packages: Sequence[Package], archives: Sequence[Archive], cache: Path) -> None:
    """Raises Unreachable: an archive of a package that is not in `cache` does not answer."""
    async with _session() as session:
        for archive in archives:
            if any(archive.has(each.path) and not cached(cache, each).exists() for each in packages):
                below, release = archive.pockets[0].split()[:2]
                url = f"{archive.archive}/{below}/dists/{release}/InRelease"
                try:
                    async with session.head(url):
                        pass
                except (aiohttp.ClientError, TimeoutError) as error:
                    raise Unreachable(
                        f"The archive does not answer: {url}. Its packages are fetched by the machine that builds."
                    ) from error


async def fetch(
    packages: Sequence[Package], archives: Sequence[Archive], cache: Path, told: Told = lambda _: None
) -> None:
    """Every package is in `cache`, a folder, afterwards; `told` hears of each byte that has come, or was there already.

    Raises:
        Unreachable: an archive does not answer, or no longer has one.
        WrongContent: it has another file under that name.
    """
    turns = asyncio.Semaphore(AT_ONCE)
    async with _session() as session:

        async def one(package: Package) -> None:
            place = cached(cache, package)
            if await asyncio.to_thread(_is_whole, place, package):
                told(package.size)
                return
            base = next(each.archive for each in archives if each.has(package.path))
            async with turns:
                await _persistently(session, f"{base}/{package.path}", package, place, told)

        try:
            async with asyncio.TaskGroup() as tasks:
                for package in packages:
                    tasks.create_task(one(package))
        except ExceptionGroup as errors:
            raise errors.exceptions[0] from None


def cached(cache: Path, package: Package) -> Path:
    """Where this package is in the cache."""
    return cache / f"{package.sha256}.deb"


def _is_whole(place: Path, package: Package) -> bool:
    """A power cut may have left a file without its content."""
    if not place.exists() or place.stat().st_size != package.size:
        return False
    with place.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest() == package.sha256


def _session() -> aiohttp.ClientSession:
    timeout = aiohttp.ClientTimeout(total=None, sock_connect=TIMEOUT_S, sock_read=TIMEOUT_S)
    return aiohttp.ClientSession(timeout=timeout, trust_env=True)


async def _persistently(session: aiohttp.ClientSession, url: str, package: Package, place: Path, told: Told) -> None:
    for left in reversed(range(TRIES)):
        try:
            await _download(session, url, package, place, told)
            return
        except (aiohttp.ClientConnectionError, aiohttp.ClientPayloadError, TimeoutError) as error:
            if not left:
                raise Unreachable(f"The archive does not answer: {url}") from error
            await asyncio.sleep(1.0)
        except aiohttp.ClientError as error:
            raise Unreachable(f"The archive can't be used: {url} ({error or type(error).__name__}).") from error


async def _download(session: aiohttp.ClientSession, url: str, package: Package, place: Path, told: Told) -> None:
    draft = place.with_suffix(".part")
    digest, size = hashlib.sha256(), 0
    async with session.get(url) as response:
        if response.status != 200:
            raise Unreachable(
                f"The archive has no {package.file} any more ({response.status}). `make lock-image` chooses anew."
            )
        with draft.open("wb") as file:
            async for chunk in response.content.iter_chunked(CHUNK):
                size += len(chunk)
                if size > package.size:
                    break
                digest.update(chunk)
                file.write(chunk)
    if size != package.size or digest.hexdigest() != package.sha256:
        draft.unlink()
        raise WrongContent(f"{package.file} is not the file that the lock names: its hash differs.")
    told(size)
    draft.replace(place)


def repository(packages: Iterable[Package], suite: str, cache: Path, folder: Path) -> None:
    """A flat repository of `suite` in `folder` (not there yet) with these packages, for apt's `copy:` method."""
    folder.mkdir(parents=True)
    stanzas = []
    for package in sorted(packages):
        place = folder / package.file
        os.link(cached(cache, package), place)
        fields = run("dpkg-deb", "--field", str(place))
        stanzas.append(
            f"{fields.strip()}\nFilename: ./{package.file}\nSize: {package.size}\nSHA256: {package.sha256}\n"
        )
    index = "\n".join(stanzas).encode()
    (folder / "Packages").write_bytes(index)
    # mmdebstrap takes the essential packages from the suite of this name only.
    (folder / "Release").write_text(
        f"Suite: {suite}\nCodename: {suite}\nSHA256:\n {hashlib.sha256(index).hexdigest()} {len(index)} Packages\n"
    )
