"""Updates for devices: any may see how far one is, the owner's say what they want."""

from pathlib import Path

from bus import messages_pb2 as pb
from bus import subjects as s
from tests.conftest import Connect
from tests.gateway.rig import gateway

STATE = pb.UpdateState(
    state="ready", version="1.0.0", offered="1.1.0", notes={"en": "It hears you better."}, why="It is installed at 3."
)
REPORT = pb.UpdateReport(outcome="kept", before="0.9.0", after="1.0.0", way="whole", bytes=5, seconds=1.26, unix_ms=7)


async def test_the_owner_wants_something_and_others_see_how_far_it_is(connect: Connect, tmp_path: Path) -> None:
    wished = []

    def on_wish(message: object) -> pb.Reply:
        action = message.body.action  # type: ignore[attr-defined]
        wished.append(action)
        return pb.Reply(refusal="There is no other system." if action == "rollback" else "")

    async with connect("otad") as otad, gateway(connect, tmp_path) as here:
        await otad.serve(s.UPDATE_STATUS, lambda _: STATE)
        await otad.serve(s.UPDATE_WISH, on_wish)
        await otad.serve(s.UPDATE_HISTORY, lambda _: pb.UpdateReports(reports=[REPORT]))
        await otad.flush()
        for device in (here.anna, here.ben):
            seen = (await device.ask("GET", "/v1/update")).body
            assert (seen["state"], seen["version"], seen["offered"]) == ("ready", "1.0.0", "1.1.0")
            assert (seen["notes"], seen["why"]) == ({"en": "It hears you better."}, "It is installed at 3.")
        assert (await here.anna.ask("POST", "/v1/update", {"action": "install"})).status == 204
        refused = await here.anna.ask("POST", "/v1/update", {"action": "rollback"})
        assert (refused.status, refused.body["error"]["message"]) == (409, "There is no other system.")
        assert (await here.anna.ask("POST", "/v1/update", {"action": 5})).status == 400
        [report] = (await here.anna.ask("GET", "/v1/update/history")).body["reports"]
        assert (report["from"], report["to"], report["seconds"], report["bytes"]) == ("0.9.0", "1.0.0", 1.3, 5)
        for method, path in (("POST", "/v1/update"), ("GET", "/v1/update/history")):
            assert (await here.ben.ask(method, path, {"action": "install"} if method == "POST" else None)).status == 403
        assert wished == ["install", "rollback"]
