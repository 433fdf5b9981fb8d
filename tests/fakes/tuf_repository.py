"""A repository of any shape, also of those that no honest maker would publish, and the server that it is on.

`publish` signs what is in `roles` as it stands, and changes nothing but versions; `asked` has who asked for what.
"""

import threading
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import unquote

from securesystemslib.signer import CryptoSigner
from tuf.api.metadata import (
    DelegatedRole,
    Delegations,
    Metadata,
    MetaFile,
    Root,
    Snapshot,
    TargetFile,
    Targets,
    Timestamp,
)

TOP = (Root.type, Timestamp.type, Snapshot.type, Targets.type)


def in_a_month() -> datetime:
    """When everything expires that is not said to."""
    return (datetime.now(UTC) + timedelta(days=30)).replace(microsecond=0)


@dataclass
class TufRepository:
    """`published`: what is served, by path; `signers`: by role, those of its next signature."""

    roles: dict[str, Metadata[Any]] = field(default_factory=dict)
    signers: dict[str, list[CryptoSigner]] = field(default_factory=dict)
    published: dict[str, bytes] = field(default_factory=dict)
    asked: list[str] = field(default_factory=list)
    hashes: bool = False
    address: str = ""

    def __post_init__(self) -> None:
        for kind in (Root, Timestamp, Snapshot, Targets):
            self.roles[kind.type] = Metadata(kind(expires=in_a_month()))
        for role in TOP:
            self.rekey(role)
        self.publish(*TOP, anew=False)

    @property
    def root(self) -> Root:
        found: Root = self.roles[Root.type].signed
        return found

    @property
    def timestamp(self) -> Timestamp:
        found: Timestamp = self.roles[Timestamp.type].signed
        return found

    @property
    def snapshot(self) -> Snapshot:
        found: Snapshot = self.roles[Snapshot.type].signed
        return found

    def targets(self, role: str = Targets.type) -> Targets:
        found: Targets = self.roles[role].signed
        return found

    def rekey(self, role: str, signers: Sequence[CryptoSigner] = (), threshold: int = 1) -> None:
        """A role of the root has these keys and no others, or a new one."""
        signers = list(signers) or [CryptoSigner.generate_ed25519()]
        self.root.roles[role].keyids.clear()
        self.root.roles[role].threshold = threshold
        for each in signers:
            self.root.add_key(each.public_key, role)
        self.signers[role] = signers

    def delegate(
        self, by: str, to: str, paths: Sequence[str] = ("*",), last: bool = False, signer: CryptoSigner | None = None
    ) -> None:
        """`by` lets `to` speak of these paths; with its key, or with one that is told."""
        if to not in self.roles:
            self.roles[to] = Metadata(Targets(expires=in_a_month()))
            self.signers[to] = [CryptoSigner.generate_ed25519()]
        delegator = self.targets(by)
        delegator.delegations = delegator.delegations or Delegations({}, roles={})
        assert delegator.delegations.roles is not None
        delegator.delegations.roles[to] = DelegatedRole(to, [], 1, last, list(paths))
        delegator.add_key((signer or self.signers[to][0]).public_key, to)

    def offer(self, path: str, content: bytes, role: str = Targets.type) -> None:
        """`role` speaks of this content."""
        target = TargetFile.from_data(path, content, ["sha256"])
        self.targets(role).targets[path] = target
        folder, slash, name = path.rpartition("/")
        self.published[f"targets/{folder}{slash}{target.hashes['sha256']}.{name}"] = content

    def publish(self, *names: str, anew: bool = True) -> None:
        """Signed and served; `anew`: with the next version."""
        for role in names:
            metadata = self.roles[role]
            metadata.signed.version += anew
            metadata.signatures.clear()
            for signer in self.signers[role]:
                metadata.sign(signer, append=True)
            content = metadata.to_bytes()
            version = "" if role == Timestamp.type else f"{metadata.signed.version}."
            self.published[f"metadata/{version}{role}.json"] = content
            described = MetaFile.from_data(metadata.signed.version, content, ["sha256"])
            described = described if self.hashes else MetaFile(metadata.signed.version)
            if role == Snapshot.type:
                self.timestamp.snapshot_meta = described
            elif role not in (Root.type, Timestamp.type):
                self.snapshot.meta[f"{role}.json"] = described

    def publish_all(self, roles: Iterable[str] = (Targets.type,)) -> None:
        """These, and what speaks of them."""
        self.publish(*roles, Snapshot.type, Timestamp.type)

    @contextmanager
    def served(self) -> Iterator["TufRepository"]:
        """It can be asked meanwhile."""
        world = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:  # as http.server calls it
                path = self.path.lstrip("/")
                world.asked.append(path.removeprefix("metadata/").removesuffix(".json"))
                content = world.published.get(unquote(path) if path.startswith("targets/") else _plain(path))
                self.send_response(404 if content is None else 200)
                self.send_header("Content-Length", str(len(content or b"")))
                self.end_headers()
                self.wfile.write(content or b"")

            def log_message(self, *_: object) -> None: ...

        with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
            self.address = f"http://127.0.0.1:{server.server_port}/"
            threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True).start()
            yield self
            server.shutdown()


def _plain(path: str) -> str:
    """The name of a role may have a slash in it, which no folder is meant by."""
    return f"metadata/{unquote(path.removeprefix('metadata/'))}"
