"""A box believes no mirror that lies, waits for the time and for room, and writes nothing that strangers signed."""

import json
import shutil
import tarfile
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from builder import bundle, updates
from builder.box import Box
from tests.fakes.release_server import Fault, ReleaseServer
from tests.image.shop import Shop, says
from tests.image.slots import TARGET
from tests.ota.publisher import Maker

pytestmark = [pytest.mark.asyncio(loop_scope="session"), pytest.mark.timeout(900)]

NEVER_AGAIN_S = 3600.0
"""Only what is asked for happens."""
LONG_AGO = timedelta(days=100)
A_MONTH = timedelta(days=31)
A_MINUTE_S = 60.0


def small(folder: Path, name: str, keys: bundle.Keys | None = None) -> Path:
    """A file of that name: a bundle that is signed with these keys, or none at all."""
    made, root, kernel = (folder / each for each in (name, "root", "kernel"))
    root.write_bytes(b"root" * 100_000)
    kernel.write_bytes(b"kernel" * 10_000)
    if keys is None:
        return root.rename(made)
    bundle.make(root, kernel, updates.compatible(TARGET), "9.0.0", keys, 0, made)
    return made


async def offered(box: Box) -> str:
    """The version that is found, by whoever asks now and is told of no fault."""
    found = await says(box, "check")
    assert found["fault"] == "", found
    return str(found["offered"])


async def refused(box: Box) -> str:
    """Why what is found is not believed; nothing of it is taken."""
    found: dict[str, Any] = await says(box, "check")
    assert (found["state"], bool(found["fault"])) == ("idle", True), found
    return str(found["fault"])


async def test_a_box_believes_no_mirror_that_lies(box: Box, tmp_path: Path) -> None:
    shop = Shop(tmp_path)
    shop.offers_file("0.0.1", small(tmp_path, "older.raucb"))
    shop.offers_file("9.0.0", small(tmp_path, "others.raucb"), compatible="spoq-toaster")
    async with shop.open_for(box, NEVER_AGAIN_S) as server:
        assert await offered(box) == ""
        shop.offers_file("8.0.0", small(tmp_path, "good.raucb"))
        assert await offered(box) == "8.0.0"
        await replays_and_mixes(box, shop, server, tmp_path)
        await is_of_strangers_or_of_long_ago(box, shop, server, tmp_path)
        for fault, said in ((Fault.NEVER_ENDS, "longer than it may be"), (Fault.POINTS_ELSEWHERE, "302")):
            server.faults["timestamp.json"] = fault
            assert said in await refused(box)
        server.faults.clear()
        assert await offered(box) == "8.3.0"


async def replays_and_mixes(box: Box, shop: Shop, server: ReleaseServer, folder: Path) -> None:
    """The mirror has what was there before, and then some of it."""
    before = shutil.copytree(shop.public, folder / "before")
    shop.offers_file("8.1.0", small(folder, "better.raucb"))
    assert await offered(box) == "8.1.0"
    server.folder = before
    assert "not believed" in await refused(box)
    shop.offers_file("8.2.0", small(folder, "best.raucb"))
    mixed = server.folder = shutil.copytree(shop.public, folder / "mixed")
    [*_, older, newest] = sorted(mixed.glob("metadata/*.snapshot.json"), key=lambda path: int(path.name.split(".")[0]))
    shutil.copyfile(older, newest)
    assert "not believed" in await refused(box)
    server.folder = shop.public
    assert await offered(box) == "8.2.0"


async def is_of_strangers_or_of_long_ago(box: Box, shop: Shop, server: ReleaseServer, folder: Path) -> None:
    """The mirror has what somebody else has signed, and what nobody has renewed."""
    (folder / "theirs/public").mkdir(parents=True)
    theirs = Maker(folder / "theirs/public").begins()
    theirs.offers("9.0.0")
    server.folder = theirs.folder
    assert "not believed" in await refused(box)
    old = server.folder = shutil.copytree(shop.public, folder / "old")
    stale = shop.publisher(lambda: datetime.now(UTC) - LONG_AGO, old)
    stale.renew()
    assert "has expired" in await refused(box)
    server.folder = shop.public
    # Above the number that the stale one has.
    shop.offers_file("8.3.0", small(folder, "last.raucb"))


async def test_a_box_takes_nothing_damaged_and_writes_nothing_that_a_stranger_has_signed(
    box: Box, tmp_path: Path
) -> None:
    shop, strange = Shop(tmp_path), tmp_path / "stranger"
    strange.mkdir()
    bundle.make_keys("A stranger", strange)
    made = small(tmp_path, "strange.raucb", bundle.found(strange))
    shop.offers_file("9.0.0", made, manifest=bundle.manifest_hash(made))
    async with shop.open_for(box, NEVER_AGAIN_S) as server:
        await box.guest.run("date +%s > /run/now; timedatectl set-ntp false; date -s @86400")
        assert "don't know what time it is" in await refused(box)
        await box.guest.run("date -s @$(cat /run/now)")
        room = "df --output=avail -B1 /var/lib/spoq | tail -1"
        await box.guest.run(f"fallocate -l $(($({room}) - 32 * 1024 * 1024)) /var/lib/spoq/full")
        await box.guest.run("spoq update install --json >/dev/null 2>&1 &")
        await box.guest.until("spoq update status --json | grep -q 'too full'", A_MINUTE_S)
        server.faults[".raucb"] = Fault.FLIPS_A_BYTE
        await box.guest.run("rm /var/lib/spoq/full; spoq update install --json >/dev/null 2>&1 &")
        await box.guest.until("spoq update status --json | grep -q 'not what was signed'", A_MINUTE_S)
        server.faults.clear()
        await box.guest.until("spoq update history --json | grep -q outcome", A_MINUTE_S)
        [report] = (await says(box, "history"))["reports"]
        assert (report["outcome"], report["to"]) == ("refused", "9.0.0")
        assert "signature" in report["why"]
    with tarfile.open(tmp_path / "carried.tar", "w") as tar:
        tar.add(shop.public, "public")
    await box.guest.put((tmp_path / "carried.tar").read_bytes(), "/run/carried.tar")
    # The same from a stick, while no server is there.
    assert json.loads(await box.guest.run("spoq update --from /run/carried.tar --json"))["state"] == "idle"
    reports = (await says(box, "history"))["reports"]
    assert [each["outcome"] for each in reports] == ["refused", "refused"]
    answered = await box.guest.run("cat /run/spoq/slot; spoq ask what is seven times eight")
    assert answered == "SPOQ_SLOT=a\nSeven times eight is fifty-six.\n"


@pytest.mark.matrix
async def test_a_box_that_was_alone_for_a_month_takes_what_there_is_now(box: Box, tmp_path: Path) -> None:
    shop = Shop(tmp_path)
    shop.offers_file("8.0.0", small(tmp_path, "good.raucb"))
    async with shop.open_for(box, NEVER_AGAIN_S):
        assert await offered(box) == "8.0.0"
    await box.guest.run(f"timedatectl set-ntp false; date -s '+{A_MONTH.days} days'")
    assert "can't be reached" in await refused(box)
    async with shop.open_for(box, NEVER_AGAIN_S):
        assert "has expired" in await refused(box)
        later = shop.publisher(lambda: datetime.now(UTC) + A_MONTH)
        later.renew()
        assert await offered(box) == "8.0.0"


@pytest.mark.matrix
async def test_a_box_waits_for_no_server_that_drips(box: Box, tmp_path: Path) -> None:
    shop = Shop(tmp_path)
    made = small(tmp_path, "slow.raucb")
    shop.offers_file("9.0.0", made)
    async with shop.open_for(box) as server:
        server.faults[".raucb"] = Fault.DRIPS
        await box.guest.run("spoq update install --json >/dev/null 2>&1 &")
        await box.guest.until("spoq update status --json | grep -q 'too slowly'", 3 * A_MINUTE_S)
        server.faults.clear()
        # All of it came then: it is no bundle, and RAUC says so.
        await box.guest.until("spoq update history --json | grep -q refused", 3 * A_MINUTE_S)
