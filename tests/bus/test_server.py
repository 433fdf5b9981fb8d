"""The keys of a box, and the server's configuration."""

from pathlib import Path

from bus import server


def test_seeds_are_for_their_owner_only_and_stay(tmp_path: Path) -> None:
    folder = tmp_path / "credentials"
    keys = server.write_keys(folder)
    assert folder.stat().st_mode & 0o777 == 0o700
    assert {path.stat().st_mode & 0o777 for path in folder.iterdir()} == {0o600}
    assert server.write_keys(folder) == keys
    assert len(set(keys.values())) == len(keys) == len(list(folder.iterdir()))


def test_no_seed_is_in_the_configuration(tmp_path: Path) -> None:
    text = server.configuration(server.write_keys(tmp_path), 4222)
    assert not any(path.read_text().strip() in text for path in tmp_path.iterdir())


def test_it_listens_on_loopback_only(tmp_path: Path) -> None:
    lines = server.configuration(server.write_keys(tmp_path), 4222).splitlines()
    assert [line for line in lines if "listen" in line or "host" in line] == ["listen: 127.0.0.1:4222"]
