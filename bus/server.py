"""nats-server for one box: its configuration from the authorisation matrix, and the keys of its clients.

Keys are NKeys (Ed25519): the server's configuration holds the public halves only, each client its own seed file.
"""

import os
from collections.abc import Mapping
from pathlib import Path

import nacl.signing
import nkeys

from bus.envelope import MAX_MESSAGE_BYTES
from bus.permissions import ROLES, Role

DEFAULT_PORT = 4222


def make_seed() -> str:
    """A new NKey seed of a user (blocks until the kernel's random numbers are ready)."""
    raw = os.getrandom(32)
    seed: bytes = nkeys.encode_seed(bytes(nacl.signing.SigningKey(raw)), nkeys.PREFIX_BYTE_USER)
    return seed.decode()


def public_key(seed: str) -> str:
    key: bytes = nkeys.from_seed(bytearray(seed.encode())).public_key
    return key.decode()


def _user(role: Role, key: str) -> str:
    def names(subjects: tuple[str, ...]) -> str:
        # An empty list would allow everything.
        return "[" + ", ".join(f'"{name}"' for name in subjects) + "]" if subjects else '{ deny: ">" }'

    responses = '\n        allow_responses: { max: 1, expires: "30s" }' if role.serves else ""
    return f"""    {{
      nkey: {key}
      permissions: {{
        publish: {names(role.may_publish)}
        subscribe: {names(role.may_subscribe)}{responses}
      }}
    }}"""


def configuration(public_keys: Mapping[str, str], port: int, pid_file: Path | None = None) -> str:
    """The text of nats-server's configuration; `public_keys` by role name, port -1 lets the server choose."""
    users = "\n".join(_user(role, public_keys[role.name]) for role in ROLES)
    pid = f'pid_file: "{pid_file}"\n' if pid_file else ""
    return f"""# Written by bus/server.py from bus/permissions.py: change it there.
server_name: spoq
listen: 127.0.0.1:{port}
{pid}max_payload: {MAX_MESSAGE_BYTES}
max_connections: 64
max_pending: 8388608
write_deadline: "2s"
ping_interval: "20s"
logtime: false
authorization {{
  timeout: 2
  users: [
{users}
  ]
}}
"""


def write_keys(folder: Path) -> dict[str, str]:
    """Seeds as `<role>.nk` below `folder` (made where missing, readable by the owner only); the public keys by role."""
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    keys = {}
    for role in ROLES:
        path = folder / f"{role.name}.nk"
        if not path.exists():
            descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
            with os.fdopen(descriptor, "w") as file:
                file.write(make_seed())
        keys[role.name] = public_key(path.read_text().strip())
    return keys
