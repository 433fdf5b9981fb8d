"""Where the box is: any device may see it, the owner's change it."""

from pathlib import Path

import pytest

from bus import subjects as s
from conductor.region import UNKNOWN, Regional
from tests.conftest import Connect
from tests.gateway.rig import gateway


async def test_the_owner_moves_the_box_and_others_see_where_it_is(
    connect: Connect, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TZ", "UTC")
    async with connect("conductord") as conductord, gateway(connect, tmp_path) as here:
        regional = Regional(tmp_path / "region.json", "", lambda _: None)
        await conductord.serve(s.REGION, regional._on_set)
        await conductord.flush()
        assert (await here.anna.ask("GET", "/v1/region")).body == {"zone": "UTC", "imperial": False}
        berlin = {"zone": "Europe/Berlin", "imperial": False}
        assert (await here.anna.ask("POST", "/v1/region", {"zone": "Europe/Berlin"})).body == berlin
        assert (await here.anna.ask("POST", "/v1/region", {"imperial": False})).body == berlin
        wrong = await here.anna.ask("POST", "/v1/region", {"zone": "Mars/Olympus"})
        assert (wrong.status, wrong.body["error"]["message"]) == (409, UNKNOWN)
        for nonsense in ({"zone": 5}, {"imperial": "yes"}, {"place": "here"}):
            assert (await here.anna.ask("POST", "/v1/region", nonsense)).status == 400
        assert (await here.ben.ask("GET", "/v1/region")).body == berlin
        assert (await here.ben.ask("POST", "/v1/region", {"zone": "UTC"})).status == 403
