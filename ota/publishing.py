"""The other end: a repository of releases, its signatures, and the folder that any server of static files serves.

    FOLDER/metadata/   1.root.json, 1.targets.json, 1.snapshot.json, timestamp.json …: what is published
    FOLDER/targets/    HASH.NAME: the files
    FOLDER.draft/      what waits for signatures, which may come from several people and machines

What is changed is a draft until as many keys have signed it as its role wants. What it speaks of is published first,
and the timestamp last, so that whoever looks meanwhile sees the state before. Never on a box.

Source: the TUF specification 1.0.34; python-tuf 7, `tuf.repository`.
"""

import os
import shutil
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from securesystemslib.signer import Key, Signer
from tuf.api.exceptions import RepositoryError
from tuf.api.metadata import Metadata, MetaFile, Root, Snapshot, TargetFile, Targets, Timestamp
from tuf.api.serialization.json import JSONSerializer
from tuf.repository import Repository

from files import durable
from ota.errors import NotPublished

OFFLINE = (Root.type, Targets.type)
"""Signed by people; the others by the machine that publishes."""
DAYS: Mapping[str, int] = {Root.type: 730, Targets.type: 365, Snapshot.type: 90, Timestamp.type: 14}
"""For how long a signature holds: the shortest is how long a mirror can hide that there is something new."""
WHOSE = "whose"
METADATA, TARGETS, DRAFT = "metadata", "targets", ".draft"
NEW: Mapping[str, Callable[[], Any]] = {
    Root.type: Root,
    Targets.type: Targets,
    Snapshot.type: Snapshot,
    Timestamp.type: Timestamp,
}


@dataclass(frozen=True)
class Role:
    """Whose signatures count, and how many are wanted."""

    keys: Sequence[Key]
    threshold: int = 1


class Publisher(Repository):
    """The repository in `folder`; `signers` are those at hand. Everything here raises NotPublished and OSError."""

    def __init__(self, folder: Path, signers: Iterable[Signer], now: Callable[[], datetime] | None = None) -> None:
        self._metadata, self._targets = folder / METADATA, folder / TARGETS
        self._draft = folder.with_name(f"{folder.name}{DRAFT}")
        self._signers = {signer.public_key.keyid: signer for signer in signers}
        self._now = now or (lambda: datetime.now(UTC))
        self._with_drafts = True

    @property
    def exists(self) -> bool:
        """Whether there is a repository, or one that nobody has published yet."""
        return self._path(Root.type).exists() or self._newest(Root.type) is not None

    # --- what a maker does ------------------------------------------------------------------------

    def begin(self, roles: Mapping[str, Role], whose: str) -> None:
        """A new repository, with nothing in it; its root says whose it is."""
        if self.exists:
            raise NotPublished("There is a repository already.")
        for each in (self._metadata, self._targets):
            each.mkdir(parents=True, exist_ok=True)
        with self.edit_root() as root:
            root.unrecognized_fields[WHOSE] = whose
        self.change_keys(roles)
        with self.edit_targets():
            pass

    def change_keys(self, roles: Mapping[str, Role]) -> None:
        """From the next root on, these roles have these keys and no others."""
        with self.edit_root() as root:
            for name, role in roles.items():
                for keyid in tuple(root.roles[name].keyids):
                    root.revoke_key(keyid, name)
                for key in role.keys:
                    root.add_key(key, name)
                root.roles[name].threshold = role.threshold
        if Targets.type in roles and self._newest(Targets.type) is not None:
            # What is offered has to be signed by the new ones.
            with self.edit_targets():
                pass

    def add(self, name: str, file: Path, custom: Mapping[str, Any] | None = None) -> None:
        """`file` is offered by this name, with what `custom` says of it (ota/release.py)."""
        target = TargetFile.from_file(name, str(file), ["sha256"])
        if custom is not None:
            target.unrecognized_fields["custom"] = dict(custom)
        to = self._targets / f"{target.hashes['sha256']}.{name}"
        draft = to.with_name(f"{to.name}{durable.DRAFT}")
        shutil.copyfile(file, draft)
        with draft.open("rb") as copied:
            os.fsync(copied.fileno())
        draft.replace(to)
        durable.sync(self._targets)
        with self.edit_targets() as targets:
            targets.targets[name] = target

    def say(self, name: str, **custom: Any) -> None:
        """What is offered by this name is said to be so from now on: to more boxes, or a hole that it mends."""
        with self.edit_targets() as targets:
            if name not in targets.targets:
                raise NotPublished(f"Nothing is offered by the name {name}.")
            said = targets.targets[name].custom or {}
            targets.targets[name].unrecognized_fields["custom"] = said | custom

    def withdraw(self, name: str) -> None:
        """It is offered no more. Its file stays for who is fetching it."""
        with self.edit_targets() as targets:
            if targets.targets.pop(name, None) is None:
                raise NotPublished(f"Nothing is offered by the name {name}.")

    def extend(self, role: str) -> None:
        """What the role says stays as it is, and expires later."""
        with self.edit(role):
            pass

    def sign(self) -> None:
        """The drafts have the signatures of the signers at hand, too. Raises NotPublished: they count for none."""
        signed = 0
        for role in OFFLINE:
            if (md := self._read(self._path(role))) is not None:
                signed += self._sign(role, md)
                self._write(self._path(role), md)
        if not signed:
            raise NotPublished("None of these keys counts for any draft that is here.")

    def changes(self) -> list[str]:
        """What the drafts change, a line each: what somebody who signs puts their name to."""
        lines = []
        for role in OFFLINE:
            draft, before = self._read(self._path(role)), self._newest(role)
            if draft is not None:
                old = _told(before.signed) if before is not None else {}
                new = _told(draft.signed)
                lines += [f"{role}: - {name} {old[name]}" for name in old if new.get(name) != old[name]]
                lines += [f"{role}: + {name} {new[name]}" for name in new if old.get(name) != new[name]]
                lines.append(f"{role}: version {draft.signed.version}, until {draft.signed.expires:%Y-%m-%d}")
        return lines

    def publish(self) -> None:
        """The drafts are what is offered. Raises NotPublished: more signatures are wanted; nothing has changed."""
        drafts = [role for role in OFFLINE if self._path(role).exists()]
        for role in drafts:
            self._check(role)
        self._check_online()
        self._check_files()
        for role in drafts:
            md = self.open(role)
            self._write(self._metadata / f"{md.signed.version}.{role}.json", md)
        for role in drafts:
            self._path(role).unlink()
        self.renew(forced=False)

    def renew(self, forced: bool = True) -> None:
        """Whoever looks knows that this is still the newest: to be done well before the timestamp expires. Drafts stay
        what they are."""
        self._with_drafts = False
        try:
            self._check_online()
            self.do_snapshot(force=self._fades(Snapshot.type))
            self.do_timestamp(force=forced or self._fades(Timestamp.type))
        finally:
            self._with_drafts = True

    def fading(self) -> list[str]:
        """What people have to sign again soon: the roles that expire in less than a quarter of their time."""
        now = self._now()
        return [
            role
            for role in OFFLINE
            if (md := self._newest(role)) is not None and md.signed.expires - now < timedelta(days=DAYS[role] / 4)
        ]

    def file(self, name: str) -> Path:
        """Where what is offered by this name lies."""
        return self._targets / f"{self.offered()[name].hashes['sha256']}.{name}"

    def offered(self) -> Mapping[str, TargetFile]:
        """By name, drafts included."""
        return self.targets().targets

    # --- what python-tuf asks for -----------------------------------------------------------------

    def open(self, role: str) -> Metadata[Any]:
        """The draft, else what is published, else a new one."""
        draft = self._read(self._path(role)) if self._with_drafts else None
        return draft or self._newest(role) or Metadata(NEW[role]())

    def close(self, role: str, md: Metadata[Any]) -> None:
        """The next version, signed by who is at hand."""
        published = self._newest(role)
        md.signed.version = published.signed.version + 1 if published is not None else 1
        md.signed.expires = (self._now() + timedelta(days=DAYS[role])).replace(microsecond=0)
        md.signatures.clear()
        self._sign(role, md)
        if role in OFFLINE:
            self._draft.mkdir(exist_ok=True)
            self._write(self._path(role), md)
            return
        self.root().verify_delegate(role, md.signed_bytes, md.signatures)
        name = f"{role}.json" if role == Timestamp.type else f"{md.signed.version}.{role}.json"
        self._write(self._metadata / name, md)

    @property
    def targets_infos(self) -> dict[str, MetaFile]:
        return {f"{Targets.type}.json": MetaFile(self.targets().version)}

    @property
    def snapshot_info(self) -> MetaFile:
        return MetaFile(self.snapshot().version)

    # --- helpers ----------------------------------------------------------------------------------

    def _check(self, role: str) -> None:
        """Raises NotPublished: too few have signed the draft."""
        md = self.open(role)
        delegators = [self.root()]
        if role == Root.type and (before := self._newest(Root.type)) is not None:
            # Who believed the one before has to believe this one.
            delegators.append(before.signed)
        for root in delegators:
            found = root.get_verification_result(role, md.signed_bytes, md.signatures)
            if not found.verified:
                raise NotPublished(
                    f"The {role} wants {found.threshold} signatures and has {len(found.signed)}: "
                    f"{found.missing} more with “sign”, wherever the keys are."
                )

    def _check_online(self) -> None:
        """Raises NotPublished: what the machine that publishes signs, it could not."""
        for role in (Snapshot.type, Timestamp.type):
            wanted = self.root().roles[role]
            if len(self._signers.keys() & set(wanted.keyids)) < wanted.threshold:
                raise NotPublished(f"Here are not the keys that sign the {role}.")

    def _check_files(self) -> None:
        """Raises NotPublished: what is offered is not there."""
        for name, target in self.targets().targets.items():
            path = self._targets / f"{target.hashes['sha256']}.{name}"
            if not path.is_file() or path.stat().st_size != target.length:
                raise NotPublished(f"{name} does not lie in {self._targets}, or not all of it: bring it there first.")

    def _sign(self, role: str, md: Metadata[Any]) -> int:
        """How many signatures it has more."""
        wanted = set(self._root_for(role, md).roles[role].keyids)
        if role == Root.type and (before := self._newest(Root.type)) is not None:
            wanted |= set(before.signed.roles[role].keyids)
        mine = sorted(wanted & self._signers.keys())
        for keyid in mine:
            md.sign(self._signers[keyid], append=True)
        return len(mine)

    def _root_for(self, role: str, md: Metadata[Any]) -> Root:
        return md.signed if role == Root.type else self.root()

    def _path(self, role: str) -> Path:
        """Of a draft."""
        return self._draft / f"{role}.json"

    def _fades(self, role: str) -> bool:
        """Half of its time is over, or other keys count now."""
        left: timedelta = self.open(role).signed.expires - self._now()
        return left < timedelta(days=DAYS[role] / 2)

    def _newest(self, role: str) -> Metadata[Any] | None:
        """As it is published."""
        if role == Timestamp.type:
            return self._read(self._metadata / f"{role}.json")
        versions = [int(path.name.split(".")[0]) for path in self._metadata.glob(f"*.{role}.json")]
        return self._read(self._metadata / f"{max(versions)}.{role}.json") if versions else None

    @staticmethod
    def _read(path: Path) -> Metadata[Any] | None:
        """Raises NotPublished: it is damaged."""
        try:
            return Metadata.from_file(str(path)) if path.exists() else None
        except RepositoryError as error:
            raise NotPublished(f"{path} can't be read: was it copied to its end?") from error

    @staticmethod
    def _write(path: Path, md: Metadata[Any]) -> None:
        durable.write(path, md.to_bytes(JSONSerializer(compact=False)))


def _told(signed: Root | Targets) -> dict[str, str]:
    """What it says, by name: of the root whose keys count, of targets what is offered."""
    if isinstance(signed, Root):
        return {
            name: f"{role.threshold} of {', '.join(sorted(keyid[:16] for keyid in role.keyids))}"
            for name, role in signed.roles.items()
        }
    return {
        name: f"{target.length} bytes, SHA-256 {target.hashes['sha256']}, {target.custom or 'nothing is said of it'}"
        for name, target in signed.targets.items()
    }
