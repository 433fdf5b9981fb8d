"""Whose signature apt believes of an archive: a keyring of this machine, or the archive's key, known by fingerprint.

A key that was fetched is believed by its fingerprint only, which the target names; where it came from does not matter.
"""

import asyncio
from pathlib import Path

import aiohttp

from builder.errors import Unreachable
from builder.target import Archive

TIMEOUT_S = 60.0
MAX_BYTES = 256 * 1024


def signed_by(archive: Archive, folder: Path) -> str:
    """What `signed-by` says of this archive; its own key is kept in `folder`. Raises Unreachable."""
    if archive.keyring:
        return archive.keyring
    place = folder / f"{archive.fingerprint}.asc"
    if not place.exists():
        folder.mkdir(parents=True, exist_ok=True)
        draft = place.with_suffix(".part")
        draft.write_bytes(asyncio.run(_fetched(archive.key)))
        draft.replace(place)
    return f"{place},{archive.fingerprint}!"


async def _fetched(url: str) -> bytes:
    try:
        async with (
            aiohttp.ClientSession(timeout=aiohttp.ClientTimeout(TIMEOUT_S), trust_env=True) as session,
            session.get(url, raise_for_status=True) as response,
        ):
            return await response.content.read(MAX_BYTES)
    except (aiohttp.ClientError, TimeoutError) as error:
        raise Unreachable(f"The archive does not answer: {url}") from error
