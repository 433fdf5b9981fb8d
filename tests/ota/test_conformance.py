"""The cases of the public conformance suite that matter most, by its own command line (`python -m ota.conformance`)."""

import json
import subprocess
import sys
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from securesystemslib.signer import CryptoSigner
from tuf.api.metadata import Metadata, Root, Snapshot, Targets, Timestamp

from ota import conformance
from tests.fakes.tuf_repository import TufRepository

ROOT, TIMESTAMP, SNAPSHOT, TARGETS = Root.type, Timestamp.type, Snapshot.type, Targets.type
YESTERDAY = (datetime.now(UTC) - timedelta(days=1)).replace(microsecond=0)


class Client:
    """The program, with folders of its own."""

    def __init__(self, folder: Path, repository: TufRepository) -> None:
        self.metadata, self.targets, self._first = folder / "metadata", folder / "targets", folder / "root.json"
        self.metadata.mkdir()
        self.targets.mkdir()
        self._repository = repository

    def init(self, root: bytes = b"") -> "Client":
        self._first.write_bytes(root or self._repository.published["metadata/1.root.json"])
        assert self._run("init", str(self._first)) == 0
        return self

    def refresh(self) -> int:
        return self._run("--metadata-url", f"{self._repository.address}metadata", "refresh")

    def download(self, name: str) -> int:
        address = self._repository.address
        urls = ("--metadata-url", f"{address}metadata", "--target-base-url", f"{address}targets/")
        return self._run(*urls, "--target-name", name, "--target-dir", str(self.targets), "download")

    def version(self, role: str) -> int:
        found = Metadata.from_file(str(self.metadata / f"{role}.json"))
        return found.signed.version

    @property
    def files(self) -> list[bytes]:
        return [path.read_bytes() for path in sorted(self.targets.iterdir())]

    def _run(self, *arguments: str) -> int:
        return conformance.main(["--metadata-dir", str(self.metadata), *arguments])


@pytest.fixture
def repository() -> Iterator[TufRepository]:
    with TufRepository().served() as repository:
        yield repository


@pytest.fixture
def client(tmp_path: Path, repository: TufRepository) -> Client:
    return Client(tmp_path, repository)


def test_the_program(client: Client, repository: TufRepository) -> None:
    repository.offer("a.txt", b"content")
    repository.publish_all()
    client.init()
    url = ("--metadata-url", f"{repository.address}metadata", "--target-base-url", f"{repository.address}targets")
    target = ("--target-name", "a.txt", "--target-dir", str(client.targets), "download")
    program = (sys.executable, "-m", "ota.conformance", "--metadata-dir", str(client.metadata))
    assert subprocess.run((*program, *url, *target)).returncode == 0
    assert subprocess.run((*program, *url, "refresh")).returncode == 0
    assert client.files == [b"content"]
    repository.published.clear()
    assert subprocess.run((*program, *url, "refresh")).returncode == 1


def test_what_is_asked_for_and_in_which_order(client: Client, repository: TufRepository) -> None:
    assert client.init().refresh() == 0
    assert repository.asked == ["2.root", "timestamp", "1.snapshot", "1.targets"]
    assert client.refresh() == 0
    assert repository.asked[4:] == ["2.root", "timestamp"]


def test_a_first_root_that_is_none(client: Client, repository: TufRepository) -> None:
    root = json.loads(repository.published["metadata/1.root.json"])
    for spoiled in (
        {**root, "signatures": [{**root["signatures"][0], "sig": "00" * 64}]},
        {**root, "signed": {name: value for name, value in root["signed"].items() if name != "version"}},
    ):
        assert client.init(json.dumps(spoiled).encode()).refresh() == 1
    assert repository.asked == []


def test_roots_are_followed_one_by_one(client: Client, repository: TufRepository) -> None:
    client.init()
    for _ in range(3):
        before = repository.signers[ROOT]
        repository.rekey(ROOT)
        repository.signers[ROOT] = [*before, *repository.signers[ROOT]]
        repository.publish(ROOT)
        repository.signers[ROOT] = repository.signers[ROOT][len(before) :]
    assert client.refresh() == 0 and client.version(ROOT) == 4
    assert repository.asked[:5] == ["2.root", "3.root", "4.root", "5.root", "timestamp"]


def test_a_root_that_the_one_before_did_not_sign(client: Client, repository: TufRepository) -> None:
    client.init()
    repository.rekey(ROOT)
    repository.publish(ROOT)
    assert client.refresh() == 1 and client.version(ROOT) == 1


def test_a_root_that_skips_a_version(client: Client, repository: TufRepository) -> None:
    client.init()
    repository.root.version = 3
    repository.publish(ROOT, anew=False)
    repository.published["metadata/2.root.json"] = repository.published.pop("metadata/3.root.json")
    assert client.refresh() == 1 and client.version(ROOT) == 1


@pytest.mark.parametrize("role", [ROOT, TIMESTAMP, SNAPSHOT, TARGETS])
def test_expired(role: str, client: Client, repository: TufRepository) -> None:
    client.init()
    repository.roles[role].signed.expires = YESTERDAY
    repository.publish(role)
    repository.publish_all([])
    assert client.refresh() == 1
    repository.roles[role].signed.expires = datetime.now(UTC).replace(microsecond=0) + timedelta(days=1)
    repository.publish(role)
    repository.publish_all([])
    assert client.refresh() == 0


@pytest.mark.parametrize("hashes", [False, True])
@pytest.mark.parametrize("role", [TIMESTAMP, SNAPSHOT, TARGETS])
def test_going_back(role: str, hashes: bool, client: Client, repository: TufRepository) -> None:
    repository.hashes = hashes
    for _ in range(2):
        repository.publish_all()
    assert client.init().refresh() == 0
    repository.roles[role].signed.version -= 1
    repository.publish(role, anew=False)
    for each in {TIMESTAMP: (), SNAPSHOT: (TIMESTAMP,), TARGETS: (SNAPSHOT, TIMESTAMP)}[role]:
        repository.publish(each)
    assert client.refresh() == 1
    assert client.version(role) == 3


@pytest.mark.parametrize("role", [TIMESTAMP, SNAPSHOT, TARGETS])
def test_versions_run_away_and_new_keys_bring_them_back(role: str, client: Client, repository: TufRepository) -> None:
    client.init()
    repository.roles[role].signed.version = 99_999
    repository.publish(role, anew=False)
    for each in {TIMESTAMP: (), SNAPSHOT: (TIMESTAMP,), TARGETS: (SNAPSHOT, TIMESTAMP)}[role]:
        repository.publish(each)
    assert client.refresh() == 0 and client.version(role) == 99_999
    for each in (SNAPSHOT, TIMESTAMP):
        repository.rekey(each)
    repository.publish(ROOT)
    repository.roles[role].signed.version = 1
    repository.publish(TARGETS, SNAPSHOT, TIMESTAMP, anew=False)
    assert client.refresh() == 0 and client.version(role) == 1


def test_the_same_version_with_another_content(client: Client, repository: TufRepository) -> None:
    client.init().refresh()
    repository.timestamp.snapshot_meta.version = 100
    repository.publish(TIMESTAMP, anew=False)
    assert client.refresh() == 0
    stored = json.loads((client.metadata / "timestamp.json").read_bytes())
    assert stored["signed"]["meta"]["snapshot.json"]["version"] == 1


@pytest.mark.parametrize("role", [SNAPSHOT, TARGETS])
def test_a_hash_that_does_not_fit(role: str, client: Client, repository: TufRepository) -> None:
    client.init()
    repository.hashes = True
    repository.publish_all()
    name = f"metadata/2.{role}.json"
    repository.published[name] += b" "
    assert client.refresh() == 1


def test_a_role_that_the_snapshot_forgets(client: Client, repository: TufRepository) -> None:
    repository.delegate(TARGETS, "A")
    repository.publish_all(["A", TARGETS])
    client.init().refresh()
    del repository.snapshot.meta["A.json"]
    repository.publish_all([])
    assert client.refresh() == 1


def test_one_key_does_not_sign_twice(client: Client, repository: TufRepository) -> None:
    client.init()
    two = [CryptoSigner.generate_ed25519() for _ in range(2)]
    repository.rekey(TARGETS, two, threshold=2)
    repository.publish(ROOT)
    repository.signers[TARGETS] = two[:1]
    repository.publish_all()
    assert client.refresh() == 1
    # The same signature under the other's name.
    said = json.loads(repository.published["metadata/2.targets.json"])
    said["signatures"].append({**said["signatures"][0], "keyid": two[1].public_key.keyid})
    repository.published["metadata/2.targets.json"] = json.dumps(said).encode()
    assert client.refresh() == 1
    repository.signers[TARGETS] = two
    repository.publish_all()
    assert client.refresh() == 0


@pytest.mark.parametrize(
    "made",
    [
        CryptoSigner.generate_rsa,
        lambda: CryptoSigner.generate_rsa(scheme="rsa-pkcs1v15-sha256"),
        CryptoSigner.generate_ecdsa,
        CryptoSigner.generate_ed25519,
    ],
)
def test_kinds_of_keys(made: Callable[[], CryptoSigner], client: Client, repository: TufRepository) -> None:
    client.init()
    repository.rekey(TIMESTAMP, [made()])
    repository.publish(ROOT, TIMESTAMP)
    assert client.refresh() == 0


def test_fields_that_nobody_knows(client: Client, repository: TufRepository) -> None:
    client.init()
    repository.root.unrecognized_fields["another"] = {"field": [1]}
    repository.publish(ROOT)
    assert client.refresh() == 0 and client.version(ROOT) == 2


# --- roles that others let speak ---------------------------------------------------------------------


@pytest.mark.parametrize(
    ("edges", "visited"),
    [
        ([("targets", "A"), ("targets", "B"), ("A", "C"), ("A", "D")], "ACDB"),
        ([("targets", "A"), ("targets", "B"), ("A", "C", ("*",), True), ("A", "D")], "AC"),
        ([("targets", "A", ("*.py",)), ("targets", "B"), ("A", "C")], "B"),
        ([("targets", "A"), ("targets", "B"), ("B", "C"), ("C", "D"), ("D", "B")], "ABCD"),
        ([("targets", "A"), ("targets", "B"), ("B", "C"), ("A", "C", ("*.py",))], "ABC"),
    ],
)
def test_in_which_order_they_are_asked(
    edges: list[tuple[str, ...]], visited: str, client: Client, repository: TufRepository
) -> None:
    for edge in edges:
        repository.delegate(*edge)  # type: ignore[arg-type]
    roles = sorted({edge[1] for edge in edges})
    repository.publish(*roles, anew=False)
    repository.publish_all()
    assert client.init().download("missing") == 1
    assert [each[-1] for each in repository.asked[4:]] == list(visited)


@pytest.mark.parametrize("role", ["?", "#", "/role", "../role"])
def test_names_of_roles_that_are_no_paths(role: str, client: Client, repository: TufRepository) -> None:
    repository.delegate(TARGETS, role)
    repository.publish(role, anew=False)
    repository.publish_all()
    assert client.init().download("missing") == 1
    assert len(repository.asked) == 5 and len(list(client.metadata.glob("*.json"))) == 5
    assert not list(client.metadata.parent.glob("role*"))


def test_a_role_is_believed_of_who_lets_it_speak_and_of_nobody_else(client: Client, repository: TufRepository) -> None:
    """It lies here already, signed for one of those that name it; the other one wants another key of it."""
    repository.delegate(TARGETS, "A", ("a/*",))
    repository.delegate(TARGETS, "B", ("b/*",))
    repository.delegate("A", "C", ("*/*",))
    repository.delegate("B", "C", ("*/*",), signer=CryptoSigner.generate_ed25519())
    repository.offer("a/1", b"one", "C")
    repository.offer("b/2", b"two", "C")
    repository.publish_all(["A", "B", "C", TARGETS])
    assert client.init().download("a/1") == 0
    assert client.download("b/2") == 1
    assert client.files == [b"one"]


def test_a_role_that_has_expired(client: Client, repository: TufRepository) -> None:
    repository.delegate(TARGETS, "A")
    repository.targets("A").expires = YESTERDAY
    repository.offer("file", b"content", "A")
    repository.publish_all(["A", TARGETS])
    assert client.init().refresh() == 0
    assert client.download("file") == 1 and client.files == []


# --- files -------------------------------------------------------------------------------------------


@pytest.mark.parametrize("path", ["file.txt", "a/b/c/file.txt"])
@pytest.mark.parametrize("content", [b"content", b""])
def test_a_file(path: str, content: bytes, client: Client, repository: TufRepository) -> None:
    repository.offer(path, content)
    repository.publish_all()
    assert client.init().refresh() == 0 and client.files == []
    assert client.download(path) == 0 and client.files == [content]
    before = len(repository.asked)
    assert client.download(path) == 0
    assert not any(each.startswith("targets/") for each in repository.asked[before:])


def test_a_file_that_is_not_the_one(client: Client, repository: TufRepository) -> None:
    repository.offer("file", b"content")
    repository.publish_all()
    (name,) = (each for each in repository.published if each.startswith("targets/"))
    for wrong in (b"another", b"contend", b"content and more", b"con"):
        repository.published[name] = wrong
        done = client.init().download("file")
        assert (done, client.files) in ((1, []), (0, [b"content"])), wrong
        for path in client.targets.iterdir():
            path.unlink()


def test_a_file_that_changes(client: Client, repository: TufRepository) -> None:
    client.init()
    for content in (b"one", b"two, longer", b"3"):
        repository.offer("file", content)
        repository.publish_all()
        assert client.download("file") == 0 and client.files == [content]
